"""The figures of the gallery: stored numbers against the theory, pictures, small versions."""

from __future__ import annotations

import importlib
import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import pytest

from diagrams.agreement import Agreement

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
IMAGES = GALLERY / "images"
LINE = re.compile(r'<polyline points="([^"]*)"[^>]*><title>([^<]*)</title>')
NAMES = ("free_asym3", "free_sym4", "sym2", "sym2_regimes", "sym4_ascent")

WITHIN = {
    "free_asym3": (1.5, 1.5),
    "free_sym4": (22, 15),
    "sym2": (2, 2, 2, 5),
    "sym2_regimes": (4, 4, 13, 1),
    "sym4_ascent": (1, math.inf, 1, math.inf),
}
"""Largest deviation of every panel at full size, in per cent of the range of the solution."""

WITHIN_SMALL = {
    "free_asym3": (11, 11),
    "free_sym4": (150, 70),
    "sym2": (6, 9, 12, 12),
    "sym2_regimes": (30, 8, 16, 4),
    "sym4_ascent": (15, math.inf, 15, math.inf),
}
"""The same for the small versions."""


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    """The folder of the scripts, in front of all others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(GALLERY / "figures"))
        yield
    for name in ("figure", "sym4_boundary", *NAMES):
        sys.modules.pop(name, None)


def script(name: str) -> ModuleType:
    return importlib.import_module(name)


def stored(name: str) -> tuple[list[tuple[str, Agreement]], str]:
    found: Any = script("figure").restored((IMAGES / f"{name}.json").read_text("utf-8"))
    return found  # type: ignore[no-any-return]


def check(found: list[Agreement], bounds: tuple[float, ...]) -> None:
    """Every panel lies within its bound; where seeds blow up, so does the solution."""
    for one, bound in zip(found, bounds, strict=True):
        assert one.theory is not None
        if math.isinf(bound):
            assert one.theory.ends is not None
            times = sorted(abs(b.time) for b in one.simulation.blow_ups if b is not None)
            assert len(times) > one.simulation.seeds // 2
            assert times[len(times) // 2] < abs(one.theory.ends)
            continue
        assert one.deviation is not None
        assert 100 * one.deviation < bound


@pytest.mark.parametrize("name", NAMES)
def test_stored_numbers_agree_with_the_theory(name: str) -> None:
    panels, made = stored(name)
    assert f"docs/gallery/figures/{name}.py" in made
    assert "--small" not in made
    assert [label for label, _ in panels] == [label for label, _ in script(name).PANELS]
    check([one for _, one in panels], WITHIN[name])


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_drawn_from_the_stored_numbers(name: str) -> None:
    panels, made = stored(name)
    drawn = script("figure").picture(panels, script(name).TITLE, made)
    assert same_picture(drawn, IMAGES / f"{name}.svg")


def same_picture(drawn: str, file: Path) -> bool:
    """Whether texts and the ends of lines are the same; versions of Matplotlib clip differently."""
    (texts, ends), (known_texts, known_ends) = map(parts, (drawn, file.read_text("utf-8")))
    near = all(abs(x - y) < 5 for x, y in zip(ends, known_ends, strict=True))
    return texts == known_texts and near


def parts(picture: str) -> tuple[list[str], list[float]]:
    lines = LINE.findall(picture)
    ends = [float(x) for points, _ in lines for x in re.split("[, ]", points)[:2]]
    ends += [float(x) for points, _ in lines for x in re.split("[, ]", points)[-2:]]
    names = [name for _, name in lines]
    return names + re.findall(r"<(?:desc|tspan)[^>]*>([^<]*)<", picture), ends


def test_the_hard_edge_separates_mean_and_median() -> None:
    panels, _ = stored("sym2")
    edge = dict(panels)["critical, H = p, smaller"].simulation
    k = 3 * len(edge.times) // 4
    span = edge.times[-1] - edge.times[k]
    mean, median = (math.log(c[-1] / c[k]) / span for c in (edge.mean, edge.median))
    assert -3 < mean < -1.3
    assert -8.5 < median < -6


def test_the_printed_rate_and_exponent_fail() -> None:
    """Misprints: e^(-eta t) for the output at B, and 2(nu-1)s + 1 in the recurrence of A-B."""
    over = stored("free_asym3")[0][1][1].simulation
    k = len(over.times) // 2
    slope = math.log(over.mean[k] / over.mean[0]) / over.times[k]
    assert abs(slope + 6) < 0.5 < abs(slope + 2)
    for _, one in stored("free_sym4")[0]:
        run = one.simulation
        p, H, sigma = (run.value_at(name) for name in ("p", "H", "sigma"))
        theta = 1 + 3 * H / p**2
        base = 1 + 24 * theta * (p * sigma**2) ** 3 * run.times[-1]
        start = theta * p**4 * H * sigma**8 / 2
        ours, printed = (abs(run.mean[-1] / (start * base**e) - 1) for e in (-4 / 3, -7 / 6))
        assert ours < 0.1
        assert printed > 0.25


def test_the_boundary_approaches_the_formula_from_below() -> None:
    """rho*/theta, by an integral of its own; thresholds come closer as p grows."""
    data = json.loads((IMAGES / "sym4_boundary.json").read_text("utf-8"))
    with mpmath.workdps(15):

        def density(x: float) -> mpmath.mpf:
            return -((gaussian(-x / (1 - x))) ** 3) / (1 - x) ** 2

        def gaussian(a: mpmath.mpf) -> mpmath.mpf:
            if not a:
                return mpmath.mpf(1)
            root = mpmath.sqrt(mpmath.pi / -a) * mpmath.exp(-1 / (16 * a))
            return -1 / (8 * a) + root * mpmath.erfc(1 / (4 * mpmath.sqrt(-a))) / (32 * a)

        formula = float(-1 / (16 * mpmath.quad(density, [1e-6, 0.1, 0.5, 0.9, 1])))
    assert formula == pytest.approx(2.0778094, rel=1e-4)
    parts = {(x["p"], x["H"]): x["threshold"] * x["theta"] / formula for x in data["points"]}
    assert all(part < 1.1 for part in parts.values())
    assert abs(parts[16384, 1] - 1) < 0.1
    assert parts[32, 16] <= parts[64, 64] < parts[256, 64]
    assert parts[32, 85] < parts[64, 341]
    assert parts[32, 171] < parts[64, 683]
    points = [script("sym4_boundary").Point(**x) for x in data["points"]]
    drawn = script("sym4_boundary").picture(points, data["made"])
    assert same_picture(drawn, IMAGES / "sym4_boundary.svg")


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_small_versions(name: str) -> None:
    found = script("figure").computed(script(name).PANELS, True)
    check([one for _, one in found], WITHIN_SMALL[name])


@pytest.mark.full
def test_the_small_boundary() -> None:
    module = script("sym4_boundary")
    one, *others = module.points(True)
    assert one.low < module.threshold() / one.theta < one.high * 1.1
    for point in others:
        assert point.threshold * point.theta < one.threshold
