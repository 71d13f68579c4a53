"""The import table of the design, checked on the syntax tree: an arrow the wrong way fails."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEAVES = {"errors", "paths", "processes", "metrics"}
CORE = {"data", "encoders", "models", "losses", "layers", "checkpoints", "features", "simulator", "training"}
CORE |= {"inference", "explain", "projection", "insights", "reports", "evaluation"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "paths": set(),
    "processes": set(),
    "metrics": set(),
    "data": set(),
    "layers": set(),
    "losses": set(),
    "encoders": {"layers"},
    "models": {"layers", "encoders", "data"},
    "checkpoints": {"models", "encoders", "data"},
    "features": {"data", "encoders", "models", "checkpoints"},
    "simulator": {"data"},
    "training": {"data", "simulator", "encoders", "models", "losses", "checkpoints", "features", "projection"},
    "inference": {"data", "encoders", "models", "checkpoints", "features"},
    "explain": {"data", "models", "features", "inference"},
    "projection": {"data", "checkpoints", "inference"},
    "insights": {"data", "inference"},
    "reports": {"data", "inference", "explain", "insights"},
    "evaluation": CORE,
    "cli": CORE | {"cli"},
    "app": CORE - {"evaluation", "training"},
    "__main__": {"cli"},
    "pages": {"app"},
}
# `adlab.training.start` launches a training as a process; the app may use that and nothing else of training.
EXTRA = {"app": {"adlab.training.start"}}
THIRD_PARTY_ALLOWED = {"metrics": {"numpy", "scipy"}}


def python_files() -> list[Path]:
    return [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "adlab").rglob("*.py"))]


def package_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    if relative.parts[0] != "adlab":
        return "pages"
    return relative.parts[1].removesuffix(".py") if len(relative.parts) > 1 else "adlab"


def imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            modules.add(base)
            if base == "adlab":  # `from adlab import x` reaches for the package x
                modules.update(f"adlab.{alias.name}" for alias in node.names)
    return modules


def broken_arrows(path: Path, modules: set[str]) -> list[str]:
    package = package_of(path)
    if package == "__init__":
        return []
    allowed = (
        MAY_IMPORT[package]
        | (LEAVES if package not in LEAVES | {"pages"} else {"errors"})
        | {package, "__init__", "__version__"}
    )
    return [
        f"{path.relative_to(ROOT)} imports {module}"
        for module in sorted(modules)
        if module.startswith("adlab.")
        and module.split(".")[1] not in allowed
        and module not in EXTRA.get(package, set())
    ]


def test_every_package_stands_in_the_import_table():
    packages = {p.name for p in (ROOT / "adlab").iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert packages <= MAY_IMPORT.keys()


def test_no_import_runs_against_the_arrow():
    assert [line for path in python_files() for line in broken_arrows(path, imported_modules(path))] == []


def test_an_import_against_the_arrow_is_noticed():
    assert broken_arrows(ROOT / "adlab" / "losses" / "x.py", {"adlab.models.focal"}) != []
    assert broken_arrows(ROOT / "pages" / "x.py", {"adlab.inference"}) != []
    assert broken_arrows(ROOT / "adlab" / "app" / "x.py", {"adlab.training.tasks"}) != []
    assert broken_arrows(ROOT / "adlab" / "app" / "x.py", {"adlab.training.start", "adlab.inference"}) == []


def test_only_the_app_knows_streamlit():
    importers = {
        package_of(p) for p in python_files() if any(m.split(".")[0] == "streamlit" for m in imported_modules(p))
    }
    assert importers <= {"app", "pages"}


def test_metrics_needs_numpy_and_scipy_only():
    for path in sorted((ROOT / "adlab" / "metrics").glob("*.py")):
        outside = {module.split(".")[0] for module in imported_modules(path)} - set(sys.stdlib_module_names)
        assert outside - {"adlab"} <= THIRD_PARTY_ALLOWED["metrics"], path


def test_no_module_unpickles():
    for path in python_files():
        assert not imported_modules(path) & {"pickle", "joblib", "dill", "cloudpickle"}, path


@pytest.mark.parametrize("module", ["adlab.cli", "adlab.errors", "adlab.data"])
def test_light_modules_do_not_load_heavy_libraries(module):
    heavy = ("torch", "lightning", "streamlit", "transformers")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"
