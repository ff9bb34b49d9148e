"""A front law fitted to exact fronts, with the last orders held out.

Forms are fitted to the low orders only, as facets of the concave (or convex) envelope of the
exact points, and the law has to reproduce whole fronts of the later ones, term by term.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil, floor

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import Front, Fronts
from diagrams.scaling.fronts.front_law import FrontLaw, Spot
from diagrams.scaling.fronts.pieces import Extreme, Form, Piece, Region
from diagrams.scaling.fronts.sectors import decay_count
from diagrams.scaling.polyhedra.hull import convex_hull
from pde.linear_algebra import Vector, dot, rank, solve

MODULI = (2, 3, 4)
Test = tuple[int, int, int]
"""A coordinate, and the least and largest value (-1: none) that belong to a stratum."""

_CUTS: tuple[tuple[tuple[Test, ...], ...], ...] = (
    ((),),
    (((1, 1, 1),), ((1, 2, -1),)),
    (((2, 0, 0),), ((2, 1, -1),)),
    tuple((one, other) for one, other in product(((1, 1, 1), (1, 2, -1)), ((2, 0, 0), (2, 1, -1)))),
)


def front_points(found: Fronts) -> list[dict[Spot, int]]:
    """For every order, ``Q`` at the places ``(s_D, n, s_R)`` of the front.

    Raises :class:`~diagrams.errors.BadInput` unless there are two sizes and s_R can be read off
    exponents, and where terms hold merges with a decay.
    """
    rows = row_size(found)
    if len(found.sizes) != 2 or rows not in found.sizes:
        raise BadInput("fronts", f"{len(found.sizes)} sizes", "a problem with two sizes")
    power = next(name for name in found.sizes if name != rows)
    at = (found.symbols.index(power), found.symbols.index(rows))
    decays = decay_count(found.problem, found.symbols)
    if decays is not None and any(
        decays.at(front.s, term) for front in found.orders for term in front.terms
    ):
        raise BadInput("fronts", "terms with merges of a decay", "a problem without decay")
    return [_points(front, at) for front in found.orders]


def row_size(found: Fronts) -> str:
    """The size whose power is ``n`` on a front: that of the rows, else the last."""
    rows = structure(found.problem).rows
    last = [name for name in found.symbols if name in found.sizes][-1:]
    return rows.size if rows is not None else "".join(last)


def _points(front: Front, at: tuple[int, int]) -> dict[Spot, int]:
    points: dict[Spot, int] = {}
    if front.couplings is None:
        raise BadInput("fronts", "terms that do not tell s_R", "scales that count couplings")
    for term, targets in zip(front.terms, front.couplings, strict=True):
        numbers = (front.s + 1 - targets, term[at[1]], targets, term[at[0]])
        if any(Fraction(x).denominator > 1 for x in numbers):
            raise BadInput("fronts", f"the exponents {term}", "integers for Q, n, s_D and s_R")
        couplings, rows, target, q = map(int, numbers)
        place = (couplings, rows, target)
        points[place] = max(q, points.get(place, q))
    return points


def scale_forms(found: Fronts) -> tuple[tuple[str, Form], ...]:
    """The exponents of all scales as forms in ``(s_D, n, s_R)``, from the terms given."""
    scales = [name for name in found.symbols if name not in found.sizes]
    listed: dict[Spot, Vector] = {}
    for front in found.orders:
        assert front.couplings is not None
        for term, targets in zip(front.terms, front.couplings, strict=True):
            spot = (int(front.s + 1 - targets), 0, int(targets))
            powers = tuple(term[found.symbols.index(name)] for name in scales)
            if listed.setdefault(spot, powers) != powers:
                named = ", ".join(scales)
                raise BadInput("fronts", f"powers of {named}", "powers that s_D and s_R determine")
    rows = [(1, place[0], place[2]) for place in listed]
    forms = []
    for k, name in enumerate(scales):
        solution = solve(rows, [exponents[k] for exponents in listed.values()])
        if solution is None:
            raise BadInput("fronts", f"powers of {name}", "powers that s_D and s_R determine")
        forms.append((name, Form.of(solution[0], solution[1], 0, solution[2])))
    return tuple(forms)


def fit_front_law(found: Fronts, held_out: int | None = None) -> FrontLaw:
    """Return the law that exact fronts follow, fitted with the last orders held out.

    ``held_out`` orders (a quarter of those known, two at least, unless given) take no part in
    the fit.  The whole domain is tried first, then n = 1 and s_R = 0 set apart.

    Raises :class:`~diagrams.errors.BadInput` where no law of this kind reproduces the fronts of
    the held-out orders, or where unknowns are not fewer than equations.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> law = fit_front_law(fronts(cp_problem(order=2, ties="sym"), terms=5))
    >>> print(law.pieces[0])
    Q = 2 + s_D - n for 1 <= n <= 1 + s_D, s_R >= 0, s_R >= 1 - s_D
    >>> print(law.evidence)
    conjectured: fitted to the fronts of orders 0 to 3 (4 unknowns, 34 equations), \
