"""The ends of petals whose equations are integrated: fixed points at late times, blow-up before.

Two petals with two invariant lines are a system of Lotka and Volterra, ``u_k' = u_k K_k(u)`` with
linear ``K``: fixed points and their stability are linear algebra.  The petals follow a gradient
flow of the loss with decay, which is bounded below; so at late times they end at a fixed point,
and where one only attracts, there.  Backwards nothing holds them: with a field of degree ``k`` and
a loss of degree ``n`` they leave as ``|t - t_c|^(-1/(k - 1))``, the loss as its n-th power.  Both
are followed in numbers at several sizes before they are said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product

import numpy
import sympy
from numpy.typing import NDArray
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational
from sympy.solvers.solveset import NonlinearError

from diagrams.dynamics.ends.ending import END, Ending, derived, unknown
from diagrams.dynamics.explicit.scales import scales_of
from diagrams.dynamics.expressions.late_times import Bounds, between, cells, interval
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.petals.petals import Rows
from diagrams.dynamics.roads.closed.numbers import ByCharacteristics
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import sympy_symbol
from pde.equations.darboux import invariant_lines
from pde.equations.first_order import FirstOrderEquation
from pde.errors import PDEError
from pde.expressions.statement import message

Sizes = tuple[float, float, float]
SIZES: tuple[Sizes, ...] = (
    (3.0, 5.0, 0.3),
    (4.0, 1.0, 0.1),
    (1.0, 6.0, 0.8),
    (30.0, 2.0, 0.4),
    (2.0, 40.0, 0.05),
)
"""Numbers of features and of rows, and deviations, at which petals are followed."""
DECAYS = tuple(Rational(n, 7) for n in (1, 4, 9, 20, 60))
"""Values of a decay with which they are followed backwards."""
STEPS_LIMIT = 40_000
CLOSE = 1e-5
LARGE = 1e9
POWER_WITHIN = 0.05
Vector = NDArray[numpy.float64]


def endings_of_petals(solution: Solution, numbers: ByCharacteristics) -> tuple[Ending, ...]:
    """Return the ends of petals; symbols of scale and decay are taken positive."""
    try:
        pair = _pair(numbers, sorted(scales_of(solution)))
    except (NotSolved, PDEError) as failure:
        reason = failure.step if isinstance(failure, NotSolved) else message(failure)
        return unknown(reason, 1), unknown(reason, -1)
    found = []
    for end in (pair.late, pair.early):
        try:
            found += [_with_unit(made, pair.unit) for made in end()]
        except NotSolved as failure:
            found.append(unknown(failure.step, 1 if end == pair.late else -1))
    return tuple(found)


def _with_unit(end: Ending, unit: Symbol | None) -> Ending:
    """The end with the condition on the scale that was taken as a unit: it is positive."""
    if unit is None:
        return end
    return replace(end, condition=conditions(sentence("{} > 0", unit), end.condition))


@dataclass(frozen=True)
class _Pair:
    """``u_k' = u_k K_k`` in tau, and the loss, all in the forms ``u``."""

    forms: tuple[Symbol, Symbol]
    rates: tuple[Expr, Expr]
    start: tuple[Expr, Expr]
    loss: Expr
    rows: Rows
    name: Symbol | None
    unit: Symbol | None = None
    """A scale taken as 1: the name stands for its ratio to it, loss and rates in units of it."""

    # -- late times -------------------------------------------------------------------------------

    def late(self) -> list[Ending]:
        """The fixed point that attracts, by cases of the decay."""
        points = self._fixed_points()
        if self.name is None:
            return [self._settled(points, (sympy.Integer(0), None), None)]
        tested = chain.from_iterable((*p.values(), *self._eigenvalues(p)) for p in points)
        marks = _roots(tested, self.name)
        found = [self._settled(points, bounds, inside[0]) for bounds, inside in cells(marks)]
        return [*found, *(self._at_mark(points, mark) for mark in marks)]

    def _at_mark(self, points: list[dict[Symbol, Expr]], mark: Rational | None) -> Ending:
        """Where two fixed points meet: the petals end at one that does not repel."""
        condition = ""
        if self.name is not None and mark is not None:
            condition = sentence("{} = {}", self.name, mark * (self.unit or 1))
        held = [p for p in points if self._attracts(p, mark, strictly=False)]
        losses = {sympy.factor(self._at_name(self.loss.xreplace(p), mark)) for p in held}
        if len(losses) != 1:
            many = "which of the fixed points of the petals attracts depends on more than rates"
            return unknown(many, 1, condition)
        evidence = derived("a gradient flow ends at a fixed point, and all that may hold it agree")
        limit = self._restored(losses.pop(), 2)
        return Ending(sympy.oo, public(limit), condition=condition, evidence=evidence)

    def _at_name(self, value: Expr, mark: Rational | None) -> Expr:
        return value if self.name is None or mark is None else value.xreplace({self.name: mark})

    def _restored(self, value: Expr, power: int) -> Expr:
        """A value that is homogeneous in the scale and the decay, with the scale put back."""
        if self.unit is None:
            return value
        inside = value if self.name is None else value.xreplace({self.name: self.name / self.unit})
        return sympy.factor(self.unit**power * inside)

    def _fixed_points(self) -> list[dict[Symbol, Expr]]:
        found = []
        for kept in product((False, True), repeat=2):
            equations = [
                k if on else u for on, k, u in zip(kept, self.rates, self.forms, strict=True)
            ]
            try:
                solved = sympy.linsolve(equations, *self.forms)
            except NonlinearError:
                reason = "the fixed points of the petals: their rates are not linear"
                raise NotSolved(reason) from None
            found += [
                dict(zip(self.forms, map(sympy.factor, point), strict=True)) for point in solved
            ]
        return [p for p in found if not any(v.has(*self.forms) for v in p.values())]

    def _eigenvalues(self, point: dict[Symbol, Expr]) -> tuple[Expr, Expr]:
        matrix = self._jacobian(point)
        if matrix[0, 1] and matrix[1, 0]:
            trace, whole = matrix.trace(), sympy.factor(matrix.det())
            root = sympy.sqrt(sympy.factor(trace**2 - 4 * whole))
            return (trace + root) / 2, (trace - root) / 2
        return sympy.factor(matrix[0, 0]), sympy.factor(matrix[1, 1])

    def _jacobian(self, point: dict[Symbol, Expr]) -> sympy.Matrix:
        field = sympy.Matrix([u * k for u, k in zip(self.forms, self.rates, strict=True)])
        return field.jacobian(self.forms).xreplace(point).applyfunc(sympy.factor)

    def _settled(
        self, points: list[dict[Symbol, Expr]], bounds: Bounds, sample: Rational | None
    ) -> Ending:
        attracting = [p for p in points if self._attracts(p, sample)]
        if not attracting and self.name is None:
            return self._at_mark(points, None)
        if len(attracting) != 1:
            many = "more than one fixed point" if attracting else "no fixed point"
            raise NotSolved(f"{many} of the petals attracts")
        (point,) = attracting
        for sizes in SIZES:
            self._follow_down(point, sizes, sample)
        limit = sympy.factor(self.loss.xreplace(point))
        low, high = (None if b is None else b * (self.unit or 1) for b in bounds)
        condition = "" if self.name is None else between(self.name, low, high)
        return Ending(
            sympy.oo,
            public(self._restored(limit, 2)),
            condition=condition,
            evidence=_evidence("the petals end at the one fixed point that attracts"),
            rate=self._slowest(point),
            where=self._inside(bounds),
        )

    def _inside(self, bounds: Bounds) -> tuple[Relational, ...]:
        """The interval of the decay as relations; in units of the scale none is given."""
        return () if self.unit is not None or self.name is None else interval(self.name, *bounds)

    def _attracts(
        self, point: dict[Symbol, Expr], sample: Rational | None, strictly: bool = True
    ) -> bool:
        """Whether a fixed point lies where the petals are, and attracts; alike for all sizes.

        With ``strictly`` false, whether it does not repel.
        """
        said = set()
        for sizes in SIZES:
            at = self._at(sizes, sample)
            inside = all(sympy.N(v.xreplace(at)) > -CLOSE for v in point.values())
            rates = [sympy.re(sympy.N(e.xreplace(at))) for e in self._eigenvalues(point)]
            said.add(bool(inside and max(rates) < (0 if strictly else CLOSE)))
        if len(said) > 1:
            raise NotSolved("which fixed point of the petals attracts depends on the sizes")
        return said.pop()

    def _slowest(self, point: dict[Symbol, Expr]) -> Expr | None:
        """The least rate of those of which the loss has a first order; none where it has none."""
        matrix = self._jacobian(point)
        if matrix[0, 1] and matrix[1, 0]:
            return None
        slope = sympy.Matrix([[sympy.diff(self.loss, u) for u in self.forms]]).xreplace(point)
        found = []
        for rate, other, k in ((matrix[0, 0], matrix[1, 1], 0), (matrix[1, 1], matrix[0, 0], 1)):
            mode = sympy.Matrix([0, 0])
            mode[k] = 1
            mode[1 - k] = matrix[1 - k, k] / (rate - other)
            if sympy.simplify((slope * mode)[0]):
                found.append(sympy.expand(-rate))
        if len(found) < 2:
            return None
        shown = sympy.Min(*(self._restored(sympy.factor(r), 1) for r in found))
        return -public(shown) / sympy_symbol("T")

    # -- early times ------------------------------------------------------------------------------

    def early(self) -> list[Ending]:
        """Blow-up, with the power of the leading parts of field and loss."""
        field = [u * k for u, k in zip(self.forms, self.rates, strict=True)]
        degree = max(sympy.Poly(f, *self.forms).total_degree() for f in field)
        height = sympy.Poly(self.loss, *self.forms).total_degree()
        if degree < 2:
            raise NotSolved("the petals move linearly")
        power = -Rational(height, degree - 1)
        inside = (None,) if self.name is None else DECAYS
        for sizes in SIZES:
            for sample in inside:
                if abs(self._power(sizes, sample) - float(power)) > POWER_WITHIN:
                    raise NotSolved("backwards the petals do not leave as their leading parts say")
        return [Ending(END, sympy.oo, None, power, evidence=_evidence("the leading parts"))]

    def _at(self, sizes: Sizes, sample: Rational | None) -> dict[Symbol, Expr]:
        """Values of the sizes, and of the decay where it is a symbol."""
        features, number, deviation = sizes
        rows = self.rows
        spread = {name for variance in rows.variances for name in variance.symbols}
        named = {**dict.fromkeys(spread, deviation), rows.features: features, rows.number: number}
        found = {Symbol(n, positive=True): sympy.nsimplify(v) for n, v in named.items()}
        if self.name is not None and sample is not None:
            found[self.name] = sample
        return found

    # -- in numbers -------------------------------------------------------------------------------

    def _functions(
        self, sizes: Sizes, sample: Rational | None
    ) -> tuple[Callable[[Vector], Vector], Vector, Callable[[Vector], float]]:
        at = self._at(sizes, sample)
        field = [(u * k).xreplace(at) for u, k in zip(self.forms, self.rates, strict=True)]
        moved, loss = (
            sympy.lambdify(self.forms, field),
            sympy.lambdify(self.forms, self.loss.xreplace(at)),
        )
        start = numpy.array([float(s.xreplace(at)) for s in self.start])
        return (lambda u: numpy.array(moved(*u))), start, (lambda u: float(loss(*u)))

    def _follow_down(
        self, point: dict[Symbol, Expr], sizes: Sizes, sample: Rational | None
    ) -> None:
        field, u, _ = self._functions(sizes, sample)
        at = self._at(sizes, sample)
        goal = numpy.array([float(point[s].xreplace(at)) for s in self.forms])
        size = max(abs(u).max(), abs(goal).max())
        for _ in range(STEPS_LIMIT):
            if abs(u - goal).max() < CLOSE * size:
                return
            u, _step = _stepped(field, u)
        raise NotSolved("followed in numbers the petals do not reach their fixed point")

    def _power(self, sizes: Sizes, sample: Rational | None) -> float:
        """The power of blow-up, from the logarithmic slope of the loss at two late points."""
        forward, u, loss = self._functions(sizes, sample)

        def field(v: Vector) -> Vector:
            return -forward(v)

        size = abs(u).max() + 1
        times: list[float] = [0.0]
        slopes: list[tuple[float, float]] = []
        for _ in range(STEPS_LIMIT):
            u, step = _stepped(field, u)
            times.append(times[-1] + step)
            high = abs(u).max() / size
            if high > LARGE ** (0.5 if not slopes else 0.55):
                small = 1e-6 * u
                rate = field(u)
                slope = sum(
                    (loss(u + s * e) - loss(u - s * e)) / (2 * s) * r
                    for s, e, r in zip(numpy.abs(small) + 1e-9, numpy.eye(2), rate, strict=True)
                )
                slopes.append((times[-1], loss(u) / slope))
                if len(slopes) == 2:
                    (one, first), (two, second) = slopes
                    return float((one - two) / (first - second))
        raise NotSolved("followed in numbers the petals do not blow up backwards")


