"""Tests that an expression vanishes: at points first, by algebra then.

A claimed identity is evaluated at several points with 30 digits; a value that is not small
refutes it. If it survives, algebra tries to prove it: undefined functions and their derivatives
become independent symbols and the rest is cancelled as a rational function of its generators,
then simplified. The evidence says which of the two it was.

>>> x = sympy.Symbol("x", positive=True)
>>> vanishing(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1, {x: sympy.Rational(1, 3)}, "identity")
Evidence(kind='exact', claim='identity', checks=('3 points to 20 digits', 'algebra'))
>>> vanishing(x - 1, {x: sympy.Rational(1, 3)}, "x is one")
Traceback (most recent call last):
    ...
pde.errors.VerificationError: x is one: fails at x = 199/600, relative residual 0.5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mpmath
import sympy
from sympy import Dummy, Expr, Symbol
from sympy.core.function import AppliedUndef

from pde.errors import VerificationError
from pde.evidence import Evidence
from pde.expressions.sampling import numerics, perturbed, with_concrete_functions
from pde.expressions.statement import joined, sentence

DIGITS = 20
QUADRATURE_DIGITS = 10
COST = 400


def vanishing(
    expression: Expr, sample: Mapping[Symbol, Expr], claim: str, count: int = 3
) -> Evidence:
    """Return the evidence that an expression is zero near a sample point.

    Raises VerificationError if it is not small at some point, or has no value at any.
    """
    tested = refute(expression, sample, claim, count)
    points = f"{tested} points to {_digits(expression)} digits"
    if proved_zero(expression):
        return Evidence("exact", claim, (points, "algebra"))
    if not tested:
        raise VerificationError(claim + ": no sample point gives a value")
    return Evidence("numerical", claim, (points,))


def refute(expression: Expr, sample: Mapping[Symbol, Expr], claim: str, count: int) -> int:
    """Return the number of points where the expression was found to vanish.

    Raises VerificationError at the first point where it does not.
    """
    concrete = with_concrete_functions(expression)
    if concrete == 0:
        return count
    digits = _digits(concrete)
    terms = sympy.Add.make_args(concrete)
    symbols = sorted(concrete.free_symbols, key=str)
    samples = [perturbed({s: sample[s] for s in symbols}, symbols, k) for k in range(count)]
    tested = 0
    for values, parts in zip(samples, numerics(terms, samples, DIGITS + 15), strict=True):
        if parts is None:
            continue
        with mpmath.workdps(DIGITS + 15):
            total = abs(mpmath.fsum(parts))
            scale = mpmath.fsum([abs(part) for part in parts])
        if scale and total > scale * 10.0 ** (-digits):
            at = joined(", ", (sentence("{} = {}", s, values[s]) for s in symbols)) or "every point"
            raise VerificationError(
                sentence(
                    "{}: fails at {}, relative residual {}",
                    claim,
                    at,
                    f"{float(total / scale):.1g}",
                )
            )
        tested += 1
    return tested


def _digits(expression: Expr) -> int:
    return QUADRATURE_DIGITS if expression.has(sympy.Integral) else DIGITS


def proved_zero(expression: Expr) -> bool:
    """Return whether algebra shows that the expression is zero.

    >>> f = sympy.Function("f")
    >>> x = sympy.Symbol("x")
    >>> proved_zero(x * sympy.diff(f(x**2), x) - x * sympy.diff(f(x * x), x))
    True
    >>> proved_zero(sympy.diff(f(x**2), x))
    False
    """
    if expression == 0:
        return True
    opaque = _with_functions_as_symbols(expression)
    if opaque is None or opaque.count_ops() > COST:
        return False
    if decided_by_cancelling(opaque):
        return bool(sympy.cancel(sympy.together(opaque)) == 0)
    try:
        for step in (_cancelled, _expanded, _trigonometric, _simplified):
            if step(opaque) == 0:
                return True
    except (
        sympy.PolynomialError,
        NotImplementedError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        ZeroDivisionError,
    ):
        return False
    return False


def decided_by_cancelling(expression: Expr) -> bool:
    """Return whether an expression is rational in its symbols, with rational coefficients.

    Cancelled, such a one is zero, or free of a symbol, only if it looks so: to simplify it finds
    nothing more, and takes long.

    >>> x = sympy.Symbol("x")
    >>> [decided_by_cancelling(e) for e in (x / (1 + x), sympy.sqrt(x), sympy.exp(x) - 1)]
    [True, False, False]
    """
    return bool(expression.is_rational_function()) and not any(
        power.exp.is_Integer is False for power in expression.atoms(sympy.Pow)
    )


def _cancelled(expression: Expr) -> Expr:
    return sympy.cancel(sympy.together(sympy.powsimp(sympy.powdenest(expression))))


def _expanded(expression: Expr) -> Expr:
    numerator = sympy.numer(sympy.together(sympy.expand_power_base(expression)))
    return sympy.expand(sympy.powsimp(sympy.expand(sympy.powdenest(numerator))))


def _trigonometric(expression: Expr) -> Expr:
    """Write every sine and cosine in unit angles and reduce by sin^2 + cos^2 = 1."""
    angles = [e.args[0] for e in expression.atoms(sympy.sin, sympy.cos, sympy.tan)]
    if not angles or any(a.has(sympy.Function) for a in angles):
        return expression
    held = {e: Dummy("e") for e in expression.atoms(sympy.exp) if e.has(sympy.sin, sympy.cos)}
    expression = expression.xreplace(held)
    plain = sympy.expand_trig(expression.replace(sympy.tan, lambda a: sympy.sin(a) / sympy.cos(a)))
    result = sympy.expand(sympy.powsimp(sympy.expand(sympy.numer(sympy.together(plain)))))
    for angle in {e.args[0] for e in result.atoms(sympy.sin, sympy.cos)}:
        sine, cosine = Dummy("s"), Dummy("c")
        named = result.xreplace({sympy.sin(angle): sine, sympy.cos(angle): cosine})
        if not named.is_polynomial(sine, cosine):
            return expression
        result = sympy.expand(
            sympy.rem(named, sine**2 + cosine**2 - 1, sine).xreplace(
                {sine: sympy.sin(angle), cosine: sympy.cos(angle)}
            )
        )
    return sympy.expand(sympy.powsimp(result))


def _simplified(expression: Expr) -> Expr:
    if expression.count_ops() > COST // 3 or expression.has(sympy.Integral):
        return expression
    return sympy.simplify(expression)


def _with_functions_as_symbols(expression: Expr) -> Expr | None:
    """Replace f(a), its derivatives at a, and integrals by symbols; equal ones by equal ones."""
    kinds = (sympy.Subs, sympy.Derivative, AppliedUndef, sympy.Integral)
    names: dict[tuple[object, ...], Dummy] = {}
    keys: list[tuple[object, ...]] = []

    def name(node: Expr) -> Expr:
        key = _key(node)
        for known in keys:
            if _same(known, key):
                return names[known]
        keys.append(key)
        names[key] = Dummy("f")
        return names[key]

    result = expression
    for kind in kinds:
        result = result.replace(lambda e, kind=kind: isinstance(e, kind), name)
    return result


def _key(node: Expr) -> tuple[object, ...]:
    if isinstance(node, AppliedUndef):
        return (str(node.func), (), tuple(node.args))
    if isinstance(node, sympy.Subs) and isinstance(node.expr, sympy.Derivative):
        function = node.expr.expr
        if isinstance(function, AppliedUndef):
            points = dict(zip(node.variables, node.point, strict=True))
            places = tuple(function.args.index(v) for v in node.expr.variables)
            return (str(function.func), places, tuple(a.subs(points) for a in function.args))
    if isinstance(node, sympy.Derivative) and isinstance(node.expr, AppliedUndef):
        function = node.expr
        if all(v in function.args for v in node.variables):
            places = tuple(function.args.index(v) for v in node.variables)
            return (str(function.func), places, tuple(function.args))
    return ("opaque", (), (node,))


def _same(first: Sequence[object], second: Sequence[object]) -> bool:
    if first[:2] != second[:2]:
        return False
    left, right = first[2], second[2]
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    if len(left) != len(right):
        return False
    return all(
        a == b or (first[0] != "opaque" and sympy.cancel(sympy.together(a - b)) == 0)
        for a, b in zip(left, right, strict=True)
    )
