"""`models [NAME]`: what ships, what was measured on it, and whether it is intact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adlab.cli import console, options
from adlab.errors import CheckpointError, InputError, UnknownNameError

if TYPE_CHECKING:
    from adlab.checkpoints.manifest import Manifest, Measure

KEY_MEASURES = 3
HELP = """List the checkpoints, or show the card of one.

The list says for each checkpoint its heads, what it learned from, its size and data terms, and its first measured
numbers. With NAME, the whole card: all measures with intervals, limits, and how it was trained."""
EPILOG = """\
Output: text, or with --json one document: a list of manifests, or the manifest of NAME; size_bytes is added.
With --verify every file is compared with its sha256; with --json, intact is added.

\b
Exit codes:
  0    done; with --verify: all files are intact
  2    there is no such checkpoint, or one is not in order or, with --verify,
       not intact

\b
Examples:
  python -m adlab models --verify
  python -m adlab models vision-mobilenetv2
"""


def run(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A checkpoint.  [default: all of them]", show_default=False)
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its sha256.")] = False,
    as_json: options.AsJson = False,
) -> int:
    """List checkpoints, or show one; gives the exit code."""
    from adlab.checkpoints.store import list_checkpoints
    from adlab.paths import models_dir

    root = models_dir()
    manifests = list_checkpoints(root)
    if not manifests:
        raise InputError(f"There is no checkpoint in {root}; restore models/, or set ADLAB_MODELS to its folder.")
    if name is not None:
        if name not in manifests:
            raise UnknownNameError("checkpoint", name, manifests, note=f"Looked in {root}.")
        manifests = {name: manifests[name]}
    broken = _broken(root, manifests) if verify else {}
    if as_json:
        plain = [_plain(root / key, m, not broken.get(key) if verify else None) for key, m in manifests.items()]
        typer.echo(json.dumps(plain if name is None else plain[0], indent=2, ensure_ascii=False))
    elif name is None:
        _show_list(root, manifests)
    else:
        _show_card(manifests[name])
    if verify and not as_json:
        for key in (key for key in manifests if key not in broken):
            typer.echo(f"{key}: intact, {len(manifests[key].sha256)} files have the sha256 of config.json.")
    if broken:
        raise CheckpointError("\n".join(broken.values()))
    return 0


def measure_words(measure: Measure) -> str:
    """A measure in one line, with its interval and n."""
    interval = f" ({measure.low:.4g} – {measure.high:.4g})" if None not in (measure.low, measure.high) else ""
    return f"{measure.name} {measure.value:.4g}{interval}, n {measure.n:,}"


def _broken(root: Path, manifests: Mapping[str, Manifest]) -> dict[str, str]:
    from adlab.checkpoints.store import verify

    problems = {}
    for name, manifest in manifests.items():
        try:
            verify(root / name, manifest)
        except CheckpointError as error:
            problems[name] = str(error)
    return problems


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def _plain(folder: Path, manifest: Manifest, intact: bool | None) -> dict[str, Any]:
    plain = {**asdict(manifest), "size_bytes": _size(folder)}
    return plain if intact is None else {**plain, "intact": intact}


def _show_list(root: Path, manifests: Mapping[str, Manifest]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    out = console.out()
    for name, manifest in manifests.items():
        out.print(Text(name, style="bold"), soft_wrap=True)
        grid = Table.grid(padding=(0, 2))
        grid.add_row("", Text(manifest.summary))
        grid.add_row("heads", Text(", ".join(manifest.heads) or "none"))
        grid.add_row("learned from", Text(f"{manifest.data_kind}: {manifest.trained_on}"))
        grid.add_row("data terms", Text(manifest.terms))
        grid.add_row("size", f"{_size(root / name) / 1e6:.1f} MB")
        for index, measure in enumerate(manifest.measures[:KEY_MEASURES]):
            grid.add_row("" if index else "measured", Text(measure_words(measure)))
        out.print(Padding(grid, (0, 0, 1, 2)))


def _show_card(manifest: Manifest) -> None:
    from rich.markdown import Markdown

    from adlab.checkpoints.card import render_card

    console.out().print(Markdown(render_card(manifest)))
