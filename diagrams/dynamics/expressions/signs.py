"""Signs of expressions in positive symbols, proved.

A sign that is the same at many sample points need not be so between them, so none is taken from
samples: coefficients of one sign, Sturm's theorem where one symbol (or one combination of symbols)
is left, discriminants, and squares of roots decide, and where they do not the sign is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lcm

import sympy
from sympy import Expr, Poly, Symbol

DEPTH = 6
"""Roots that are squared away, one inside the other, and symbols that discriminants take away."""
LARGEST = 400
"""Operations of an expression beyond which its sign stays open."""
ODD = (sympy.sinh, sympy.tanh, sympy.asinh, sympy.atan, sympy.erf)
"""Functions with the sign of their argument."""


def proved_sign(expression: Expr) -> int | None:
    """Return the sign of an expression that is the same for all positive values of its symbols.

    ``None`` where the sign depends on them or is not found; where the expression is not real for
    some of them as well.

    >>> p, q = sympy.symbols("p q", positive=True)
    >>> proved_sign(p**2 - p * q + q**2), proved_sign(p - sympy.sqrt(p**2 + q))
    (1, -1)
    >>> proved_sign(1000001 * p - 1000 * p**2 - 1) is None
    True
    """
    return _Signs(where_real=False).of(expression, DEPTH)


def sign_where_real(expression: Expr) -> int | None:
    """Return the sign that an expression has wherever it is real, for positive symbols.

    >>> H = sympy.Symbol("H", positive=True)
    >>> sign_where_real(sympy.log(1 - 1 / H)), proved_sign(sympy.log(1 - 1 / H))
    (-1, None)
    >>> q = sympy.Symbol("q", real=True)
    >>> sign_where_real(sympy.log((H - q) / H) / q)
    -1
    """
    return _Signs(where_real=True).of(expression, DEPTH)


def insides(expression: Expr) -> list[Expr]:
    """Return what has to be positive for an expression to be real: inside logarithms and roots.

    >>> p, q = sympy.symbols("p q", positive=True)
    >>> insides(sympy.log(p - q) + p)
    [p - q]
    """
    found = [e.args[0] for e in expression.atoms(sympy.log)]
    found += [e.base for e in expression.atoms(sympy.Pow) if not e.exp.is_integer]
    return found


def real_for_all(expression: Expr) -> bool | None:
    """Return whether an expression is real for all positive values, or for none of them.

    ``None`` where that depends on them or is not found.

    >>> p, q = sympy.symbols("p q", positive=True)
    >>> real_for_all(sympy.log(p + q)), real_for_all(sympy.log(-p)), real_for_all(sympy.log(p - q))
    (True, False, None)
    """
    signs = {proved_sign(inside) for inside in insides(expression)}
    if signs <= {1}:
        return True
    return False if -1 in signs else None


@dataclass(frozen=True)
class _Signs:
    """How signs are found: of what is real everywhere, or of it where it is real."""

    where_real: bool

    def of(self, expression: Expr, depth: int) -> int | None:
        """The sign of an expression."""
        if expression.is_zero:
            return 0
        if expression.is_positive or expression.is_negative:
            return 1 if expression.is_positive else -1
        if expression.is_number:
            number = sympy.N(expression, 20)
            return int(sympy.sign(number)) if number.is_real and number._prec > 1 else None
        if depth < 0 or sympy.count_ops(expression) > LARGEST or expression.is_infinite:
            return None
        sign = 1
        # factors are sought around functions, not through them: a logarithm stays one
        named = {f: sympy.Dummy(real=True) for f in expression.atoms(sympy.Function)}
        back = {name: function for function, name in named.items()}
        factors = sympy.Mul.make_args(sympy.factor(sympy.together(expression.xreplace(named))))
        without = self._without_logarithms(factors, back, depth)
        if without is not None:
            return self.of(without, depth - 1)
        for factor in factors:
            base, power = (part.xreplace(back) for part in factor.as_base_exp())
            root = self.where_real and power.is_integer is False
            found = 1 if root else self._of_base(base, depth)
            if found is None or (found < 0 and not power.is_integer):
                return None
            sign *= found if not power.is_even else found**2
        return sign

    def _without_logarithms(
        self, factors: Sequence[Expr], back: Mapping[Expr, Expr], depth: int
    ) -> Expr | None:
        """A product in which ``x - 1``, of the sign of ``log x``, may cancel; ``None`` if not."""
        inside = {
            name: found.args[0]
            for name, found in back.items()
            if isinstance(found, sympy.log) and any(f.as_base_exp()[0] == name for f in factors)
        }
        others = [f for f in factors if f.as_base_exp()[0] not in inside]
        if not inside or all(not f.free_symbols for f in others):
            return None
        if not self.where_real and any(self.of(x, depth - 1) != 1 for x in inside.values()):
            return None
        plain = sympy.Mul(*factors).xreplace({name: x - 1 for name, x in inside.items()})
        return sympy.cancel(sympy.together(plain.xreplace(back)))

    def _of_base(self, base: Expr, depth: int) -> int | None:
        """The sign of a factor."""
        if base.is_positive or base.is_negative:
            return 1 if base.is_positive else -1
        if base.is_Add:
            return self._of_sum(base, depth)
        if isinstance(base, sympy.log):
            inside = base.args[0]
            real = self.where_real or self.of(inside, depth - 1) == 1
            return self.of(inside - 1, depth - 1) if real else None
        if isinstance(base, ODD):
            return self.of(base.args[0], depth - 1)
        if isinstance(base, sympy.exp):
            return 1 if self.where_real or real_for_all(base) else None
        return self.of(base, depth - 1) if base.is_number else None

    def _of_sum(self, total: Expr, depth: int) -> int | None:
        terms = {self.of(term, depth - 1) for term in total.args}
        if len(terms) == 1 and None not in terms:
            return terms.pop()
        roots = [
            power
            for power in total.atoms(sympy.Pow)
            if power.exp.is_Rational and power.exp.q == 2 and not power.base.is_Symbol
        ]
        if roots:
            return self._with_root(sympy.expand(total), max(roots, key=sympy.count_ops), depth)
        polynomial = _polynomial(total)
        return None if polynomial is None else self._of_polynomial(polynomial, depth)

    def _with_root(self, total: Expr, root: Expr, depth: int) -> int | None:
        """The sign of ``a r + b`` with a root ``r``, from the signs of both and their squares."""
        if not self.where_real and self.of(root.base, depth - 1) != 1:
            return None
        name = sympy.Dummy("r", positive=True)
        named = total.xreplace({root: name, 1 / root: 1 / name, root**3: name * root.base})
        unit = named.as_poly(name)
        if unit is None or unit.degree() > 1 or unit.has(root):
            return None
        slope, rest = unit.coeff_monomial(name), unit.coeff_monomial(1)
        one, other = self.of(slope, depth - 1), self.of(rest, depth - 1)
        if one is None or other is None or one == other or 0 in (one, other):
            return one if other in (one, 0) else other if one == 0 else None
        larger = self.of(sympy.expand(slope**2 * root.base - rest**2), depth - 1)
        return None if larger is None else one * larger

    def _of_polynomial(self, polynomial: Poly, depth: int) -> int | None:
        """The sign of a polynomial for positive symbols."""
        _, polynomial = polynomial.terms_gcd()
        signs = {int(sympy.sign(c)) for c in polynomial.coeffs()}
        if len(signs) == 1:
            return signs.pop()
        single = _in_one(polynomial)
        if single is not None:
            outside = single.count_roots(0, sympy.oo) == 0
            return int(sympy.sign(single.eval(1))) if outside else None
        return self._by_discriminant(polynomial, depth)

    def _by_discriminant(self, polynomial: Poly, depth: int) -> int | None:
        """The sign of a polynomial that has no real zero in a symbol of degree two."""
        for name in polynomial.gens:
            if polynomial.degree(name) != 2:
                continue
            square, linear, constant = Poly(polynomial.as_expr(), name).all_coeffs()
            if self.of(sympy.expand(linear**2 - 4 * square * constant), depth - 1) == -1:
                return self.of(square, depth - 1)
        return None


def _polynomial(total: Expr) -> Poly | None:
    """The sum as a polynomial in its symbols, or in roots of them; ``None`` if it is none."""
    roots: Mapping[Symbol, int] = {
        s: lcm(*(p.exp.q for p in total.atoms(sympy.Pow) if p.base == s and p.exp.is_Rational))
        for s in total.free_symbols
    }
    plain = total.subs({s: s**q for s, q in roots.items() if q > 1})
    top = sympy.numer(sympy.together(sympy.powdenest(plain, force=True)))
    try:
        found = Poly(top, *sorted(total.free_symbols, key=str))
    except sympy.PolynomialError:
        return None
    return found if all(c.is_Rational for c in found.coeffs()) else None


def _in_one(polynomial: Poly) -> Poly | None:
    """The same polynomial of one combination of the symbols, where it is one."""
    monomials = [sympy.Matrix(m) for m in polynomial.monoms()]
    steps = [m - monomials[0] for m in monomials]
    longest = max(steps, key=lambda step: sum(abs(x) for x in step))
    unit = longest / sympy.gcd(list(longest))
    axis = next(k for k, x in enumerate(unit) if x)
    places = [step[axis] / unit[axis] for step in steps]
    if any(step != place * unit for step, place in zip(steps, places, strict=True)):
        return None
    name, least = sympy.Dummy("u"), min(places)
    terms = zip(places, polynomial.coeffs(), strict=True)
    return Poly({(int(place - least),): c for place, c in terms}, name)
