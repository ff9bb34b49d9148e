"""Theory over experiment as a picture: the right values in the right places."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from diagrams import Agreement, Simulation, compare, cp_problem, simulate, solve
from diagrams.agreement import agreement_of
from diagrams.agreement.short_times import ShortTimes
from diagrams.agreement.size_scaling import SizePoint, SizeScaling
from diagrams.export.pictures.agreement_picture import agreement_sketch, agreements_sketch
from diagrams.export.pictures.panels import page, window
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.flow import FlowSettings

FREE = cp_problem(order=4, target="zero")
SPACE = "{http://www.w3.org/2000/svg}"
SIZES: dict[str, Any] = {"p": 8, "H": 4, "sigma": 0.25}
THETA = 1 + 3 * 4 / 8**2
RATE = 24 * 8**3 * 0.25**6 * THETA
"""The loss of A-B is proportional to (1 + RATE t)^(-4/3)."""

Points = list[tuple[float, float]]


def loss(t: float) -> float:
    return float(4 * 8**4 * 0.25**8 * THETA / 2 * (1 + RATE * t) ** (-4 / 3))


def made(until: float, rows: tuple[Callable[[float], float], ...], points: int = 21) -> Simulation:
    """A simulation with losses put in by hand."""
    run = simulate(
        FREE,
        **SIZES,
        until=until / 10**6,
        seeds=2,
        points=points,
        settings=FlowSettings(check=False),
    )
    times = tuple(until * k / (points - 1) for k in range(points))
    losses = tuple(tuple(row(t) for t in times) for row in rows)
    empty = (None,) * len(rows)
    return replace(
        run, grid=times, rows=losses, blow_ups=empty, steps=(1,) * len(rows), accuracy=None
    )


def held(run: Simulation) -> Agreement:
    return agreement_of(run, solve(FREE, regime="A-B"))


def curves(picture: str, name: str) -> list[Points]:
    """The points of all curves of a name, in the order of the panels."""
    found = []
    for line in ElementTree.fromstring(picture).iter(f"{SPACE}polyline"):
        title = line.find(f"{SPACE}title")
        assert title is not None
        if title.text == name:
            points = (point.split(",") for point in line.attrib["points"].split())
            found.append([(float(x), float(y)) for x, y in points])
    return found


def test_losses_as_the_solution_says_lie_on_it() -> None:
    run = made(3.0, (lambda t: loss(t) / 2, loss, lambda t: loss(t) * 3 / 2))
    picture = held(run).to_svg()
    upper, lower = curves(picture, "solution")
    assert len(upper) == len(run.times)
    assert all(a[1] < b[1] for a, b in pairwise(upper))
    over, ratio = curves(picture, "mean")
    assert over == upper
    assert all(abs(y - lower[0][1]) < 0.02 for _, y in ratio)
    assert not curves(picture, "median")


def test_a_mean_above_the_solution_is_drawn_above_it() -> None:
    run = made(3.0, (lambda t: loss(t) * (1.2 - t / 10),))
    picture = held(run).to_svg()
    (line,) = curves(picture, "solution")[1:]
    ratio = curves(picture, "mean")[1]
    signs = [line[0][1] - y for _, y in ratio]
    assert [s > 0.1 for s in signs] == [t < 1.99 for t in run.times]
    assert [s < -0.1 for s in signs] == [t > 2.01 for t in run.times]


def test_mean_and_median_where_they_part() -> None:
    picture = held(made(3.0, (*[loss] * 27, *[lambda t: loss(t) * (1 + 4 * t)] * 9))).to_svg()
    mean, median = curves(picture, "mean")[1], curves(picture, "median")[1]
    assert len(mean) == len(median) == 21
    assert any(abs(a[1] - b[1]) > 1 for a, b in zip(mean, median, strict=True))
    assert "10 % to 90 % of the seeds" in picture


def test_for_negative_times_the_median_is_drawn_and_the_solution_to_its_end() -> None:
    run = made(-2.1 / RATE, (lambda _: 1.0, lambda _: 1.0))
    picture = held(run).to_svg()
    upper, _ = curves(picture, "solution")
    alive = sum(t > -1 / RATE for t in run.times)
    assert len(upper) <= alive < len(run.times)
    assert not curves(picture, "mean")
    assert len(curves(picture, "median")[0]) == len(run.times)
    assert len(curves(picture, "median")[1]) <= alive
    ends = curves(picture, "the solution ends here")
    assert len(ends) == 2
    (x, foot), (same, top) = ends[0]
    assert x == same
    assert top < foot
    median = curves(picture, "median")[0]
    left, right = median[-1][0], median[0][0]
    assert (right - x) / (right - left) == pytest.approx(1 / 2.1, abs=0.01)


def test_the_series_is_drawn_and_marked_where_it_leaves() -> None:
    run = made(0.3, (loss, loss))
    start = loss(0)
    terms = [start, -4 / 3 * RATE * start, 28 / 9 * RATE**2 * start, -280 / 27 * RATE**3 * start]
    found = replace(held(run), series=ShortTimes(tuple(terms), 1.0))
    sketch = agreement_sketch(found)
    leaves = found.series_leaves
    assert leaves is not None
    (dot,) = {d for d in sketch.dots if d.meaning.startswith("the series leaves")}
    mean = next(t for t in sketch.traces if t.meaning == "mean")
    left, right = mean.points[0][0], mean.points[-1][0]
    assert dot.at[0] == pytest.approx(left + (right - left) * leaves / 0.3, abs=0.01)
    (series,) = [t for t in sketch.traces if t.meaning == "exact series"]
    last = max(x for x, _ in series.points)
    assert last == pytest.approx(left + (right - left) * found.series_drawn / 0.3, abs=0.01)
    assert found.series_drawn > leaves


def test_a_series_too_short_to_be_seen_is_shown_apart() -> None:
    run = made(400.0, (loss, loss))
    start = loss(0)
    found = replace(held(run), series=ShortTimes((start, -4 / 3 * RATE * start, start * 9), 1.0))
    picture = sketch_svg(agreement_sketch(found))
    assert ">early times<" in picture
    assert len(curves(picture, "exact series")) == 2


def test_sizes_are_drawn_with_the_law_through_them() -> None:
    points = [
        SizePoint(p, (("p", p), ("H", 4.0)), 8, 1 / p, 1e-4, 1.0, 1.0) for p in (8, 16, 32, 64, 128)
    ]
    scaling = SizeScaling("p", (), tuple(points))
    found = replace(held(made(3.0, (loss, loss))), scaling=scaling)
    sketch = agreement_sketch(found)
    dots = [d.at for d in sketch.dots if d.meaning.startswith("p = ")]
    (law,) = [t.points for t in sketch.traces if t.meaning == "power law"]
    (goal,) = [t.points for t in sketch.traces if t.meaning == "one per cent"]
    (x0, y0), (x1, y1) = law
    for x, y in dots:
        assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0), abs=0.05)
    assert y0 < goal[0][1] < y1
    assert not sketch.collisions()


def test_several_panels_have_one_legend() -> None:
    one = held(made(3.0, (loss, loss)))
    sketch = agreements_sketch([one, one, one], ["a", "b", "c"], "three", columns=2)
    assert len([t for t in sketch.traces if t.meaning == "solution"]) == 6
    assert len([w for w in sketch.words if w.pieces == (("solution", 0),)]) == 1
    assert not sketch.collisions()
    assert sketch.height > agreements_sketch([one, one], ["a", "b"], "two").height


def test_pdf_holds_the_same_curves() -> None:
    file = held(made(3.0, (loss, lambda t: 2 * loss(t)))).to_pdf()
    assert file.startswith(b"%PDF-1.4")
    assert file.rstrip().endswith(b"%%EOF")
    pieces = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", file, re.DOTALL)
    drawn = b"".join(zlib.decompress(piece) for piece in pieces if piece[:1] == b"x")
    assert drawn.count(b"\nS\n") > 20


def test_pictures_need_no_colour() -> None:
    found = compare(FREE, "A-B", **SIZES, until=1, seeds=4, points=5, terms=2, sizes=(4, 8))
    for shape in ElementTree.fromstring(found.to_svg()).iter():
        for paint in (shape.get("fill"), shape.get("stroke")):
            if paint and paint not in ("none", "#1F2933"):
                assert paint[1:3] == paint[3:5] == paint[5:7]


def test_windows_and_round_numbers() -> None:
    def marks(low: float, high: float) -> list[str]:
        axes = page(300, 300, "").subplots()
        window(axes, [[low, high]])
        view = axes.get_ylim()
        assert view[0] <= low <= high <= view[1]
        assert view[0] < view[1]
        ticks = [t for t in axes.get_yticks() if view[0] <= t <= view[1]]
        return list(axes.yaxis.get_major_formatter().format_ticks(ticks))

    assert marks(0, 1) == ["0", "0.5", "1"]
    assert marks(0.5, 2e3) == ["1", "10", "100", "1000"]
    assert len(marks(1e-30, 1.0)) <= 7
    assert marks(5.0, 5.0)
