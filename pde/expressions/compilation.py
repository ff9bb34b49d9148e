"""Expressions compiled to mpmath functions.

SymPy's printer does not know the derivatives of Airy functions; everything else is as in
``sympy.lambdify`` with mpmath, integrals (``mpmath.quad``) included.

>>> x = sympy.Symbol("x")
>>> compiled([x], sympy.airyaiprime(x))(0) == mpmath.airyai(0, derivative=1)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import sympy
from sympy import Expr, Symbol
from sympy.printing.pycode import MpmathPrinter

NAMES = {
    "airyaiprime": lambda z: mpmath.airyai(z, derivative=1),
    "airybiprime": lambda z: mpmath.airybi(z, derivative=1),
}


UNSORTED = {
    "order": "none",
    "fully_qualified_modules": False,
    "inline": True,
    "allow_unknown_functions": True,
    "user_functions": {name: name for name in NAMES},
}
"""Settings of ``lambdify``, but for the order of terms: to sort them, SymPy evaluates them all."""


def compiled(symbols: Sequence[Symbol], expression: Expr | Sequence[Expr]) -> Callable[..., Any]:
    """Return a function of mpmath numbers, evaluated at the precision of its call."""
    function: Callable[..., Any] = sympy.lambdify(
        list(symbols), expression, [NAMES, "mpmath"], printer=MpmathPrinter(UNSORTED)
    )
    return function


def number(value: Any) -> Any:
    """Return an exact or floating SymPy number as an mpmath number at the current precision.

    >>> number(sympy.Rational(1, 2))
    mpf('0.5')
    """
    exact = sympy.sympify(value)
    if exact.is_Rational:
        return mpmath.mpf(exact.p) / exact.q
    return mpmath.mpmathify(sympy.N(exact, mpmath.mp.dps + 5))
