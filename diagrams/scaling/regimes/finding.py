"""Learning regimes: the faces of the front that are the same at every order.

Each regime says for which scalings of sizes and scales it rules (limits and asymptotic
equalities, from the normal cone of its face), its natural time scale, whether it learns
(``free``: no coupling to the target, ``lazy``: boundedly many, ``rich``: more with every order)
and how it is parameterised (least or most of the width's exponent among terms that share all
powers of scales).  All of it is computed from the exponents.  (arXiv 2602.04548, section 4.)

Where the front of every order is proved (:mod:`diagrams.scaling.fronts.front_theorem`) and agrees
with all coefficients given, the vertices are read off that law and hold for all s; otherwise they
are fitted to the orders given, some held out, and are conjectured beyond.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.tensors import Role
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.families import Families, Line, fit_families, seen_families
from diagrams.scaling.fronts.front import (
    Coefficients,
    Front,
    Fronts,
    fronts,
)
from diagrams.scaling.fronts.front_fit import fit_front_law
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.front_theorem import known_law, proved_fronts
from diagrams.scaling.fronts.law_polygon import LawVertices, extent, law_front, law_vertices
from diagrams.scaling.fronts.restriction import tied_powers
from diagrams.scaling.fronts.sectors import decay_count
from diagrams.scaling.regimes.chambers import Chamber, Chambers, chambers
from diagrams.scaling.regimes.clock import Exponents
from diagrams.scaling.regimes.clock_rule import FirstOrders
from diagrams.scaling.regimes.conditions import clocks, equalities, inequalities, tending
from diagrams.scaling.regimes.learning import UNDETERMINED, learning_of
from diagrams.scaling.regimes.naming import Naming, Sectors
from diagrams.scaling.regimes.regime import Regime, Regimes
from pde.expressions.statement import joined, sentence
from pde.linear_algebra import Number, Vector

__all__ = ["Regime", "Regimes", "known_law", "regimes", "seen_regimes"]


def regimes(
    source: Problem | Coefficients | Fronts,
    terms: int | None = None,
    width: str | None = None,
) -> Regimes:
    """Return the regimes of a problem (expanded to order ``terms``), coefficients or fronts.

    ``terms`` may be left out where the front of a problem is proved for all orders; nothing is
    expanded then.  ``width`` is the size by which over- and under-parameterisation is judged;
    by default the one that the structure of the problem tells, if there is one.

    Raises :class:`~diagrams.errors.BadInput` where no law is proved and the orders do not suffice
    to fit one with orders held out, or no such law exists.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(regimes(cp_problem(order=2, ties="sym"), terms=3)["B-E"])
    B-E: H sigma^2 ~ 1, H/p -> inf; T = 1; rich, over-parameterised
    >>> regimes(cp_problem(order=3, ties="sym")).evidence.kind.value
    'derived'
    """
    found = _fronts(source, terms)
    return _regimes(found, width, *_vertices(found))


def seen_regimes(found: Fronts, width: str | None = None) -> Regimes:
    """Return the faces that the fronts of the highest orders given have in common.

    They lead at each of these orders, and are exact there; no law is fitted, and nothing is said
    of others (``families.seen``).  Raises :class:`~diagrams.errors.BadInput` where all of these
    fronts are empty.

    >>> from diagrams.problems.cp import cp_problem
    >>> seen = seen_regimes(fronts(cp_problem(order=2, ties="sym"), terms=2))
    >>> print(seen["B-E"], seen.families.seen)
    B-E: H sigma^2 ~ 1, H/p -> inf; T = 1; rich, over-parameterised True
    """
    return _regimes(found, width, None, None, _seen(found))


def _seen(found: Fronts) -> Families:
    return seen_families([front.leading_vertices for front in found.orders])


def _regimes(
    found: Fronts,
    width: str | None,
    law: FrontLaw | None,
    read: LawVertices | None,
    families: Families,
) -> Regimes:
    """All regimes, from the lines of the vertices."""
    width = _width(found, width)
    growing = tuple(k for k, name in enumerate(found.symbols) if name in found.sizes)
    cells = chambers(families, growing)
    sectors = Sectors(found.target, decay_count(found.problem, found.symbols))
    rows = structure(found.problem).rows
    if rows is not None and rows.size not in found.symbols:
        rows = None
    rows_size = None if rows is None else rows.size
    named = Naming(found, sectors, cells, families, width or rows_size)
    evidence = _evidence(found, families, read).resting_on(found.evidence)
    basis = _Basis(found, sectors, families, width, law, evidence)
    early = basis.first_orders()
    members = [
        _regime(basis, cells, cell, named, clock, early)
        for cell, clock in zip(cells.leading, clocks(found.symbols, cells, families), strict=True)
    ]
    members.sort(key=named.sorting)
    return Regimes(
        found.problem,
        found.symbols,
        found.sizes,
        tuple(members),
        found,
        families,
        width,
        basis.evidence,
    )


def _fronts(source: Problem | Coefficients | Fronts, terms: int | None) -> Fronts:
    if isinstance(source, Fronts):
        return source
    if isinstance(source, Problem) and terms is None:
        proved = proved_fronts(source)
        if proved is not None:
            return proved
    return fronts(source, terms)


def _vertices(found: Fronts) -> tuple[FrontLaw | None, LawVertices | None, Families]:
    """Lines of the vertices: of the proved law, fitted, or of a fitted law of the whole front.

    A law is fitted where the vertices follow no lines (where it rounds, their hull never settles).
    """
    law = known_law(found)
    if law is None:
        try:
            return None, None, fit_families([front.leading_vertices for front in found.orders])
        except BadInput as refusal:
            try:
                law = fit_front_law(found)
            except BadInput:
                raise refusal from None
    read = law_vertices(law, found.symbols, found.sizes)
    return law, read, read.families


def _evidence(found: Fronts, families: Families, read: LawVertices | None) -> Evidence:
    last = len(found) - 1
    if read is None:
        statement = f"{families.statement}; {found.evidence.statement}"
        if not families.seen and _may_bend(found.problem):
            statement += (
                "; no law is proved for this problem, and with an odd number of equal factors"
                " fronts can bend at orders not seen"
            )
        return Evidence(Kind.CONJECTURED, statement, families.last)
    statement = families.statement
    if found.evidence.statement not in statement:
        statement += f"; agrees with the fronts given ({found.evidence.statement})"
    if read.proved:
        return Evidence(Kind.EXACT if read.attained else Kind.DERIVED, statement, last)
    return Evidence(Kind.CONJECTURED, statement, last)


def _may_bend(problem: Problem) -> bool:
    """Whether a coupling to the target holds three or more equal factors, an odd number."""
    counts = [
        Counter(edge.tensor.name for edge in diagram.edges if edge.tensor.role is Role.TRAINED)
        for diagram, _ in problem.potential
    ]
    return any(number > 1 and number % 2 for count in counts for number in count.values())


@dataclass(frozen=True)
class _Basis:
    """What all regimes of a problem are made from."""

    found: Fronts
    sectors: Sectors
    families: Families
    width: str | None
    law: FrontLaw | None
    evidence: Evidence

    def front(self, s: int) -> Front:
        """The front of an order: that of the law, or the one given."""
        if self.law is None:
            return self.found[s]
        return law_front(self.law, s, self.found.symbols, self.found.sizes)

    def extent(self, s: int, point: Vector) -> tuple[Number, Number]:
        """The least and the most of the width among terms with the scales of a point."""
        place = self.found.symbols.index(self.width or "")
        scales = [k for k, n in enumerate(self.found.symbols) if n not in self.found.sizes]
        law, sector = self.law, self.sectors.at(s, point)
        if law is None:
            terms = self.found[s].terms
        elif sector is not None and law.decay is None:
            return extent(law, s, sector[0], self.width)
        else:
            terms = law.terms(s, self.found.symbols)
            if sector is not None and point not in terms:
                couplings, merges = sector
                return extent(law.without_decay, int(s - merges), couplings, self.width)
        alike = [t[place] for t in terms if all(t[k] == point[k] for k in scales)]
        return min(alike, default=point[place]), max(alike, default=point[place])

    @property
    def orders(self) -> range:
        """The orders at which faces are looked up: with a law, before all of it settles too."""
        first, last = self.families.first, self.families.last
        if self.law is not None:
            return range(first + 2 * self.families.period + 2)
        return range(first, last + 1)

    def first_orders(self) -> FirstOrders:
        """The vertices up to the order from which every class follows its lines."""
        stop = min(max(1, self.families.first) + self.families.period, self.orders.stop)
        found = self.found
        parts = structure(found.problem).constant.terms
        constant = [tied_powers(dict(powers), found.tied) for powers, _ in parts]
        return FirstOrders(
            tuple(self.front(s).leading_vertices for s in range(stop)),
            tuple(tuple(e.get(n, Fraction(0)) for n in found.symbols) for e in constant),
            found.sizes,
            self.evidence.kind is not Kind.CONJECTURED,
            len(found) - 1,
            self.families.seen,
        )


def _width(found: Fronts, width: str | None) -> str | None:
    if width is not None:
        if width not in found.sizes:
            raise BadInput("width", width, " or ".join(found.sizes))
        return width
    known = structure(found.problem).width
    return known if known in found.sizes else None


def _regime(
    basis: _Basis,
    cells: Chambers,
    cell: Chamber,
    named: Naming,
    clock: Exponents | None,
    early: FirstOrders,
) -> Regime:
    found, families = basis.found, basis.families
    alike = equalities(found.symbols, cells, cell)
    lines = tuple(tuple(sorted(cell.lines(r))) for r in range(families.period))
    used = {n for n, e in zip(found.symbols, clock or (), strict=False) if e}
    apart = inequalities(found.symbols, cells, cell, dict.fromkeys(used))
    seen = [s for s in basis.orders if _leads(basis.front(s), lines)]
    last = basis.orders[-1]
    first = last + 1
    while first - 1 in seen:
        first -= 1
    statement = families.statement
    if first > last:
        statement += "; not a face of the front at the highest order known"
    elif first > families.first:
        statement += f"; this face leads from order {first}"
    learning = learning_of(found, families, lines)
    if learning == UNDETERMINED:
        statement += (
            "; learning undetermined: neither the powers of scales nor the orders that little work"
            " reaches tell how many couplings to the target a term holds"
        )
    elif found.target is None:
        statement += "; couplings to the target counted in the terms of the first orders"
    drifting = [r for r in (*alike, *apart) if r.drifts]
    if drifting:
        limits = {str(limit): sentence("{}", limit) for limit in map(tending, drifting)}
        statement += "; its boundary moves with the order, towards " + joined(", ", limits.values())
    regime = Regime(
        named.name(cell),
        cell.dimension,
        named.corners(cell),
        lines,
        found.symbols,
        alike,
        apart,
        clock,
        learning,
        _parameterization(basis, lines),
        cell.direction,
        first,
        replace(basis.evidence, statement=statement),
        early,
    )
    if not drifting:
        return regime
    return replace(regime, direction=next(iter(regime.scalings), cell.direction))


def _leads(front: Front, lines: tuple[tuple[Line, ...], ...]) -> bool:
    """Whether the face's vertices span a leading face of the front, and no smaller one."""
    points = {line.at(front.s) for line in lines[front.s % len(lines)]}
    if not points:
        return not front.terms
    faces = [face for face in front.leading_faces if points <= set(face.vertices)]
    return bool(faces) and set(min(faces, key=lambda f: f.dimension).vertices) == points


def _parameterization(basis: _Basis, lines: tuple[tuple[Line, ...], ...]) -> str:
    """Whether the terms of the face have the least or the most of the width, on all of it."""
    if basis.width is None:
        return UNDETERMINED
    least = most = True
    place = basis.found.symbols.index(basis.width)
    for s in basis.orders[-basis.families.period :]:
        for line in lines[s % basis.families.period]:
            point = line.at(s)
            low, high = basis.extent(s, point)
            least = least and point[place] == low
            most = most and point[place] == high
    words = {
        (True, False): "under-parameterised",
        (False, True): "over-parameterised",
        (True, True): "any",
    }
    return words.get((least, most), "critical")