held-out orders 4, 5 agree term by term; exact to order 5, conjectured beyond (checked to order 5)
    """
    last = len(found) - 1
    held = max(2, (last + 1) // 4) if held_out is None else held_out
    if not 1 <= held <= last - 2:
        raise BadInput("terms", last, f"orders enough to fit three and hold out {max(held, 1)}")
    points = front_points(found)
    fitted = points[: last + 1 - held]
    rows = row_size(found)
    power = next(name for name in found.sizes if name != rows)
    equations = sum(len(each) for each in fitted)
    for strata in _CUTS:
        pieces = tuple(piece for tests in strata if (piece := _piece(fitted, tests)) is not None)
        unknowns = _unknowns(pieces, fitted)
        law = FrontLaw(power, rows, pieces, scale_forms(found), found.evidence)
        if unknowns < equations and all(dict(law.places(s)) == points[s] for s in range(last + 1)):
            return replace(law, evidence=_evidence(last, held, unknowns, equations))
    raise BadInput(
        "terms", last, f"orders whose fronts follow one law, the last {held} held out of its fit"
    )


def _evidence(last: int, held: int, unknowns: int, equations: int) -> Evidence:
    listed = ", ".join(str(s) for s in range(last - held + 1, last + 1))
    statement = (
        f"fitted to the fronts of orders 0 to {last - held} ({unknowns} unknowns, {equations}"
        f" equations), held-out orders {listed} agree term by term; exact to order {last},"
        " conjectured beyond"
    )
    return Evidence(Kind.CONJECTURED, statement, last)


def _inside(place: Spot, tests: Iterable[Test]) -> bool:
    return all(place[k] >= low and (high < 0 or place[k] <= high) for k, low, high in tests)


def _unknowns(pieces: Sequence[Piece], fitted: Sequence[Mapping[Spot, int]]) -> int:
    """The number of coefficients that the points determine: the rank on each piece, per form."""
    count = 0
    for piece in pieces:
        inside = [(1, *x) for points in fitted for x in points if piece.region.contains(x)]
        count += rank(inside) * len(piece.forms)
    return count


def _piece(fitted: Sequence[Mapping[Spot, int]], tests: tuple[Test, ...]) -> Piece | None:
    """The piece of one stratum; ``None`` if it has no points or follows no such law."""
    by_order = [{x: q for x, q in points.items() if _inside(x, tests)} for points in fitted]
    values = {x: q for points in by_order for x, q in points.items()}
    if not values:
        return None
    forms = _forms(values)
    if forms is None:
        return None
    return Piece(_region(by_order, tests), *forms)


def _forms(values: Mapping[Spot, int]) -> tuple[tuple[Form, ...], Extreme] | None:
    """One affine form if the values follow it, else the fewest facets of an envelope."""
    solution = solve([(1, *x) for x in values], list(values.values()))
    if solution is not None:
        return (Form.of(*solution),), Extreme.LEAST
    for extreme, sign in ((Extreme.LEAST, 1), (Extreme.GREATEST, -1)):
        found = _envelope(values, sign)
        if found is not None:
            return found, extreme
    return None


def _envelope(values: Mapping[Spot, int], sign: int) -> tuple[Form, ...] | None:
    """Facets of the envelope above (``sign`` 1) or below that give all values by rounding."""
    hull = convex_hull((*x, q) for x, q in values.items())
    forms = []
    for facet in hull.facets:
        slope = sign * facet.normal[3]
        if slope > 0:
            forms.append(
                Form.of(
                    Fraction(sign * facet.value, slope),
                    *(Fraction(-sign * a, slope) for a in facet.normal[:3]),
                )
            )

    def rounded(form: Form, place: Spot) -> int:
        return floor(form.at(place)) if sign > 0 else ceil(form.at(place))

    table = {form: {x: sign * rounded(form, x) for x in values} for form in forms}
    if not forms or any(min(table[f][x] for f in forms) != sign * q for x, q in values.items()):
        return None
    tight = {f: sum(table[f][x] == sign * q for x, q in values.items()) for f in forms}
    kept = sorted(forms, key=lambda f: (tight[f], f))
    for form in list(kept):
        others = [f for f in kept if f != form]
        if others and all(min(table[f][x] for f in others) == sign * q for x, q in values.items()):
            kept = others
    dimension = rank((1, *x) for x in values)
    if any(tight[form] <= dimension for form in kept):
        return None
    return tuple(sorted(kept))


def _region(by_order: Sequence[Mapping[Spot, int]], tests: tuple[Test, ...]) -> Region:
    """The facets of the hull of all but the last order that the last one respects."""
    early = [x for points in by_order[:-1] for x in points] or [x for p in by_order for x in p]
    late = list(by_order[-1])
    hull = convex_hull(early)
    bounds: list[Form] = []
    for normal in hull.lineality:
        value = dot(normal, early[0])
        if all(dot(normal, x) == value for x in late):
            bounds.append(Form.of(-value, *normal))
            bounds.append(Form.of(value, *(-a for a in normal)))
    for facet in hull.facets:
        if all(dot(facet.normal, x) <= facet.value for x in late):
            bounds.append(Form.of(facet.value, *(-a for a in facet.normal)))
    for k, low, high in tests:
        unit = [int(k == j) for j in range(3)]
        bounds.append(Form.of(-low, *unit))
        if high >= 0:
            bounds.append(Form.of(high, *(-a for a in unit)))
    places = [x for points in by_order for x in points]
    one, two, three = (_residue({x[k] for x in places}) for k in range(3))
    return Region(tuple(sorted(set(bounds), key=_reading)), (one, two, three))


def _reading(bound: Form) -> tuple[object, ...]:
    """The order of print: bounds of n first, constants before others."""
    return (not bound.slopes[1], sum(map(bool, bound.slopes)), -bound.slopes[0], bound)


def _residue(values: Collection[int]) -> tuple[int, int]:
    """The largest modulus, up to four, that all values share (if they are not one value)."""
    if len(set(values)) < 2:
        return (1, 0)
    for modulus in reversed(MODULI):
        if len({value % modulus for value in values}) == 1:
            return (modulus, min(values) % modulus)
    return (1, 0)
