"""Solutions over simulations: the right values in the right places, as far as they exist."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from diagrams import BadInput, OutsideDomain, Simulation, cp_problem, simulate, solve
from diagrams.export.comparison_svg import comparison_svg

FREE = cp_problem(order=4, target="zero")
SPACE = "{http://www.w3.org/2000/svg}"
SIZES: dict[str, Any] = {"p": 8, "H": 4, "sigma": 0.25}
THETA = 1 + 3 * 4 / 8**2
RATE = 24 * 8**3 * 0.25**6 * THETA
"""The loss of A-B is proportional to (1 + RATE t)^(-4/3)."""


def loss(t: float) -> float:
    return float(4 * 8**4 * 0.25**8 * THETA / 2 * (1 + RATE * t) ** (-4 / 3))


def made(until: float, rows: tuple[Callable[[float], float], ...], points: int = 21) -> Simulation:
    """A simulation with losses put in by hand."""
    run = simulate(FREE, **SIZES, until=until / 10**6, seeds=2, points=points, check=False)
    times = tuple(until * k / (points - 1) for k in range(points))
    losses = tuple(tuple(row(t) for t in times) for row in rows)
    empty = (None,) * len(rows)
    return replace(
        run, times=times, losses=losses, blow_ups=empty, steps=(1,) * len(rows), accuracy=None
    )


def curves(picture: str, name: str) -> list[list[tuple[float, float]]]:
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
    picture = comparison_svg(run, solve(FREE, regime="A-B"))
    upper, lower = curves(picture, "solution")
    assert len(upper) == len(run.times)
    assert all(a[1] < b[1] for a, b in pairwise(upper))
    height = lower[0][1]
    for name in ("mean", "median"):
        over, ratio = curves(picture, name)
        assert over == upper
        assert all(abs(y - height) < 0.02 for _, y in ratio)


def test_a_mean_above_the_solution_is_drawn_above_it() -> None:
    run = made(3.0, (lambda t: loss(t) * (1.2 - t / 10),))
    picture = comparison_svg(run, solve(FREE, regime="A-B"))
    (line,) = curves(picture, "solution")[1:]
    ratio = curves(picture, "mean")[1]
    signs = [line[0][1] - y for _, y in ratio]
    assert [s > 0.1 for s in signs] == [t < 1.99 for t in run.times]
    assert [s < -0.1 for s in signs] == [t > 2.01 for t in run.times]


def test_the_solution_ends_where_it_ceases_to_exist() -> None:
    run = made(-2.1 / RATE, (lambda _: 1.0, lambda _: 1.0))
    picture = comparison_svg(run, solve(FREE, regime="A-B"))
    (upper, _) = curves(picture, "solution")
    assert len(upper) == sum(t > -1 / RATE for t in run.times) < len(run.times)
    assert len(curves(picture, "median")[0]) == len(run.times)
    assert len(curves(picture, "median")[1]) == len(upper)


def test_refusals() -> None:
    run = made(1.0, (loss,))
    with pytest.raises(BadInput, match="solution"):
        comparison_svg(run, solve(cp_problem(order=4), regime="A-B"))
    problem = cp_problem(order=4)
    descent = simulate(problem, **SIZES, until=0.01, seeds=1, points=3, check=False)
    with pytest.raises(OutsideDomain):
        comparison_svg(descent, solve(problem))


def test_symbols_of_the_problem_are_passed_on_and_text_is_escaped() -> None:
    problem = cp_problem(order=4, scale="c")
    run = simulate(problem, **SIZES, scale=0.5, until=-0.1, seeds=2, points=3, check=False)
    picture = comparison_svg(run, solve(problem))
    assert len(curves(picture, "solution")[0]) == 3
    assert "& " not in picture
    assert "script" not in picture
