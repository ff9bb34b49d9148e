"""A textbook set of first-order linear equations with initial data, in two to five variables.

Transport, age structure, Liouville equations, generating functions of birth-death processes,
inverse functions, curved initial surfaces, parameters. Where ``known`` is given it is the
answer of the literature, written by hand and compared with what the package finds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Function, Rational, Symbol, cos, exp, log, sin, sqrt, symbols, tan

from pde.equations.first_order import FirstOrderEquation, InitialData

t, x, y, z, w = symbols("t x y z w")
p, q = symbols("p q")
a, b, c, k, r, m = symbols("a b c k r m", positive=True)
n = Symbol("n", positive=True)
birth, death, omega, gravity = symbols("lambda mu omega g", positive=True)
f = Function("f")


@dataclass(frozen=True)
class Problem:
    """One equation, the kind of solution expected, and the known answer if there is one."""

    name: str
    equation: FirstOrderEquation
    kind: str = "explicit"
    known: Any = field(default=None)


def problem(
    name: str,
    variables: tuple[Any, ...],
    components: tuple[Any, ...],
    data: tuple[Any, Any, Any],
    *,
    growth: Any = 0,
    source: Any = 0,
    near: dict[Any, Any] | None = None,
    kind: str = "explicit",
    known: Any = None,
) -> Problem:
    """Return a problem from plain arguments; data are (variable, level, value)."""
    equation = FirstOrderEquation(
        variables, components, growth, source, InitialData(*data), tuple((near or {}).items())
    )
    return Problem(name, equation, kind, known)


TWO_VARIABLES = (
    problem("transport", (t, x), (1, c), (t, 0, f(x)), known=f(x - c * t)),
    problem(
        "damped transport",
        (t, x),
        (1, c),
        (t, 0, f(x)),
        growth=-k,
        known=exp(-k * t) * f(x - c * t),
    ),
    problem(
        "forced transport",
        (t, x),
        (1, c),
        (t, 0, f(x)),
        source=sin(x),
        known=f(x - c * t) + (cos(x - c * t) - cos(x)) / c,
    ),
    problem("expanding flow", (t, x), (1, x), (t, 0, f(x)), known=f(x * exp(-t))),
    problem("quadratic flow", (t, x), (1, x**2), (t, 0, f(x)), known=f(x / (1 + t * x))),
    problem(
        "power flow, symbolic exponent",
        (t, x),
        (1, a * x ** (n + 1)),
        (t, 0, x**m),
        near={x: 1},
        known=x**m * (1 + a * n * t * x**n) ** (-m / n),
    ),
    problem(
        "Euler's homogeneous functions",
        (x, y),
        (x, y),
        (y, 1, f(x)),
        growth=k,
        known=y**k * f(x / y),
    ),
    problem("rotation", (x, y), (y, -x), (y, 0, f(x)), known=f(sqrt(x**2 + y**2))),
    problem("hyperbolic rotation", (x, y), (y, x), (x, 0, exp(-(y**2))), known=exp(x**2 - y**2)),
    problem("data on a diagonal", (x, y), (x, -y), (y, x, x**2), known=x * y),
    problem(
        "data on a line",
        (x, y),
        (1, 1),
        (y, 2 * x, sin(x)),
        source=1,
        known=sin(y - x) + x - (y - x),
    ),
    problem(
        "data on a parabola, branch chosen",
        (x, y),
        (1, 1),
        (y, x**2, x),
        near={x: 2},
        known=(1 + sqrt(1 + 4 * (y - x))) / 2,
    ),
    problem(
        "data on a parabola, other branch",
        (x, y),
        (1, 1),
        (y, x**2, x),
        near={x: -2},
        known=(1 - sqrt(1 + 4 * (y - x))) / 2,
    ),
    problem("inverse tangent", (t, x), (1, 1 + x**2), (t, 0, f(x))),
    problem(
        "inverse sine", (x, y), (sqrt(1 - x**2), 1), (x, 0, y), near={y: 2}, known=y - sympy.asin(x)
    ),
    problem("logarithm", (t, x), (1, exp(-x)), (t, 0, f(x)), known=f(log(exp(x) - t))),
    problem(
        "Gompertz", (t, x), (1, -k * x * log(x)), (t, 0, f(x)), known=f(exp(exp(k * t) * log(x)))
    ),
    problem(
        "Lambert's function",
        (t, x),
        (1, x / (1 + x)),
        (t, 0, x),
        known=sympy.LambertW(x * exp(x - t)),
    ),
    problem(
        "driven linear flow",
        (t, x),
        (1, x + t),
        (t, 0, x),
        growth=1,
        known=exp(t) * ((x + t + 1) * exp(-t) - 1),
    ),
    problem("Riccati, known solution", (x, y), (1, y**2 - 2 / x**2), (x, 1, y), near={y: 3}),
    problem("Riccati, Airy functions", (x, y), (1, y**2 + x), (x, 0, y)),
    problem("homogeneous field", (x, y), (x**2 + y**2, 2 * x * y), (y, 1, x), near={x: 3}),
    problem(
        "logistic continuity equation",
        (t, x),
        (1, r * x * (1 - x / k)),
        (t, 0, x),
        growth=-r * (1 - 2 * x / k),
        near={x: Rational(1, 2), k: 2},
    ),
    problem(
        "age structure",
        (t, x),
        (1, 1),
        (t, 0, f(x)),
        growth=-a - b * x,
        known=f(x - t) * exp(-a * t - b * (x**2 - (x - t) ** 2) / 2),
    ),
    problem(
        "Kendall's birth and death",
        (t, z),
        (1, -(birth * z - death) * (z - 1)),
        (t, 0, z),
        near={z: Rational(1, 2), birth: 1, death: 2},
        known=(death * (1 - z) - (death - birth * z) * exp((death - birth) * t))
        / (birth * (1 - z) - (death - birth * z) * exp((death - birth) * t)),
    ),
    problem(
        "immigration and death",
        (t, z),
        (1, death * (z - 1)),
        (t, 0, z**m),
        growth=birth * (z - 1),
        near={z: Rational(1, 2)},
        known=(1 + (z - 1) * exp(-death * t)) ** m
        * exp(birth / death * (z - 1) * (1 - exp(-death * t))),
    ),
    problem(
        "Ornstein-Uhlenbeck transform",
        (t, k),
        (1, a * k),
        (t, 0, exp(k * b)),
        growth=-(c**2) * k**2 / 2,
        known=exp(b * k * exp(-a * t) - c**2 * k**2 * (1 - exp(-2 * a * t)) / (4 * a)),
    ),
    problem("periodic flow", (t, x), (1, cos(x) ** 2), (t, 0, tan(x)), known=tan(x) - t),
    problem(
        "free vertex of order four",
        (t, z),
        (1, -24 * z**4),
        (t, 0, b * z**4 / 2),
        near={z: Rational(1, 3)},
        known=b * z**4 / 2 * (1 - 72 * t * z**3) ** Rational(-4, 3),
    ),
)

THREE_VARIABLES = (
    problem(
        "constant field",
        (x, y, z),
        (1, 2, 3),
        (x, 0, f(y, z)),
        source=x,
        known=f(y - 2 * x, z - 3 * x) + x**2 / 2,
    ),
    problem(
        "homogeneous functions of three",
        (x, y, z),
        (x, y, z),
        (z, 1, f(x, y)),
        growth=n,
        near={z: 1},
        known=z**n * f(x / z, y / z),
    ),
    problem(
        "hyperbolic pair of invariants",
        (x, y, z),
        (y * z, x * z, x * y),
        (z, 1, x**2),
        near={x: 2, y: 3},
        known=x**2 - z**2 + 1,
    ),
    problem(
        "sum and product conserved",
        (x, y, z),
        (x * (y - z), y * (z - x), z * (x - y)),
        (z, 1, x * y + x + y),
        near={x: 5, y: 2},
        known=x * y * z + x + y + z - 1,
    ),
    problem(
        "harmonic oscillator",
        (t, x, p),
        (1, p, -x),
        (t, 0, f(x, p)),
        known=f(x * cos(t) - p * sin(t), x * sin(t) + p * cos(t)),
    ),
    problem(
        "damped oscillator, phase volume",
        (t, x, p),
        (1, p, -2 * p - 5 * x),
        (t, 0, x**2 + p**2),
        growth=2,
    ),
    problem(
        "free fall",
        (t, x, p),
        (1, p, -gravity),
        (t, 0, f(x, p)),
        known=f(x - p * t - gravity * t**2 / 2, p + gravity * t),
    ),
    problem(
        "friction",
        (t, x, p),
        (1, p, -k * p),
        (t, 0, f(x, p)),
        growth=k,
        known=exp(k * t) * f(x + p / k * (1 - exp(k * t)), p * exp(k * t)),
    ),
    problem(
        "triangular, nonlinear",
        (t, x, y),
        (1, x, y + x**2),
        (t, 0, x + y),
        known=x * exp(-t) + y * exp(-t) - x**2 * exp(-t) * (1 - exp(-t)),
    ),
    problem(
        "Bernoulli driven by a decay",
        (t, x, y),
        (1, -x, x * y**2),
        (t, 0, y),
        known=y / (1 + x * y * (exp(t) - 1)),
    ),
    problem(
        "two-type decay chain",
        (t, x, y),
        (1, a * (x - y), b * (y - 1)),
        (t, 0, x),
        near={a: 1, b: 2},
    ),
)

FOUR_AND_FIVE_VARIABLES = (
    problem("triangular of four", (t, x, y, z), (1, x, y + x**2, z + x * y), (t, 0, z)),
    problem(
        "symmetric top",
        (t, x, y, z),
        (1, k * y * z, -k * x * z, 0),
        (t, 0, f(x, y, z)),
        known=f(
            x * cos(k * z * t) - y * sin(k * z * t), x * sin(k * z * t) + y * cos(k * z * t), z
        ),
    ),
    problem("linear cascade", (t, x, y, z), (1, -x, x - 2 * y, 2 * y - 3 * z), (t, 0, z)),
    problem(
        "time-dependent rotation",
        (t, x, y, z),
        (1, -t * y, t * x, 1),
        (t, 0, f(x, y, z)),
        known=f(
            x * cos(t**2 / 2) + y * sin(t**2 / 2), -x * sin(t**2 / 2) + y * cos(t**2 / 2), z - t
        ),
    ),
    problem("magnetic field", (t, x, y, p, q), (1, p, q, omega * q, -omega * p), (t, 0, p * q + x)),
    problem(
        "two oscillators",
        (t, x, y, p, q),
        (1, p, q, -x, -4 * y),
        (t, 0, f(x, y, p, q)),
        known=f(
            x * cos(t) - p * sin(t),
            y * cos(2 * t) - q * sin(2 * t) / 2,
            x * sin(t) + p * cos(t),
            2 * y * sin(2 * t) + q * cos(2 * t),
        ),
    ),
    problem(
        "five scalings",
        (t, x, y, z, w),
        (t, x, 2 * y, -z, 3 * w),
        (t, 1, x * y * z * w),
        growth=1,
        known=x * y * z * w / t**4,
    ),
)

TEXTBOOK = TWO_VARIABLES + THREE_VARIABLES + FOUR_AND_FIVE_VARIABLES

WITHOUT_CLOSED_FORM = (
    problem("quadrature", (t, x), (1, x), (t, 0, 1), growth=exp(sin(x)), kind="quadrature"),
    problem("Kepler's equation", (t, x), (1, 1), (t, sin(x) / 3, x), kind="implicit"),
    problem(
        "predator and prey", (t, x, y), (1, x * (1 - y), y * (x - 1)), (t, 0, x + y), kind="ode"
    ),
    problem("van der Pol", (t, x, p), (1, p, p * (1 - x**2) - x), (t, 0, x), kind="ode"),
)
