"""Substitution on every side of every wall, and what a jump needs.

A candidate that is smooth in pieces solves the equation if it does in every region, meets its data
in every region of the surface, and jumps only across walls made of characteristics: a jump that
moves at any other speed is no solution, although both sides are.

>>> from pde.equations.first_order import FirstOrderEquation, InitialData
>>> t, x = sympy.symbols("t x")
>>> step = InitialData(t, 0, sympy.Heaviside(x))
>>> equation = FirstOrderEquation((t, x), (1, 2), initial=step)
>>> print(equation.verify(sympy.Heaviside(x - 2 * t)).kind)
exact
>>> equation.verify(sympy.Heaviside(x - 3 * t))
Traceback (most recent call last):
    ...
pde.errors.VerificationError: the equation holds: a jump across 3*t - x = 0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from pde.errors import OutsideDomainError, VerificationError
from pde.evidence import Evidence
from pde.expressions.sampling import numeric, numerics
from pde.expressions.verification import refute, vanishing
from pde.pieces.regions import Border, Region, regions

if TYPE_CHECKING:
    from pde.equations.first_order import FirstOrderEquation

PROVED = 8
"""Up to so many regions algebra is tried; beyond, numbers alone."""

ASIDE = Rational(1, 10**14)
JUMP = 1e-6
LARGE = 1e6
TANGENT = 1e-9


def verify_in_pieces(
    equation: FirstOrderEquation,
    candidate: Expr,
    sample: Mapping[Symbol, Expr],
    conditions: Sequence[Expr] = (),
) -> Evidence:
    """Return the evidence that a candidate in pieces solves an equation and meets its data.

    Raises VerificationError, naming what fails and where, and NoClosedFormError for functions
    without pieces.
    """
    claim = "the equation holds"
    parts = (candidate, *equation.coefficients)
    symbols = (*equation.variables, *equation.parameters)
    try:
        found, borders = regions(parts, sample, symbols)
    except OutsideDomainError as error:
        raise VerificationError(f"{claim}: {error}") from error
    real = [
        region
        for region in found
        if _meets(conditions, region) and _has_values(region.pieces, region)
    ]
    evidence = _on_every_side(
        [(_residual(equation.variables, region.pieces), region) for region in real], claim
    )
    for border in borders:
        if all(_meets(conditions, region) for region in border.sides):
            _refuse_jump(equation, border, claim)
    if equation.initial is None:
        return evidence
    return evidence.also(_data_in_pieces(equation, candidate, sample, conditions))


def _meets(conditions: Sequence[Expr], region: Region) -> bool:
    return not any(c.xreplace(dict(region.point)) is sympy.false for c in conditions)


def _data_in_pieces(
    equation: FirstOrderEquation,
    candidate: Expr,
    sample: Mapping[Symbol, Expr],
    conditions: Sequence[Expr],
) -> Evidence:
    data = equation.initial
    assert data is not None
    claim = "the initial data hold"
    start = candidate.xreplace({data.variable: data.level})
    if start.has(sympy.nan, sympy.zoo, sympy.oo):
        raise VerificationError(f"{claim}: the candidate has no value on {data.variable}")
    symbols = [s for s in (*equation.variables, *equation.parameters) if s != data.variable]
    try:
        found, _ = regions((start, data.value), sample, symbols)
    except OutsideDomainError as error:
        raise VerificationError(f"{claim}: {error}") from error
    pairs = []
    for region in found:
        if not _meets(conditions, region):
            continue
        given = numeric(region.pieces[1], region.point)
        if given is None or (given.imag != 0 and not data.value.has(sympy.I)):
            continue
        if not _has_values(region.pieces, region):
            at = ", ".join(f"{s} = {v}" for s, v in region.point.items() if start.has(s))
            raise VerificationError(f"{claim}: the candidate has no real value at {at}")
        pairs.append((region.pieces[0] - region.pieces[1], region))
    return _on_every_side(pairs, claim)


def _on_every_side(pairs: Sequence[tuple[Expr, Region]], claim: str) -> Evidence:
    if not pairs:
        raise VerificationError(f"{claim}: no sample point gives a value")
    exact, tested = len(pairs) <= PROVED, 0
    for expression, region in pairs:
        try:
            if exact:
                exact = vanishing(expression, region.point, claim).kind == "exact"
                tested += 1
            else:
                tested += bool(refute(expression, region.point, claim, 3))
        except VerificationError as error:
            sides = ", ".join(f"{w} {'>' if s > 0 else '<'} 0" for w, s in region.walls.items())
            raise VerificationError(f"{error}, where {sides}" if sides else str(error)) from error
    if not tested:
        raise VerificationError(f"{claim}: no sample point gives a value")
    sides = f"{len(pairs)} sides" if len(pairs) > 1 else "one side"
    checks = (f"{sides}, 3 points each to 20 digits", *(("algebra",) if exact else ()))
    return Evidence("exact" if exact else "numerical", claim, checks)


def _residual(variables: Sequence[Symbol], pieces: Sequence[Expr]) -> Expr:
    candidate, *field, growth, source = pieces
    transported = (c * sympy.diff(candidate, v) for c, v in zip(field, variables, strict=True))
    return sympy.Add(*transported) - growth * candidate - source


def _has_values(pieces: Sequence[Expr], region: Region) -> bool:
    """Whether all pieces are real numbers at the point (complex ones may be asked for)."""
    (row,) = numerics([*pieces], [region.point]) if not _unknown(pieces) else (None,)
    if row is None:
        return _unknown(pieces)
    complex_wanted = any(piece.has(sympy.I) for piece in pieces)
    return complex_wanted or all(abs(n.imag) <= 1e-20 * (1 + abs(n)) for n in row)


def _unknown(pieces: Sequence[Expr]) -> bool:
    return any(piece.atoms(sympy.core.function.AppliedUndef) for piece in pieces)


def _refuse_jump(equation: FirstOrderEquation, border: Border, claim: str) -> None:
    """Raise if the candidate jumps across a wall that the field crosses."""
    place = border.point[border.symbol]
    values = []
    for region, side in zip(border.sides, (-1, 1), strict=True):
        at = {**border.point, border.symbol: place + side * ASIDE * (1 + abs(place))}
        value = numeric(region.pieces[0], at)
        if value is None or abs(value.imag) > JUMP or abs(value) > LARGE:
            return
        values.append(value)
    if abs(values[0] - values[1]) <= JUMP * (1 + abs(values[0])):
        return
    for region in border.sides:
        field = region.pieces[1:-2]
        terms = [
            c * sympy.diff(border.wall, v) for c, v in zip(field, equation.variables, strict=True)
        ]
        numbers = [numeric(term, border.point) for term in terms]
        known = [n for n in numbers if n is not None]
        if len(known) < len(numbers):
            return
        total, scale = abs(mpmath.fsum(known)), mpmath.fsum([abs(n) for n in known])
        if total > TANGENT * scale:
            raise VerificationError(f"{claim}: a jump across {border.wall} = 0")
