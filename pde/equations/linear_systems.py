"""Linear systems of ordinary differential equations with one scalar clock factor.

Definition. Y' = phi(s) A Y + b(s) with a constant matrix A. With S the integral of phi, the
curves are Y = exp(A S) (c + int exp(-A S) b ds) and c is a vector of first integrals. The
matrix exponential is sum_k y_k(S) A^k, where the y_k solve the scalar equation whose characteristic
polynomial is that of A, with y_k^(j)(0) = 1 for j = k and 0 otherwise (I. E. Leonard, SIAM Review
38, 507 (1996)). They are found in the basis S^j exp(a S) cos(w S), S^j exp(a S) sin(w S), which is
real for pairs of complex eigenvalues.

>>> S = sympy.Symbol("S", real=True)
>>> matrix_exponential(sympy.Matrix([[0, -1], [1, 0]]), S)
Matrix([
[cos(S), -sin(S)],
[sin(S),  cos(S)]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from sympy import Dummy, Expr, Matrix, Symbol

from pde.equations.quadrature import primitive
from pde.errors import NoClosedFormError
from pde.expressions.sampling import generic_values, numeric
from pde.expressions.statement import sentence


@dataclass(frozen=True)
class LinearIntegrals:
    """First integrals c_i(s, Y) and the curves Y_i(s, c)."""

    first_integrals: tuple[Expr, ...]
    curves: tuple[Expr, ...]


def integrate_linear(
    rates: Sequence[Expr],
    clock: Symbol,
    unknowns: Sequence[Symbol],
    constants: Sequence[Symbol],
    lower: Expr,
) -> LinearIntegrals:
    """Return first integrals and curves of Y' = phi(s) A Y + b(s).

    Raises NoClosedFormError if the system is not of that form or the eigenvalues of A are not
    expressible by radicals.
    """
    vector = Matrix(list(unknowns))
    jacobian = Matrix(list(rates)).jacobian(vector).applyfunc(sympy.cancel)
    if jacobian.has(*unknowns):
        raise NoClosedFormError(sentence("the system for {} is not linear", sympy.Tuple(*unknowns)))
    factor, matrix = _clock_factor(jacobian, clock)
    offset = Matrix([sympy.expand(r.subs(dict.fromkeys(unknowns, 0))) for r in rates])
    time = Dummy("S", real=True)
    forward = matrix_exponential(matrix, time)
    elapsed = primitive(factor, clock, lower)
    backward = forward.xreplace({time: -elapsed})
    forward = forward.xreplace({time: elapsed})
    drive = (backward * offset).applyfunc(
        lambda e: primitive(sympy.expand(e), clock, lower) if e != 0 else e
    )
    integrals = backward * vector - drive
    curves = forward * (Matrix(list(constants)) + drive)
    return LinearIntegrals(
        tuple(sympy.expand_mul(e) for e in integrals), tuple(sympy.expand_mul(e) for e in curves)
    )


def _clock_factor(jacobian: Matrix, clock: Symbol) -> tuple[Expr, Matrix]:
    entries = [e for e in jacobian if e != 0]
    if not entries or not jacobian.has(clock):
        return sympy.Integer(1), jacobian
    factor = entries[0].as_independent(clock, as_Add=False)[1]
    matrix = jacobian.applyfunc(lambda e: sympy.simplify(e / factor))
    if matrix.has(clock):
        raise NoClosedFormError("the matrix of the linear system is not phi(s) times a constant")
    return factor, matrix


def matrix_exponential(matrix: Matrix, time: Symbol) -> Matrix:
    """Return exp(matrix * time).

    Raises NoClosedFormError if the eigenvalues are not expressible by radicals.
    """
    if matrix.shape == (2, 2):
        return _two_by_two(matrix, time)
    size = matrix.shape[0]
    basis = [
        (root, power) for root, count in _eigenvalues(matrix).items() for power in range(count)
    ]
    columns, functions = [], []
    for (real, frequency), power in basis:
        derivatives = [_derivative(real, frequency, power, n) for n in range(size)]
        envelope = time**power * sympy.exp(real * time)
        columns.append([even for even, _ in derivatives])
        functions.append(envelope * sympy.cos(frequency * time))
        if frequency != 0:
            columns.append([odd for _, odd in derivatives])
            functions.append(envelope * sympy.sin(frequency * time))
    inverse = Matrix(columns).T.inv(method="LU").applyfunc(_short)
    powers = [sympy.eye(size)]
    for _ in range(size - 1):
        powers.append((powers[-1] * matrix).applyfunc(sympy.expand))
    total = sympy.zeros(size)
    for row, function in enumerate(functions):
        weight = sum((inverse[row, k] * powers[k] for k in range(size)), sympy.zeros(size))
        total += function * weight.applyfunc(_short)
    return total.applyfunc(sympy.expand_mul)


def _derivative(real: Expr, frequency: Expr, power: int, order: int) -> tuple[Expr, Expr]:
    """Return the n-th derivatives at 0 of t^k exp(a t) times cos(w t) and sin(w t)."""
    if order < power:
        return sympy.Integer(0), sympy.Integer(0)
    even, odd = sympy.Integer(1), sympy.Integer(0)
    for _ in range(order - power):
        even, odd = (
            sympy.expand(even * real - odd * frequency),
            sympy.expand(even * frequency + odd * real),
        )
    factor = sympy.ff(order, power)
    return factor * even, factor * odd


def _short(expression: Expr) -> Expr:
    return min(
        (sympy.radsimp(sympy.cancel(expression)), sympy.factor(sympy.cancel(expression))),
        key=lambda e: e.count_ops(),
    )


Root = tuple[Expr, Expr]
"""Real part and frequency: one real eigenvalue, or a pair of conjugate ones."""


def _eigenvalues(matrix: Matrix) -> dict[Root, int]:
    """Return real eigenvalues and conjugate pairs with their multiplicities.

    Signs that depend on parameters are those at their generic values. Raises NoClosedFormError
    for roots that need Cardano's or Ferrari's formulas: no person reads the result.
    """
    unknown = Dummy("lambda")
    found: dict[Root, int] = {}
    for factor, count in sympy.factor_list(matrix.charpoly().as_expr(unknown), unknown)[1]:
        coefficients = sympy.Poly(factor, unknown).monic().all_coeffs()
        coefficients = [sympy.cancel(c) for c in coefficients]
        for root in _roots(coefficients):
            found[root] = found.get(root, 0) + count
    return found


def _roots(coefficients: Sequence[Expr]) -> list[Root]:
    """Return the roots of an irreducible monic polynomial."""
    degree = len(coefficients) - 1
    if degree == 1:
        return [(-coefficients[1], sympy.Integer(0))]
    if degree == 2:
        half = -coefficients[1] / 2
        square = sympy.factor(half**2 - coefficients[2])
        if _positive(square):
            root = sympy.sqrt(square)
            return [(half + root, sympy.Integer(0)), (half - root, sympy.Integer(0))]
        return [(half, sympy.sqrt(-square))]
    if degree == 3 and coefficients[1] == coefficients[2] == 0:
        sign = 1 if _positive(-coefficients[3]) else -1
        root = sign * sympy.cbrt(-sign * coefficients[3])
        return [(root, sympy.Integer(0)), (-root / 2, sympy.sqrt(3) * sympy.Abs(root) / 2)]
    if degree == 4 and coefficients[1] == coefficients[3] == 0:
        return _biquadratic_roots(coefficients[2], coefficients[4])
    raise NoClosedFormError(
        "the eigenvalues of the linear system are the roots of an irreducible polynomial of "
        f"degree {degree}: no radical form short enough to use"
    )


def _biquadratic_roots(b: Expr, c: Expr) -> list[Root]:
    """Return the roots of x^4 + b x^2 + c."""
    discriminant = sympy.factor(b**2 - 4 * c)
    if _positive(discriminant):
        found: list[Root] = []
        for sign in (1, -1):
            square = sympy.sqrtdenest((-b + sign * sympy.sqrt(discriminant)) / 2)
            if _positive(square):
                root = sympy.sqrt(square)
                found += [(root, sympy.Integer(0)), (-root, sympy.Integer(0))]
            else:
                found.append((sympy.Integer(0), sympy.sqrt(-square)))
        return found
    modulus = sympy.sqrt(c)
    real, frequency = (sympy.sqrt(modulus / 2 + sign * b / 4) for sign in (-1, 1))
    return [(real, frequency), (-real, frequency)]


def _positive(expression: Expr) -> bool:
    if expression.is_positive is not None:
        return bool(expression.is_positive)
    value = numeric(expression, generic_values(sorted(expression.free_symbols, key=str)))
    return value is not None and value.real > 0


def _two_by_two(matrix: Matrix, time: Symbol) -> Matrix:
    half = matrix.trace() / 2
    square = sympy.factor(half**2 - matrix.det())
    rest = matrix - half * sympy.eye(2)
    envelope = sympy.exp(half * time)
    if square == 0:
        return ((sympy.eye(2) + time * rest) * envelope).applyfunc(sympy.expand)
    positive = _positive(square)
    root = sympy.sqrt(square if positive else -square)
    if positive:
        up, down = sympy.exp((half + root) * time), sympy.exp((half - root) * time)
        even, odd = (up + down) / 2, (up - down) / (2 * root)
        return (even * sympy.eye(2) + odd * rest).applyfunc(sympy.expand)
    even, odd = sympy.cos(root * time), sympy.sin(root * time) / root
    return ((even * sympy.eye(2) + odd * rest) * envelope).applyfunc(sympy.expand)
