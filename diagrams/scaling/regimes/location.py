"""Where a scaling stands: the regime that leads there, and how far its boundaries are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from diagrams.display import Displayed
from diagrams.errors import BadInput, Missing
from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.finding import Regime, Regimes
from diagrams.scaling.regimes.relations import Limit, Relation
from pde.linear_algebra import Vector, dot

Exact = int | str | Fraction


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a scaling is from a boundary.

    ``gap`` is the exponent by which the two sides differ; ``by_symbol`` how much the exponent of
    one symbol alone must change to reach the boundary; ``euclidean`` the least change of all
    exponents together (all but that of the reference, which is fixed).
    """

    boundary: Relation
    gap: Fraction
    by_symbol: tuple[tuple[str, Fraction], ...]
    euclidean: float

    def __str__(self) -> str:
        steps = " or ".join(
            f"{name} by {'+' if step > 0 else ''}{step}" for name, step in self.by_symbol
        )
        return f"{self.boundary}: change the exponent of {steps} (distance {self.euclidean:.3g})"


@dataclass(frozen=True)
class Location(Displayed):
    """The regime of a scaling.

    ``terms`` lists, for every known order, the leading terms; ``early`` are the known orders at
    which they are not those of the regime (boundaries that drift with the order, or orders
    before the fronts settle); ``distances`` are sorted, nearest first, and empty for a scaling
    that satisfies equalities only.
    """

    scaling: tuple[tuple[str, Fraction], ...]
    regime: Regime
    terms: tuple[tuple[int, tuple[Vector, ...]], ...]
    early: tuple[int, ...]
    distances: tuple[Distance, ...]


def locate(
    found: Regimes, scaling: Mapping[str, Exact] | None = None, **exponents: Exact
) -> Location:
    """Return the regime that leads for a scaling, exponents relative to the first size.

    They are given by name, as keywords or as a mapping.  The first symbol has exponent 1 unless it
    is given; every other symbol must be given, and all sizes must grow.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> here = locate(regimes(cp_problem(order=2, ties="sym"), terms=3), H=2, sigma=-1)
    >>> here.regime.name, str(here.distances[0])
    ('B-E', 'H ~ p: change the exponent of H by -1 (distance 1)')
    """
    exact = _exponents(found, {**(scaling or {}), **exponents})
    values = tuple(exact.values())
    corners: set[str] = set()
    regimes_at = [regime for regime in found if regime.dimension == 0]
    for residue in range(found.families.period):
        lines = found.families.classes[residue]
        if not lines:
            continue
        top = max(dot(line.at(FAR), values) for line in lines)
        leading = {line for line in lines if dot(line.at(FAR), values) == top}
        here = {r.name for r in regimes_at if set(r.lines[residue]) <= leading}
        corners = here if not corners else corners & here
    regime = _regime_of(found, corners, values)
    terms = tuple((front.s, front.leading_terms(values)) for front in found.fronts.orders)
    early = tuple(
        s for s, leading in terms if leading and not set(regime.terms_at(s)) <= set(leading)
    )
    early = tuple(sorted({*early, *(s for s, _ in terms if s < regime.first)}))
    distances = [
        _distance(relation, values)
        for relation in regime.inequalities
        if not relation.drifts or relation.height(values, FAR)
    ]
    distances.sort(key=lambda d: d.euclidean)
    return Location(tuple(exact.items()), regime, terms, early, tuple(distances))


def _regime_of(found: Regimes, corners: set[str], values: Vector) -> Regime:
    """The regime of the leading corners; where classes of orders differ, that whose cone it is."""
    for regime in found:
        if set(regime.corners) == corners:
            return regime
    for regime in found:
        if regime.holds(values):
            return regime
    shown = ", ".join(f"{n}={e}" for n, e in zip(found.symbols, values, strict=True))
    raise BadInput("scaling", shown, "a scaling at which the same face leads at every order")


def _exponents(found: Regimes, scaling: Mapping[str, Exact]) -> dict[str, Fraction]:
    exact: dict[str, Fraction] = {}
    for name in scaling:
        if name not in found.symbols:
            raise BadInput("scaling", name, "exponents of " + ", ".join(found.symbols))
    for place, name in enumerate(found.symbols):
        given = scaling.get(name, 1 if place == 0 else None)
        if given is None:
            allowed = "exponents of " + ", ".join(found.symbols[1:])
            raise Missing("scaling", f"no exponent of {name}", allowed)
        exact[name] = _rational(name, given)
        if name in found.sizes and exact[name] <= 0:
            allowed = "a positive exponent: sizes grow; one that does not is a number in a file"
            raise BadInput(f"scaling of {name}", given, allowed)
    return exact


def _rational(name: str, given: Exact) -> Fraction:
    allowed = "a rational number such as 2, -1/2 or 0.75"
    if isinstance(given, float | bool):
        raise BadInput(f"scaling of {name}", given, allowed)
    try:
        return Fraction(given)
    except (ValueError, TypeError, ZeroDivisionError):
        raise BadInput(f"scaling of {name}", given, allowed) from None


def _distance(relation: Relation, values: Vector) -> Distance:
    exponents = tuple(map(Fraction, relation.eventual))
    gap = Fraction(dot(exponents, values))
    steps = tuple(
        (name, -gap / e)
        for place, (name, e) in enumerate(zip(relation.symbols, exponents, strict=True))
        if e and place
    )
    length = sqrt(float(sum(e * e for e in exponents[1:])))
    euclidean = abs(float(gap)) / length if length else float("inf")
    return Distance(relation.with_limit(Limit.ONE), gap, steps, euclidean)
