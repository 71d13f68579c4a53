"""The card of a checkpoint, generated from its manifest: nothing on it is written by hand."""

from __future__ import annotations

from adlab.checkpoints.manifest import Manifest, Measure


def render_card(manifest: Manifest) -> str:
    """Markdown for people: what it is, where it comes from, what was measured, what it is not for."""
    training = manifest.training
    lines = [
        f"# {manifest.name}",
        "",
        manifest.summary,
        "",
        "| | |",
        "|---|---|",
        f"| network | {manifest.kind} |",
        f"| heads | {', '.join(manifest.heads) or 'none (encoder)'} |",
        f"| learned from | {_cell(f'{manifest.data_kind}: {manifest.trained_on}')} |",
        f"| data terms | {_cell(manifest.terms)} |",
        f"| licence of the weights | {_cell(manifest.licence)} |",
        f"| input | {_cell(manifest.preprocessing)} |",
        *(f"| {modality} encoder | `{identity}` |" for modality, identity in sorted(manifest.encoders.items())),
        f"| weights sha256 | `{manifest.weights_sha256}` |",
        "",
        "## Measured",
        "",
        "| measure | value | 90 % interval | n | on | aim |",
        "|---|---|---|---|---|---|",
        *(_measure_row(measure) for measure in manifest.measures),
        "",
        *(f"- {measure.name}: {measure.note}" for measure in manifest.measures if measure.note),
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in manifest.limits),
        "",
        "## Training",
        "",
        f"`{training.command}`",
        "",
        f"Seed {training.seed}, {training.minutes:.0f} minutes on {training.machine}. Data: {training.data}.",
        "",
        "| setting | value |",
        "|---|---|",
        *(f"| {_cell(name)} | {_cell(value)} |" for name, value in training.config.items()),
        "",
    ]
    return "\n".join(lines)


def _cell(value: object) -> str:
    """A value that cannot break out of its table cell."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _measure_row(measure: Measure) -> str:
    interval = f"{measure.low:.4g} – {measure.high:.4g}" if measure.low is not None and measure.high is not None else ""
    cells = (measure.name, f"{measure.value:.4g}", interval, f"{measure.n:,}", measure.data, measure.aim)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"
