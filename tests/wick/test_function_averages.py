"""Gaussian averages of functions, against quadrature, differences of shifts, and papers."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import product

import mpmath
import numpy as np
import pytest
import scipy.special
import sympy
from scipy.integrate import trapezoid

from diagrams.errors import BadInput
from diagrams.wick.activations import KNOWN, activation
from diagrams.wick.function_averages import FunctionAverage
from diagrams.wick.function_quadrature import signs

BY_HAND: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda z: np.maximum(z, 0.0),
    "erf": scipy.special.erf,
    "sign": np.sign,
    "gelu": lambda z: z * scipy.special.ndtr(z),
    "cos": np.cos,
    "sin": np.sin,
    "exp": np.exp,
    "tanh": np.tanh,
    "power3": lambda z: z**3,
    "He4": lambda z: z**4 - 6 * z**2 + 3,
}
DIFFERENCES = {
    0: ((0, 1.0),),
    1: ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12)),
    2: ((-2, -1 / 12), (-1, 16 / 12), (0, -30 / 12), (1, 16 / 12), (2, -1 / 12)),
}
STEP = 0.06


def average(*factors: tuple[str, int, int]) -> tuple[FunctionAverage, list[int]]:
    found, places = FunctionAverage.of((activation(name), j, v) for name, j, v in factors)
    return found, list(places)


def random_covariance(generator: np.random.Generator, size: int) -> sympy.Matrix:
    root = generator.normal(size=(size, size)) * size**-0.5
    whole = root @ root.T + 0.05 * np.eye(size)
    return sympy.Matrix(size, size, lambda i, j: sympy.Rational(round(whole[i, j] * 1000), 1000))


def closed(factors: list[tuple[str, int, int]], covariance: sympy.Matrix) -> float:
    found, places = average(*factors)
    expression = found.closed(covariance.extract(places, places))
    assert expression is not None
    return float(expression)


def halves(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a unit Gaussian, for integrands that may be sharp at the given ends."""
    x, w = np.polynomial.legendre.leggauss(90)
    ends = np.clip(ends, -9, 9)[..., None]
    nodes = np.concatenate([ends + (9 + ends) * (x - 1) / 2, ends + (9 - ends) * (x + 1) / 2], -1)
    weights = np.concatenate([(9 + ends) * w, (9 - ends) * w], -1) / 2
    return nodes, weights * np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi)


def of_two(f: str, g: str, C: np.ndarray, a: float, b: float) -> float:
    """``E f(z1 + a) g(z2 + b)`` by two nested integrals, split where a function may be sharp."""
    first, slope = C[0, 0] ** 0.5, C[0, 1] / C[0, 0]
    rest = (C[1, 1] - C[0, 1] * slope) ** 0.5
    u, outer = halves(np.array(-a / first))
    mean = slope * first * u + b
    v, inner = halves(-mean / rest)
    second = (BY_HAND[g](mean[:, None] + rest * v) * inner).sum(axis=1)
    return float((BY_HAND[f](first * u + a) * second * outer).sum())


CASES = [pair for pair in product(BY_HAND, BY_HAND) if pair[0] <= pair[1]]


@pytest.mark.parametrize(("f", "g"), CASES[::3])
def test_two_functions_against_quadrature(f: str, g: str) -> None:
    generator = np.random.default_rng(CASES.index((f, g)))
    covariance = random_covariance(generator, 2)
    found, places = average((f, 0, 0), (g, 0, 1))
    value = found.number(covariance.extract(places, places))
    wanted = of_two(f, g, np.array(covariance.tolist(), float), 0, 0)
    assert abs(float(value) - wanted) < 1e-9 * max(1, abs(wanted)) + float(value.error)


