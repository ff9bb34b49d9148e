"""Long times of the ring formulas: the loss that remains.

The growth ``exp(r a tau)`` is taken as one large (``a > 0``) or small (``a < 0``) number; the
leading terms follow as on a face.  This is the limit of large times of the limit of large sizes:
for ``p = H`` the two do not commute.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.expressions.leading import leading_definitions
from diagrams.dynamics.petals.grouping import inserted, public
from diagrams.dynamics.roads.rings.formula import TIME, Definitions
from diagrams.errors import NotSolved


def long_time_limit(
    formula: Expr, definitions: Definitions, constant: Expr, strength: Expr | None
) -> Expr:
    """Return the limit of ``formula + constant`` for ``t -> inf``.

    ``strength`` is the meaning of ``a`` if its sign is open: the limit then depends on it.

    The result is in plain symbols: sizes are positive in it by name only, scales have any sign.

    Raises :class:`~diagrams.errors.NotSolved` where leading terms cancel or the limit is infinite.
    """
    if strength is None:
        return public(_remaining(formula, definitions, constant, 1))
    given, back = _made_positive(definitions, strength)
    grown = _remaining(
        formula.xreplace(given),
        tuple((s, e.xreplace(given)) for s, e in definitions if s not in given),
        constant.xreplace(given),
        1,
    ).xreplace(back)
    grown = sympy.Add(*(sympy.factor(term) for term in sympy.Add.make_args(grown)))
    return sympy.Piecewise((public(grown), public(strength) > 0), (public(constant), True))


def _made_positive(
    definitions: Definitions, strength: Expr
) -> tuple[dict[Symbol, Expr], dict[Symbol, Expr]]:
    """What puts a positive symbol where ``strength`` is, and what puts it back.

    Without a symbol of its own for it, one that it holds is expressed by it.
    """
    named = {s: Symbol(s.name, positive=True) for s, e in definitions if e == strength}
    if named:
        return dict(named), dict.fromkeys(named.values(), strength)
    positive = sympy.Dummy("a", positive=True)
    for symbol in sorted(strength.free_symbols, key=str):
        slope = sympy.diff(strength, symbol)
        if slope.is_Rational and slope:
            rest = sympy.expand(strength - slope * symbol)
            return {symbol: (positive - rest) / slope}, {positive: strength}
    return {}, {}


def _remaining(formula: Expr, definitions: Definitions, constant: Expr, sign: int) -> Expr:
    growth = Symbol("E", positive=True)
    exponents = {
        e.args[0] for part in (formula, *(e for _, e in definitions)) for e in part.atoms(sympy.exp)
    }
    heights = {TIME: Fraction(1)}
    names: dict[Expr, Expr] = {}
    if exponents:
        unit = min(exponents, key=sympy.count_ops)
        ratios = {e: sympy.cancel(e / unit) for e in exponents}
        if not all(ratio.is_Rational for ratio in ratios.values()):
            raise NotSolved("long times: exponentials of several rates")
        least = min(abs(r) for r in ratios.values())
        names = {sympy.exp(e): growth ** (r / least) for e, r in ratios.items()}
        rate = sympy.diff(unit, TIME)
        heights = {growth: Fraction(-1 if rate.is_negative else sign)}
    shown = tuple((s, e.xreplace(names)) for s, e in definitions)
    work, leading = leading_definitions(shown, heights)
    height, value = work.of(sympy.expand(formula.xreplace(names)))
    if height < 0:
        return constant
    if height > 0:
        raise NotSolved("long times: the formula diverges")
    return _by_cases(sympy.powsimp(inserted(value, leading)), constant)


def _by_cases(value: Expr, constant: Expr) -> Expr:
    """The two cases of the module of a difference of sizes, as an extremum where it is one."""
    modules = sorted(value.atoms(sympy.Abs), key=sympy.default_sort_key)
    if not modules:
        return sympy.simplify(value + constant)
    less, more, signs = _differences(modules)
    below, above = (
        sympy.factor(sympy.simplify(value.xreplace({m: s * m.args[0] * sign for m, s in signs})))
        for sign in (-1, 1)
    )
    if sympy.simplify(below - above) == 0:
        return sympy.simplify(below + constant)
    for one, other in ((below, above), (above, below)):
        if sympy.expand(other + constant) == 0:
            return _positive_part(sympy.factor(one + constant))
    for size, other, extremum in ((less, more, sympy.Min), (more, less, sympy.Max)):
        if sympy.simplify(below / size - above / other) == 0:
            return constant + sympy.cancel(below / size) * extremum(less, more)
    return sympy.Piecewise(
        (public(below + constant), public(less) < public(more)), (public(above + constant), True)
    )


def _differences(modules: Sequence[Expr]) -> tuple[Expr, Expr, list[tuple[Expr, int]]]:
    """Two monomials whose difference every module holds, and the sign of the module in it.

    Which of the sizes is which follows from the formula, whatever they are called.
    """
    total = sympy.expand(sympy.numer(sympy.together(modules[0].args[0])))
    more = sympy.Add(*(t for t in sympy.Add.make_args(total) if t.could_extract_minus_sign()))
    less, found = total - more, []
    for module in modules:
        ratio = sympy.cancel(module.args[0] / total)
        if not ratio.is_positive and not ratio.is_negative:
            raise NotSolved("long times: cases of several differences of sizes")
        found.append((module, 1 if ratio.is_positive else -1))
    return less, -more, found


def _positive_part(product: Expr) -> Expr:
    """The maximum of a product with zero, its factors of known sign outside."""
    factors = sympy.Mul.make_args(product)
    outside = sympy.Mul(*(abs(f) for f in factors if f.is_positive or f.is_negative))
    return outside * sympy.Max(0, sympy.expand(product / outside))
