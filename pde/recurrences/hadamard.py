"""Hadamard products and diagonals of generating functions, by residues.

Definition. The Hadamard product of f = sum a_n x^n and g = sum b_n x^n is sum a_n b_n x^n, the
integral of f(w) g(x/w) dw / (2 pi i w) over a circle between the singularities of f and those
of g(x/w). If g is rational its poles alone contribute: a pole of g at 1/b of order m gives

    (theta + 1) .. (theta + m - 1) f(b x) / (m - 1)!,    theta = x d/dx,

so that f may be any function analytic at 0; with f algebraic the product is algebraic. The
diagonal of a rational F(x, y) = sum c_(i,j) x^i y^j is sum c_(n,n) t^n, the sum of the residues
of F(w, t/w)/w at the poles that tend to 0 with t. For two functions with branch points the
product is given as a number, by the contour integral.

>>> x = sympy.Symbol("x")
>>> catalan = (1 - sympy.sqrt(1 - 4 * x)) / (2 * x)
>>> product = hadamard_product(catalan, 1 / (1 - 3 * x), x)
>>> product.expression
(1 - sqrt(1 - 12*x))/(6*x)
>>> print(product.evidence)
exact: Hadamard product by residues (Taylor coefficients 0..8 agree)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import sympy
from sympy import Dummy, Expr, Symbol

from pde.equations.inversion import solutions
from pde.errors import InvalidInputError, NoClosedFormError, VerificationError
from pde.evidence import Evidence
from pde.expressions.compilation import compiled, number
from pde.expressions.sampling import generic_values, numeric
from pde.expressions.simplification import simplest
from pde.numbers.evaluation import Value

ORDER = 8


@dataclass(frozen=True)
class HadamardProduct:
    """The generating function found, and the evidence for it."""

    expression: Expr
    evidence: Evidence


def hadamard_product(
    first: Expr, second: Expr, variable: Symbol, order: int = ORDER
) -> HadamardProduct:
    """Return sum a_n b_n x^n for two generating functions, at least one of them rational.

    Other symbols are parameters. The result is compared with the product of the Taylor
    coefficients up to ``order`` (parameters at generic rational values). Raises
    NoClosedFormError if both functions have branch points or a pole has no radical form, and
    InvalidInputError if a function is singular at 0.
    """
    first, second = sympy.sympify(first), sympy.sympify(second)
    if not second.is_rational_function(variable):
        first, second = second, first
    if not second.is_rational_function(variable):
        raise NoClosedFormError("Hadamard product: neither function is rational")
    if first.is_rational_function(variable) and not (first.free_symbols | second.free_symbols) - {
        variable
    }:
        result = _rational_product(first, second, variable)
    else:
        result = simplest(_by_poles(first, second, variable))
        if result.has(sympy.I) and not first.has(sympy.I) and not second.has(sympy.I):
            result = _real_form(result, variable)
    _compare(result, first, second, variable, order)
    return HadamardProduct(
        result,
        Evidence(
            "exact",
            "Hadamard product by residues",
            (f"Taylor coefficients 0..{order} agree",),
        ),
    )


def taylor_coefficients(function: Expr, variable: Symbol, order: int) -> tuple[Expr, ...]:
    """Return the Taylor coefficients at 0 up to an order.

    Raises InvalidInputError if the function is singular at 0. Removable singularities are fine.

    >>> x = sympy.Symbol("x")
    >>> taylor_coefficients((1 - sympy.sqrt(1 - 4 * x)) / (2 * x), x, 4)
    (1, 1, 2, 5, 14)
    """
    series = sympy.series(function, variable, 0, order + 1).removeO()
    polynomial = sympy.expand(series)
    if not polynomial.is_polynomial(variable):
        raise InvalidInputError(f"{function} has no Taylor series at {variable} = 0")
    return tuple(sympy.simplify(polynomial.coeff(variable, n)) for n in range(order + 1))


def _by_poles(function: Expr, rational: Expr, variable: Symbol) -> Expr:
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(rational)))
    quotient, remainder = sympy.div(
        sympy.Poly(numerator, variable), sympy.Poly(denominator, variable)
    )
    total = sympy.Integer(0)
    if not quotient.is_zero:
        coefficients = taylor_coefficients(function, variable, quotient.degree())
        for (power,), c in quotient.terms():
            total += c * coefficients[power] * variable**power
    if denominator.has(variable):
        for base, multiplicity in sympy.factor_list(denominator, variable)[1]:
            roots = solutions(base, variable)
            if len(roots) < sympy.degree(base, variable):
                raise NoClosedFormError(f"the poles, roots of {base}, have no radical form")
            rest = sympy.quo(denominator, base**multiplicity, variable)
            lead = sympy.LC(base, variable)
            for root in roots:
                if root == 0:
                    raise InvalidInputError(f"{rational} is singular at {variable} = 0")
                others = (variable - other for other in roots if other != root)
                regular = rest * (lead * sympy.Mul(*others)) ** multiplicity
                local = remainder.as_expr() / regular
                total += _pole(function, local, variable, root, multiplicity)
    return total


def _pole(function: Expr, local: Expr, variable: Symbol, root: Expr, m: int) -> Expr:
    """Return the contribution of one pole: its principal part times the other function.

    ``local`` is the rational function times (x - root)^m. It comes from the factors, because
    ``cancel`` does not see that a denominator vanishes at an algebraic root.
    """
    total = sympy.Integer(0)
    inverse = sympy.radsimp(sympy.expand(sympy.radsimp(1 / root)))
    inner = function.subs(variable, variable * inverse)
    for order in range(m, 0, -1):
        k = m - order
        laurent = sympy.radsimp(sympy.simplify(sympy.diff(local, variable, k).subs(variable, root)))
        weight = laurent / sympy.factorial(k) * (-inverse) ** order
        term = inner
        for j in range(1, order):
            term = (variable * sympy.diff(term, variable) + j * term) / j
        total += weight * term
    return total


def _real_form(expression: Expr, variable: Symbol) -> Expr:
    """Return a sum over conjugate poles as its real part, where that has plain functions."""
    names = {s: Dummy(s.name, real=True) for s in expression.free_symbols}
    names[variable] = Dummy(variable.name, positive=True)
    real, _ = sympy.expand(expression.xreplace(names)).as_real_imag()
    if real.has(sympy.I, sympy.re, sympy.im, sympy.arg, sympy.Abs, sympy.atan2):
        return expression
    return simplest(sympy.expand_log(real)).xreplace({new: old for old, new in names.items()})


def _rational_product(first: Expr, second: Expr, variable: Symbol) -> Expr:
    """Return the product of two rational functions: a rational one, without any root."""
    (n1, d1), (n2, d2) = (sympy.fraction(sympy.cancel(sympy.together(f))) for f in (first, second))
    w = Dummy("w")
    reach = sympy.degree(d2, variable) if d2.has(variable) else 0
    reversed_second = sympy.expand(w**reach * d2.subs(variable, variable / w))
    denominator = sympy.resultant(d1.subs(variable, w), reversed_second, w)
    denominator = sympy.Poly(sympy.expand(denominator), variable)
    extra = max(0, sympy.degree(n1, variable) - sympy.degree(d1, variable)) + max(
        0, sympy.degree(n2, variable) - sympy.degree(d2, variable)
    )
    length = int(denominator.degree() + extra + 1)
    a, b = (_rational_taylor(f, variable, length) for f in (first, second))
    series = sympy.Poly([p * q for p, q in zip(reversed(a), reversed(b), strict=True)], variable)
    product = (series * denominator).as_expr()
    numerator = sum(
        (
            sympy.Poly(product, variable).coeff_monomial(variable**k) * variable**k
            for k in range(length)
        ),
        sympy.Integer(0),
    )
    return sympy.factor(sympy.cancel(numerator / denominator.as_expr()))


def _rational_taylor(function: Expr, variable: Symbol, length: int) -> list[Expr]:
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(function)))
    top, bottom = sympy.Poly(numerator, variable), sympy.Poly(denominator, variable)
    lead = bottom.coeff_monomial(1)
    if lead == 0:
        raise InvalidInputError(f"{function} is singular at {variable} = 0")
    values: list[Expr] = []
    for n in range(length):
        total = top.coeff_monomial(variable**n)
        for j in range(1, min(n, bottom.degree()) + 1):
            total -= bottom.coeff_monomial(variable**j) * values[n - j]
        values.append(total / lead)
    return values


def _compare(result: Expr, first: Expr, second: Expr, variable: Symbol, order: int) -> None:
    symbols = (result.free_symbols | first.free_symbols | second.free_symbols) - {variable}
    values = generic_values(sorted(symbols, key=str))
    found, a, b = (
        taylor_coefficients(f.xreplace(values), variable, order) for f in (result, first, second)
    )
    for n, (value, p, q) in enumerate(zip(found, a, b, strict=True)):
        difference = value - p * q
        size = numeric(difference, {})
        if difference != 0 and (size is None or abs(size) > 1e-20):
            raise VerificationError(f"Hadamard product: coefficient {n} is {value}, not {p * q}")


def diagonal(function: Expr, x: Symbol, y: Symbol, t: Symbol, order: int = 5) -> HadamardProduct:
    """Return sum c_(n,n) t^n for a rational function sum c_(i,j) x^i y^j.

    Raises NoClosedFormError if the small poles have no radical form or are multiple.

    >>> x, y, t = sympy.symbols("x y t")
    >>> diagonal(1 / (1 - x - y), x, y, t).expression
    1/sqrt(1 - 4*t)
    """
    w = Dummy("w")
    integrand = sympy.cancel(sympy.together(function.subs({x: w, y: t / w}, simultaneous=True) / w))
    numerator, denominator = sympy.fraction(integrand)
    total = sympy.Integer(0)
    values = generic_values(sorted(function.free_symbols - {x, y}, key=str))
    near = {**values, t: sympy.Rational(1, 10**12)}
    for base, multiplicity in sympy.factor_list(denominator, w)[1]:
        roots = solutions(base, w)
        if len(roots) < sympy.degree(base, w) or multiplicity > 1:
            raise NoClosedFormError(f"diagonal: the roots of {base} are not simple radicals")
        slope = sympy.diff(denominator, w)
        for root in roots:
            size = numeric(root, near)
            if size is not None and abs(size) < 1e-4:
                total += (numerator / slope).subs(w, root)
    result = simplest(sympy.radsimp(sympy.simplify(total)))
    _compare_diagonal(result.xreplace(values), function.xreplace(values), (x, y, t), order)
    return HadamardProduct(
        result, Evidence("exact", "diagonal by residues", (f"coefficients 0..{order} agree",))
    )


def _compare_diagonal(
    result: Expr, function: Expr, symbols: tuple[Symbol, Symbol, Symbol], order: int
) -> None:
    x, y, t = symbols
    found = taylor_coefficients(result, t, order)
    rows = _rational_taylor(function, x, order + 1)
    for n, row in enumerate(rows):
        expected = _rational_taylor(sympy.cancel(sympy.together(row)), y, order + 1)[n]
        if sympy.simplify(found[n] - expected) != 0:
            raise VerificationError(f"diagonal: coefficient {n} is {found[n]}, not {expected}")


def hadamard_value(
    first: Expr, second: Expr, variable: Symbol, point: Any, radius: Any, digits: int = 15
) -> Value:
    """Return the Hadamard product at a point by the contour integral on ``|w|`` = radius.

    The trapezoidal rule converges geometrically; the number of nodes is doubled until two
    results agree. The radius must separate the singularities of f(w) from those of g(x/w).
    Raises NoClosedFormError if the rule does not converge.

    >>> x = sympy.Symbol("x")
    >>> central = 1 / sympy.sqrt(1 - 4 * x)            # times itself: 2 K(16 x) / pi
    >>> value = hadamard_value(central, central, x, sympy.Rational(1, 50), sympy.Rational(3, 20))
    >>> abs(value.value - 2 * mpmath.ellipk(mpmath.mpf(16) / 50) / mpmath.pi) < 1e-15
    True
    """
    f, g = (compiled([variable], e) for e in (first, second))
    with mpmath.workdps(digits + 10):
        at, r = (number(sympy.Rational(q)) for q in (point, radius))
        previous = None
        for doubling in range(4, 14):
            nodes = 2**doubling
            total = mpmath.mpf(0)
            for k in range(nodes):
                w = r * mpmath.expjpi(mpmath.mpf(2 * k + 1) / nodes)
                total += f(w) * g(at / w)
            value = (total / nodes).real
            if previous is not None:
                error = abs(value - previous)
                if error <= mpmath.mpf(10) ** (-digits - 2) * (1 + abs(value)):
                    return Value(
                        +value,
                        error + abs(value) * mpmath.mpf(10) ** (-digits - 5),
                        "two precisions",
                    )
            previous = value
    raise NoClosedFormError("the contour integral does not converge: is the radius in between?")
