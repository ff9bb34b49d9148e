"""Vertices of a front law as lines in the order, and the polygon it tends to.

At order s a law is a union of polygons in the plane of (s_D, n) with affine heights.  Where the
law rounds (a floor), the heights before rounding are taken, but at corners that are places of
terms.  A corner between places is no term; the distance to the nearest does not grow with s.
Its vertices are intersections of two lines that move linearly with s, so they are lines in s
on every residue class, from the order on at which the same ones are feasible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import ceil, floor, lcm

from diagrams.errors import BadInput
from diagrams.evidence import Kind
from diagrams.scaling.fronts.families import PERIOD_LIMIT, Families, Line, fit_families
from diagrams.scaling.fronts.front import Front
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.pieces import Form, Piece, Place
from diagrams.scaling.regimes.chambers import FAR
from pde.linear_algebra import Number, Vector, plain

CHECKED = 16
"""Vertices are compared at so many orders from the first of the lines on."""

_USUAL_PERIOD = 2
Spot = tuple[Fraction, Fraction]
_Side = tuple[Fraction, Fraction, Fraction]
"""``a s_D + b n + c``, at one order."""


def law_points(law: FrontLaw, s: int, symbols: Sequence[str]) -> tuple[Vector, ...]:
    """The corners of the law's polygons at order ``s``, as exponents.

    With a decay, those of some orders ``s - j`` times j decays that span the rest: the last ones,
    of every residue class, and the first ones until the vertices follow lines.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front_theorem import proved_front_law
    >>> law = proved_front_law(cp_problem(order=4, ties="sym"))
    >>> law_points(law, 1, ("p", "H", "sigma"))
    ((1, 1, 6), (3, 3, 14), (7, 1, 14))
    """
    if law.decay is not None:
        return _points_with_decay(law, s, tuple(symbols))
    found = set()
    for piece in (part for whole in law.pieces for part in _parts(whole)):
        for couplings, rows in _corners(piece, s):
            place = (couplings, rows, s + 1 - couplings)
            found.add(law.vector(place, _height(piece, place), symbols))
    return tuple(sorted(found))


def _points_with_decay(law: FrontLaw, s: int, symbols: tuple[str, ...]) -> tuple[Vector, ...]:
    """Points at order ``s`` whose hull is that of ``front(s - j)`` times j decays, for all j.

    A vertex of ``front(s - j)`` that follows a line moves along a line with j, so that only the
    ends of its path can be vertices of the hull.
    """
    plain, sizes = law.without_decay, (law.power, law.rows)
    families = law_vertices(plain, symbols, sizes).families
    low = families.first + 2 * families.period
    moved = [law.vector((0, 0, 0), 0, symbols, j) for j in (0, 1)]
    step = tuple(b - a for a, b in zip(*moved, strict=True))
    found: set[Vector] = set()
    for early in range(min(s, low) + 1):
        found |= {_moved(point, step, s - early) for point in plain.terms(early, symbols)}
    for late in range(max(0, s - families.period + 1), s + 1):
        corners = _law_front(plain, late, symbols, sizes).leading_vertices
        settled = families.at(late) if late >= families.first else corners
        found |= {_moved(point, step, s - late) for point in settled}
    return tuple(sorted(found))


def _moved(point: Vector, step: Vector, times: int) -> Vector:
    return tuple(plain(Fraction(a + times * b)) for a, b in zip(point, step, strict=True))


def law_front(law: FrontLaw, s: int, symbols: Sequence[str], sizes: Sequence[str]) -> Front:
    """The corners of the law's polygons at order ``s`` as a front."""
    return _law_front(law, s, tuple(symbols), tuple(sizes))


@lru_cache(maxsize=4096)
def _law_front(law: FrontLaw, s: int, symbols: tuple[str, ...], sizes: tuple[str, ...]) -> Front:
    return Front(s, symbols, sizes, law_points(law, s, symbols))


