"""Long times of the ring formulas: the loss that remains.

The growth ``exp(r a tau)`` is taken as one large (``a > 0``) or small (``a < 0``) number; the
leading terms follow as on a face.  This is the limit of large times of the limit of large sizes:
for ``p = H`` the two do not commute.
"""

from __future__ import annotations

from fractions import Fraction

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.rings_faces import leading_definitions
from diagrams.dynamics.rings_formula import TIME, Definitions
from diagrams.errors import NotSolved


def long_time_limit(
    formula: Expr, definitions: Definitions, constant: Expr, strength: Expr | None
) -> Expr:
    """Return the limit of ``formula + constant`` for ``t -> inf``.

    ``strength`` is the meaning of ``a`` if its sign is open: the limit then depends on it.

    Raises :class:`~diagrams.errors.NotSolved` where leading terms cancel or the limit is infinite.
    """
    if strength is None:
        return _remaining(formula, definitions, constant, 1)
    signed = {s: Symbol(s.name, positive=True) for s, e in definitions if e == strength}
    grown = _remaining(
        formula.xreplace(signed),
        tuple((s, e.xreplace(signed)) for s, e in definitions if s not in signed),
        constant,
        1,
    ).xreplace(dict.fromkeys(signed.values(), strength))
    grown = sympy.Add(*(sympy.factor(term) for term in sympy.Add.make_args(grown)))
    return sympy.Piecewise((grown, strength > 0), (constant, True))


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
    for symbol, meaning in leading:
        value = value.xreplace({symbol: meaning})
    return _by_cases(sympy.powsimp(value), constant)


def _by_cases(value: Expr, constant: Expr) -> Expr:
    """The two cases of ``|H/p - 1|`` as a minimum of sizes, or a maximum with zero."""
    modules = [m for m in value.atoms(sympy.Abs) if any(s.name == "H" for s in m.free_symbols)]
    small, large = value, value
    for module in modules:
        inside = module.args[0]
        start = inside.subs({s: 0 for s in inside.free_symbols if s.name == "H"})
        sign = -1 if start.is_negative else 1
        small, large = (
            small.xreplace({module: sign * inside}),
            large.xreplace({module: -sign * inside}),
        )
    small, large = (sympy.factor(sympy.simplify(v)) for v in (small, large))
    p, width = Symbol("p", positive=True), Symbol("H", positive=True)
    if sympy.simplify(small - large) == 0:
        return sympy.simplify(small + constant)
    if sympy.expand(large + constant) == 0:
        return _positive_part(sympy.factor(small + constant))
    if sympy.simplify(small * p - large * width) == 0:
        return constant + sympy.cancel(large / p) * sympy.Min(p, width)
    return sympy.Piecewise((small + constant, width < p), (large + constant, True))


def _positive_part(product: Expr) -> Expr:
    """The maximum of a product with zero, its factors of known sign outside."""
    factors = sympy.Mul.make_args(product)
    outside = sympy.Mul(*(abs(f) for f in factors if f.is_positive or f.is_negative))
    return outside * sympy.Max(0, sympy.expand(product / outside))
