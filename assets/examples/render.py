"""Draw the example ads again, exactly: `python assets/examples/render.py`.

`examples.json` holds the recipe of each: seed and number, format, and the causes that were moved. Picture and copy
follow from it; both are written here and nowhere else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from adlab.simulator.ad import AdPlan
from adlab.simulator.plan import plan_ad, replan
from adlab.simulator.render import draw

FOLDER = Path(__file__).parent
QUALITY = 88
# Pixels that look crisp at the size at which the app shows them, on screens of twice the density, too.
SIZES = {"1:1": (640, 640), "4:5": (640, 800), "9:16": (540, 960), "300x250": (660, 550), "728x90": (1092, 135)}
COPY_FIELDS = ("title", "description", "query", "brand", "seller", "category")


def plan_of(recipe: dict[str, Any]) -> AdPlan:
    """The ad of a recipe."""
    return replan(plan_ad(recipe["seed"], recipe["index"]), **recipe["changes"])


def main(folder: Path = FOLDER) -> None:
    """Write pictures and copy of all examples into a folder."""
    entries = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
    for entry in entries:
        plan = plan_of(entry["ad"])
        entry["copy"] = {name: getattr(plan, name) for name in COPY_FIELDS}
        picture = draw(plan, SIZES[entry["ad"]["format"]]).image
        picture.save(folder / entry["file"], "JPEG", quality=QUALITY, optimize=True)
    text = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    (folder / "examples.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
