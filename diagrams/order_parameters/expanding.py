r"""Closed equations expanded around the means of their start: means to the next order, variances.

A start is its mean plus a deviation, ``G = E[G] + xi``.  Flow is deterministic, so every order
parameter stays a function of the start, and is expanded in the deviations: a sum of diagrams with
up to ``order`` of them, each times an amplitude that moves.  Merged equations close on these
amplitudes.  Averages of products of deviations are central moments of the initial law, exact
polynomials in sizes and scales::

    E[L](t) = sum over diagrams d of L_d(t) E[d] ,  Var[L](t) = sum of L_d L_e (E[d e] - E[d] E[e]).

Two deviations are what the expansion in the system size takes (van Kampen, Stochastic Processes in
Physics and Chemistry): ``C`` obeys ``dC/dt = J C + C J^T``, the mean ``dm/dt = F(m) + F'':C/2``.
Four are needed where an order parameter without a mean is as large as its spread, such as the
output of a wide network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial, prod

import numpy as np

from diagrams.campaign.effort import spend
from diagrams.errors import NotSolved
from diagrams.flow.arguments import monomial_value
from diagrams.flow.targets import Array
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Drawn
from diagrams.graphs.tensors import Tensor
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.order_parameters.numbers import planned
from diagrams.order_parameters.restricting import substituted
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.wick.expectation import expectation
from diagrams.wick.expectation import value as average

MOST = 400
"""Amplitudes of one expansion."""

MARK = "@"
"""How names of amplitudes begin, as no symbol does."""

Term = tuple[Polynomial, tuple[int, ...]]
"""A coefficient in sizes and scales, and the amplitudes that it multiplies."""


@dataclass(frozen=True)
class Expansion:
    """Amplitudes with their starts and velocities ``T dz/dt``; mean and variance of the loss.

    Every sum is one of :data:`Term`.  ``order`` is the number of deviations kept.
    """

    system: ClosedSystem
    order: int
    starts: tuple[Polynomial, ...]
    velocities: tuple[tuple[Term, ...], ...]
    mean: tuple[Term, ...]
    variance: tuple[Term, ...]

    def derivatives(
        self, mean: int, variance: int
    ) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
        """The time derivatives at the start of ``E[L]`` and ``Var[L]``, each from 0 to an order."""
        taylor = _Taylor([[start] for start in self.starts])
        for s in range(max(mean, variance)):
            grown = [taylor.of(velocity, s) / (s + 1) for velocity in self.velocities]
            for row, value in zip(taylor.rows, grown, strict=True):
                row.append(value)
        first, second = (
            tuple(factorial(s) * taylor.of(sums, s) for s in range(terms + 1))
            for sums, terms in ((self.mean, mean), (self.variance, variance))
        )
        return first, second

    @cached_property
    def symbols(self) -> frozenset[str]:
        """The sizes and scales in all coefficients."""
        sums = (self.mean, self.variance, *self.velocities)
        parts = (*self.starts, *(c for terms in sums for c, _ in terms))
        return frozenset(name for part in parts for name in part.symbols)

    def at(self, values: Mapping[str, float]) -> ExpansionInNumbers:
        """The same at numbers for all symbols."""
        return ExpansionInNumbers(
            np.array([monomial_value(start, values) for start in self.starts]),
            _Sums.of(self.velocities, values, len(self.starts)),
            _Sums.of((self.mean, self.variance), values, len(self.starts)),
        )


def expanded(system: ClosedSystem, order: int = 2) -> Expansion:
    """Return the closed equations of gradient flow expanded to an order in the deviations.

    Raises :class:`~diagrams.errors.NotSolved` for averages of functions, for steps, and for more
    amplitudes than can be followed.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.files import parse_problem
    >>> system = close(parse_problem('''
    ... families = {feature = "N"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = "1/N"}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = 1}
    ... model = {output = "w[i] x[i]", target = "0"}
    ... loss = {kind = "squared error", over = [], average = ["x"]}
    ... '''))
    >>> mean, variance = expanded(system).derivatives(1, 1)
    >>> print(*mean, "|", *variance)
    1/2 -1 | 1/2*N**(-1) -2*N**(-1)
    """
    if system.averages or system.step:
        said = "averages of functions" if system.averages else "steps of SGD"
        raise NotSolved(f"the expansion around the means: {said} are no polynomials of the start")
    return _Expanding(system, order).run()


class _Expanding:
    """Order parameters as sums of diagrams of deviations, grown until nothing new arises."""

    def __init__(self, system: ClosedSystem, order: int) -> None:
        self.system, self.order = system, order
        self.means = dict(zip(system.names, system.initial, strict=True))
        self.places: dict[tuple[str, Diagram], int] = {}
        self.starts: list[Polynomial] = []
        self.values: dict[str, Combination] = {}
        for parameter, mean in zip(system.parameters, system.initial, strict=True):
            start = mean
            if any(varies(tensor) for tensor in parameter.definition.tensors):
                start = mean + Combination.of({_alone(parameter): ONE})
            self.values[parameter.name] = start
            if parameter.moves:
                self.values[parameter.name] = Combination()
                self._add(parameter.name, start)

    def _add(self, name: str, found: Combination) -> None:
        """An amplitude for every diagram that has none yet, with its value at the start."""
        new = []
        for diagram, start in found:
            self.places[name, diagram] = place = len(self.starts)
            self.starts.append(start)
            new.append((diagram, Polynomial.monomial(1, {f"{MARK}{place}": 1})))
        if len(self.starts) > MOST:
            raise NotSolved(
                f"the expansion around the means to {self.order} deviations: more than"
                f" {MOST} amplitudes"
            )
        self.values[name] = self.values[name] + Combination.of(new)

    def run(self) -> Expansion:
        system = self.system
        moving = [
            (g.name, equation)
            for g, equation in zip(system.parameters, system.equations, strict=True)
            if g.moves
        ]
        while True:
            changes = {n: substituted(e, self.values, self.order) for n, e in moving}
            left = {
                name: Combination.of(
                    (d, Polynomial()) if (name, d) in self.places else (d, ONE) for d, _ in change
                )
                for name, change in changes.items()
            }
            if not any(left.values()):
                break
            for name, new in left.items():
                self._add(name, Combination(tuple((d, Polynomial()) for d, _ in new)))
        velocities = [
            changes[name].coefficient(diagram) if name in changes else Polynomial()
            for name, diagram in self.places
        ]
        loss = substituted(system.loss, self.values, self.order)
        mean = Polynomial.from_terms(t for d, c in loss for t in (c * self.moment(d)).terms)
        variance = Polynomial.from_terms(
            term
            for d, c in loss
            for e, b in loss
            if d.edges and e.edges and len(d.edges) + len(e.edges) <= self.order
            for term in (c * b * (self.moment(d @ e) - self.moment(d) * self.moment(e))).terms
        )
        return Expansion(
            system,
            self.order,
            tuple(self.starts),
            tuple(_terms(velocity) for velocity in velocities),
            _terms(mean),
            _terms(variance),
        )

    def moment(self, diagram: Diagram) -> Polynomial:
        """The average of a closed diagram of deviations."""
        diagram = diagram.canonical
        if diagram not in self._moments:
            deviations = {
                parameter.name: Combination.of({_alone(parameter): ONE}) - mean
                for parameter, mean in zip(self.system.parameters, self.system.initial, strict=True)
            }
            drawn = substituted(Combination.of({diagram: ONE}), deviations)
            self._moments[diagram] = average(self.system.restore(drawn))
        return self._moments[diagram]

    @cached_property
    def _moments(self) -> dict[Diagram, Polynomial]:
        return {}


def varies(tensor: Tensor) -> bool:
    """Whether the entries of a tensor differ from draw to draw."""
    return not isinstance(tensor.law, Drawn) or bool(tensor.law.variance)


def _alone(parameter: OrderParameter) -> Diagram:
    """An order parameter as a diagram of one edge."""
    legs = tuple(range(len(parameter.families)))
    return Diagram(parameter.families, (Edge(parameter.tensor, legs),), legs)


def _terms(value: Polynomial) -> tuple[Term, ...]:
    """A polynomial sorted by its products of amplitudes."""
    groups: dict[tuple[int, ...], list[tuple[tuple[tuple[str, Fraction], ...], Fraction]]] = {}
    for powers, c in value.terms:
        own = [(int(n[len(MARK) :]), int(e)) for n, e in powers if n.startswith(MARK)]
        key = tuple(sorted(place for place, e in own for _ in range(e)))
        rest = tuple(pair for pair in powers if not pair[0].startswith(MARK))
        groups.setdefault(key, []).append((rest, c))
    return tuple((Polynomial.from_terms(terms), key) for key, terms in sorted(groups.items()))


class _Taylor:
    """Taylor coefficients of amplitudes, a row each, and of products of them."""

    def __init__(self, rows: list[list[Polynomial]]) -> None:
        self.rows = rows
        self._known: dict[tuple[tuple[int, ...], int], Polynomial] = {}

    def of(self, terms: Sequence[Term], s: int) -> Polynomial:
        """The coefficient of order ``s`` of a sum."""
        spend(sum(len(c) * max(1, len(self._product(places, s))) for c, places in terms))
        return Polynomial.from_terms(
            term for c, places in terms for term in (c * self._product(places, s)).terms
        )

    def _product(self, places: tuple[int, ...], s: int) -> Polynomial:
        if not places:
            return Polynomial() if s else ONE
        if len(places) == 1:
            return self.rows[places[0]][s]
        if (places, s) not in self._known:
            first, rest = self.rows[places[0]], places[1:]
            spend(sum(len(first[j]) * len(self._product(rest, s - j)) for j in range(s + 1)))
            self._known[places, s] = Polynomial.from_terms(
                term
                for j in range(s + 1)
                if first[j] and (other := self._product(rest, s - j))
                for term in (first[j] * other).terms
            )
        return self._known[places, s]


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums of products of amplitudes at numbers; place ``count`` stands for one."""

    weights: Array
    factors: Array
    rows: Array
    height: int

    @staticmethod
    def of(sums: Sequence[Sequence[Term]], values: Mapping[str, float], count: int) -> _Sums:
        found = [
            (monomial_value(c, values), places, row)
            for row, terms in enumerate(sums)
            for c, places in terms
        ]
        degree = max((len(places) for _, places, _ in found), default=0)
        filled = [[*places, *[count] * (degree - len(places))] for _, places, _ in found]
        return _Sums(
            np.array([weight for weight, _, _ in found]),
            np.array(filled, dtype=int).reshape(len(found), degree),
            np.array([row for _, _, row in found], dtype=int),
            len(sums),
        )

    def value(self, amplitudes: Array) -> Array:
        """All sums at the amplitudes of one time."""
        parts = self.weights * np.append(amplitudes, 1.0)[self.factors].prod(axis=1)
        return np.asarray(np.bincount(self.rows, parts, self.height), dtype=float)


