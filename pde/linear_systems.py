"""Linear systems of ordinary differential equations with one scalar clock factor.

Definition. Y' = phi(s) A Y + b(s) with a constant matrix A. With S the integral of phi, the
curves are Y = exp(A S) (c + int exp(-A S) b ds) and c is a vector of first integrals. The
matrix exponential comes from Putzer's formula exp(A S) = sum_k r_(k+1)(S) prod_(j<=k)
(A - lambda_j), real for pairs of complex eigenvalues.

>>> S = sympy.Symbol("S", real=True)
>>> matrix_exponential(sympy.Matrix([[0, -1], [1, 0]]), S)
Matrix([
[cos(S), -sin(S)],
[sin(S),  cos(S)]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy
from sympy import Dummy, Expr, Matrix, Symbol

from pde.errors import NoClosedFormError
from pde.quadrature import primitive
from pde.sampling import generic_values, numeric


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
        raise NoClosedFormError(f"the system for {tuple(unknowns)} is not linear")
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
    eigenvalues: list[Expr] = []
    for value, multiplicity in matrix.eigenvals(error_when_incomplete=False).items():
        eigenvalues += [sympy.simplify(value)] * multiplicity
    if len(eigenvalues) != size or any(e.has(sympy.RootOf) for e in eigenvalues):
        raise NoClosedFormError("the eigenvalues of the linear system have no radical form")
    eigenvalues.sort(key=sympy.default_sort_key)
    weight = sympy.exp(eigenvalues[0] * time)
    product = sympy.eye(size)
    total = weight * product
    for previous, value in pairwise(eigenvalues):
        product = (product * (matrix - previous * sympy.eye(size))).applyfunc(sympy.expand)
        inner = primitive(
            sympy.powsimp(sympy.expand(sympy.exp(-value * time) * weight)), time, sympy.Integer(0)
        )
        weight = sympy.expand(sympy.exp(value * time) * (inner - inner.subs(time, 0)))
        total += weight * product
    total = total.applyfunc(lambda e: sympy.powsimp(sympy.expand(e)))
    if total.has(sympy.I):
        total = total.applyfunc(
            lambda e: sympy.simplify(sympy.expand(sympy.expand(e, complex=True)))
        )
    return total


def _two_by_two(matrix: Matrix, time: Symbol) -> Matrix:
    half = matrix.trace() / 2
    square = sympy.factor(half**2 - matrix.det())
    rest = matrix - half * sympy.eye(2)
    envelope = sympy.exp(half * time)
    if square == 0:
        return ((sympy.eye(2) + time * rest) * envelope).applyfunc(sympy.expand)
    positive = square.is_positive
    if positive is None:
        value = numeric(square, generic_values(sorted(square.free_symbols, key=str)))
        positive = value is not None and value.real > 0
    root = sympy.sqrt(square if positive else -square)
    if positive:
        up, down = sympy.exp((half + root) * time), sympy.exp((half - root) * time)
        even, odd = (up + down) / 2, (up - down) / (2 * root)
        return (even * sympy.eye(2) + odd * rest).applyfunc(sympy.expand)
    even, odd = sympy.cos(root * time), sympy.sin(root * time) / root
    return ((even * sympy.eye(2) + odd * rest) * envelope).applyfunc(sympy.expand)
