"""What a document claims of a problem, held against the problem itself.

Whatever takes a fraction of a second is computed again: the first orders of an expansion.  Of all
orders the exponents are bounded, since every merge brings the powers of one diagram of the
potential.  How much is computed depends on the problem alone, not on the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Drawn, Gram, Listed, Shaped
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import Function, Tensor
from diagrams.polynomials.average_symbols import AverageSymbol, averages_in
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.friction import Friction
from diagrams.problems.problem import Problem
from diagrams.scaling.fronts.restriction import Tied
from diagrams.series.cumulants import cumulant, cumulant_texts
from diagrams.series.expansion import Series, expand
from diagrams.series.inertia import expand_inertial
from diagrams.series.open_series import OpenSeries, expand_open

EDGES = 20
"""Orders whose diagrams have at most so many edges are computed again .."""

FIRST_EDGES = 48
""".. order 1 with at most so many .."""

PAIRS = 400
""".. where at most so many pairs of diagrams of observable and potential are merged for it .."""

AVERAGES = "averages of functions"
"""Stands for all symbols of averages: a node brings one at most."""
ORDERS = 5
""".. and no more orders than these."""

Powers = Mapping[str, Fraction]


def cheap_orders(problem: Problem) -> int:
    """How many orders, from 0 on, are computed again.

    >>> from diagrams.problems.cp import cp_problem
    >>> cheap_orders(cp_problem(order=2)), cheap_orders(cp_problem(order=24, ties="asym"))
    (5, 1)
    """
    observed = max((len(diagram.edges) for diagram, _ in problem.observable), default=0)
    step = max((len(diagram.edges) for diagram, _ in problem.potential), default=0) - 2
    pairs = len(problem.observable) * len(problem.potential)
    if observed > FIRST_EDGES:
        return 0
    if pairs > PAIRS or observed + step > FIRST_EDGES:
        return 1
    found = 2
    while found < ORDERS and observed + found * step <= EDGES:
        found += 1
    return found


@dataclass(frozen=True)
class Recomputed:
    """So many ``orders`` of the ``count`` claimed ones were computed again and agree.

    ``evidence`` is what the computation says of itself.
    """

    orders: int
    count: int
    evidence: Evidence | None = None

    def marked(self, claimed: Evidence) -> Evidence:
        """The evidence of a document with what was computed again; bare where that is all of it."""
        if not self.orders:
            return claimed.as_claimed("nothing of it recomputed")
        if self.orders < self.count:
            return claimed.as_claimed(f"recomputed and equal through order {self.orders - 1}")
        if claimed == self.evidence:
            return replace(claimed, claim="")
        return claimed.as_claimed("its numbers recomputed and equal")


@lru_cache(maxsize=32)
def recomputed_series(
    problem: Problem, count: int, friction: Friction | None = None
) -> Series | None:
    """``Y_0, ..`` of the cheap orders among the first ``count``, exactly; ``None`` without any."""
    cheap = min(count, cheap_orders(problem))
    texts = cumulant_texts(problem.observed)
    if not cheap:
        return None
    if texts is not None:
        return cumulant(problem, texts, cheap - 1)
    if friction is not None:
        return expand_inertial(problem, cheap - 1, str(friction))
    return expand(problem, cheap - 1)


def check_coefficients(
    problem: Problem,
    coefficients: Sequence[Polynomial],
    field: str,
    friction: Friction | None = None,
) -> Recomputed:
    """Hold claimed ``Y_0, ..`` against a problem, whose flow may have momentum.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    for s, claimed in enumerate(coefficients):
        own = {} if friction is None else dict.fromkeys(friction.strength.symbols, Fraction(s))
        check_exponents(problem, s, claimed, f"{field}[{s}].terms", own=own)
    exact = recomputed_series(problem, len(coefficients), friction)
    if exact is None:
        return Recomputed(0, len(coefficients))
    for s, known in enumerate(exact.coefficients):
        if coefficients[s] != known:
            off = Polynomial((coefficients[s] - known).terms[:1])
            raise BadInput(f"{field}[{s}]", f"off by {off}", f"Y_{s} of the problem")
    check_averages(coefficients, exact.coefficients)
    return Recomputed(len(exact), len(coefficients), exact.evidence)


def check_open(series: OpenSeries) -> Recomputed:
    """The same for a series with free indices."""
    count = len(series.coefficients)
    cheap = min(count, cheap_orders(series.problem))
    for s, combination in enumerate(series.coefficients):
        for _, coefficient in combination:
            check_exponents(series.problem, s, coefficient, f"derivatives[{s}]")
    if not cheap:
        return Recomputed(0, count)
    exact = expand_open(series.problem, cheap - 1, keep=series.kept)
    for s, known in enumerate(exact.coefficients):
        if series.coefficients[s] != known:
            raise BadInput(f"derivatives[{s}]", "other diagrams", f"Y_{s} of the problem")
    return Recomputed(cheap, count, exact.evidence)


