"""What an explorer of regimes computes with: exact rationals as text, to be put into a page.

The script of the page finds the leading face as :func:`~diagrams.scaling.regimes.location.locate`
does, and judges actual sizes as :func:`~diagrams.scaling.regimes.dominance.locate_at` does, from
these data alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from diagrams.export.explorer.places import Scaling
from diagrams.export.html.mathml import mathml
from diagrams.export.pictures.phase_plane import window
from diagrams.export.pictures.phase_polygon import coordinates
from diagrams.export.pictures.sketch import raised
from diagrams.polynomials.polynomial import Polynomial, symbol_order
from diagrams.polynomials.spelling import symbol_latex
from diagrams.scaling.fronts.families import Line
from diagrams.scaling.fronts.front import without_constant
from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.dominance import ENOUGH, NEAR, compared_orders, face_at
from diagrams.scaling.regimes.finding import Regime, Regimes
from diagrams.series.expansion import Series
from pde.linear_algebra import Number, Vector

TERMS_LIMIT = 4000
"""Terms of all orders that a page holds; higher orders are left out beyond."""


def explorer_data(found: Regimes, series: Series, places: dict[str, Scaling]) -> dict[str, object]:
    """Return regimes, vertices and terms as plain data.

    ``classes[r]`` are the vertices of the orders ``s = r`` modulo the period, far out, times a
    positive integer; the largest in the direction of a scaling leads.
    """
    axes = shown_axes(found)
    start = places[found.members[0].name]
    orders = [
        _order(found, s, polynomial) for s, polynomial in enumerate(_polynomials(found, series))
    ]
    return {
        "symbols": list(found.symbols),
        "letters": [_letter(name) for name in found.symbols],
        "sizes": [name in found.sizes for name in found.symbols],
        "reading": sorted(range(len(found.symbols)), key=lambda k: symbol_order(found.symbols[k])),
        "axes": [found.symbols.index(name) for name in axes],
        "windows": _windows(found, places, axes),
        "start": _texts(start),
        "classes": [_far(lines) for lines in found.families.classes],
        "regimes": [_regime(found, regime, places[regime.name]) for regime in found],
        "orders": orders,
        "compared": list(compared_orders(found, len(orders) - 1)),
        "enough": ENOUGH,
        "near": NEAR,
    }


def shown_axes(found: Regimes) -> tuple[str, ...]:
    """The symbols of the axes: the second one, and the last, if there is a third.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> shown_axes(regimes(cp_problem(order=4, scale="c")))
    ('H', 'sigma')
    """
    return tuple(dict.fromkeys((found.symbols[1], found.symbols[-1])))


def symbol_math(name: str) -> str:
    """A symbol as MathML."""
    return f"<math>{mathml(symbol_latex(name))}</math>"


def embedded(data: object) -> str:
    """Return data as JSON text that can stand in a ``script`` element.

    >>> embedded({"title": "</script><!--"})
    '{"title":"\\\\u003c/script\\\\u003e\\\\u003c!--"}'
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _polynomials(found: Regimes, series: Series) -> list[Polynomial]:
    """The coefficients without the pure-target constant, as far as their fronts are known."""
    given = [series.coefficient(s) for s in range(series.terms + 1)]
    kept: list[Polynomial] = []
    count = 0
    for polynomial in without_constant(series.problem, given)[: len(found.fronts)]:
        count += len(polynomial)
        if kept and count > TERMS_LIMIT:
            break
        kept.append(polynomial)
    return kept


def _order(found: Regimes, s: int, polynomial: Polynomial) -> dict[str, object]:
    vectors = [_vector(found, powers) for powers, _ in polynomial]
    front = found.fronts[s]
    known = {vector: k for k, vector in enumerate(vectors)}
    data: dict[str, object] = {
        "s": s,
        "terms": [
            [str(c), _texts(vector)] for vector, (_, c) in zip(vectors, polynomial, strict=True)
        ],
        "front": [known[term] for term in front.terms],
        "faces": [_on_face(found, regime, s, vectors) for regime in found],
        "vertices": [[known.get(corner, -1) for corner in regime.terms_at(s)] for regime in found],
    }
    if front.terms:
        spots, axes = coordinates(found.fronts, front, found)
        data["spots"] = [list(spots[term]) for term in front.terms]
        data["names"] = [_axis(name) for name in axes]
    return data


def _on_face(found: Regimes, regime: Regime, s: int, vectors: list[Vector]) -> list[int]:
    """Which terms of an order lie on the face of a regime."""
    face = face_at(found, regime, s)
    if face is None:
        return []
    return [k for k, vector in enumerate(vectors) if face.contains(vector)]


def _regime(found: Regimes, regime: Regime, place: Scaling) -> dict[str, object]:
    data: dict[str, object] = {
        "name": regime.name,
        "dimension": regime.dimension,
        "corners": list(regime.corners),
        "equalities": [_whole(r.exponents(FAR)) for r in regime.equalities],
        "drifts": any(r.drifts for r in regime.equalities),
        "moves": regime.drifts,
        "learning": regime.learning,
        "first": regime.first,
        "place": _texts(place),
    }
    if regime.dimension == 0:
        data["lines"] = [
            [found.families.classes[r].index(line) for line in lines]
            for r, lines in enumerate(regime.lines)
        ]
    return data


def _windows(
    found: Regimes, places: dict[str, Scaling], axes: tuple[str, ...]
) -> list[list[float]]:
    """The range of every exponent that a page shows."""
    ranges = []
    for k, name in enumerate(found.symbols):
        seen = [float(place[k]) for place in places.values()]
        low, high = min(seen) - 0.6, max(seen) + 0.6
        if name in found.sizes:
            low = max(0.0, low)
        ranges.append([low, high])
    if len(axes) == 2:
        start = dict(zip(found.symbols, places[found.members[0].name], strict=True))
        fixed = {name: start[name] for name in found.symbols[1:] if name not in axes}
        left, below, right, above = window(found, (axes[0], axes[1]), fixed)
        for name, low, high in ((axes[0], left, right), (axes[1], below, above)):
            k = found.symbols.index(name)
            ranges[k] = [min(ranges[k][0], low), max(ranges[k][1], high)]
    return ranges


def _axis(name: str) -> str:
    return "number of D" if name == "s_D" else " ".join(map(_letter, name.split()))


def _letter(name: str) -> str:
    """A name as plain text, Greek as letters."""
    return "".join(text for text, _ in raised(name))


def _far(lines: Iterable[Line]) -> list[list[str]]:
    """Vertices far out, as integers up to a common factor."""
    points = [tuple(map(Fraction, line.at(FAR))) for line in lines]
    scale = lcm(*(x.denominator for point in points for x in point))
    return [[str(int(x * scale)) for x in point] for point in points]


def _whole(exponents: Iterable[Number]) -> list[str]:
    exact = [Fraction(x) for x in exponents]
    scale = lcm(*(x.denominator for x in exact))
    return [str(int(x * scale)) for x in exact]


def _vector(found: Regimes, powers: dict[str, Fraction]) -> Vector:
    return tuple(powers.get(name, Fraction(0)) for name in found.symbols)


def _texts(vector: Iterable[Number]) -> list[str]:
    return [str(Fraction(x)) for x in vector]
