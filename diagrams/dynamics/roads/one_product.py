"""Faces on which one product of petals rules: all petals fall together, one integral is left.

If the generator is one product, every petal ``z_i`` moves at a rate proportional to it.  From equal
initial values ``z_0`` they are ``z_i = z_0 (1 - r_i u)`` with numbers ``r_i``, and

    rate * t/T = F(u) = int_0^u dx / prod_i (1 - r_i x)^(n_i),

a rational function integrated: of kind *implicit*.  (Equal ``r_i`` give the power laws of
arXiv 2602.04548, section 6; those are solved explicitly.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import mpmath
import sympy
from flint import arb
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import Ending, derived
from diagrams.dynamics.explicit.domains import domain_text
from diagrams.dynamics.explicit.exact_input import fractions_of
from diagrams.dynamics.expressions.writing import with_few_logarithms
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.grouping import grouping, local, normalised, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.petals.presentation import petal_symbol
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.dynamics.roads.certified import Certified
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import OutsideDomain
from diagrams.polynomials.evaluation import real
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from pde.numbers.balls import (
    NoEnclosureError,
    TooWideError,
    ball,
    enclosure,
    from_mpf,
    hull,
    precision,
)
from pde.numbers.evaluation import Value, narrow_value

UNKNOWN = Symbol("u")


@dataclass(frozen=True)
class SingleAtom:
    """Numbers ``r_i`` and powers ``n_i`` of the petals, their start, and the rate."""

    ratios: tuple[tuple[Exponent, Fraction], ...]
    powers: tuple[tuple[Exponent, int], ...]
    start: Polynomial
    rate: Polynomial

    @property
    def integrand(self) -> Expr:
        """``1 / prod (1 - r_i u)^(n_i)``."""
        ratios = dict(self.ratios)
        return sympy.Mul(
            *((1 - _rational(ratios[m]) * UNKNOWN) ** (-power) for m, power in self.powers)
        )

    @cached_property
    def clock(self) -> Expr:
        """``F(u)`` in closed form, zero at ``u = 0``."""
        whole = sympy.integrate(sympy.apart(self.integrand, UNKNOWN), UNKNOWN)
        # logarithms of 1 - r u, which are real on the whole domain
        whole = whole.replace(
            lambda e: isinstance(e, sympy.log),
            lambda e: sympy.log(sympy.expand(e.args[0] / e.args[0].subs(UNKNOWN, 0))),
        )
        return whole - whole.subs(UNKNOWN, 0)


def single_atom(closure: Closure) -> SingleAtom | Inapplicable:
    """Return the structure of a closure, where it is of this kind."""
    off = Inapplicable("the petals do not fall together")
    variables = closure.variables
    if variables is None or len(variables) < 2 or len(closure.generator) != 1:
        return off
    starts = {closure.rows.initial(m) for m in variables}
    rates = [closure.rate(m) for m in variables]
    if len(starts) != 1 or any(len(rate) != 1 for rate in rates):
        return off
    ((petals, unit),) = rates[0].terms
    ratios = []
    for m, rate in zip(variables, rates, strict=True):
        ((own, c),) = rate.terms
        factor, group = normalised(c, closure.rows.number)
        first, alike = normalised(unit, closure.rows.number)
        quotient = factor * first**-1
        if own != petals or group != alike or any(powers for powers, _ in quotient.terms):
            return off
        ratios.append((m, quotient.terms[0][1]))
    (start,) = starts
    degree = sum(power for _, power in petals)
    return SingleAtom(tuple(ratios), petals, start, unit * start ** (degree - 1))


ATTEMPTS = 5
"""Precisions that are tried, each twice the one before."""


class OneProduct(Road[Certified, SingleAtom]):
    """A certified closure ruled by one product of petals."""

    name = "one product of petals"

    def applies(self, asked: Certified) -> Applies[SingleAtom] | Inapplicable:
        """Where all petals fall together."""
        found = single_atom(asked.closure)
        return found if isinstance(found, Inapplicable) else Applies(found)

    def derived(self, asked: Certified, found: SingleAtom) -> Derivation:
        """One integral gives the time."""
        return _derivation(asked, found)


def _derivation(asked: Certified, found: SingleAtom) -> Derivation:
    closure, face = asked.closure, asked.face
    groups = grouping([c for _, c in closure.observable], closure.rows.number)
    ratios = dict(found.ratios)
    start = found.start.to_sympy()
    petals = {m: start * (1 - _rational(ratios[m]) * UNKNOWN) for m, _ in found.ratios}
    formula = sympy.factor_terms(public(petal_expression(closure.observable, petals, groups)))
    rate = public(groups.expression(found.rate))
    clock = sympy_symbol("t") / sympy_symbol("T")
    condition = sympy.Eq(rate * clock, _shown(found.clock))
    steps = (
        Step(
            "falling petals",
            "all fall together:",
            tuple(sympy.Eq(petal_symbol(m), value, evaluate=False) for m, value in petals.items()),
        ),
        Step("time", "one integral, by partial fractions", (condition,)),
    )
    early = sympy.limit(found.clock, UNKNOWN, -sympy.oo)
    existence = (sympy.factor(early / rate * sympy_symbol("T")),) if early.is_finite else ()
    least = min(1 / r for _, r in found.ratios)
    numbers = BySingleAtom(found, closure, face.constant)
    return Derivation(
        "implicit",
        formula + face.constant.to_sympy(),
        numbers,
        Ends(of_single_atom, numbers),
        asked.certificate.evidence,
        steps,
        groups.definitions(),
        (condition,),
        domain_text(existence) + sentence("; {} < {}", UNKNOWN, least),
        existence,
    )


@dataclass(frozen=True)
class BySingleAtom(Numbers):
    """Numbers: the unknown by bisection and Newton's method, then enclosed in a ball."""

    structure: SingleAtom
    closure: Closure
    constant: Polynomial

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        exact = fractions_of(values)
        made = self.structure
        ratios = dict(made.ratios)
        rate, start = rational_value(made.rate, exact), rational_value(made.start, exact)
        constant = rational_value(self.constant, exact)
        parts = [(rational_value(c, exact), petals) for petals, c in self.closure.observable]
        function = sympy.lambdify(UNKNOWN, made.clock, "mpmath")
        early = sympy.limit(made.clock, UNKNOWN, -sympy.oo)
        found = []
        for time in times:
            theta = rate * Fraction(int(time.p), int(time.q)) / exact["T"]
            value = None
            for attempt in range(ATTEMPTS):
                working = (2 * digits + 15) << attempt
                with mpmath.workdps(working):
                    goal = real(theta)
                    if early.is_finite and goal <= sympy.N(early, working):
                        bound = float(sympy.N(early, 15)) / float(rate) * float(exact["T"])
                        raise OutsideDomain(
                            f"t = {time}: the solution exists only up to t = {bound:.12g}"
                            " (time of existence)",
                            "t",
                            f"{bound:.12g}",
                        )
                    u = self._root(function, goal)
                with precision(working):
                    root = self._enclosed(u, ball(theta))
                    if root is None:
                        continue
                    total = ball(constant)
                    for c, petals in parts:
                        part = ball(c)
                        for m, power in petals:
                            part *= (ball(start) * (1 - ball(ratios[m]) * root)) ** power
                        total += part
                    value = narrow_value(total, digits)
                if value is not None:
                    break
            if value is None:
                raise OutsideDomain(f"t = {time}: no number with a bound on its error", "t")
            found.append(value)
        return tuple(found)

    def _enclosed(self, u: mpmath.mpf, goal: arb) -> arb | None:
        """A ball that holds the unknown: the clock rises at least as fast as its slope there."""
        middle = from_mpf(u)
        try:
            gap = abs(enclosure(self.structure.clock, {UNKNOWN: middle}) - goal).upper()
            near = middle + hull(gap * self._inverse_slope(middle) * 2)
            off = gap * self._inverse_slope(near)
        except NoEnclosureError:
            return None
        found: arb = middle + hull(off)
        return found if near.contains(found) else None

    def _inverse_slope(self, u: arb) -> arb:
        ratios, product = dict(self.structure.ratios), arb(1)
        for m, power in self.structure.powers:
            factor = 1 - ball(ratios[m]) * u
            if not factor > 0:
                raise TooWideError
            product *= factor**power
        return product

    def _root(self, function: object, goal: mpmath.mpf) -> mpmath.mpf:
        """The u with F(u) = goal; F rises from its limit at -oo to +oo at the least 1/r_i."""
        assert callable(function)
        if not goal:
            return mpmath.mpf(0)
        ratios = dict(self.structure.ratios)
        top = min(1 / real(r) for r in ratios.values())

        def slope(u: mpmath.mpf) -> mpmath.mpf:
            product = mpmath.mpf(1)
            for m, power in self.structure.powers:
                product *= (1 - real(ratios[m]) * u) ** power
            return 1 / product

        low, high = (mpmath.mpf(0), top) if goal > 0 else (mpmath.mpf(-1), mpmath.mpf(0))
        while goal < 0 and function(low) > goal:
            low *= 2
        x = (low + high) / 2
        for _ in range(60 + 4 * mpmath.mp.prec):
            gap = function(x) - goal
            low, high = (x, high) if gap < 0 else (low, x)
            new = x - gap / slope(x)
            if not low < new < high:
                new = (low + high) / 2
            if abs(new - x) <= mpmath.ldexp(1 + abs(x), 12 - mpmath.mp.prec):
                return new
            x = new
        return x


