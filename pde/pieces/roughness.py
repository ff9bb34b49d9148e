"""What kind of function an expression is: smooth, smooth in pieces, singular somewhere.

>>> x = sympy.Symbol("x")
>>> in_pieces(abs(x)), singular_somewhere(1 / x)
(True, True)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sympy
from sympy import Expr

from pde.errors import NoClosedFormError, OutsideDomainError
from pde.pieces.sides import IMPULSES, IN_PIECES, STAIRS, Known, UnsettledError, factors, settled


@lru_cache(maxsize=4096)
def in_pieces(expression: Expr) -> bool:
    """Return whether an expression is smooth in pieces only (or in none).

    >>> x = sympy.Symbol("x")
    >>> [in_pieces(e) for e in (abs(x), sympy.sqrt(x**2), sympy.sqrt(x), sympy.exp(x))]
    [True, True, False, False]
    """
    if expression.has(*IN_PIECES, *STAIRS, *IMPULSES):
        return True
    if not _has_branches(expression):
        return False
    try:
        settled(expression, Known({}))
    except (UnsettledError, NoClosedFormError, OutsideDomainError):
        return True
    return False


def _has_branches(expression: Expr) -> bool:
    powers = expression.atoms(sympy.Pow)
    if any(not p.exp.is_Integer and p.base != sympy.E and p.free_symbols for p in powers):
        return True
    return bool(expression.has(sympy.log))


@lru_cache(maxsize=4096)
def branched(expression: Expr) -> bool:
    """Return whether a root or logarithm of a product may be split, which not every sign allows.

    >>> x = sympy.Symbol("x")
    >>> [branched(e) for e in (sympy.sqrt(x * (x - 1)), sympy.sqrt(x), x * (x - 1))]
    [True, False, False]
    """
    bases = [p.base for p in expression.atoms(sympy.Pow) if not p.exp.is_Integer]
    bases += [log.args[0] for log in expression.atoms(sympy.log)]
    return any(len(factors(base)[1]) > 1 for base in bases if base != sympy.E)


@lru_cache(maxsize=4096)
def singular_somewhere(expression: Expr) -> bool:
    """Return whether an expression may be singular at some real point.

    >>> x = sympy.Symbol("x")
    >>> [singular_somewhere(e) for e in (1 / x, sympy.sqrt(x), 1 / (1 + x**2), x)]
    [True, True, False, False]
    """
    sides = _Noting()
    try:
        settled(expression, sides)
    except (UnsettledError, NoClosedFormError, OutsideDomainError):
        return True
    return bool(sides.found)


class _Noting(Known):
    wants_edges = True

    def __init__(self) -> None:
        super().__init__({})
        self.found: list[Expr] = []

    def edge(self, factor: Expr) -> None:
        self.found.append(factor)


def rough_parts(expression: Expr) -> Iterator[Expr]:
    """Yield the smallest parts of an expression that are smooth in pieces only."""
    if not in_pieces(expression):
        return
    inner = [part for part in expression.args if isinstance(part, Expr) and in_pieces(part)]
    if inner and not isinstance(expression, sympy.Piecewise):
        for part in inner:
            yield from rough_parts(part)
    else:
        yield expression