@pytest.mark.parametrize(("f", "g"), [pair for pair in CASES if pair != ("cos", "power3")][::11])
@pytest.mark.parametrize(("i", "j"), [(1, 0), (1, 1)])
def test_derivatives_against_shifts(f: str, g: str, i: int, j: int) -> None:
    """``E f^(i)(z1) g^(j)(z2)``, deltas included, is the derivative of the average of shifts."""
    covariance = random_covariance(np.random.default_rng(1), 2)
    found, places = average((f, i, 0), (g, j, 1))
    value = float(found.number(covariance.extract(places, places)))
    C = np.array(covariance.tolist(), float)
    wanted = sum(
        one * other * of_two(f, g, C, a * STEP, b * STEP)
        for a, one in DIFFERENCES[i]
        for b, other in DIFFERENCES[j]
    ) / STEP ** (i + j)
    assert value == pytest.approx(wanted, rel=2e-4, abs=2e-4)


def test_a_second_derivative_of_relu_against_shifts() -> None:
    covariance = random_covariance(np.random.default_rng(4), 2)
    C = np.array(covariance.tolist(), float)
    for g in ("relu", "power3", "erf"):
        found = closed([("relu", 2, 0), (g, 0, 1)], covariance)
        shifted = (w * of_two("relu", g, C, a * STEP, 0) for a, w in DIFFERENCES[2])
        assert found == pytest.approx(sum(shifted) / STEP**2, abs=1e-4)