def extent(
    law: FrontLaw, s: int, couplings: Number, width: str | None = None
) -> tuple[Fraction, Fraction]:
    """The least and the largest power of ``width`` among Pareto-optimal terms at one s_D.

    ``width`` is one of the two sizes, by default that of n; powers are those before rounding.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front_theorem import proved_front_law
    >>> law = proved_front_law(cp_problem(order=4))
    >>> extent(law, 5, 3), extent(law, 5, 3, "p")
    ((Fraction(1, 1), Fraction(4, 1)), (Fraction(4, 1), Fraction(10, 1)))
    """
    spots: set[tuple[Fraction, Fraction]] = set()
    for piece in law.pieces:
        sides = [_side(bound, s) for bound in piece.region.bounds]
        sides += [_side(one.minus(other), s) for one, other in combinations(piece.forms, 2)]
        for a, b, c in sides:
            rows = -(a * couplings + c) / b if b else None
            place = (couplings, rows or 0, s + 1 - couplings)
            if rows is not None and piece.region.holds(place):
                spots.add((rows, piece.height(place)))
    best = [
        (rows, height)
        for rows, height in spots
        if not any(n >= rows and q >= height and (n, q) != (rows, height) for n, q in spots)
    ]
    powers = [height if width == law.power else rows for rows, height in best]
    return min(powers), max(powers)


def _parts(piece: Piece) -> tuple[Piece, ...]:
    """A piece, and where it rounds by s_R what is left from the next values of s_R on.

    Near the least s_R every residue class has a corner of its own.
    """
    modulus, _ = piece.region.residues[2]
    common = lcm(modulus, *(form.slopes[2].denominator for form in piece.forms))
    alone = [b for b in piece.region.bounds if not any(b.slopes[:2]) and b.slopes[2] > 0]
    low = [-bound.constant / bound.slopes[2] for bound in alone]
    if not low or common == modulus:
        return (piece,)
    least = ceil(max(low))
    return tuple(
        replace(piece, region=replace(piece.region, bounds=(*piece.region.bounds, bound)))
        for bound in (Form.of(-least - k, 0, 0, 1) for k in range(0, common, modulus))
    )


def _height(piece: Piece, place: Place) -> Number:
    """Q at a corner: rounded at a place of the piece, unless two forms meet there."""
    height = piece.height(place)
    meeting = sum(form.at(place) == height for form in piece.forms)
    if meeting == 1 and piece.region.contains(place):
        return piece.at(place)
    return plain(height)


def _side(form: Form, s: int) -> _Side:
    """A form in (s_D, n, s_R) at one order, where s_R = s + 1 - s_D."""
    a, b, r = form.slopes
    return a - r, b, form.constant + r * (s + 1)


def _corners(piece: Piece, s: int) -> set[Spot]:
    """Vertices of the polygon of a piece, and of the parts on which one form counts.

    The least and the largest s_D are those of the residue class.
    """
    sides = [_side(bound, s) for bound in piece.region.bounds]
    ridges = [_side(one.minus(other), s) for one, other in combinations(piece.forms, 2)]
    found = _vertices(sides, ridges)
    if any(modulus > 1 for modulus, _ in piece.region.residues) and found:
        low = _in_class(ceil(min(x for x, _ in found)), 1, piece, s)
        high = _in_class(floor(max(x for x, _ in found)), -1, piece, s)
        one, none = Fraction(1), Fraction(0)
        found = _vertices([*sides, (one, none, -one * low), (-one, none, one * high)], ridges)
    return found


def _vertices(sides: Sequence[_Side], ridges: Sequence[_Side]) -> set[Spot]:
    """The points where two lines meet and no side is violated."""
    found = set()
    for (a, b, c), (d, e, f) in combinations([*sides, *ridges], 2):
        determinant = a * e - b * d
        if determinant:
            spot = ((b * f - c * e) / determinant, (c * d - a * f) / determinant)
            if all(u * spot[0] + v * spot[1] + w >= 0 for u, v, w in sides):
                found.add(spot)
    return found


