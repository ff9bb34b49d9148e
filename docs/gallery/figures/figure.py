"""What the scripts of this folder share: options, stored numbers, the picture.

Every script makes a list of panels, each a name and a function that simulates and compares.
``--small`` takes sizes that need a few seconds.  The numbers are kept beside the picture, so that
``--redraw`` draws it again without simulating.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diagrams.agreement import Agreement, compare
from diagrams.export.pictures.agreement_picture import agreements_sketch
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp, stamp_line

Panel = tuple[str, Callable[[bool], Agreement]]
Named = tuple[str, Agreement]


def options(about: str) -> argparse.Namespace:
    """The options that all figures have."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, default=Path(), help="directory to write to")
    parser.add_argument("--small", action="store_true", help="small sizes, a few seconds")
    parser.add_argument(
        "--redraw", action="store_true", help="draw from the numbers in the directory again"
    )
    return parser.parse_args()


def compared(problem: Problem, regime: str, small: bool, **settings: Any) -> Agreement:
    """Theory and simulation at 61 times; ``small`` leaves out what takes more than seconds."""
    brief = {"terms": 4, "sizes": ()} if small else {}
    return compare(problem, regime, points=61, **{**settings, **brief})


def computed(panels: list[Panel], small: bool) -> list[Named]:
    """Simulate and compare all panels."""
    found = []
    for name, make in panels:
        found.append((name, make(small)))
        print(f"{name}: {found[-1][1].evidence.statement}", flush=True)
    return found


def picture(found: list[Named], title: str, made: str, columns: int = 2) -> str:
    """The panels as one SVG picture, with what made it in its description."""
    sketch = agreements_sketch(
        [one for _, one in found], [name for name, _ in found], title, columns
    )
    sketch.description = f"Made by {made}. {sketch.description}"
    return sketch_svg(sketch)


def stored(found: list[Named], made: str) -> str:
    """The numbers of all panels as JSON text."""
    panels = [{"name": name, "agreement": json.loads(one.to_json(made))} for name, one in found]
    return json.dumps({"made": made, "panels": panels}, ensure_ascii=False) + "\n"


def restored(text: str) -> tuple[list[Named], str]:
    """The panels that :func:`stored` wrote, and what made them."""
    data = json.loads(text)
    panels = [
        (panel["name"], Agreement.from_json(json.dumps(panel["agreement"])))
        for panel in data["panels"]
    ]
    return panels, data["made"]


def main(name: str, title: str, panels: list[Panel], columns: int = 2) -> None:
    """Make the figure: simulate, write the numbers, draw."""
    chosen = options(title)
    file = chosen.out / f"{name}.json"
    if chosen.redraw:
        found, made = restored(file.read_text("utf-8"))
    else:
        size = " --small" if chosen.small else ""
        command = f"python docs/gallery/figures/{name}.py{size}"
        found = computed(panels, chosen.small)
        made = stamp_line(stamp(found[0][1].simulation.problem.spec, command, 0))
        file.write_text(stored(found, made), "utf-8")
    drawing = picture(found, title, made, columns)
    file.with_suffix(".svg").write_text(drawing, "utf-8", newline="\n")
