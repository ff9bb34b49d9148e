"""Domains in words: on which side of its ends a formula holds, and when an end is there at all.

All symbols are positive here; signs that SymPy does not see are looked up at samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr

from diagrams.dynamics.expressions.signs import (
    insides,
    proved_sign,
    real_for_all,
    sign_where_real,
)
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.sentences import sentence
from pde.expressions.statement import joined


def domain_text(ends: Sequence[Expr]) -> str:
    """Return the domain of a formula that holds from ``t = 0`` up to the ends, where they are real.

    >>> H, T, p = sympy.symbols("H T p", positive=True)
    >>> domain_text([])
    'all t'
    >>> domain_text([-T / (4 * H)])
    't > -T/(4*H)'
    >>> domain_text([T * sympy.log(1 - 1 / H)])
    't > T*log(1 - 1/H) if H > 1, else all t'
    """
    parts = []
    for end in map(local, ends):
        sign, shown = sign_where_real(end), public(end)
        if sign is None:
            parts.append(sentence("t on the side of 0 of {}, where this is real", shown))
            continue
        condition = real_if(end)
        limited = sentence("t {} {}", "<" if sign > 0 else ">", shown)
        parts.append(sentence("{} {}, else all t", limited, condition) if condition else limited)
    return joined("; ", parts) or "all t"


def real_if(end: Expr) -> str:
    """Return in words when a formula in positive symbols is real; empty if it always is.

    >>> H, p = sympy.symbols("H p", positive=True)
    >>> real_if(sympy.log((H * p - 2) / p))
    'if H*p > 2'
    """
    if real_for_all(end):
        return ""
    total = positive_where_real(end)
    if total is None:
        return "where this is real"
    less = [term for term in total.args if term.could_extract_minus_sign()]
    more = total - sympy.Add(*less)
    return sentence("if {} > {}", public(more), public(-sympy.Add(*less)))


def positive_where_real(end: Expr) -> Expr | None:
    """Return the sum that is positive where a formula is real; ``None`` if there is no such one."""
    found = []
    for argument in insides(end):
        for part in sympy.fraction(sympy.together(argument)):
            found += [f for f in sympy.Mul.make_args(part) if proved_sign(f) != 1]
    return found[0] if len(found) == 1 and found[0].is_Add else None
