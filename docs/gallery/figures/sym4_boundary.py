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
from diagrams.export.pictures import panels
from diagrams.export.pictures.panels import DASHED, THIN
from diagrams.export.pictures.recorder import sketch_of
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


@panels.grey
def picture(found: list[Point], made: str) -> str:
    """The boundary: the formula as a line, simulations as points with names."""
    figure = panels.page(640, 470, "Ascent, order 4: the boundary over θ")
    axes = panels.named(figure.subplots(), "p^3 sigma^4: diverges above, dies out below", "θ")
    last = max(point.theta for point in found) + 0.3
    panels.window(axes, [[0.0, 2.3]])
    grid = [1 + (last - 1) * k / 100 for k in range(101)]
    line = [threshold() / theta for theta in grid]
    axes.plot(grid, line, gid="formula", label="formula", **THIN)
    many = sorted((point for point in found if point.H > 4), key=lambda point: point.theta)
    few = [point for point in found if point.H <= 4]
    for p in sorted({point.p for point in many}):
        own = [(x.theta, x.threshold) for x in many if x.p == p]
        axes.plot(*zip(*own, strict=True), gid=f"p = {p}", **DASHED)
        axes.annotate(f"p = {p}", own[-1], (7, 0), textcoords="offset points", va="center")
    dot = {"marker": "o", "linestyle": "none", "color": "0"}
    named = {True: "half of the seeds blow up", False: "the same, H at most 4"}
    for point in found:
        meaning = f"p = {point.p}, H = {point.H}: {point.threshold:.3g}"
        kind = named[point.H > 4]
        face = "0" if point.H > 4 else "1"
        axes.plot(
            point.theta, point.threshold, gid=meaning, label=kind, markerfacecolor=face, **dot
        )
    if few:
        listed = "few rows, p = " + ", ".join(str(p) for p in sorted({point.p for point in few}))
        at = (1.0, max(point.threshold for point in few))
        axes.annotate(listed, at, (7, 5), textcoords="offset points")
    axes.set_xlim(0.9, last)
    handles, labels = axes.get_legend_handles_labels()
    panels.legend(figure, dict(zip(labels, handles, strict=True)).values())
    return sketch_svg(sketch_of(figure, TITLE, f"Made by {made}."))


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
