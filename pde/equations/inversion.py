"""Inversion of J(y) = c on the branch through a sample point.

SymPy returns all solutions it finds; the one wanted is the one that returns the sample value
of y when c has the value of J at the sample.

>>> y, c = sympy.symbols("y c", real=True)
>>> invert(y**2, y, c, {y: sympy.Integer(-3)})
-sqrt(c)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from sympy import Dummy, Expr, Symbol

from pde.expressions.sampling import numeric

TOLERANCE = 1e-12
COST = 40


def invert(
    function: Expr, unknown: Symbol, value: Symbol, sample: Mapping[Symbol, Expr]
) -> Expr | None:
    """Return the branch of ``function = value`` solved for ``unknown`` at the sample, or None.

    >>> y, c = sympy.symbols("y c", positive=True)
    >>> invert(sympy.log(y) + 1, y, c, {y: sympy.Integer(2)})
    exp(c - 1)
    """
    at = numeric(function, sample)
    if at is None or (function.has(sympy.Integral) and _inside(function, unknown)):
        return None
    number = sympy.Float(at.real, 30)
    if abs(at.imag) > 1e-25:
        number = number + sympy.I * sympy.Float(at.imag, 30)
    known = {**sample, value: number}
    return choose(solutions(function - value, unknown), unknown, known)


def choose(
    candidates: Sequence[Expr],
    unknown: Symbol,
    sample: Mapping[Symbol, Expr],
    tolerance: float = TOLERANCE,
) -> Expr | None:
    """Return the candidate closest to the sample value of ``unknown``, within a tolerance."""
    target = numeric(sample[unknown], sample)
    if target is None:
        return None
    others = {k: v for k, v in sample.items() if k != unknown}
    best: tuple[float, Expr] | None = None
    for candidate in candidates:
        value = numeric(candidate, others)
        if value is not None:
            distance = float(abs(value - target))
            if distance < tolerance * (1 + float(abs(target))) and (
                best is None or distance < best[0] / 1000
            ):
                best = distance, candidate
    return best[1] if best else None


def solutions(equation: Expr, unknown: Symbol) -> list[Expr]:
    """Return solutions of ``equation = 0``: isolated, polynomial, by logarithm, by SymPy.

    The result may be empty and may hold extraneous solutions: the caller tests them.
    """
    for method in (_isolated, _algebraic, _harmonic, _exponentiated, _general):
        try:
            found = method(equation, unknown)
        except (
            NotImplementedError,
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
            ZeroDivisionError,
            RecursionError,
            sympy.PolynomialError,
        ):
            continue
        found = [f for f in found if not f.has(unknown) and not f.has(sympy.RootOf)]
        if found:
            return found
    return []


INVERSES = {
    sympy.exp: lambda v: [sympy.log(v)],
    sympy.log: lambda v: [sympy.exp(v)],
    sympy.tan: lambda v: [sympy.atan(v)],
    sympy.atan: lambda v: [sympy.tan(v)],
    sympy.sin: lambda v: [sympy.asin(v), sympy.pi - sympy.asin(v)],
    sympy.asin: lambda v: [sympy.sin(v)],
    sympy.cos: lambda v: [sympy.acos(v), -sympy.acos(v)],
    sympy.acos: lambda v: [sympy.cos(v)],
    sympy.sinh: lambda v: [sympy.asinh(v)],
    sympy.asinh: lambda v: [sympy.sinh(v)],
    sympy.cosh: lambda v: [sympy.acosh(v), -sympy.acosh(v)],
    sympy.acosh: lambda v: [sympy.cosh(v)],
    sympy.tanh: lambda v: [sympy.atanh(v)],
    sympy.atanh: lambda v: [sympy.tanh(v)],
}


def _inside(function: Expr, unknown: Symbol) -> bool:
    return any(i.has(unknown) for i in function.atoms(sympy.Integral))


def _isolated(equation: Expr, unknown: Symbol) -> list[Expr]:
    """Peel functions off while the unknown occurs in one place only."""
    left, rights = equation, [sympy.Integer(0)]
    while left != unknown:
        free, dependent = left.as_independent(unknown, as_Add=left.is_Add)
        if left.is_Add:
            rights, left = [r - free for r in rights], dependent
            if left.is_Add:
                return []
        elif left.is_Mul:
            rights, left = [r / free for r in rights], dependent
            if left.is_Mul:
                return []
        elif left.is_Pow and not left.exp.has(unknown):
            rights = [r ** (1 / left.exp) for r in rights]
            if left.exp.is_even or (left.exp.is_Rational and left.exp.p % 2 == 0):
                rights += [-r for r in rights]
            left = left.base
        elif left.func in INVERSES:
            rights = [v for r in rights for v in INVERSES[left.func](r)]
            left = left.args[0]
        else:
            return []
    return rights


def _algebraic(equation: Expr, unknown: Symbol) -> list[Expr]:
    numerator = sympy.numer(sympy.together(equation))
    if not numerator.is_polynomial(unknown):
        return []
    found: list[Expr] = []
    for factor, _ in sympy.factor_list(numerator, unknown)[1]:
        polynomial = sympy.Poly(factor, unknown)
        if polynomial.degree() == 1:
            a, b = polynomial.all_coeffs()
            found.append(-b / a)
        elif polynomial.degree() == 2:
            a, b, c = polynomial.all_coeffs()
            root = sympy.sqrt(sympy.factor(b**2 - 4 * a * c))
            found += [(-b + root) / (2 * a), (-b - root) / (2 * a)]
        elif polynomial.degree() <= 4:
            found += list(sympy.roots(polynomial))
    return found


def _harmonic(equation: Expr, unknown: Symbol) -> list[Expr]:
    """Solve a cos(u) + b sin(u) + c = 0, u linear in the unknown, a factor exp dropped."""
    numerator = sympy.factor(sympy.numer(sympy.together(equation)))
    factors = [g for g in sympy.Mul.make_args(numerator) if not isinstance(g, sympy.exp)]
    numerator = sympy.expand(sympy.Mul(*factors))
    angles = {e.args[0] for e in numerator.atoms(sympy.sin, sympy.cos) if e.has(unknown)}
    if len(angles) != 1:
        return []
    (angle,) = angles
    sine, cosine = Dummy("s"), Dummy("c")
    linear = numerator.xreplace({sympy.sin(angle): sine, sympy.cos(angle): cosine})
    if linear.has(unknown) or not linear.is_polynomial(sine, cosine):
        return []
    polynomial = sympy.Poly(linear, sine, cosine)
    if polynomial.total_degree() != 1:
        return []
    a, b, c = (polynomial.coeff_monomial(m) for m in (cosine, sine, 1))
    if c == 0:
        first = -sympy.atan(a / b) if b != 0 else sympy.pi / 2
        values = [first, first + sympy.pi, first - sympy.pi]
    else:
        root = sympy.sqrt(a**2 + b**2 - c**2)
        values = [2 * sympy.atan((-b + sign * root) / (c - a)) for sign in (1, -1)]
    return [s for value in values for s in _isolated(angle - value, unknown)]


def _exponentiated(equation: Expr, unknown: Symbol) -> list[Expr]:
    """Turn a sum of logarithms a_i log f_i + r = 0 into prod f_i^(a_i) exp(r) = 1."""
    if not equation.has(sympy.log):
        return _as_polynomial_in_exponential(equation, unknown)
    terms = sympy.Add.make_args(sympy.expand(equation))
    factors: list[tuple[Expr, Expr]] = []
    rest = sympy.Integer(0)
    for term in terms:
        logs = [f for f in sympy.Mul.make_args(term) if isinstance(f, sympy.log)]
        if len(logs) == 1 and logs[0].has(unknown):
            factors.append((logs[0].args[0], term / logs[0]))
        else:
            rest += term
    if not factors or rest.has(unknown):
        return []
    scale = factors[0][1]
    ratios = [sympy.cancel(a / scale) for _, a in factors]
    if not all(r.is_Rational for r in ratios):
        return []
    common = sympy.ilcm(1, *(r.q for r in ratios))
    left = sympy.Integer(1)
    for (argument, _), ratio in zip(factors, ratios, strict=True):
        left *= argument ** (ratio * common)
    right = sympy.exp(sympy.expand(-rest * common / scale))
    held = Dummy("e", positive=True)
    found = []
    for sign in (1, -1):
        found += [f.xreplace({held: right}) for f in _algebraic(left - sign * held, unknown)]
    return found


def _as_polynomial_in_exponential(equation: Expr, unknown: Symbol) -> list[Expr]:
    rates = {sympy.expand(e.args[0]).coeff(unknown, 1) for e in equation.atoms(sympy.exp)}
    rates.discard(sympy.Integer(0))
    if not rates:
        return []
    unit = sorted(rates, key=sympy.default_sort_key)[0]
    new = Dummy("w", positive=True)
    changed = sympy.expand(equation, power_exp=True).replace(
        lambda e: isinstance(e, sympy.exp) and e.has(unknown),
        lambda e: (
            new ** sympy.cancel(sympy.expand(e.args[0]).coeff(unknown, 1) / unit)
            * sympy.exp(sympy.expand(e.args[0]).coeff(unknown, 0))
        ),
    )
    if changed.has(unknown):
        return []
    return [sympy.log(w) / unit for w in _algebraic(changed, new)]


def _general(equation: Expr, unknown: Symbol) -> list[Expr]:
    if equation.count_ops() > COST or equation.has(sympy.Integral):
        return []
    kernels = [e for e in equation.atoms(sympy.Function) if e.has(unknown)]
    if len(kernels) > 1 or any(not isinstance(e, (sympy.log, sympy.exp)) for e in kernels):
        return []  # x + sin(x) and its like: no closed form, and a long search for it
    return list(sympy.solve(equation, unknown))