def check_averages(claimed: Iterable[Polynomial], exact: Iterable[Polynomial]) -> None:
    """Refuse averages of functions that are defined otherwise than in the problem."""
    given = {str(average): average for average in averages_in(claimed)}
    for known in averages_in(exact):
        if str(known) in given and given[known].to_dict() != known.to_dict():
            raise BadInput("averages", str(known), "the average that it is in the problem")


# -- exponents ----------------------------------------------------------------------------


def check_exponents(
    problem: Problem,
    s: int,
    claimed: Polynomial,
    field: str,
    tied: Tied = (),
    own: Powers = MappingProxyType({}),
) -> None:
    """Refuse powers of symbols that no term of order ``s`` can have, tied ones put in.

    Symbols that are no problem's have bounds of their ``own``.
    """
    known = exponent_bounds(problem, s)
    put_in = (({n: abs(e) * known.get(name, 0) for n, e in powers}, 1) for name, powers in tied)
    bounds = _sum([(known, 1), (own, 1), *put_in])
    for powers, _ in claimed.terms:
        for name, exponent in powers:
            most = bounds.get(AVERAGES if isinstance(name, AverageSymbol) else name, 0)
            if abs(exponent) > most:
                allowed = f"powers of {name} that order {s} can have, at most {most}"
                raise BadInput(field, f"{name}^{exponent}", allowed)


def exponent_bounds(problem: Problem, s: int) -> Powers:
    """A bound on the size of the power of every symbol in any term of order ``s``.

    >>> from diagrams.problems.cp import cp_problem
    >>> {name: str(bound) for name, bound in exponent_bounds(cp_problem(order=2), 1).items()}
    {'H': '4', 'p': '4', 'sigma': '8'}
    """
    start = _largest(_powers(d, c) for d, c in problem.observable)
    step = _largest(_powers(d, c) for d, c in problem.potential)
    moved = _largest(_exponents(tensor.rate) for tensor in problem.tensors)
    brought = _largest(_argument(node) for node in problem.functions)
    entries = max((len(d.edges) for d, _ in (*problem.observable, *problem.potential)), default=0)
    parts = (brought, (s + 1) * entries)  # entries of weights are integrated by parts
    return _sum([(start, 1), (step, s), (moved, s), parts])


def _powers(diagram: Diagram, coefficient: Polynomial) -> Powers:
    """The most that a diagram can bring: its sizes, its coefficient, the laws of its tensors."""
    parts = [(_exponents(coefficient), 1)]
    parts += [({node.size: Fraction(1)}, 1) for node in diagram.nodes if not node.fixed]
    parts += [(_entry(tensor), count) for tensor, count in diagram.edge_counts().items()]
    return _sum(parts)


def _entry(tensor: Tensor) -> Powers:
    """Powers for one entry of a tensor: its mean, half of a variance with a moment, or a sum."""
    law = tensor.law
    if isinstance(law, Spectrum):  # at most one sum for every entry
        named = dict.fromkeys(law.named_sums, Fraction(1))
        return _largest([named, *map(_exponents, law.sums)])
    if isinstance(law, Function):
        degree = int(law.name.removeprefix("power")) if law.name.startswith("power") else 1
        return _sum([({AVERAGES: Fraction(1)}, 1), (_argument(tensor), degree + law.order)])
    if isinstance(law, Listed | Gram):
        return _largest(map(_exponents, law.entries if isinstance(law, Listed) else law.products))
    if not isinstance(law, Drawn):
        return {}
    moments = law.shape.moments if isinstance(law, Shaped) else ()
    halved = {name: power / 2 for name, power in _exponents(law.variance).items()}
    spread = _sum([(halved, 1), (_largest(map(_exponents, moments)), 1)])
    return _largest([_exponents(law.mean_value), spread])


def _argument(node: Tensor) -> Powers:
    """Powers of the variance of what a function is of, and of a merge of two of its nodes."""
    law = node.law
    assert isinstance(law, Function)
    products = law.inputs.law.products if law.inputs is not None else ()  # type: ignore[union-attr]
    parts = [(_exponents(law.factor), 2), (_largest(map(_exponents, products)), 1)]
    return _sum([*parts, (_entry(law.weights), 2)])


def _exponents(polynomial: Polynomial) -> Powers:
    return _largest({name: abs(e) for name, e in powers} for powers, _ in polynomial.terms)


def _largest(several: Iterable[Powers]) -> Powers:
    found: dict[str, Fraction] = {}
    for powers in several:
        for name, power in powers.items():
            found[name] = max(power, found.get(name, Fraction(0)))
    return found


def _sum(parts: Sequence[tuple[Powers, int]]) -> Powers:
    found: dict[str, Fraction] = {}
    for powers, count in parts:
        for name, power in powers.items():
            found[name] = found.get(name, Fraction(0)) + count * power
    return dict(sorted(found.items()))
