"""JSON documents with lies in them, and what may become of a lie.

A lie is refused, or corrected (the value that is read back and written again has not got it), or
told as what the document claims.  A number of another type, or out of all range, is never kept.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy

from diagrams.agreement import compare
from diagrams.checking import check
from diagrams.evidence import CLAIMED
from diagrams.export.json.agreement import agreement_from_json
from diagrams.export.json.closed_system import system_from_json
from diagrams.export.json.comparison import comparison_from_json
from diagrams.export.json.levels import levels_from_json
from diagrams.export.json.open_series import open_series_from_json
from diagrams.export.json.parameterisation import parameterisation_from_json
from diagrams.export.json.regimes import fronts_from_json, regimes_from_json
from diagrams.export.json.series import series_from_json
from diagrams.export.json.simulation import simulation_from_json
from diagrams.flow import FlowSettings, simulate
from diagrams.order_parameters.closing import close
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.regimes.finding import regimes
from diagrams.scaling.regimes.parameterisation import parameterise
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from diagrams.series.open_series import expand_open
from tests.fuzz.attempt import Fault, attempt
from tests.fuzz.texts import mutated, number, word

FILE = """
title = "Linear network"
families = {hidden = "N", feature = "d"}
tensors.W = {families = ["hidden", "feature"], role = "trained", variance = "s/N", rate = "r"}
tensors.a = {families = ["hidden"], role = "trained", variance = "s", rate = "r"}
tensors.t = {families = ["feature"], role = "frozen", variance = "1/d"}
model = {output = "a[k] W[k,i]", target = "t[i]"}
loss = {kind = "squared error", over = ["i"], prefactor = "1"}
observables = {norm = "W[k,i]^2 / N", "kernel[i,j]" = "star(output[i], output[j])"}
"""
SYMMETRIC = """
families = {hidden = "h", feature = "d"}
tensors.W = {families = ["hidden", "feature"], role = "trained", variance = "1/d"}
tensors.x = {families = ["feature"], role = "frozen", variance = 1}
model = {output = "W[k,i] x[i] W[k,j] x[j]", target = "x[i] x[i]"}
loss = {kind = "squared error", over = [], average = ["x"]}
"""


@dataclass(frozen=True)
class Base:
    """A document that is right, and the function that reads it."""

    name: str
    text: str
    read: Callable[[str], Any]


NET, TWO = parse_problem(FILE), cp_problem(order=2, scale="c", decay="lambda")
THREE = cp_problem(order=3, ties="asym", target="zero")
AT = {"N": 2, "d": 3, "s": 0.5, "r": 1}
SCALING: dict[str, Any] = {"N": 1, "d": "delta*N"}
WATCHED = ("norm", "star(output[i], output[i])")


def theory() -> sympy.Expr:
    """The formula of a regime, for ``check``."""
    p, width, sigma, t = sympy.symbols("p H sigma t")
    return p**2 * width * sigma**4 / 2 * sympy.exp(-4 * sigma**2 * (p + width) * t)


KINDS: dict[str, tuple[Callable[[], Any], Callable[[str], Any]]] = {
    "series": (lambda: expand(NET, 2), series_from_json),
    "preset": (lambda: expand(TWO, 2), series_from_json),
    "far series": (lambda: expand(cp_problem(order=2), 6), series_from_json),
    "cumulant": (lambda: cumulant(NET, ("norm", "norm"), 1), series_from_json),
    "levels": (lambda: levels(expand(NET, 2), SCALING, count=2), levels_from_json),
    "bare levels": (lambda: levels(list(expand(NET, 2)), SCALING), levels_from_json),
    "open series": (lambda: expand_open(NET, 2, "kernel"), open_series_from_json),
    "kept": (lambda: expand_open(NET, 1, keep=["t"]), open_series_from_json),
    "fronts": (lambda: fronts(NET, 2), fronts_from_json),
    "proved fronts": (lambda: fronts(TWO, 2), fronts_from_json),
    "simulation": (
        lambda: simulate(NET, at=AT, until=1, seeds=3, points=4),
        simulation_from_json,
    ),
    "ascent": (
        lambda: simulate(
            TWO,
            at={"p": 3, "H": 2, "sigma": 1, "c": 1, "lambda": 0.1},
            until=-2,
            seeds=3,
            points=5,
            settings=FlowSettings(check=False),
        ),
        simulation_from_json,
    ),
    "observed": (
        lambda: simulate(NET, at=AT, until=1, seeds=2, points=3, observables=WATCHED),
        simulation_from_json,
    ),
    "check": (
        lambda: check(cp_problem(order=2, ties="asym", target="zero"), theory(), terms=2),
        comparison_from_json,
    ),
    "closed": (lambda: close(parse_problem(SYMMETRIC)), system_from_json),
    "parameterisation": (
        lambda: parameterise(
            NET,
            ["output[i] output[i]", "star(output[i], output[i])"],
            regime={"N": 1},
            unknown=["s", "r"],
        ),
        parameterisation_from_json,
    ),
    "regimes": (lambda: regimes(TWO), regimes_from_json),
    "fitted regimes": (lambda: regimes(expand(NET, 5)), regimes_from_json),
    "agreement": (
        lambda: compare(
            THREE, "A", p=8, H=4, sigma=0.25, until=2, points=5, sizes=(), terms=2, seeds=3
        ),
        agreement_from_json,
    ),
}
SLOW = ("regimes", "fitted regimes", "agreement")


@cache
def base(name: str) -> Base:
    """The document of a kind."""
    make, read = KINDS[name]
    return Base(name, make().to_json(), read)


# -- lies ---------------------------------------------------------------------------------

Place = tuple[Any, ...]
WILD = (True, False, 10**400, -(10**400), 1e308, 2.5e-320, 10**18, -5, -3.5, None, "", [], {}, [[]])


def places(data: Any, here: Place = ()) -> list[Place]:
    """All places of a document."""
    below: Iterable[tuple[Any, Any]] = ()
    if isinstance(data, dict | list):
        below = data.items() if isinstance(data, dict) else enumerate(data)
    return [here, *(p for key, value in below for p in places(value, (*here, key)))]


def value_at(data: Any, place: Place) -> Any:
    """What stands at a place."""
    for key in place:
        data = data[key]
    return data


def lie(rng: random.Random, value: Any) -> Any:
    """Another value in the place of one."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(WILD)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 2, 997))
    if isinstance(value, float):
        return value * rng.choice((-1.0, 1.001, 1e200)) + rng.choice((0, 1e-3))
    if isinstance(value, str):
        return rng.choice((number(rng), word(rng), mutated(rng, value[:2000]), "999", value * 3))
    if isinstance(value, list) and value:
        one = rng.choice(value)
        return rng.choice(([*value, one], value[:-1], value[::-1], [one] * 3, value * 40))
    if isinstance(value, dict) and value:
        name = rng.choice(list(value))
        rest = {k: v for k, v in value.items() if k != name}
        return rng.choice((rest, {**value, word(rng): 1}, {**rest, f"{name}_": value[name]}))
    return rng.choice(WILD)


