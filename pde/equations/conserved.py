"""Conserved quantities of polynomial vector fields by ansatz.

Definition. Q is conserved by a field Phi if Phi . grad Q = 0. With Q = sum of monomials up to a
degree plus sum a_i log(x_i) over the variables with x_i | Phi_i (invariant hyperplanes, the
simplest Darboux polynomials), the condition is a linear system for the coefficients, solved
exactly over the field of rational functions of the parameters.

>>> x, y, z = sympy.symbols("x y z")
>>> conserved_quantities((x * (y - z), y * (z - x), z * (x - y)), (x, y, z), 1)
(x + y + z, log(x) + log(y) + log(z))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import sympy
from sympy import Expr, Symbol
from sympy.polys.matrices import DomainMatrix


def conserved_quantities(
    field: Sequence[Expr], variables: Sequence[Symbol], degree: int
) -> tuple[Expr, ...]:
    """Return independent conserved quantities within the ansatz, simplest first.

    The field may be rational: common denominators are cleared, which keeps its curves. An
    empty tuple means that the ansatz holds none, or that the field is not rational.
    """
    cleared = polynomial_field(field, variables)
    if cleared is None:
        return ()
    basis: list[Expr] = []
    box = product(range(degree + 1), repeat=len(variables))
    for exponents in sorted(box, key=lambda e: (sum(e), e), reverse=False):
        if 0 < sum(exponents) <= degree:
            basis.append(sympy.Mul(*(v**e for v, e in zip(variables, exponents, strict=True))))
    for component, variable in zip(cleared, variables, strict=True):
        if sympy.rem(component, variable, variable) == 0:
            basis.append(sympy.log(variable))
    images = [
        sympy.Poly(
            sympy.expand(
                sympy.Add(*(c * sympy.diff(b, v) for c, v in zip(cleared, variables, strict=True)))
            ),
            *variables,
        )
        for b in basis
    ]
    monomials = sorted({m for image in images for m in image.monoms()})
    rows = [[image.coeff_monomial(m) for image in images] for m in monomials]
    matrix = DomainMatrix.from_list_sympy(len(rows), len(basis), rows).to_field()
    kernel = matrix.nullspace().to_Matrix()
    found = []
    for number in range(kernel.shape[0]):
        vector = list(kernel.row(number))
        pivot = next(v for v in vector if v != 0)
        found.append(
            sympy.Add(*(sympy.cancel(v / pivot) * b for v, b in zip(vector, basis, strict=True)))
        )
    return _independent(sorted(found, key=lambda q: (q.has(sympy.log), q.count_ops())), variables)


def polynomial_field(field: Sequence[Expr], variables: Sequence[Symbol]) -> list[Expr] | None:
    """Return the field times its common denominator, or None if it is not rational.

    >>> x, y = sympy.symbols("x y")
    >>> polynomial_field((1, y / x), (x, y))
    [x, y]
    """
    together = [sympy.cancel(sympy.together(c)) for c in field]
    if not all(c.is_rational_function(*variables) for c in together):
        return None
    common = sympy.Integer(1)
    for component in together:
        common = sympy.lcm(common, sympy.denom(component))
    cleared = [sympy.cancel(c * common) for c in together]
    if not all(c.is_polynomial(*variables) for c in cleared):
        return None
    divisor = sympy.Integer(0)
    for component in cleared:
        divisor = sympy.gcd(divisor, component)
    return [sympy.expand(sympy.cancel(c / divisor)) for c in cleared] if divisor != 0 else cleared


def _independent(candidates: Sequence[Expr], variables: Sequence[Symbol]) -> tuple[Expr, ...]:
    point = {v: sympy.Rational(7 + 4 * i, 5 + 3 * i) for i, v in enumerate(variables)}
    kept: list[Expr] = []
    rows: list[list[Expr]] = []
    for candidate in candidates:
        row = [sympy.diff(candidate, v).subs(point) for v in variables]
        if sympy.Matrix([*rows, row]).rank() > len(rows):
            kept.append(candidate)
            rows.append(row)
    return tuple(kept)
