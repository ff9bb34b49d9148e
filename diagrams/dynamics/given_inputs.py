"""A wide network at given inputs: its tangent kernel stays, and the errors decay by it.

The errors ``e = f - F`` at P given inputs are open diagrams.  Gradient flow on ``c |e|^2`` moves
them by ``de/dtau = -2 c K e`` with the kernel ``K = f * f``, a P x P matrix.  Where hidden families
grow, it stays at its average to leading order, and

    E[L(t)] = c tr( exp(-4 c K t/T) S ) ,      S = E[e e^T] .

Both matrices hold Gaussian averages of functions as symbols, whatever the functions are.
(A. Jacot, F. Gabriel and C. Hongler, arXiv 1806.07572.)  That this leads is certified against exact
coefficients: at all inputs to second order, and at each of them, where the functions are symbols,
to third order.  By the parity of output weights a kernel that moves may show at the third alone.

Where it moves, all units move in the mean of what they add: the mean-field equations of one unit
(:mod:`diagrams.mean_fields`), which depend on inputs and hidden sizes in the same way.
(S. Mei, A. Montanari and P.-M. Nguyen, PNAS 115, 2018, arXiv:1804.06561.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from itertools import product
from typing import Any

import mpmath
import sympy
from sympy import Rational

from diagrams.dynamics.along import is_scaling, regime_along
from diagrams.dynamics.certificate import Certificate, difference, height, leading_part
from diagrams.dynamics.ends.claims import judged
from diagrams.dynamics.ends.ending import unknown
from diagrams.dynamics.face import face_of
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import solution_of
from diagrams.dynamics.roads.two_times.two_times import ByTwoTimes
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.dynamics.tangent_kernels import (
    Matrix,
    TangentKernel,
    kernel_variances,
    tangent_kernel,
)
from diagrams.errors import BadInput, Missing, NotSolved, WickflowError
from diagrams.evidence import Evidence
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gram, Listed
from diagrams.graphs.tensors import Function, IndexFamily, Tensor, function_node
from diagrams.mean_fields.mean_field import mean_field
from diagrams.polynomials.average_symbols import averages_in
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from diagrams.series.averages import check_inputs, numbers
from diagrams.series.expansion import Series, expand
from diagrams.wick.activations import activation
from pde.numbers.evaluation import Value

ALONE = 3
"""The order to which coefficients are compared at one input."""

SUBJECT = "the kernel at given inputs"
ROAD = "the frozen kernel, at given inputs"
OUTLINE = (
    "The solution is found in these steps: the errors at the given inputs are open diagrams; their"
    " kernel, the merge of two outputs, keeps its average at large width, so that they obey linear"
    " equations; the Taylor coefficients of what comes out are held against the exact ones."
)


def solve_given(problem: Problem, regime: str, terms: int | None = None) -> Solution:
    """Return ``E[L(t)]`` of a network at given inputs, hidden families being large.

    ``terms`` is the highest order that is compared with exact coefficients, two by default for a
    kernel that stays, and three for one that moves.  A scaling such as ``N=1`` is a regime, too.

    Raises :class:`~diagrams.errors.NotSolved` where neither a kernel that stays nor equations of
    one unit lead, and :class:`~diagrams.errors.BadInput` for another regime.

    >>> from diagrams.problems.files import parse_problem
    >>> found = solve_given(parse_problem('''
    ... families = {hidden = "N", feature = "d"}
    ... tensors.a = {families = ["hidden"], role = "trained", variance = 1}
    ... tensors.W = {families = ["hidden", "feature"], role = "trained", variance = 1}
    ... tensors.x = {families = ["feature"], role = "frozen", gram = 1}
    ... model = {output = "a[k] erf(W[k,i] x[i]) / sqrt(N)", target = "0"}
    ... loss = {kind = "squared error", over = []}
    ... '''), "full")
    >>> print(found.formula, found.definitions)
    S*exp(-2*K*t/T)/2 ((K, E_erf_00_atW + E_erf_11_atW), (S, E_erf_00_atW))
    """
    if is_scaling(regime):
        return _of_one_unit(problem, regime, terms)
    if regime != "full":
        allowed = "full: a wide hidden layer; `wickflow regimes` lists what else may lead"
        raise BadInput("regime", regime, allowed)
    nodes = [node.law for node in problem.functions]
    wide = {
        family.size: 1
        for law in nodes
        if isinstance(law, Function)
        for family in law.weights.families[:-1]
        if not family.fixed
    }
    if not wide:
        raise NotSolved("no hidden family has a symbol for its size: nothing is wide")
    try:
        found = tangent_kernel(problem).leading(wide)
        if not any(entry for row in found.kernel for entry in row):
            raise NotSolved("the average of the kernel vanishes")
        evidence = _certified(problem, found, wide, 2 if terms is None else max(2, terms))
    except NotSolved as moving:
        try:
            along = ",".join(f"{size}=1" for size in wide)
            return replace(_of_one_unit(problem, along, terms), regime=regime)
        except NotSolved as failure:
            raise NotSolved(f"{moving.step}; the mean field: {failure.step}") from None
    return _solution(problem, found, evidence)


def _of_one_unit(problem: Problem, scaling: str, terms: int | None) -> Solution:
    """The mean field along a scaling, on the time scale on which exact coefficients move."""
    powers = regime_along(problem, scaling).scaling
    mean_field(problem, {size: powers[size] for size in problem.scaled})  # refused at little cost
    face, road = face_of(problem, scaling, terms), ByTwoTimes()
    heights = [height(face.exact.coefficient(s), powers) for s in range(face.exact.terms + 1)]
    first = heights[0] or Fraction(0)
    gains = [(h - first) / s for s, h in enumerate(heights) if s and h is not None]
    large = next(place for place, power in enumerate(face.regime.direction) if power)
    clock = [Fraction(0)] * len(face.regime.symbols)
    clock[large] = max(gains, default=Fraction(0)) / face.regime.direction[large]
    face = replace(face, regime=replace(face.regime, clock=tuple(clock)))
    found = road.applies(face)
    if isinstance(found, Inapplicable):
        raise NotSolved(found.fact)
    return judged(solution_of(road.derived(face, found.found), road, face))


def _certified(
    problem: Problem, found: TangentKernel, wide: Mapping[str, int], terms: int
) -> Evidence:
    """Hold coefficients against exact ones: at all inputs, and at each to higher order.

    At one input functions are symbols that have all derivatives; what a kink adds is of lower
    order in the width.
    """
    try:
        last = _agreement(problem, found, wide, terms)
    except BadInput as refusal:
        if refusal.field != "function":
            raise
        last = _agreement(problem, found, wide, 1)
    alone = max(terms, ALONE)
    for plain in _at_single_inputs(problem):  # at one without an error no kernel moves
        _agreement(plain, tangent_kernel(plain).leading(wide), wide, alone)
    words = f"at every single input, for smooth functions, to order {alone}"
    return Certificate(tuple(range(last + 1)), SUBJECT, words).evidence


@lru_cache(maxsize=16)
def _exact(problem: Problem, terms: int) -> Series:
    return expand(problem, terms)


def _agreement(problem: Problem, found: TangentKernel, wide: Mapping[str, int], terms: int) -> int:
    """The order to which what leads is that of the exact series; refuses where it is not."""
    exact = _exact(problem, terms)
    for s, (said, known) in enumerate(zip(found.coefficients(terms), exact, strict=True)):
        leading, own = leading_part(known, wide), leading_part(said, wide)
        if own != leading:
            moves = f"at large {', '.join(wide)} the kernel moves to leading order"
            raise NotSolved(f"{SUBJECT} {difference(own, leading)}, first at order {s}: {moves}")
    return terms


def _at_single_inputs(problem: Problem) -> tuple[Problem, ...]:
    """The problem at every one of its inputs that differs from others."""
    free = next(q for q in problem.quantities if q.name == "output").families
    places = product(*(range(int(family.size) if family.fixed else 1) for family in free))
    every = (_at_one_input(problem, dict(zip(free, place, strict=True))) for place in places)
    return tuple(dict.fromkeys(every))


def _picked(
    entries: Sequence[Polynomial], families: Sequence[IndexFamily], place: Mapping[IndexFamily, int]
) -> tuple[Polynomial, ...]:
    """The entries of an array, the last index first, at which some indices are given."""
    indices = product(*(range(int(family.size)) for family in families))
    return tuple(
        entry
        for entry, own in zip(entries, indices, strict=True)
        if all(place.get(family, k) == k for family, k in zip(families, own, strict=True))
    )


def _at_one_input(problem: Problem, place: Mapping[IndexFamily, int]) -> Problem:
    """The problem at one of its inputs, with symbols for functions."""
    families = {family: replace(family, size="1") for family in place}
    names = sorted({node.law.name for node in problem.functions if isinstance(node.law, Function)})
    symbols = {name: f"phi{place}" for place, name in enumerate(names, 1)}

    @cache
    def tensor(old: Tensor) -> Tensor:
        law: Any = old.law
        if isinstance(law, Function):
            inputs = None if law.inputs is None else tensor(law.inputs)
            weights = tensor(law.weights)
            return function_node(
                replace(law, name=symbols[law.name], weights=weights, inputs=inputs)
            )
        if not any(family in families for family in old.families):
            return old
        if isinstance(law, Gram):
            law = Gram(_picked(law.products, old.families[:-1] * 2, place))
        elif isinstance(law, Listed):
            law = Listed(_picked(law.entries, old.families, place))
        return replace(old, families=tuple(families.get(f, f) for f in old.families), law=law)

    def put(value: Combination) -> Combination:
        return Combination.of(
            (
                Diagram(
                    tuple(families.get(f, f) for f in d.nodes),
                    tuple(Edge(tensor(edge.tensor), edge.nodes) for edge in d.edges),
                    d.legs,
                ),
                c,
            )
            for d, c in value
        )

    loss = put(problem.observable)
    quantities = tuple(
        replace(
            q,
            families=tuple(families.get(f, f) for f in q.families),
            source=put(problem.with_observable(q.name).observable),
        )
        for q in problem.quantities
        if q.name in ("output", "target")
    )
    return replace(  # without what tells apart problems that are the same but for the functions
        problem,
        title="",
        spec="",
        facts=(),
        written=None,
        observable=loss,
        potential=loss,
        quantities=quantities,
    )


@dataclass(frozen=True)
class GivenInputs:
    """What is known of a network at given inputs: its kernel, and the solution at large width.

    In the place of what is not there stands the reason.
    """

    kernel: Matrix = ()
    variances: Matrix = ()
    solution: Solution | None = None
    refusal: str = ""


def given_inputs(problem: Problem) -> GivenInputs:
    """Return the tangent kernel at the start, its variances, and the solution at large width."""
    found = GivenInputs()
    try:
        found = replace(found, kernel=tangent_kernel(problem).kernel)
        found = replace(found, variances=kernel_variances(problem))
        return replace(found, solution=solve_given(problem, "full"))
    except WickflowError as refusal:
        return replace(found, refusal=str(refusal))


def _solution(problem: Problem, found: TangentKernel, evidence: Evidence) -> Solution:
    size, taken = len(found.kernel), {*problem.symbols, "T", "t"}
    clock = sympy_symbol("t") / sympy_symbol("T")
    definitions = tuple(_named(found, taken))
    symbols = [symbol for symbol, _ in definitions]
    half = size * (size + 1) // 2
    kernel, errors = (_symmetric(part, size) for part in (symbols[:half], symbols[half:]))
    weight = found.weight.to_sympy()
    rate, conditions = 4 * weight, tuple[sympy.Basic, ...]()
    more: tuple[tuple[sympy.Symbol, sympy.Expr], ...] = ()
    if size == 1:
        formula = weight * errors[0, 0] * sympy.exp(-rate * kernel[0, 0] * clock)
    elif size == 2:
        mean, gap = (sympy_symbol(fresh(name, taken)) for name in ("mu", "delta"))
        middle = (kernel[0, 0] + kernel[1, 1]) / 2
        root = sympy.sqrt(((kernel[0, 0] - kernel[1, 1]) / 2) ** 2 + kernel[0, 1] ** 2)
        rest = ((kernel - mean * sympy.eye(2)) * errors).trace() / gap
        wave = (
            sympy.cosh(rate * gap * clock) * errors.trace() - sympy.sinh(rate * gap * clock) * rest
        )
        formula = weight * sympy.exp(-rate * mean * clock) * wave
        more = ((mean, middle), (gap, root))
    else:
        rates = sympy.symbols(" ".join(f"lambda_{j}" for j in range(1, size + 1)))
        parts = sympy.symbols(" ".join(f"s_{j}" for j in range(1, size + 1)))
        formula = weight * sympy.Add(
            *(s * sympy.exp(-rate * x * clock) for s, x in zip(parts, rates, strict=True))
        )
        conditions = tuple(
            sympy.Eq(sympy.Function("det")(kernel - x * sympy.eye(size)), 0, evaluate=False)
            for x in rates
        )
    symbolic = [a for a in _averages(found) if any(map(_has_no_formula, a.functions))]
    where = "the kernel of finite width moves, at a rate that leading terms do not tell"
    return Solution(
        kind="implicit" if conditions else "explicit",
        problem=problem,
        regime="full",
        formula=formula,
        definitions=(*more, *definitions),
        conditions=conditions,
        domain="all t at which the kernel stays near its average",
        existence=(),
        evidence=evidence,
        steps=_steps(evidence, kernel, errors),
        symbols=(*problem.symbols, *map(str, symbolic), "T", "t"),
        numbers=KernelNumbers(problem, found),
        ends=Ends(lambda *_: (unknown(where, 1), unknown(where, -1))),
        road=ROAD,
        outline=OUTLINE,
    )


def _has_no_formula(name: str) -> bool:
    return activation(name).is_symbolic


def _named(found: TangentKernel, taken: set[str]) -> Iterator[tuple[sympy.Symbol, sympy.Expr]]:
    """Names for the entries of both matrices, with what they are."""
    size = range(len(found.kernel))
    for letter, rows in (("K", found.kernel), ("S", found.errors)):
        for a in size:
            for b in range(a, len(size)):
                index = f"_{a + 1}{b + 1}" if len(size) > 1 else ""
                name = fresh(f"{letter}{index}", taken)
                taken.add(name)
                yield sympy_symbol(name), rows[a][b].to_sympy()


def _symmetric(entries: Sequence[sympy.Symbol], size: int) -> sympy.Matrix:
    listed = iter(entries)
    upper = {(a, b): next(listed) for a in range(size) for b in range(a, size)}
    return sympy.ImmutableMatrix(size, size, lambda a, b: upper[min(a, b), max(a, b)])


def _steps(evidence: Evidence, kernel: sympy.Matrix, errors: sympy.Matrix) -> tuple[Step, ...]:
    matrices = kernel, errors
    names = (sympy_symbol(name) for name in ("K", "S"))
    equal = [sympy.Eq(n, m, evaluate=False) for n, m in zip(names, matrices, strict=True)]
    some = equal if kernel.rows > 1 else []
    return (
        Step(
            "kernel",
            "the average of the merge of two outputs, at every pair of inputs",
            tuple(some[:1]),
        ),
        Step("errors", "the averages of products of two errors at the start", tuple(some[1:])),
        Step(
            "linear equations",
            "the kernel stays at its average: every eigenvector decays by itself",
        ),
        Step("certificate", evidence.sentence),
    )


def _averages(found: TangentKernel) -> tuple[Any, ...]:
    return averages_in(
        entry for rows in (found.kernel, found.errors) for row in rows for entry in row
    )


@dataclass(frozen=True)
class KernelNumbers(Numbers):
    """Numbers by the eigenvalues of the kernel, errors of its averages included to first order."""

    problem: Problem
    found: TangentKernel

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        given = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items() if n not in ("t", "T")}
        check_inputs(self.problem, given)
        rows = (*self.found.kernel, *self.found.errors, (self.found.weight,))
        entries = [entry for row in rows for entry in row]
        averages = numbers(entries, given)
        needed = {name for entry in entries for name in entry.symbols} - set(averages)
        if missing := sorted(needed - set(given)):
            raise Missing(
                "at", f"no value of {missing[0]}", f"values of {', '.join(sorted(needed))}"
            )
        exact = {sympy_symbol(n): Rational(v.numerator, v.denominator) for n, v in given.items()}
        exact |= {sympy_symbol(name): number for name, (number, _) in averages.items()}
        uncertain = max((float(bound) for _, bound in averages.values()), default=0.0)
        with mpmath.workdps(digits + 15):
            kernel, errors = (
                mpmath.matrix([[_number(y, exact, digits) for y in row] for row in part])
                for part in (self.found.kernel, self.found.errors)
            )
            weight = _number(self.found.weight, exact, digits)
            rates, vectors = mpmath.eigsy(kernel)
            shares = vectors.T * errors * vectors
            clock = [4 * weight * mpmath.mpf(int(t.p)) / t.q for t in times]
            clock = [
                t / mpmath.mpf(int(values.get("T", Rational(1)).p)) * values.get("T", Rational(1)).q
                for t in clock
            ]
            return tuple(
                self._value(
                    weight, t, rates, [shares[j, j] for j in range(len(rates))], uncertain, digits
                )
                for t in clock
            )

    @staticmethod
    def _value(
        weight: Any, clock: Any, rates: Any, shares: Sequence[Any], uncertain: float, digits: int
    ) -> Value:
        terms = [weight * s * mpmath.exp(-clock * x) for s, x in zip(shares, rates, strict=True)]
        size = sum(
            abs(weight) * (1 + abs(clock * s)) * mpmath.exp(-clock * x)
            for s, x in zip(shares, rates, strict=True)
        )
        error = len(shares) ** 2 * uncertain * size * 4 + abs(size) * mpmath.mpf(10) ** (
            -digits - 5
        )
        return Value(mpmath.fsum(terms), error, "two tolerances" if uncertain else "two precisions")


def _number(entry: Polynomial, exact: Mapping[sympy.Symbol, sympy.Expr], digits: int) -> Any:
    return mpmath.mpmathify(sympy.N(entry.to_sympy().xreplace(dict(exact)), digits + 15))
