"""Hadamard products with a function of one pole, in the form a person would write.

If ``f(v) = sum M_d v^d`` has a single pole at ``1/b``, it is a sum of ``beta_j v^j / (1 - b
v)^(j+1)``, whose Hadamard product with ``g(v) = sum N_d v^d`` is ``beta_j v^j g^(j)(b v) / j!``:
the residue at the pole (:mod:`pde.recurrences.hadamard`), written without division by ``b``, which
may vanish.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from diagrams.errors import NotSolved

MOST = 2
"""The highest order of a pole for which derivatives of ``g`` are written out."""


@dataclass(frozen=True)
class SinglePole:
    """``sum_j weights[j] v^j / (1 - base v)^(j+1)``; base and weights depend on ``x``.

    ``rate`` is the ``rho`` of their exponentials ``exp(rho x)``, zero if there are none.
    """

    base: Expr
    weights: tuple[Expr, ...]
    rate: Expr

    def expression(self, v: Symbol) -> Expr:
        """Return the function itself."""
        return sympy.Add(
            *(c * v**j / (1 - self.base * v) ** (j + 1) for j, c in enumerate(self.weights))
        )


def single_pole(function: Expr, v: Symbol, x: Symbol) -> SinglePole:
    """Return the parts of a function of ``v`` with one pole.

    Raises :class:`~diagrams.errors.NotSolved` for any other function.

    >>> x, v = sympy.symbols("x v")
    >>> growth = sympy.exp(4 * x)
    >>> found = single_pole((v - 1 - v * growth / 2) * growth / (1 - v + v * growth) ** 2, v, x)
    >>> found.base, found.weights, found.rate
    (1 - exp(4*x), (-exp(4*x), exp(8*x)/2), 4)
    """
    names = _exponentials(function, x)
    plain = function.xreplace(names)
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(plain)))
    factors = [(base, power) for base, power in sympy.factor_list(denominator, v)[1] if base.has(v)]
    if len(factors) != 1 or sympy.degree(factors[0][0], v) != 1:
        raise NotSolved(f"the Hadamard product: {function} has more than one pole in {v}")
    line, order = factors[0]
    if order > MOST or sympy.degree(numerator, v) >= order:
        raise NotSolved(f"the Hadamard product: a pole of order {order} of {function}")
    back = {symbol: exponential for exponential, symbol in names.items()}
    head, slope = line.subs(v, 0), sympy.diff(line, v)
    base = -slope / head
    rest = plain
    weights = []
    for j in range(order):
        weight = sympy.cancel(
            sympy.together(sympy.diff(rest, v, j).subs(v, 0) / sympy.factorial(j))
        )
        weights.append(weight)
        rest = sympy.cancel(sympy.together(rest - weight * v**j / (1 - base * v) ** (j + 1)))
    if sympy.cancel(sympy.together(rest)) != 0:
        raise NotSolved(f"the Hadamard product: parts of {function}")
    rate = _rate([w.xreplace(back) for w in weights], x)
    return SinglePole(
        _plain(base.xreplace(back), x, rate),
        tuple(_plain(w.xreplace(back), x, rate) for w in weights),
        rate,
    )


def _exponentials(function: Expr, x: Symbol) -> dict[Expr, Symbol]:
    """Symbols for the exponentials: powers of one where exponents are commensurable."""
    found = sorted(function.atoms(sympy.exp), key=sympy.default_sort_key)
    if any(sympy.diff(e.args[0], x, 2) != 0 for e in found):
        raise NotSolved(f"the Hadamard product: exponentials of {function}")
    return {e: sympy.Dummy("E", positive=True) for e in found}


def _rate(weights: list[Expr], x: Symbol) -> Expr:
    """The rate with which the first weight that is not constant grows."""
    for weight in weights:
        rate = sympy.cancel(sympy.together(sympy.diff(weight, x) / weight))
        rate = sympy.simplify(rate)
        if rate != 0 and not rate.has(x):
            return sympy.expand(rate)
    return sympy.Integer(0)


def _plain(expression: Expr, x: Symbol, rate: Expr) -> Expr:
    """The expression as a polynomial in ``exp(rate x)`` with constant coefficients, if it is."""
    if rate == 0:
        return sympy.factor(sympy.simplify(expression))
    growth = sympy.Dummy("E", positive=True)
    candidates = []
    for power in (1, 2):
        factor = sympy.simplify(expression * sympy.exp(-power * rate * x))
        if not factor.has(x):
            candidates.append(sympy.factor(factor) * growth**power)
    if not candidates:
        slope = sympy.simplify(sympy.diff(expression, x).subs(x, 0) / rate)
        start = sympy.simplify(expression.subs(x, 0))
        candidates.append(sympy.factor(slope) * (growth - 1) + start)
    for candidate in candidates:
        found = candidate.xreplace({growth: sympy.exp(rate * x)})
        if sympy.simplify(sympy.expand(sympy.powsimp(sympy.expand(found - expression)))) == 0:
            return found
    return sympy.simplify(expression)
