"""The threshold of ascent, four tied factors: which sizes blow up, against the formula.

Run ``python docs/gallery/figures/sym4_boundary.py --out DIR [--small]``.

For every width, p^3 sigma^4 is halved in on where half of the seeds blow up.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from statistics import median

from figure import options

from diagrams import FlowSettings, cp_problem, simulate, solve
from diagrams.export.pictures.axes import (
    DASHED,
    THIN,
    Axis,
    Box,
    Entry,
    Panel,
    draw_curve,
    draw_dot,
    draw_frame,
    draw_legend,
)
from diagrams.export.pictures.sketch import Sketch, Words, raised
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.provenance import stamp, stamp_line

TITLE = "Ascent, order 4, all slots tied: the boundary over theta"
LONGEST = -1.0
"""Seeds that have not blown up at this time, in units of T = sigma^2, have died out."""

problem = cp_problem(order=4)


@dataclass(frozen=True)
class Point:
    """A simulated threshold of p^3 sigma^4 and the interval it lies in."""

    p: int
    H: int
    theta: float
    threshold: float
    low: float
    high: float
    seeds: int


@cache
def threshold() -> float:
    """The threshold of p^3 sigma^4 theta, from the solution: 2.0778."""
    _, value = solve(problem).numbers.critical(20)
    return float(value.value)


def blows_up(p: int, H: int, size: float, seeds: int) -> bool:
    """Whether half of the seeds blow up at a value of p^3 sigma^4."""
    sigma = (size / p**3) ** 0.25
    run = simulate(
        problem, p=p, H=H, sigma=sigma, T=sigma**2, until=LONGEST, seeds=seeds, points=2,
        settings=FlowSettings(check=False, tolerance=1e-6),
    )  # fmt: skip
    return median(1.0 if blow_up else 0.0 for blow_up in run.blow_ups) > 0.5


def measured(p: int, H: int, seeds: int, halvings: int) -> Point:
    """The threshold at given sizes, by halves of its logarithm."""
    theta = 1 + 3 * H / p**2
    known = threshold() / theta
    low, high = known / 16, known * 2
    for _ in range(halvings):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if blows_up(p, H, middle, seeds) else (middle, high)
    found = Point(p, H, theta, (low * high) ** 0.5, low, high, seeds)
    print(found, flush=True)
    return found


def points(small: bool) -> list[Point]:
    """Thresholds at several widths; those of few rows at large p first."""
    if small:
        listed = [(256, 1, 9), (64, 4, 9), (16, 32, 9), (16, 85, 9)]
        return [measured(p, H, seeds, 5) for p, H, seeds in listed]
    widths = [(16384, 1, 15), (2048, 1, 15), (256, 1, 15), (256, 64, 9), (256, 256, 5)]
    widths += [(64, 64, 9), (64, 341, 5), (64, 683, 5)]
    widths += [(32, 16, 9), (32, 85, 9), (32, 171, 9), (32, 341, 7), (32, 683, 5)]
    return [measured(p, H, seeds, 6) for p, H, seeds in widths]


def picture(found: list[Point], made: str) -> str:
    """The boundary: the formula as a line, simulations as points with names."""
    sketch = Sketch(TITLE, f"Made by {made}.", 640, 470)
    sketch.words.append(Words((320, 16), raised("Ascent, order 4: the boundary over θ"), 14))
    last = max(point.theta for point in found) + 0.3
    panel = Panel(Box(62, 50, 620, 390), Axis(0.9, last), Axis(0.0, 2.5))
    grid = [1 + (last - 1) * k / 100 for k in range(101)]
    line = threshold()
    draw_curve(sketch, panel, grid, [line / theta for theta in grid], THIN, "formula")
    draw_frame(sketch, panel, "p^3 sigma^4: the loss diverges above, the model dies out below", "θ")
    many = [point for point in found if point.H > 4]
    few = [point for point in found if point.H <= 4]
    for p in sorted({point.p for point in many}):
        own = sorted((x for x in many if x.p == p), key=lambda x: x.theta)
        thetas, thresholds = [x.theta for x in own], [x.threshold for x in own]
        draw_curve(sketch, panel, thetas, thresholds, DASHED, f"p = {p}")
        x, y = panel.at(thetas[-1], thresholds[-1])
        sketch.words.append(Words((x + 9, y), raised(f"p = {p}"), 11, anchor="start"))
    for point in found:
        meaning = f"p = {point.p}, H = {point.H}: {point.threshold:.3g}"
        draw_dot(sketch, panel, point.theta, point.threshold, point.H > 4, meaning)
    if few:
        x, y = panel.at(1.0, max(point.threshold for point in few))
        listed = "few rows, p = " + ", ".join(str(p) for p in sorted({point.p for point in few}))
        sketch.words.append(Words((x + 9, y - 6), raised(listed), 11, anchor="start"))
    entries = [
        Entry("formula", THIN),
        Entry("half of the seeds blow up", DASHED, dot=True),
        Entry("the same, H at most 4", dot=False),
    ]
    draw_legend(sketch, entries, 62, 440, 620)
    return sketch_svg(sketch)


def main() -> None:
    """Make the figure: simulate, write the numbers, draw."""
    chosen = options(TITLE)
    file = chosen.out / "sym4_boundary.json"
    if chosen.redraw:
        data = json.loads(file.read_text("utf-8"))
        found = [Point(**point) for point in data["points"]]
    else:
        found = points(chosen.small)
        command = "python docs/gallery/figures/sym4_boundary.py" + " --small" * chosen.small
        data = {"made": stamp_line(stamp(problem.spec, command, 0))}
        data["points"] = [asdict(point) for point in found]
        file.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    file.with_suffix(".svg").write_text(picture(found, data["made"]), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