@dataclass(frozen=True, eq=False)
class ExpansionInNumbers:
    """Amplitudes at the start, their velocities, and mean and variance of the loss."""

    start: Array
    velocity: _Sums
    loss: _Sums

    def path(self, times: Sequence[float], tolerance: float) -> Iterator[Array]:
        """Mean and variance of the loss at 0 and then at times of one sign, in units of ``T``.

        They end where the amplitudes leave the range of floating point.
        """
        yield self.loss.value(self.start)
        if not times:
            return
        from scipy.integrate import solve_ivp

        found = solve_ivp(
            lambda _, z: self.velocity.value(z),
            (0.0, float(times[-1])),
            self.start,
            method="DOP853",
            t_eval=np.asarray(times, dtype=float),
            rtol=tolerance,
            atol=tolerance * 1e-6,
        )
        for amplitudes in np.transpose(found.y):
            yield self.loss.value(amplitudes)


def covariance(system: ClosedSystem, names: Sequence[str], at: Mapping[str, float]) -> Array:
    """The exact covariance at the start of all numbers of some order parameters, in their order."""
    rows = []
    for one in names:
        blocks = []
        for other in names:
            left, right = system.parameter(one), system.parameter(other)
            mean = dict(zip(system.names, system.initial, strict=True))
            value = expectation(left.value @ right.value) - mean[one] @ mean[other]
            families = (left.families, right.families)
            shapes = [[int(monomial_value(family.count, at)) for family in own] for own in families]
            found = planned(value, (*shapes[0], *shapes[1]), at).value({})
            wide = np.broadcast_to(found, (1, *shapes[0], *shapes[1]))
            blocks.append(wide.reshape(prod(shapes[0]), prod(shapes[1])))
        rows.append(np.concatenate(blocks, axis=1))
    return np.concatenate(rows, axis=0)
