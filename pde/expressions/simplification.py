"""The form of an expression that a person would write.

A few cheap rewritings are tried and the shortest result is kept; a general simplifier is used
only on short expressions, since it may run for minutes. Every rewriting is an identity where
the symbols have the signs they are assumed to have.

>>> x, y = sympy.symbols("x y", positive=True)
>>> simplest(sympy.exp(sympy.log(x) - sympy.log(1 + x * y)) + 0 * y)
x/(x*y + 1)
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction

GENERAL = 60
CHEAP = 400
NESTED = 2
"""Functions inside one another that a general simplifier may see: it is slow on deep ones."""

DIFFICULT = (
    TrigonometricFunction,
    HyperbolicFunction,
    sympy.gamma,
    sympy.airyai,
    sympy.LambertW,
    sympy.log,
    sympy.hyper,
)


def length(expression: Expr) -> tuple[int, int]:
    """Return a measure of how long an expression is to write: operations, then characters.

    Fractions inside denominators count extra.

    >>> x = sympy.Symbol("x")
    >>> length(x + 1) < length(x**2 + 1)
    True
    """
    nested = sum(
        1
        for power in expression.atoms(sympy.Pow)
        if power.exp.is_negative and _has_fraction(power.base)
    )
    return (sympy.count_ops(expression, visual=False) + 4 * nested, len(str(expression)))


def _has_fraction(base: Expr) -> bool:
    terms = sympy.Add.make_args(base)
    return any(sympy.fraction(term)[1].free_symbols for term in terms)


def simplest(expression: Expr) -> Expr:
    """Return the shortest of several equivalent forms; idempotent up to ties."""
    best = sympy.sympify(expression)
    if best.has(sympy.Integral):
        return _inside_integrals(best)
    for _ in range(2):
        before = best
        for rewrite in REWRITINGS:
            if best.count_ops() > CHEAP:
                continue
            try:
                candidate = rewrite(best)
            except (
                sympy.PolynomialError,
                NotImplementedError,
                ValueError,
                TypeError,
                AttributeError,
                ZeroDivisionError,
                RecursionError,
            ):
                continue
            if length(candidate) < length(best):
                best = candidate
        if best == before:
            break
    return _arguments_simplified(best)


def unit_constant_terms(expression: Expr) -> Expr:
    """Return the expression with bases (z^k + ..)^e written z^(k e) (1 + ..)^e.

    Only for terms z^k with a symbolic exponent, and valid where z^k > 0: the caller tests.

    >>> t, z, n = sympy.symbols("t z n", positive=True)
    >>> unit_constant_terms((z ** (1 - n) + (n - 1) * t) ** (n / (1 - n)))
    z**n*(t*z**(n - 1)*(n - 1) + 1)**(n/(1 - n))
    """

    def rewritten(power: Expr) -> Expr:
        for term in power.base.args:
            if term.is_Pow and term.base.is_Symbol and term.exp.free_symbols:
                outer = term.base ** sympy.cancel(sympy.together(term.exp * power.exp))
                inner = sympy.Add(
                    *(sympy.factor(sympy.powsimp(a / term)) for a in power.base.args if a != term)
                )
                return outer * (1 + inner) ** power.exp
        return power

    changed = expression.replace(
        lambda e: e.is_Pow and e.base.is_Add and not e.exp.is_Integer, rewritten
    )
    return sympy.powsimp(changed)


def _inside_integrals(expression: Expr) -> Expr:
    """Simplify integrands and take constants out; the integrals are opaque to the rest."""

    def simpler(integral: Expr) -> Expr:
        integrand, limits = integral.args[0], integral.args[1:]
        (bound, lower, upper), *others = limits
        if others:
            return integral
        if lower == upper:
            return sympy.Integer(0)
        if not integrand.has(sympy.Integral):
            integrand = simplest(integrand)
        constant, dependent = integrand.as_independent(bound, as_Add=False)
        return constant * integral.func(dependent, (bound, lower, upper))

    changed = expression.replace(lambda e: isinstance(e, sympy.Integral), simpler)
    return min((changed, sympy.powsimp(changed)), key=length)


def _arguments_simplified(expression: Expr) -> Expr:
    from sympy.core.function import AppliedUndef

    return expression.replace(
        lambda e: isinstance(e, AppliedUndef), lambda e: e.func(*(simplest(a) for a in e.args))
    )


def _powers(expression: Expr) -> Expr:
    return sympy.powsimp(sympy.powdenest(sympy.expand_log(expression)))


def _exponentials(expression: Expr) -> Expr:
    return sympy.powsimp(sympy.expand(sympy.powsimp(expression)))


def _rational(expression: Expr) -> Expr:
    return sympy.factor(sympy.cancel(sympy.together(sympy.powsimp(expression))))


def _plain(expression: Expr) -> Expr:
    return sympy.cancel(sympy.together(expression))


def _numerator(expression: Expr) -> Expr:
    numerator, denominator = sympy.fraction(sympy.together(expression))
    return sympy.factor(sympy.expand(numerator)) / sympy.factor(denominator)


def _inside_powers(expression: Expr) -> Expr:
    return expression.replace(
        lambda e: e.is_Pow and e.base.is_Add and not e.exp.is_Integer,
        lambda e: _rational(e.base) ** e.exp,
    )


def _exponents(expression: Expr) -> Expr:
    def shorter(power: Expr) -> Expr:
        exponent = sympy.expand(sympy.powsimp(sympy.expand(power.args[0])))
        return sympy.exp(min((power.args[0], exponent, sympy.factor(exponent)), key=length))

    return expression.replace(lambda e: isinstance(e, sympy.exp), shorter)


def _merged_powers(expression: Expr) -> Expr:
    numerator, denominator = sympy.fraction(sympy.together(expression))
    return sympy.powsimp(sympy.expand_power_base(numerator / denominator), combine="all")


def _general(expression: Expr) -> Expr:
    if expression.count_ops() > GENERAL or not expression.has(*DIFFICULT):
        return expression
    if _depth(expression) > NESTED:
        return expression
    return sympy.simplify(expression)


def _depth(expression: Expr) -> int:
    """Return how many difficult functions stand inside one another."""
    inner = max((_depth(a) for a in expression.args), default=0)
    return inner + isinstance(expression, DIFFICULT)


REWRITINGS: tuple[Callable[[Expr], Expr], ...] = (
    _powers,
    _plain,
    _rational,
    _exponentials,
    _numerator,
    _inside_powers,
    _exponents,
    _merged_powers,
    _general,
)