def _shown(clock: Expr) -> Expr:
    """The integral with one logarithm and one fraction, made of factors that are 1 at the start.

    >>> u = UNKNOWN
    >>> _shown(sympy.log(1 - 2 * u) - sympy.log(1 - u) - 1 - 1 / (2 * u - 1))
    2*u/(1 - 2*u) + log((1 - 2*u)/(1 - u))
    """
    logarithm, rest = sympy.Integer(0), sympy.Integer(0)
    for term in sympy.Add.make_args(clock):
        if term.has(sympy.log):
            logarithm += term
        else:
            rest += term
    return _from_one(with_few_logarithms(logarithm)) + _from_one(sympy.factor(sympy.together(rest)))


def _from_one(product: Expr) -> Expr:
    """A product whose sums, those inside logarithms too, are 1 at ``u = 0``."""
    outside, found = sympy.Integer(1), sympy.Integer(1)
    for factor in sympy.Mul.make_args(product):
        base, power = factor.as_base_exp()
        if isinstance(base, sympy.log):
            base = sympy.log(_from_one(base.args[0]))
        start = base.subs(UNKNOWN, 0)
        if base.is_Add and start:
            outside *= start**power
            base = sympy.expand(base / start)
        found *= base**power
    return outside * found


def _rational(value: Fraction) -> Rational:
    return Rational(value.numerator, value.denominator)