def hermite_grid(C: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    axes = np.array(np.meshgrid(*[x] * len(C), indexing="ij")).reshape(len(C), -1)
    weights = reduce(np.multiply.outer, [w / w.sum()] * len(C)).ravel()
    return np.linalg.cholesky(C) @ axes, weights


def error_function(z: np.ndarray, order: int) -> np.ndarray:
    slope = 2 / np.pi**0.5 * np.exp(-(z**2))
    return (scipy.special.erf(z), slope, -2 * z * slope, (4 * z**2 - 2) * slope)[order]


@pytest.mark.parametrize(
    "factors",
    [
        [("erf", 1, 0), ("power1", 0, 1), ("erf", 0, 2)],
        [("erf", 1, 0), ("erf", 1, 1), ("erf", 0, 2), ("erf", 0, 3)],
        [("erf", 2, 0), ("erf", 0, 1), ("power1", 0, 1), ("erf", 0, 0), ("power2", 0, 2)],
        [("erf", 0, 0), ("erf", 0, 0), ("erf", 3, 1), ("power1", 0, 1), ("erf", 0, 1)],
    ],
)
def test_products_of_erf_against_gauss_and_hermite(factors: list[tuple[str, int, int]]) -> None:
    covariance = random_covariance(np.random.default_rng(7), max(v for _, _, v in factors) + 1) / 2
    z, weights = hermite_grid(np.array(covariance.tolist(), float), 26)
    values = [
        error_function(z[v], order) if name == "erf" else z[v] ** int(name[-1])
        for name, order, v in factors
    ]
    found, places = average(*factors)
    value = float(found.number(covariance.extract(places, places)))
    assert value == pytest.approx((reduce(np.multiply, values) * weights).sum(), abs=2e-7)


def test_relu_and_signs_of_four_variables_against_samples() -> None:
    generator = np.random.default_rng(11)
    covariance = random_covariance(generator, 4)
    z = np.linalg.cholesky(np.array(covariance.tolist(), float)) @ generator.normal(size=(4, 10**6))
    relu, step = np.maximum(z, 0), z > 0
    for factors, sample in (
        ([("relu", 0, 0), ("relu", 0, 1), ("relu", 1, 2)], relu[0] * relu[1] * step[2]),
        ([("relu", 0, v) for v in range(4)], relu.prod(axis=0)),
        ([("relu", 1, 0), ("sign", 0, 1), ("tanh", 0, 2)], step[0] * np.sign(z[1]) * np.tanh(z[2])),
    ):
        found, places = average(*factors)
        value = float(found.number(covariance.extract(places, places), digits=6))
        error = sample.std() / 1000
        assert abs(value - sample.mean()) < 4.5 * error
        assert abs(value) > 9 * error


def test_derivatives_of_deltas_times_what_stands_at_their_point() -> None:
    """``E delta'(u) f(u) F = -p(0) E[(f F)' | u = 0]`` for f(0) = 0, f'(0) = 1, F even."""
    C = sympy.Matrix([[2, sympy.Rational(1, 2)], [sympy.Rational(1, 2), 1]])
    density, rest = (4 * np.pi) ** -0.5, 7 / 8
    z, weights = hermite_grid(np.eye(1) * rest, 90)
    cases = (("sin", "cos", np.cos(z[0])), ("tanh", "tanh", np.cosh(z[0]) ** -2.0))
    for f, g, values in cases:
        found, places = average(("relu", 3, 0), (f, 0, 0), (g, int(f == "tanh"), 1))
        value = float(found.number(C.extract(places, places)))
        assert value == pytest.approx(-density * (values @ weights), rel=1e-6)
    second = closed([("relu", 4, 0), ("power2", 0, 0), ("erf", 0, 1), ("erf", 0, 1)], C)
    assert second == pytest.approx(4 * density / np.pi * np.arcsin(rest / (rest + 0.5)))


# -- published formulae --------------------------------------------------------------------


def test_integrals_of_saad_and_solla() -> None:
    """Phys. Rev. E 52, 4225 (1995), appendix: g(x) = erf(x/sqrt(2)), C the covariance of x."""
    C = FunctionAverage.of([(activation("erf"), j, j) for j in range(4)])[0].default_covariance
    one = sympy.eye(4) + C

    def ours(factors: list[tuple[str, int, int]]) -> sympy.Expr:
        found, places = average(*factors)
        return found.closed(C.extract(places, places) / 2)

    I2 = 2 / sympy.pi * sympy.asin(C[0, 1] / sympy.sqrt(one[0, 0]) / sympy.sqrt(one[1, 1]))
    L3 = one[0, 0] * one[2, 2] - C[0, 2] ** 2
    I3 = 2 / sympy.pi / sympy.sqrt(L3) * (C[1, 2] * one[0, 0] - C[0, 1] * C[0, 2]) / one[0, 0]
    L4 = one[0, 0] * one[1, 1] - C[0, 1] ** 2

    def minor(k: int, n: int) -> sympy.Expr:
        return (
            L4 * one[k, n]
            - C[1, k] * C[1, n] * one[0, 0]
            - C[0, k] * C[0, n] * one[1, 1]
            + C[0, 1] * (C[0, k] * C[1, n] + C[0, n] * C[1, k])
        )

    I4 = sympy.asin(minor(2, 3) / sympy.sqrt(minor(2, 2)) / sympy.sqrt(minor(3, 3)))
    I4 *= 4 / sympy.pi**2 / sympy.sqrt(L4)
    derived = (
        (ours([("erf", 0, 0), ("erf", 0, 1)]), I2),
        (ours([("erf", 1, 0), ("power1", 0, 1), ("erf", 0, 2)]), I3),
        (ours([("erf", 1, 0), ("erf", 1, 1), ("erf", 0, 2), ("erf", 0, 3)]) / 2, I4),
    )
    generator = np.random.default_rng(2)
    for _ in range(2):
        given = random_covariance(generator, 4)
        at = {C[i, j]: given[i, j] for i in range(4) for j in range(i + 1)}
        for found, published in derived:
            assert abs(found.subs(at).evalf(35) - published.subs(at).evalf(35)) < 1e-30


def test_arc_cosine_kernels() -> None:
    """Cho and Saul (NIPS 2009), eqs. (3) to (6): k_n = |x|^n |y|^n J_n(theta)/pi, twice ours."""
    a, b, theta = sympy.Rational(3, 2), sympy.Rational(2, 3), sympy.Rational(4, 5)
    C = sympy.Matrix([[a**2, a * b * sympy.cos(theta)], [a * b * sympy.cos(theta), b**2]])
    sine, cosine = sympy.sin(theta), sympy.cos(theta)
    J = (
        sympy.pi - theta,
        sine + (sympy.pi - theta) * cosine,
        3 * sine * cosine + (sympy.pi - theta) * (1 + 2 * cosine**2),
    )
    for n in range(3):
        factors = [("relu", 1 if n == 0 else 0, v) for v in (0, 1) for _ in range(max(n, 1))]
        found, _ = average(*factors)
        assert abs((2 * found.closed(C) - (a * b) ** n * J[n] / sympy.pi).evalf(30)) < 1e-25


@pytest.mark.parametrize("rho", [0.1, 1 - 1e-8])
def test_orthants_of_equal_correlations(rho: float) -> None:
    """``E prod sign(sqrt(rho) u + sqrt(1 - rho) g_i) = E erf(..u)^n``, an integral over u."""
    count = 4
    matrix = [[1.0 if i == j else rho for j in range(count)] for i in range(count)]
    value, error = signs(matrix, 8)
    edges = sorted({0.0, 12.0, *(10.0**-k for k in range(10))})
    slope = mpmath.sqrt(mpmath.mpf(rho) / (1 - mpmath.mpf(rho)) / 2)
    wanted = 2 * mpmath.quad(lambda u: mpmath.erf(slope * u) ** count * mpmath.npdf(u), edges)
    assert abs(value * 2**count - wanted) < 2**count * error
    assert error < 1e-6


# -- the error of quadrature --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_error_of_nested_quadrature_holds(seed: int) -> None:
    """tanh with sign, over six decades of scales and correlations up to 1 - 1e-8."""
    generator = np.random.default_rng(seed)
    one, other = (10 ** generator.uniform(-3, 3, 2)).tolist()
    rho = 1 - 10 ** generator.uniform(-8, 0)
    found, places = average(("tanh", seed % 2 + 1, 0), ("sign", 1 - seed % 2, 1), ("power1", 0, 1))
    entries = [sympy.Rational(e) for e in (one**2, rho * one * other, other**2)]
    C = sympy.Matrix([[entries[0], entries[1]], [entries[1], entries[2]]])
    value = found.number(C.extract(places, places))
    with mpmath.workdps(30):
        a, c, b = (mpmath.mpf(e.p) / e.q for e in entries)
        rest = b - c * c / a
        ladder = [mpmath.mpf(10) ** k for k in range(-9, 1)]
        edges = sorted({0, 12, -12, *ladder, *(-end for end in ladder)})

        def integrand(u: mpmath.mpf) -> mpmath.mpf:
            z = mpmath.sqrt(a) * u
            slope = mpmath.sech(z) ** 2
            mean = c / a * z
            if seed % 2 == 0:  # E[sign'(z2) z2 | z1] = 0
                return mpmath.mpf(0)
            ratio = mean / mpmath.sqrt(rest)
            modulus = mean * mpmath.erf(ratio / mpmath.sqrt(2))
            modulus += 2 * mpmath.sqrt(rest) * mpmath.npdf(ratio)
            return -2 * mpmath.tanh(z) * slope * modulus * mpmath.npdf(u)

        wanted = mpmath.quad(integrand, edges)
    assert abs(value.value - wanted) <= value.error
    assert value.error < 1e-10 * max(1, other)


# -- structure -----------------------------------------------------------------------------


def test_names_do_not_depend_on_numbering() -> None:
    one, places = average(("phi", 1, 5), ("relu", 0, 5), ("phi", 0, 7), ("phi", 1, 9))
    other, again = average(("phi", 1, 1), ("phi", 1, 0), ("phi", 0, 2), ("relu", 0, 0))
    assert one == other
    assert one.name == other.name == "E_phi_0__phi_1__phi_1_relu_0"
    assert (places, again) == ([7, 9, 5], [2, 1, 0])
    names = {average(("phi", j, 0), ("phi", 0, v))[0].name for j in range(12) for v in (0, 1)}
    assert len(names) == 24


def test_equal_and_dependent_variables() -> None:
    """A singular covariance gives what one group of factors gives."""
    for f, g in (("erf", "erf"), ("relu", "relu"), ("sign", "power3"), ("cos", "relu")):
        C = sympy.Matrix([[2, 2], [2, 2]])
        two = closed([(f, 0, 0), (g, 0, 1)], C)
        assert two == pytest.approx(closed([(f, 0, 0), (g, 0, 0)], sympy.Matrix([[2]])))
    assert closed([("relu", 2, 0), ("relu", 0, 1), ("power1", 0, 1)], sympy.ones(2)) == 0
    C = sympy.Matrix([[1, 0, 1], [0, 1, 1], [1, 1, 2]])
    assert closed([("relu", 2, 0), ("power2", 0, 2)], C) == pytest.approx((2 * np.pi) ** -0.5)


def test_products_at_one_point_are_limits_of_smooth_functions() -> None:
    """``relu'^n relu'' -> delta/(n+1)`` and ``relu relu''' -> -delta/2``, with f = erf smoothed."""
    density = (2 * np.pi) ** -0.5
    one = sympy.eye(1)
    for n in range(4):
        value = closed([("relu", 1, 0)] * n + [("relu", 2, 0)], one)
        assert value == pytest.approx(density / (n + 1))
    assert closed([("relu", 0, 0), ("relu", 3, 0)], one) == pytest.approx(-density / 2)
    assert closed([("sign", 0, 0), ("sign", 1, 0)], one) == 0
    width = 1e-3
    z = np.linspace(-12, 12, 48001) * width
    ramp = z * scipy.special.ndtr(z / width) + width * np.exp(-((z / width) ** 2) / 2) * density
    step, delta = np.gradient(ramp, z), np.gradient(np.gradient(ramp, z), z)
    for n in range(4):
        assert trapezoid(step**n * delta, z) == pytest.approx(1 / (n + 1), rel=1e-4)
    assert trapezoid(ramp * np.gradient(delta, z), z) == pytest.approx(-1 / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("factors", "matrix", "words"),
    [
        ([("relu", 2, 0), ("relu", 2, 0)], [[1]], "deltas at one point"),
        ([("sign", 1, 0), ("relu", 4, 0)], [[1]], "deltas at one point"),
        ([("relu", 1, 0), ("relu", 3, 0)], [[1]], "deltas at one point"),
        ([("relu", 2, 0), ("relu", 2, 1)], [[1, 2], [2, 4]], "does not vary"),
        ([("relu", 2, 0), ("relu", 1, 1)], [[1, 2], [2, 4]], "a multiple of its variable"),
        ([("phi", 0, 0)], [[1]], "functions with a formula"),
        ([("relu", 0, 0)], [[-1]], "no negative eigenvalue"),
        ([("relu", 0, 0)], [[1, 0], [0, 1]], "1 x 1"),
        ([("tanh", 0, v) for v in range(4)], np.eye(4, dtype=int).tolist(), "4 independent"),
        ([("sign", 0, v) for v in range(6)], np.eye(6, dtype=int).tolist(), "6 steps"),
    ],
)
def test_what_is_refused(
    factors: list[tuple[str, int, int]], matrix: list[list[int]], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        average(*factors)[0].number(sympy.Matrix(matrix))


@pytest.mark.parametrize("name", [*KNOWN, "power3", "He4"])
def test_derivatives_of_activations(name: str) -> None:
    """Numbers, SymPy expressions and differences agree, away from zero."""
    function, z = activation(name), sympy.Symbol("z", real=True)
    at = np.array([-1.3, -0.4, 0.6, 1.7])
    for order in range(3):
        if order > 1 and name == "sign":
            continue
        slope = (function.values(at + 1e-5, order) - function.values(at - 1e-5, order)) / 2e-5
        if name not in ("sign", "relu") or order == 0:
            expression = function.expression(z, order + 1)
            regular = expression.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
            exact = [float(sympy.re(regular.subs(z, sympy.Rational(x)).evalf())) for x in at]
            assert exact == pytest.approx(slope.tolist(), abs=1e-6)
        if name in ("sign", "relu"):
            break
        assert function.values(at, order + 1) == pytest.approx(slope, abs=1e-6)
