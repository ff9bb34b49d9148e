r"""Numbers for Gaussian integrals that have no closed form, with an estimated error.

*Products of signs.*  R. L. Plackett (Biometrika 41, 351, 1954): with the covariances between
different variables multiplied by t, ``d/dt E[prod h_i] = sum_{i<j} C_ij E[delta_i delta_j prod
h_k]``, and at ``t = 0`` the average is zero.  Deltas condition, and two signs are left of four: one
integral.

*Everything else.*  Nested Gauss-Legendre quadrature on panels over independent Gaussians x, where
the variables are ``z = L x``.  Each factor has one place where it may be sharp, ``z = 0``, and the
panels of the innermost x end there.  What the integration over x leaves for the next one is sharp
where two such places cross, or where the slope of a place is small; these are linear again.  So
panels end at all of them, and are refined towards them, at every depth: no step is ever sampled.

The error is estimated from two rules, enlarged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import mpmath
import numpy as np
import scipy.special
import sympy

from diagrams.errors import BadInput
from diagrams.wick.gaussian_integrals import NOTHING, Factors, Integrals, Open
from pde.numbers.evaluation import Value, evaluate

DEPTH_LIMIT = 3
"""Independent variables that are integrated over."""

SIGNS_LIMIT = 5
"""Steps in one average; six take an integral of integrals."""

REACH = 9.0
"""Standard deviations that are integrated over; what is beyond is below 1e-18."""

SAFETY = 8
CHUNK = 2 * 10**6
"""Points that are held at once."""

TINY = 1e-12
"""Squares of slopes, relative to variances, that count as none."""


def number_of(expression: sympy.Expr, integrals: Integrals, digits: int) -> Value:
    """The value of an average whose open integrals are symbols in ``expression``.

    Raises :class:`~diagrams.errors.BadInput` for what cannot be integrated.
    """
    _check_covariance(integrals)
    if not integrals.opened:
        return evaluate(expression, {}, digits)
    total = evaluate(expression.subs(dict.fromkeys(integrals.opened.values(), 0)), {}, digits)
    value, error = total.value, total.error
    for leaf, symbol in integrals.opened.items():
        weight = expression.diff(symbol)  # it is linear, and need not be expanded
        if not weight:
            continue
        factor = evaluate(weight * integrals.density(leaf.given), {}, max(digits, 15)).value
        found, uncertain = _leaf(leaf, integrals, digits)
        value += factor * mpmath.mpmathify(found)
        error += abs(factor) * uncertain
    return Value(mpmath.mpf(mpmath.re(value)), mpmath.mpf(error), "two tolerances")


def _check_covariance(integrals: Integrals) -> None:
    matrix = np.array(integrals.covariance.evalf().tolist(), dtype=float)
    values = np.linalg.eigvalsh(matrix) if matrix.size else np.zeros(1)
    if not np.isfinite(matrix).all() or values[0] < -1e-12 * max(1.0, values[-1]):
        raise BadInput("covariance", str(list(integrals.covariance)), "no negative eigenvalue")


def _leaf(leaf: Open, integrals: Integrals, digits: int) -> tuple[Any, Any]:
    used = [place for place, factors in enumerate(leaf.integrand) if factors != NOTHING]
    factors = [leaf.integrand[place] for place in used]
    for one in factors:
        for function, _ in one.functions:
            if function.is_symbolic:
                raise BadInput("average", function.name, "functions with a formula, for numbers")
    entries = [[integrals.conditional(i, j, leaf.given) for j in used] for i in used]
    if all(one == Factors(cores=(0,)) for one in factors):
        return signs(entries, digits)
    exact = [[mpmath.mpf(entry.evalf(30)) for entry in row] for row in entries]
    return _nested(factors, np.array(exact, dtype=float))


# -- products of signs -------------------------------------------------------------------


def signs(covariance: Sequence[Sequence[Any]], digits: int) -> tuple[Any, Any]:
    """``E prod sign(y_i)/2`` with an error, for a covariance matrix.

    >>> one = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    >>> half = [[(1 + (i == j)) / 2 for j in range(4)] for i in range(4)]
    >>> mpmath.nstr(signs(half, 12)[0] * 16, 12), float(signs(one, 12)[0])
    ('0.2', 0.0)
    """
    count = len(covariance)
    if count > SIGNS_LIMIT:
        raise BadInput("average", f"{count} steps", f"at most {SIGNS_LIMIT}")
    with mpmath.workdps(digits + 8):
        entries = [[mpmath.mpmathify(sympy.N(e, digits + 15)) for e in row] for row in covariance]
        value, estimate = _signs(mpmath.matrix(entries))
    return value, SAFETY * estimate + mpmath.mpf(10) ** (-digits - 2)


def _signs(matrix: Any) -> tuple[Any, Any]:
    count = matrix.rows
    if count % 2:
        return mpmath.mpf(0), mpmath.mpf(0)
    if count == 0:
        return mpmath.mpf(1), mpmath.mpf(0)
    if count == 2:
        norm = mpmath.sqrt(matrix[0, 0] * matrix[1, 1])
        ratio = matrix[0, 1] / norm if norm else mpmath.mpf(0)
        return mpmath.asin(max(-1, min(1, ratio))) / (2 * mpmath.pi), mpmath.mpf(0)

    def slope(angle: Any) -> Any:
        t, total = mpmath.sin(angle), mpmath.mpf(0)
        # 1 - t^2 keeps its digits as cos^2 where t is close to one
        for i, j in combinations(range(count), 2):
            if not matrix[i, j]:
                continue
            moved = matrix * t
            for k in range(count):
                moved[k, k] = matrix[k, k]
            gram = matrix[i, i] * matrix[j, j] - matrix[i, j] ** 2
            determinant = gram + (matrix[i, j] * mpmath.cos(angle)) ** 2
            left = [k for k in range(count) if k not in (i, j)]
            if determinant > 0:
                rest = _given_two(moved, i, j, left, determinant)
                weight = (
                    matrix[i, j] * mpmath.cos(angle) / (2 * mpmath.pi * mpmath.sqrt(determinant))
                )
                total += weight * _signs(rest)[0]
        return total

    value, error = mpmath.quad(slope, [0, mpmath.pi / 4, mpmath.pi / 2], error=True)
    return value, error


def _given_two(matrix: Any, i: int, j: int, left: Sequence[int], determinant: Any) -> Any:
    """The covariance of the variables left, given that two are zero."""
    found = mpmath.matrix(len(left), len(left))
    for a, k in enumerate(left):
        for b, n in enumerate(left):
            taken = matrix[j, j] * matrix[k, i] * matrix[n, i]
            taken += matrix[i, i] * matrix[k, j] * matrix[n, j]
            taken -= matrix[i, j] * (matrix[k, i] * matrix[n, j] + matrix[k, j] * matrix[n, i])
            found[a, b] = matrix[k, n] - taken / determinant
    return found


# -- nested quadrature -------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """A linear form in x, sharp at zero on a scale ``width`` (zero: a step or a bend)."""

    slopes: tuple[float, ...]
    width: float


def _nested(factors: Sequence[Factors], covariance: np.ndarray) -> tuple[complex, float]:
    """Quadrature over independent variables, by two rules."""
    order = sorted(range(len(factors)), key=lambda place: factors[place] == Factors(cores=(0,)))
    factors = [factors[place] for place in order]
    rows = _triangular(covariance[np.ix_(order, order)])
    functions = [_function(one) for one in factors]
    forms = [Form((), _width(one)) for one in factors]
    if factors[-1] == Factors(cores=(0,)) and rows[-1, -1] and not rows[:-1, -1].any():
        rest = float(rows[-1, -1])
        functions[-1] = lambda y: scipy.special.erf(y / (rest * np.sqrt(2))) / 2
        forms[-1] = Form((), rest)
        rows = rows[:, :-1]
    depth = rows.shape[1]
    if depth > DEPTH_LIMIT:
        raise BadInput("average", f"{depth} independent variables", f"at most {DEPTH_LIMIT}")
    sizes = [float(np.linalg.norm(row)) for row in rows]
    rates = [complex(one.rate) for one in factors]
    reach = REACH + sum(
        abs(rate.real) * size + one.power**0.5
        for rate, size, one in zip(rates, sizes, factors, strict=True)
    )
    waves = 1 + sum(abs(rate.imag) * size for rate, size in zip(rates, sizes, strict=True))
    base = reach * np.linspace(-1, 1, 2 * int(np.ceil(reach * waves / 2)) + 1)
    levels = [[Form(tuple(row), form.width) for row, form in zip(rows, forms, strict=True)]]
    for _ in range(1, depth):
        levels.append(_crossings(levels[-1]))
    levels.reverse()
    values = [
        _over(functions, rows, levels, np.zeros((1, 0)), rule, base)[0]
        if depth
        else np.prod([f(np.zeros(1))[0] for f in functions])
        for rule in ((7, 4.0), (11, 3.0))
    ]
    error = SAFETY * abs(values[1] - values[0]) + 1e-14 * max(1.0, abs(values[1]))
    return complex(values[1]), float(error)


def _triangular(covariance: np.ndarray) -> np.ndarray:
    """``L`` with ``L L^T`` the covariance, columns that vanish left out."""
    count = len(covariance)
    found = np.zeros((count, count))
    for i in range(count):
        for j in range(i):
            if found[j, j]:
                found[i, j] = (covariance[i, j] - found[i, :j] @ found[j, :j]) / found[j, j]
        rest = covariance[i, i] - found[i, :i] @ found[i, :i]
        found[i, i] = np.sqrt(rest) if rest > TINY * covariance[i, i] else 0.0
    return found[:, np.diag(found) > 0]


def _function(factors: Factors) -> Callable[[np.ndarray], np.ndarray]:
    def value(z: np.ndarray) -> np.ndarray:
        found = z**factors.power if factors.power else np.ones_like(z)
        if factors.rate:
            found = found * np.exp(complex(factors.rate) * z)
        for _ in factors.cores:
            found = found * np.sign(z) / 2
        for function, order in factors.functions:
            found = found * function.values(z, order)
        return found

    return value


def _width(factors: Factors) -> float:
    return 0.0 if factors.cores else 1.0


def _crossings(forms: Sequence[Form]) -> list[Form]:
    """Where the integral over the last variable may be sharp, as forms in those before."""
    found = []
    for form in forms:
        last = abs(form.slopes[-1])
        found.append(Form(form.slopes[:-1], max(form.width, last)))
    for one, other in combinations(forms, 2):
        a, b = one.slopes[-1], other.slopes[-1]
        if a and b:
            slopes = tuple(
                b * x - a * y for x, y in zip(one.slopes[:-1], other.slopes[:-1], strict=True)
            )
            found.append(Form(slopes, max(one.width * abs(b), other.width * abs(a))))
    return list(dict.fromkeys(found))


def _over(
    functions: Sequence[Callable[[np.ndarray], np.ndarray]],
    rows: np.ndarray,
    levels: Sequence[Sequence[Form]],
    outer: np.ndarray,
    rule: tuple[int, float],
    base: np.ndarray,
) -> np.ndarray:
    """The integral over the variables left, for every row of values of those before."""
    level = outer.shape[1]
    nodes, weights = _panels(levels[level], outer, rule, base)
    weights = weights * np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi)
    count = nodes.shape[1]
    points = np.concatenate([np.repeat(outer, count, axis=0), nodes.reshape(-1, 1)], axis=1)
    if level + 1 == rows.shape[1]:
        values = np.ones(len(points))
        for function, row in zip(functions, rows, strict=True):
            values = values * function(points @ row)
    else:
        step = max(1, CHUNK // 1000)
        values = np.concatenate(
            [
                _over(functions, rows, levels, points[start : start + step], rule, base)
                for start in range(0, len(points), step)
            ]
        )
    found: np.ndarray = (values.reshape(nodes.shape) * weights).sum(axis=1)
    return found


def _panels(
    forms: Sequence[Form], outer: np.ndarray, rule: tuple[int, float], base: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on panels that end where something is sharp."""
    degree, ratio = rule
    edges = [np.repeat(base[None], len(outer), axis=0)]
    for form in forms:
        slope = form.slopes[-1]
        if not slope:
            continue
        zero = -(outer @ np.array(form.slopes[:-1])) / slope
        edges.append(zero[:, None])
        step = form.width / abs(slope)
        while 0 < step < 2:
            edges += [zero[:, None] - step, zero[:, None] + step]
            step *= ratio
    ends = np.sort(np.clip(np.concatenate(edges, axis=1), base[0], base[-1]), axis=1)
    x, w = np.polynomial.legendre.leggauss(degree)
    middle, half = (ends[:, 1:] + ends[:, :-1]) / 2, (ends[:, 1:] - ends[:, :-1]) / 2
    nodes = middle[:, :, None] + half[:, :, None] * x
    return nodes.reshape(len(outer), -1), (half[:, :, None] * w).reshape(len(outer), -1)