# -- the ends -------------------------------------------------------------------------------------


def of_single_atom(solution: Solution, numbers: BySingleAtom) -> tuple[Ending, ...]:
    """Near the singularities of the integral: ``u`` up to the least ``1/r``, or to ``-oo``."""
    made = numbers.structure
    ratios = dict(made.ratios)
    largest = max(ratios.values())
    last = 1 / largest
    closing = sum(power for m, power in made.powers if ratios[m] == largest)
    observable = numbers.closure.observable
    groups = grouping([c for _, c in observable], numbers.closure.rows.number)
    gap = Symbol("epsilon", positive=True)

    def at(u: Expr) -> Expr:
        start = local(made.start.to_sympy())
        petals = {m: start * (1 - _rational(r) * u) for m, r in made.ratios}
        return sympy.factor(petal_expression(observable, petals, groups))

    value = at(_rational(last) * (1 - gap))
    limit = sympy.factor(value.subs(gap, 0))
    lead = sympy.factor(sympy.expand(value - limit).as_leading_term(gap))
    order = sympy.degree(lead, gap) if lead else 0
    rest = sympy.Mul(
        *(
            (1 - _rational(ratios[m] * last)) ** (-power)
            for m, power in made.powers
            if ratios[m] != largest
        )
    )
    speed = local(groups.expression(made.rate)) * Symbol("t", positive=True)
    speed = speed / Symbol("T", positive=True)
    approach: Expr | None = None
    exponent = None
    if closing > 1:
        # rate t/T = rest * last * gap^(1 - n) / (n - 1)
        inner = (rest * _rational(last) / ((closing - 1) * speed)) ** Rational(1, closing - 1)
        approach = sympy.powdenest(sympy.powsimp(lead.subs(gap, inner)))
        exponent = -Rational(order, closing - 1)
    constant = numbers.constant.to_sympy()
    found = [
        Ending(
            sympy.oo,
            public(limit) + constant,
            None if approach is None else sympy.factor_terms(public(approach)),
            exponent,
            evidence=derived("the integral near its singularity"),
        )
    ]
    degree = sum(power for _, power in made.powers)
    height = max(sum(power for _, power in petals) for petals, _ in observable)
    if solution.existence and degree > 1:
        found.append(
            Ending(
                solution.existence[0],
                sympy.oo,
                None,
                -Rational(height, degree - 1),
                evidence=derived(sentence("the integral at {} -> -oo", UNKNOWN)),
            )
        )
    return tuple(found)