def _in_class(couplings: int, step: int, piece: Piece, s: int) -> int:
    """The next s_D in its residue class, s_R in that of s_R."""
    (m, rest), _, (k, target) = piece.region.residues
    for _ in range(lcm(m, k)):
        if couplings % m == rest and (s + 1 - couplings) % k == target:
            break
        couplings += step
    return couplings


# -- lines ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LawVertices:
    """The leading vertices of a law: lines in s, and whether all of them are terms.

    ``attained`` is false where a line passes between terms (the law rounds there); ``proved``
    tells a proved law from a fitted one.
    """

    families: Families
    attained: bool
    proved: bool


def law_vertices(law: FrontLaw, symbols: Sequence[str], sizes: Sequence[str]) -> LawVertices:
    """Return the vertices that can lead, as lines in the order.

    The lines are drawn far out, where all inequalities between lines have their final sign, and
    hold from the first order after which every order agrees with them.

    Raises :class:`~diagrams.errors.BadInput` where they are not lines on residue classes.
    """
    return _law_vertices(law, tuple(symbols), tuple(sizes))


@lru_cache(maxsize=256)
def _law_vertices(law: FrontLaw, symbols: tuple[str, ...], sizes: tuple[str, ...]) -> LawVertices:
    def leading(s: int) -> frozenset[Vector]:
        return frozenset(_law_front(law, s, symbols, sizes).leading_vertices)

    whole = lcm(*range(1, PERIOD_LIMIT + 1))
    far = FAR - FAR % whole
    families = _far_lines([leading(far + k) for k in range(3 * _USUAL_PERIOD)])
    if families is None:
        families = _far_lines([leading(far + k) for k in range(3 * PERIOD_LIMIT)])
    if families is None:
        raise BadInput("front law", "vertices that never settle", "lines on residue classes")
    classes = tuple(
        tuple(sorted(_shifted(line, far) for line in lines)) for lines in families.classes
    )
    moved = replace(families, classes=classes)
    first = _first(moved, leading)
    last = first + CHECKED - 1
    attained = all(
        set(moved.at(s)) <= set(law.terms(s, symbols))
        for s in range(first, first + 2 * moved.period + 2)
    )
    moved = replace(moved, first=first, last=last, law=_statement(law, first, last, attained))
    return LawVertices(moved, attained, law.evidence.kind is Kind.EXACT)


def _far_lines(sets: Sequence[frozenset[Vector]]) -> Families | None:
    """Lines through vertices of consecutive orders, all of them; ``None`` if there are none."""
    try:
        found = fit_families(sets, len(sets) // 3)
    except BadInput:
        return None
    return None if found.first else found


def _first(families: Families, leading: object) -> int:
    """The first order from which on all orders agree, over a window of ``CHECKED`` orders."""
    assert callable(leading)
    s = 0
    run = 0
    while run < CHECKED:
        run = run + 1 if families.at(s) == leading(s) else 0
        s += 1
        if s > 20 * CHECKED:
            raise BadInput("front law", f"no settled vertices to order {s}", "an order they settle")
    return s - run


def _shifted(line: Line, far: int) -> Line:
    """A line whose order was counted from ``far``."""
    return Line(tuple(a - far * b for a, b in zip(line.start, line.slope, strict=True)), line.slope)


def _statement(law: FrontLaw, first: int, last: int, attained: bool) -> str:
    start = f" from order {first}" if first else ""
    checked = f"compared at all orders to {last} and at order 10^6"
    vertices = f"vertices{start} are those of its polyhedra, {checked}"
    if not attained:
        vertices += "; some lie between terms, where the law rounds, at one distance at all orders"
    head = "front law " if law.evidence.kind is Kind.EXACT else "front law, "
    return f"{head}{law.evidence.statement}; {vertices}"
