"""Order parameters that are normal at the start: a loss averaged over a few of them.

A number such as ``w^T q`` of independent random vectors has no mean, and at large sizes is normal,
together with all others of its kind.  The closed equations then hold draw by draw, and the loss is
the average over these normal variables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import mpmath
import numpy as np
import sympy
from scipy.integrate import solve_ivp
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.numbers import Numbers, Values
from diagrams.dynamics.refusals import Inapplicable
from diagrams.errors import OutsideDomain
from diagrams.graphs.diagram import Diagram
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.wick.expectation import expectation
from pde.numbers.evaluation import Value

MOST = 3
"""Normal variables that are averaged over."""
NODES = (40, 56)
"""Of Gauss and Hermite's rule for each variable; the two numbers tell the error."""
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Normal:
    """Centred normal variables by name, with their covariances.

    >>> v, c, one = map(Polynomial.symbol, ("v", "c", "one"))
    >>> pair = Normal(("x", "y"), ((v, c), (c, one)))
    >>> print(pair.averaged(Polynomial.monomial(1, {"x": 2, "y": 2})))
    v*one + 2*c**2
    """

    names: tuple[str, ...]
    covariances: tuple[tuple[Polynomial, ...], ...]

    def averaged(self, value: Polynomial) -> Polynomial:
        """Return a polynomial in the variables, averaged (by L. Isserlis's theorem)."""
        total = Polynomial()
        for powers, c in value:
            counts = tuple(int(powers.pop(name, Fraction(0))) for name in self.names)
            total = total + Polynomial.monomial(c, powers) * self._moment(counts)
        return total

    def _moment(self, counts: tuple[int, ...]) -> Polynomial:
        first = next((k for k, count in enumerate(counts) if count), None)
        if first is None or sum(counts) % 2:
            return Polynomial() if sum(counts) % 2 else ONE
        rest = [count - (k == first) for k, count in enumerate(counts)]
        total = Polynomial()
        for k, count in enumerate(rest):
            if count:
                left = tuple(n - (j == k) for j, n in enumerate(rest))
                total = total + count * self.covariances[first][k] * self._moment(left)
        return total

    def among(self, names: Collection[str]) -> Normal:
        """The variables that are among some names."""
        kept = [k for k, name in enumerate(self.names) if name in names]
        rows = tuple(tuple(self.covariances[j][k] for k in kept) for j in kept)
        return Normal(tuple(self.names[k] for k in kept), rows)

    def substituted(self, values: Mapping[str, Polynomial]) -> Normal:
        """The same with polynomials in place of symbols of the covariances."""
        rows = tuple(tuple(c.substitute(values) for c in row) for row in self.covariances)
        return Normal(self.names, rows)

    @property
    def symbols(self) -> set[str]:
        """The symbols of the covariances."""
        return {s for row in self.covariances for c in row for s in c.symbols}

    def average(self, value: Expr, names: Sequence[Symbol]) -> Expr:
        """The average of a formula in the variables, under names, as an integral."""
        matrix = sympy.Matrix([[c.to_sympy() for c in row] for row in self.covariances])
        vector = sympy.Matrix(names)
        inside = sympy.factor((vector.T * matrix.inv() * vector)[0])
        norm = sympy.sqrt(sympy.factor((2 * sympy.pi * matrix).det()))
        limits = [(name, -sympy.oo, sympy.oo) for name in names]
        return sympy.Integral(value * sympy.exp(-inside / 2), *limits) / norm


def normal_of(system: ClosedSystem) -> Normal | Inapplicable:
    """Return the order parameters of a closed system that are normal at the start.

    They are numbers without a mean; there is no such law where others have indices.
    """
    if any(parameter.families for parameter in system.parameters):
        return Inapplicable("order parameters have indices")
    pairs = zip(system.parameters, system.initial, strict=True)
    random = [parameter for parameter, mean in pairs if not mean.terms]
    if not 0 < len(random) <= MOST:
        return Inapplicable("no few order parameters without a mean")
    number = Diagram((), ())
    rows = tuple(
        tuple(expectation(a.value @ b.value).coefficient(number) for b in random) for a in random
    )
    if not sympy.Matrix([[c.to_sympy() for c in row] for row in rows]).det():
        return Inapplicable("order parameters without a mean depend on each other")
    return Normal(tuple(f"@{a.name}" for a in random), rows)


@dataclass(frozen=True)
class OverNormals(Numbers):
    """A loss averaged over the starts of amplitudes, each start integrated on its own."""

    names: tuple[str, ...]
    velocities: tuple[Polynomial, ...]
    starts: tuple[Polynomial, ...]
    loss: Polynomial
    measure: Normal
    constant: Polynomial

    def curve(self, values: Values, times: Sequence[Rational], digits: int) -> tuple[Value, ...]:
        """The loss, with an error from two numbers of nodes."""
        if any(t < 0 for t in times):
            raise OutsideDomain("the amplitudes are integrated from t = 0 on", "t", "0")
        clocks = [float(t / values.get("T", Rational(1))) for t in times]
        one, other = (self._sums(values, clocks, count) for count in NODES)
        constant = number_at(self.constant, values)
        rounding = 10 * TOLERANCE * max(abs(other))
        return tuple(
            Value(mpmath.mpf(b) + constant, mpmath.mpf(abs(a - b) + rounding), "two tolerances")
            for a, b in zip(one.tolist(), other.tolist(), strict=True)
        )

    def _sums(self, values: Values, clocks: Sequence[float], count: int) -> Any:
        rows = [[float(number_at(c, values)) for c in row] for row in self.measure.covariances]
        squares, vectors = np.linalg.eigh(np.array(rows))
        line, weight = np.polynomial.hermite_e.hermegauss(count)
        grid = np.array(np.meshgrid(*[line] * len(rows))).reshape(len(rows), -1)
        weights = np.prod(np.meshgrid(*[weight / weight.sum()] * len(rows)), axis=0).reshape(-1)
        drawn = (vectors * np.sqrt(np.maximum(squares, 0))) @ grid
        fixed = dict(zip(self.measure.names, drawn, strict=True))

        def at(value: Polynomial, state: Any) -> Any:
            known = {**fixed, **dict(zip(self.names, state, strict=True))}
            total = np.zeros_like(weights)
            for powers, c in value:
                moving = [known[n] ** int(powers.pop(n)) for n in [*powers] if n in known]
                factor = float(number_at(Polynomial.monomial(c, powers), values))
                total = total + factor * prod(moving)
            return total

        start = np.array([at(value, np.zeros((len(self.names), 1))) for value in self.starts])

        def rates(_: float, flat: Any) -> Any:
            state = flat.reshape(start.shape)
            return np.array([at(v, state) for v in self.velocities]).reshape(-1)

        order = sorted({0.0, *clocks})
        states = [start]
        if len(order) > 1:
            size = TOLERANCE * np.repeat(abs(start).max(axis=1), len(weights))
            run = solve_ivp(
                rates,
                (0.0, order[-1]),
                start.reshape(-1),
                "DOP853",
                order,
                rtol=TOLERANCE,
                atol=size,
            )
            if not run.success:
                raise OutsideDomain("the amplitudes do not stay finite", "t")
            states = [state.reshape(start.shape) for state in run.y.T]
        pairs = zip(order, states, strict=True)
        losses = {t: float(weights @ at(self.loss, state)) for t, state in pairs}
        return np.array([losses[t] for t in clocks])
