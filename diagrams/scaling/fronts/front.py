"""The front of an order: the terms of an exact coefficient that can lead, and their hull.

Let every size and scale grow as a power of one large number ``a``.  A term is then ``a`` to
the scalar product of its exponents with the scaling, and the largest terms are those on a face
of the convex hull of exponents.  Only Pareto-optimal terms can lead while all sizes grow.
(arXiv 2602.04548, section 4.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter
from typing import Protocol

from diagrams.campaign.effort import TERM, spend
from diagrams.display import Displayed
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence
from diagrams.graphs.spectrum import Spectrum
from diagrams.polynomials.average_symbols import averages_in
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.problem import Problem, stated
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.sectors import TargetCount, target_count
from diagrams.scaling.polyhedra.feasible import has_growing_direction
from diagrams.scaling.polyhedra.hull import Face, Polytope, convex_hull
from diagrams.series.averages import held
from diagrams.series.expansion import expand
from pde.expressions.statement import sentence
from pde.linear_algebra import Number, Vector, difference, null_space, plain


class Coefficients(Protocol):
    """Anything that holds coefficients ``Y_0, Y_1, ..``: a Series, or its leading terms alone."""

    @property
    def problem(self) -> Problem:
        """The problem that was expanded."""

    @property
    def terms(self) -> int:
        """The highest order that is known."""

    def coefficient(self, s: int) -> Polynomial:
        """``Y_s``, at least its Pareto-optimal terms."""

    @property
    def evidence(self) -> Evidence:
        """How the coefficients are known."""


@dataclass(frozen=True, slots=True)
class Front(Displayed):
    """The Pareto-optimal terms of ``Y_s``, as vectors of exponents.

    ``symbols`` name the coordinates, sizes and scales in reading order; ``sizes`` are those
    that grow.  ``terms`` is sorted; it is empty where ``Y_s`` vanishes.  ``couplings`` holds
    ``s_R`` of every term, or is ``None`` where exponents do not tell it.
    """

    s: int
    symbols: tuple[str, ...]
    sizes: tuple[str, ...]
    terms: tuple[Vector, ...]
    couplings: tuple[Fraction, ...] | None = None

    @property
    def polytope(self) -> Polytope:
        """The convex hull of the terms; raises ``BadInput`` if there are none."""
        return _hull(self.terms)

    @property
    def vertices(self) -> tuple[Vector, ...]:
        """The vertices of the hull, sorted."""
        return self.polytope.vertices if self.terms else ()

    @property
    def growing(self) -> tuple[int, ...]:
        """Which coordinates are sizes."""
        return tuple(k for k, name in enumerate(self.symbols) if name in self.sizes)

    @property
    def leading_faces(self) -> tuple[Face, ...]:
        """The faces that lead, alone, for some scaling in which all sizes grow."""
        return _leading_faces(self.terms, self.growing) if self.terms else ()

    @property
    def leading_vertices(self) -> tuple[Vector, ...]:
        """The terms that lead alone for some scaling in which all sizes grow, sorted."""
        return _leading_vertices(self.terms, self.growing) if self.terms else ()

    def leading_terms(self, scaling: Sequence[Number]) -> tuple[Vector, ...]:
        """The terms that are largest for a scaling (one exponent for every symbol)."""
        if len(scaling) != len(self.symbols):
            raise BadInput("scaling", scaling, f"{len(self.symbols)} exponents")
        heights = [sum((a * x for a, x in zip(scaling, t, strict=True)), 0) for t in self.terms]
        top = max(heights, default=0)
        return tuple(t for t, height in zip(self.terms, heights, strict=True) if height == top)


@lru_cache(maxsize=512)
def _hull(terms: tuple[Vector, ...]) -> Polytope:
    return convex_hull(terms)


@lru_cache(maxsize=512)
def _leading_faces(terms: tuple[Vector, ...], growing: tuple[int, ...]) -> tuple[Face, ...]:
    return growing_faces(_hull(terms), growing)


@lru_cache(maxsize=512)
def _leading_vertices(terms: tuple[Vector, ...], growing: tuple[int, ...]) -> tuple[Vector, ...]:
    return tuple(face.vertices[0] for face in growing_faces(_hull(terms), growing, 0))


def growing_faces(
    polytope: Polytope, growing: Sequence[int], dimension: int | None = None
) -> tuple[Face, ...]:
    """The faces whose cones hold a direction in which the ``growing`` coordinates are positive."""
    return tuple(
        face
        for face in polytope.faces(dimension)
        if has_growing_direction(face.normals, polytope.lineality, growing, polytope.space)
    )


@dataclass(frozen=True)
class Fronts(Displayed):
    """The fronts of orders ``0..S`` of a problem, with the evidence of the coefficients.

    ``tied`` are symbols that are powers of others on all scalings looked at, where these were
    restricted (:mod:`diagrams.scaling.fronts.restriction`); they are none of ``symbols`` then.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = fronts(cp_problem(order=2, ties="sym"), terms=1)
    >>> found[1].vertices
    ((1, 1, 2), (1, 3, 6), (3, 1, 6))
    >>> found.normal
    (Fraction(1, 1), Fraction(1, 1), Fraction(-1, 2))
    """

    problem: Problem
    symbols: tuple[str, ...]
    sizes: tuple[str, ...]
    orders: tuple[Front, ...]
    evidence: Evidence
    target: TargetCount | None = None
    tied: tuple[tuple[str, Powers], ...] = ()

    def __getitem__(self, s: int) -> Front:
        return self.orders[s]

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def normal(self) -> tuple[Fraction, ...] | None:
        """The scaling, first symbol 1, for which all terms of every order lead together.

        ``None`` unless there is exactly one: the terms of an order then do not lie in one
        plane, or they lie in many.
        """
        steps = [
            difference(term, front.terms[0]) for front in self.orders for term in front.terms[1:]
        ]
        found = null_space(steps, len(self.symbols))
        if len(found) != 1 or not found[0] or not found[0][0]:
            return None
        return tuple(Fraction(entry, found[0][0]) for entry in found[0])

    def __str__(self) -> str:
        lines = [self.problem.title, f"Pareto-optimal exponents ({', '.join(self.symbols)}):"]
        for front in self.orders:
            corners = set(front.vertices)
            listed = " ".join(f"{_listed(t)}{'*' if t in corners else ''}" for t in front.terms)
            lines.append(f"order {front.s}: {listed or 'none'}")
        lines.append("* vertices of the convex hull")
        if self.normal is not None:
            named = zip(self.symbols, self.normal, strict=True)
            lines.append("common plane, normal " + ", ".join(f"{n}: {e}" for n, e in named))
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def _listed(term: Vector) -> str:
    return "(" + ",".join(str(entry) for entry in term) + ")"


def fronts(source: Problem | Coefficients, terms: int | None = None) -> Fronts:
    """Return the fronts of a problem (expanded to order ``terms``) or of given coefficients.

    Terms without trained tensors, the pure-target constant, are left out.

    Raises :class:`~diagrams.errors.BadInput` where ``terms`` is missing, or more than given.
    """
    if isinstance(source, Problem):
        if terms is None:
            raise BadInput("terms", terms, "an integer, when a problem is given")
        source = expand(source, terms)
    elif not hasattr(source, "coefficient"):
        stated(source)
    if terms is not None and not 0 <= terms <= source.terms:
        raise BadInput("terms", terms, f"an integer from 0 to {source.terms}")
    problem = source.problem
    no_symbolic_sums(problem)
    last = source.terms if terms is None else terms
    given = [source.coefficient(s) for s in range(last + 1)]
    steady = held(problem) | set(averages_in(given))
    names = {name for polynomial in given for name in polynomial.symbols} | set(problem.sizes)
    symbols = problem.in_order(names - steady)
    target = target_count(problem, symbols)
    found = [
        front_of(s, polynomial, symbols, problem.sizes, target)
        for s, polynomial in enumerate(scaled_terms(problem, given))
    ]
    evidence = source.evidence
    if steady:
        said = "; averages of functions, and what they depend on, are fixed and do not cancel"
        evidence = replace(evidence, statement=evidence.statement + said)
    return Fronts(problem, symbols, problem.sizes, tuple(found), evidence, target)


def scaled_terms(problem: Problem, coefficients: Sequence[Polynomial]) -> tuple[Polynomial, ...]:
    """The coefficients :func:`without_constant`, as far as scalings move them.

    Averages of functions, and what they depend on, are held fixed.  Their signs are not known, and
    monomials in them are taken not to cancel: each term counts 1 then.
    """
    moving = without_constant(problem, coefficients)
    steady = held(problem) | set(averages_in(coefficients))
    found = []
    for polynomial in moving:
        kept = polynomial.terms
        if not steady.isdisjoint(polynomial.symbols):
            left = {tuple((n, e) for n, e in powers if n not in steady) for powers, _ in kept}
            kept = Polynomial.from_terms((powers, 1) for powers in left).terms
        found.append(Polynomial(kept))
    return tuple(found)


def no_symbolic_sums(problem: Problem) -> None:
    """Raise :class:`~diagrams.errors.NotSolved` where every order brings symbols of its own."""
    for tensor in (*problem.tensors, *problem.fresh):
        law = tensor.law
        if isinstance(law, Spectrum) and (law.power is not None or law.symbols):
            words = (
                "{} is a spectrum whose sums of powers are symbols, new ones at every order: no"
                " exponents rule all orders (a list of values has fronts, and --levels sort the"
                " powers of the sizes)"
            )
            raise NotSolved(sentence(words, tensor, spell=attrgetter("name")))


def without_constant(
    problem: Problem, coefficients: Sequence[Polynomial]
) -> tuple[Polynomial, ...]:
    """The coefficients, ``Y_0`` without its pure-target constant (where it has one).

    Where what moves has a term in the same powers, or one that cancels the constant's, its own
    coefficient is computed.
    """
    if not coefficients:
        return ()
    first, *others = coefficients
    known, constant = dict(first.terms), dict(structure(problem).constant.terms)
    mixed = {powers for powers, c in constant.items() if known.get(powers) != c}
    own = dict(structure(problem).moving_start.terms) if mixed else {}
    kept = [term for term in first.terms if term[0] not in constant]
    kept += [(powers, own[powers]) for powers in mixed if powers in own]
    return (Polynomial.from_terms(kept), *others)


def front_of(
    s: int,
    polynomial: Polynomial,
    symbols: Sequence[str],
    sizes: Sequence[str],
    target: TargetCount | None = None,
) -> Front:
    """Return the front of one polynomial, taken as ``Y_s``.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> front_of(0, p**3 + 7 * p * H + p**2 * H, ("p", "H"), ("p", "H")).terms
    ((2, 1), (3, 0))
    """
    spend(TERM * len(polynomial))
    terms = sorted(
        tuple(plain(dict(powers).get(name, Fraction(0))) for name in symbols)
        for powers, _ in pareto_terms(polynomial, sizes).terms
    )
    couplings = None if target is None else tuple(target.at(s, term) for term in terms)
    return Front(s, tuple(symbols), tuple(sizes), tuple(terms), couplings)
