"""Limits of a formula on a face: the leading behaviour as sizes and scales grow.

Every symbol grows with its own power of one large number; the leading term of a sum is the sum
of its largest terms, that of ``exp(u) - 1`` with a small ``u`` is ``u``.  Where the largest terms
cancel, and no expansion of exponentials mends it, the limit is not given: a refusal, no guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved

EXPANSIONS = 3
"""The highest power of a small exponent that is tried."""

Growth = tuple[Fraction, Expr]
"""The exponent with which an expression grows, and its leading term."""


@dataclass
class LeadingTerms:
    """Leading terms, given the exponents with which symbols grow (a builder; it remembers).

    >>> t, z = sympy.symbols("t z", positive=True)
    >>> small_time = LeadingTerms({t: Fraction(-1), z: Fraction(1)})
    >>> small_time.of(z * (sympy.exp(4 * t) - 1))
    (Fraction(0, 1), 4*t*z)
    """

    heights: dict[Symbol, Fraction]
    _known: dict[Expr, Growth] = field(default_factory=dict)

    def of(self, expression: Expr) -> Growth:
        """Return the growth of an expression.

        Raises :class:`~diagrams.errors.NotSolved` where leading terms cancel, and for an
        exponential or a logarithm of something large.
        """
        if expression not in self._known:
            self._known[expression] = self._computed(expression)
        return self._known[expression]

    def _computed(self, expression: Expr) -> Growth:
        if expression.is_Symbol:
            return self.heights.get(expression, Fraction(0)), expression
        if expression.is_number:
            return Fraction(0), expression
        if expression.is_Add:
            return self._sum(expression)
        if expression.is_Mul:
            parts = [self.of(factor) for factor in expression.args]
            return sum((h for h, _ in parts), Fraction(0)), sympy.Mul(*(e for _, e in parts))
        if expression.is_Pow and expression.exp.is_Rational:
            height, base = self.of(expression.base)
            power = Fraction(expression.exp.p, expression.exp.q)
            return height * power, _rooted(base, expression.exp)
        if isinstance(expression, sympy.exp):
            height, inner = self.of(expression.args[0])
            if height > 0:
                raise NotSolved(sentence("the limit of {}: its exponent diverges", expression))
            return Fraction(0), sympy.exp(inner) if height == 0 else sympy.Integer(1)
        if isinstance(expression, sympy.log):
            return self._logarithm(expression)
        raise NotSolved(sentence("the limit of {}", expression))

    def _logarithm(self, expression: Expr) -> Growth:
        height, inner = self.of(expression.args[0])
        if height:
            raise NotSolved(sentence("the limit of {}: its argument has none", expression))
        if inner == 1:
            return self.of(expression.args[0] - 1)
        return Fraction(0), sympy.log(inner)

    def _sum(self, expression: Expr) -> Growth:
        """Leading terms of a sum; small exponentials are expanded until no remainder leads."""
        for order in range(EXPANSIONS + 1):
            terms, remainders = self._terms(expression, order)
            parts = [self.of(term) for term in terms]
            top = max(height for height, _ in parts)
            total = sympy.Add(*(term for height, term in parts if height == top))
            if sympy.expand(total) != 0 and not total.free_symbols & remainders:
                return top, total
            if not remainders:
                break
        raise NotSolved(sentence("the limit of {}: its leading terms cancel", expression))

    def _terms(self, expression: Expr, order: int) -> tuple[list[Expr], set[Symbol]]:
        """The terms of a sum, exponentials of something small expanded, and the remainders."""
        small: dict[Expr, Expr] = {}
        remainders: set[Symbol] = set()
        for exponential in sorted(expression.atoms(sympy.exp), key=sympy.default_sort_key):
            exponent = exponential.args[0]
            height, _ = self.of(exponent)
            if height < 0:
                rest = sympy.Dummy("R")
                self.heights[rest] = (order + 1) * height
                remainders.add(rest)
                powers = (exponent**k / sympy.factorial(k) for k in range(order + 1))
                small[exponential] = sympy.Add(*powers, rest)
        if not small:
            return list(expression.args), remainders
        expanded = sympy.expand(expression.xreplace(small))
        return list(sympy.Add.make_args(expanded)), remainders


def _rooted(base: Expr, exponent: Expr) -> Expr:
    """A power of a leading term; the root of a square is positive where ``w`` is small."""
    if exponent.q == 1:
        return base**exponent
    factored = sympy.factor(base)
    if factored.is_Pow and factored.exp == exponent.q:
        inner = factored.base
        start = inner.subs({s: 0 for s in inner.free_symbols if not s.is_positive})
        return ((-inner) if start.is_negative else inner) ** exponent.p
    return factored**exponent if len(str(factored)) < len(str(base)) else base**exponent


def leading_definitions(
    definitions: tuple[tuple[Symbol, Expr], ...], heights: Mapping[Symbol, Fraction]
) -> tuple[LeadingTerms, tuple[tuple[Symbol, Expr], ...]]:
    """Return leading terms of definitions, the last first; their symbols then have exponents.

    Raises :class:`~diagrams.errors.NotSolved` as :meth:`LeadingTerms.of` does.
    """
    work = LeadingTerms(dict(heights))
    found: list[tuple[Symbol, Expr]] = []
    for symbol, meaning in reversed(definitions):
        height, leading = work.of(meaning)
        work.heights[symbol] = height
        found.append((symbol, leading))
    return work, tuple(reversed(found))