def _stepped(field: Callable[[Vector], Vector], u: Vector) -> tuple[Vector, float]:
    """One Runge-Kutta step, so short that no form changes by more than a twentieth."""
    one = field(u)
    with numpy.errstate(divide="ignore"):
        step = 0.05 / max(float(numpy.max(abs(one) / numpy.maximum(abs(u), 1e-12))), 1e-3)
    two = field(u + step / 2 * one)
    three = field(u + step / 2 * two)
    four = field(u + step * three)
    return u + step / 6 * (one + 2 * two + 2 * three + four), step


def _roots(tested: chain[Expr], name: Symbol) -> list[Expr]:
    """The positive values of a symbol at which a factor in it alone vanishes."""
    marks = set()
    for value in tested:
        for factor in sympy.Mul.make_args(sympy.factor(sympy.numer(sympy.together(value)))):
            factor = factor.as_base_exp()[0]
            if factor.free_symbols == {name}:
                marks |= {r for r in sympy.roots(factor, name) if r.is_rational and r.is_positive}
    return sorted(marks)


def _pair(numbers: ByCharacteristics, scales: Sequence[str]) -> _Pair:
    equation = numbers.solution.equation
    assert equation.initial is not None
    meanings = {local(sympy_symbol(n)): local(e) for n, e in numbers.point}
    groups = {s: e for s, e in meanings.items() if s not in map(local, equation.variables)}
    if len(equation.variables) != 3:
        raise NotSolved("the fixed points of more than two petals are not looked for")
    field = [sympy.expand(f.xreplace(groups)) for f in equation.field]
    plain = FirstOrderEquation(
        equation.variables, tuple(field), initial=equation.initial, near=equation.near
    )
    lines = invariant_lines(plain)
    if len(lines) < 2:
        raise NotSolved("the petals have no two invariant lines")
    petals = equation.variables[1:]
    start = {s: meanings[local(s)] for s in petals}
    forms = (Symbol("u", positive=True), Symbol("w", positive=True))
    expressions = [
        line.form if line.form.xreplace(start).is_positive else sympy.expand(-line.form)
        for line in lines[:2]
    ]
    (back,) = sympy.solve(
        [e - u for e, u in zip(expressions, forms, strict=True)], petals, dict=True
    )
    rates = tuple(sympy.expand((-line.cofactor).xreplace(back)) for line in lines[:2])
    begun = tuple(sympy.factor(e.xreplace(start)) for e in expressions)
    if not all(b.is_positive for b in begun):
        raise NotSolved("the petals start on an invariant line")
    observable = equation.initial.value.xreplace(groups).xreplace(back)
    loss = sympy.expand(observable + local(numbers.constant))
    one, two = rates
    first, second = begun
    found = _Pair(forms, (one, two), (first, second), loss, numbers.rows, None)
    names = sorted({s for r in rates for s in r.free_symbols if s.name in scales}, key=str)
    if not names:
        return found
    for unit in names if len(names) == 2 else ():
        name = next(s for s in names if s != unit)
        at_unit = _in_units(found, unit, name)
        if at_unit is not None:
            return at_unit
    if len(names) > 1:
        raise NotSolved("the fixed points depend on more than one symbol")
    return replace(found, name=names[0])


def _in_units(pair: _Pair, unit: Symbol, name: Symbol) -> _Pair | None:
    """The petals with a scale as 1, where they and the loss are homogeneous in it and the decay."""
    grown = {s: unit * s for s in (*pair.forms, name)}

    def at_one(value: Expr) -> Expr:
        return sympy.expand(value.xreplace({unit: sympy.Integer(1)}))

    for value, power in ((pair.rates[0], 1), (pair.rates[1], 1), (pair.loss, 2)):
        if sympy.expand(value.xreplace(grown) - unit**power * at_one(value)):
            return None
    rates, start = tuple(map(at_one, pair.rates)), tuple(map(at_one, pair.start))
    one, two = rates
    first, second = start
    return _Pair(pair.forms, (one, two), (first, second), at_one(pair.loss), pair.rows, name, unit)


def _evidence(statement: str) -> Evidence:
    return Evidence(
        Kind.DERIVED, f"{statement}; followed in numbers at {len(SIZES)} choices of the sizes"
    )