def lied(rng: random.Random, base: Base) -> tuple[str, Place, Any]:
    """A document with one value replaced; which, and by what."""
    data = json.loads(base.text)
    place = rng.choice(places(data)[1:])
    new = lie(rng, value_at(data, place))
    value_at(data, place[:-1])[place[-1]] = new
    return json.dumps(data), place, new


def each_lie(value: Any) -> list[Any]:
    """Other values of the same type, close by: the lies that are easiest to believe."""
    if isinstance(value, bool) or value is None:
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, value + 2]
    if isinstance(value, float):
        return [value * 1.001, -value, value + 0.5]
    if isinstance(value, str):
        return [f"{value}x", f"{value} 1", "q", value[::-1], value.upper()]
    if isinstance(value, list):
        return [value[::-1], value[:-1], value + value[-1:]]
    return [{k: v for k, v in value.items() if k != name} for name in list(value)[:6]]


def run_places(name: str) -> int:
    """Every place of a document, one of a list, with one lie after the other; how many."""
    chosen = base(name)
    seen: Counter[Place] = Counter()
    count = 0
    for place in places(json.loads(chosen.text))[1:]:
        shape = tuple("*" if isinstance(key, int) else key for key in place)
        seen[shape] += 1
        if seen[shape] > 1:
            continue
        old = value_at(json.loads(chosen.text), place)
        for new in (new for new in each_lie(old) if new != old):
            data = json.loads(chosen.text)
            value_at(data, place[:-1])[place[-1]] = new
            judged(chosen, json.dumps(data), place, new)
            count += 1
    return count


def judged(base: Base, text: str, place: Place = (), new: Any = None) -> bool:
    """Whether a document was read; raises :class:`Fault` for a lie that is believed."""
    found = attempt(lambda: base.read(text), (base.name, place, text[:3000]))
    if found is None:
        return False
    attempt(lambda: (str(found), hash(found)), (base.name, place, new))
    again = attempt(found.to_json, (base.name, place, new))
    written = json.loads(str(again))
    if place and kept(written, place, new) and not kept(json.loads(base.text), place, new):
        claims = CLAIMED in json.dumps(written)
        if not claims or wild(new):
            raise Fault(f"believed: {base.name} {place} = {str(new)[:200]}")
    return True


def kept(written: Any, place: Place, new: Any) -> bool:
    """Whether a lie stands in what is written again, to the letter."""
    try:
        value = value_at(written, place)
    except (KeyError, IndexError, TypeError):
        return False
    return type(value) is type(new) and value == new


def wild(new: Any) -> bool:
    """Whether no document of ours can have the value anywhere."""
    return isinstance(new, int) and not isinstance(new, bool) and abs(new) >= 10**300


def tampered(rng: random.Random, base: Base) -> str:
    """A document whose text is damaged: cut, doubled keys, deep nesting, other constants."""
    text, kind = base.text, rng.random()
    if kind < 0.6:
        return mutated(rng, text)
    if kind < 0.7:
        return text[: rng.randint(0, len(text))]
    place = rng.randint(1, len(text))
    cut = text.find('"', place)
    if kind < 0.8 and cut > 0:  # a key or a text twice
        end = text.find('"', cut + 1) + 1
        return f"{text[:end]}: 1, {text[cut:end]}{text[end:]}"
    new = rng.choice(
        ("NaN", "-Infinity", "1e999", "[" * 5000, '{"a":' * 5000, "9" * 5000, "\u0000")
    )
    return text[:place] + new + text[place:]


def run_documents(
    rng: random.Random, cases: int, kinds: tuple[str, ...] = tuple(KINDS)
) -> dict[str, int]:
    """So many documents; how many were read and how many refused."""
    counts = {"read": 0, "refused": 0}
    for _ in range(cases):
        chosen = base(rng.choices(kinds, [1 if name in SLOW else 20 for name in kinds])[0])
        if rng.random() < 0.75:
            came = judged(chosen, *lied(rng, chosen))
        else:
            came = judged(chosen, tampered(rng, chosen))
        counts["read" if came else "refused"] += 1
    return counts
