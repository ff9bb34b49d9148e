"""The solution of Bernoulli coordinates as a person would write it, with its domain."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import mpmath
import sympy
from sympy import Expr, Function, Integral, Rational, Symbol
from sympy.core.function import AppliedUndef

from diagrams.dynamics.ends.ending import END
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.grouping import Grouping, grouping, local, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import Exponent, petal_name
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.bernoulli.ends import of_first_integral
from diagrams.dynamics.roads.bernoulli.ends_of_equal_ties import endings_of_equal_ties
from diagrams.dynamics.roads.bernoulli.formula_of_several import (
    SQUARE_AVERAGE,
    TARGET_AVERAGE,
    equal_averages,
    equal_definitions,
    equal_steps,
    first_integral,
)
from diagrams.dynamics.roads.bernoulli.numbers import ByFirstIntegral
from diagrams.dynamics.roads.bernoulli.structure import (
    PHI,
    PSI,
    Bernoulli,
    bernoulli,
    bernoulli_with_decay,
    blow_up_exponent,
    rational_value,
)
from diagrams.dynamics.roads.certified import Certified
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Kind
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from pde.expressions.compilation import compiled
from pde.numbers.evaluation import Value

COORDINATE = Symbol("xi")
SPREAD = Symbol("a", positive=True)
SHOWN = 8
"""Digits of a threshold in the text of a domain."""

AGREEMENT = 30
"""Digits to which a closed form of an average must agree with the integral."""
PLACES = (0, 1, 2, 4, 8, 16)
"""Between which the integral is taken."""


class FirstIntegral(Road[Certified, Bernoulli]):
    """Coordinates that obey a Bernoulli equation without decay.

    The formal series is compared once more with the closure's own coefficients, at rational sizes,
    to the order of the certificate.
    """

    name = "a first integral"

    def applies(self, asked: Certified) -> Applies[Bernoulli] | Inapplicable:
        """Where the coordinates obey such an equation."""
        return _structure(asked, bernoulli)

    def derived(self, asked: Certified, found: Bernoulli) -> Derivation:
        """Averages over the coordinates, and one integral."""
        check_series(found, asked.certificate.orders[-1])
        constant = asked.face.constant
        formula, conditions, _ = _formulas(found)
        kind: Kind = "implicit" if found.beta else "quadrature"
        if not found.beta and not formula.has(AppliedUndef) and not conditions:
            kind = "explicit"
        if not found.single:
            numbers = ByCoordinates(found.closure, constant)
            ends = Ends(endings_of_equal_ties, (found, constant))
            return _derivation(asked, found, kind, numbers, ends, _domain(found, None))
        one = ByFirstIntegral(found, constant)
        ends = Ends(of_first_integral, one)
        return _derivation(asked, found, kind, one, ends, _domain(found, one.critical(SHOWN)))


class OneEquation(Road[Certified, Bernoulli]):
    """Coordinates of several colours with decay that move together: one equation for ``phi``."""

    name = "one equation"

    def applies(self, asked: Certified) -> Applies[Bernoulli] | Inapplicable:
        """Where several colours have the same Bernoulli equation, decay allowed."""
        found = _structure(asked, bernoulli_with_decay)
        if isinstance(found, Applies) and found.found.single:
            return Inapplicable("there is one colour")
        return found

    def derived(self, asked: Certified, found: Bernoulli) -> Derivation:
        """The equation, to be integrated."""
        numbers = ByCoordinates(found.closure, asked.face.constant)
        ends = Ends(endings_of_equal_ties, (found, asked.face.constant))
        return _derivation(asked, found, "ode", numbers, ends, numbers.domain)


def _structure(
    asked: Certified, read: Callable[[Closure], Bernoulli]
) -> Applies[Bernoulli] | Inapplicable:
    """What an equation of Bernoulli says of a closure in infinitely many petals."""
    if asked.closure.variables is not None:
        return Inapplicable("finitely many petals occur")
    try:
        return Applies(read(asked.closure))
    except NotSolved as reason:
        return Inapplicable(reason.step)


def _derivation(
    asked: Certified, found: Bernoulli, kind: Kind, numbers: Numbers, ends: Ends, domain: str
) -> Derivation:
    formula, conditions, definitions = _formulas(found)
    integrated = "one equation" if found.decay else "first integral"
    steps = (
        Step(
            "coordinates",
            sentence("the Liouville form, {} = t/T", Symbol("tau")),
            (_coordinates(found),),
        ),
        *(() if found.single else equal_steps(found, grouped_rates(found)[0])),
        Step(
            integrated,
            sentence("with {0}' = {1}, {0}(0) = 0, {1}(0) = 1", PSI, PHI),
            conditions,
        ),
    )
    return Derivation(
        kind,
        formula + asked.face.constant.to_sympy(),
        numbers,
        ends,
        asked.certificate.evidence,
        steps,
        definitions,
        conditions,
        domain,
    )


def check_series(found: Bernoulli, terms: int) -> None:
    """Compare the formal series of the first integral with the closure's coefficients.

    Raises :class:`~diagrams.errors.NotSolved` at the first that differs.
    """
    rows = found.closure.rows
    values = {rows.features: Fraction(3), rows.number: Fraction(5)}
    names = {n for _, c in found.closure.observable for n in c.symbols}
    for polynomial in (found.alpha, found.beta, found.variance):
        names |= set(polynomial.symbols)
    for place, name in enumerate(sorted(names - set(values))):
        values[name] = Fraction(2 * place + 3, 7)
    said = found.series(values, terms)
    for s, (own, known) in enumerate(zip(said, found.closure.coefficients(terms), strict=True)):
        if own != rational_value(known, values):
            raise NotSolved(f"the first integral: its series differs from the closure at order {s}")


def _coordinates(found: Bernoulli) -> Expr:
    tau, names = Symbol("tau"), found.closure.rows.colours
    moving = [Function("v" if found.single else f"v_{name}")(tau) for name in names]
    z = Function(petal_name(found.square))(tau)
    product = sympy.Mul(*(v**e for v, e in zip(moving, found.driving, strict=True)))
    rate = found.alpha.to_sympy() * product / moving[0]
    damping = found.beta.to_sympy() * z**found.power + found.decay.to_sympy()
    rate -= damping * moving[0]
    return sympy.Eq(moving[0].diff(tau), rate)


def grouped_rates(found: Bernoulli) -> tuple[Expr, Expr, Grouping]:
    """Return ``alpha`` and ``beta`` in grouped parameters, and these."""
    groups = grouping([c for _, c in found.closure.observable], found.closure.rows.number)
    alpha, beta = (public(groups.expression(rate)) for rate in (found.alpha, found.beta))
    return alpha, beta, groups


def _formulas(
    found: Bernoulli,
) -> tuple[Expr, tuple[sympy.Basic, ...], tuple[tuple[Symbol, Expr], ...]]:
    """``E[L]`` without constant, the equations that define what it contains, its parameters."""
    return _of_one_colour(found) if found.single else formulas_of_several(found)


def formulas_of_several(
    found: Bernoulli,
) -> tuple[Expr, tuple[sympy.Basic, ...], tuple[tuple[Symbol, Expr], ...]]:
    """Return the same for several colours, with or without decay."""
    alpha, beta, groups = grouped_rates(found)
    p = sympy_symbol(found.closure.rows.features)
    clock = sympy_symbol("t") / sympy_symbol("T")
    moved = bool(found.beta or found.decay)
    at, growth = (PSI, PHI(PSI)) if moved else (clock, sympy.Integer(1))
    symbols: dict[Exponent, Expr] = {
        m: p
        * growth ** Rational(sum(m), found.d)
        * (SQUARE_AVERAGE if m == found.square else TARGET_AVERAGE)(at)
        for m in found.closure.observable.variables
    }
    formula = public(petal_expression(found.closure.observable, symbols, groups))
    conditions = equal_averages(found, alpha)
    if moved:
        conditions += first_integral(found, beta, p, clock)
    return formula, conditions, (*equal_definitions(found, alpha), *groups.definitions())


def _of_one_colour(
    found: Bernoulli,
) -> tuple[Expr, tuple[sympy.Basic, ...], tuple[tuple[Symbol, Expr], ...]]:
    """The same for one colour, where averages are integrals over one coordinate."""
    closure = found.closure
    alpha, beta, groups = grouped_rates(found)
    definitions = groups.definitions()
    p = sympy_symbol(closure.rows.features)
    clock = sympy_symbol("t") / sympy_symbol("T")
    at = PSI if found.beta else clock
    growth = PHI(PSI) if found.beta else sympy.Integer(1)
    used = {j for (j,) in closure.observable.variables} | ({2} if found.beta else set())
    averages = {j: _average(found, j, alpha) for j in sorted(used)}
    names = {
        j: SQUARE_AVERAGE if j == 2 else TARGET_AVERAGE if j == found.d + 2 else Function(f"G_{j}")
        for j in used
    }
    symbols: dict[Exponent, Expr] = {}
    conditions: list[sympy.Basic] = []
    for j, average in averages.items():
        inline = not found.beta and not average.has(Integral)
        value = average if inline else names[j](at)
        symbols[(j,)] = p * growth ** Rational(j, found.d) * value
        if not inline:
            slope = SQUARE_AVERAGE(PSI).diff(PSI) / (2 * alpha)
            derived = names[j] == TARGET_AVERAGE and 2 in averages
            conditions.append(sympy.Eq(names[j](PSI), slope if derived else average))
    formula = public(petal_expression(closure.observable, symbols, groups))
    if any(average.has(SPREAD) for average in averages.values()):
        plain = Symbol(SPREAD.name)
        formula = formula.xreplace({SPREAD: plain})
        conditions = [condition.xreplace({SPREAD: plain}) for condition in conditions]
        spread = -found.d * alpha * at * found.variance.to_sympy() ** (found.d // 2)
        definitions = ((plain, spread), *definitions)
    if found.beta:
        conditions.extend(first_integral(found, beta, p, clock))
    return formula, tuple(conditions), definitions


def _average(found: Bernoulli, j: int, alpha: Expr) -> Expr:
    """``G_j(psi)``: a closed form in a where there is a short one, else the integral."""
    deviation = public(sympy.sqrt(local(found.variance.to_sympy())))
    closed = closed_average(found.d)
    if closed is not None and j in (2, found.d + 2):
        if j != 2:
            closed = sympy.expand(-Rational(found.d, 2) * sympy.diff(closed, SPREAD))
        return deviation**j * sympy.factor_terms(closed)
    weight = sympy.exp(-(COORDINATE**2) / (2 * deviation**2))
    weight /= sympy.sqrt(2 * sympy.pi) * deviation
    base = 1 - found.d * alpha * PSI * COORDINATE**found.d
    integrand = COORDINATE**j * base ** Rational(-j, found.d) * weight
    return Integral(integrand, (COORDINATE, -sympy.oo, sympy.oo))


@lru_cache(maxsize=16)
def closed_average(d: int) -> Expr | None:
    """Return ``k_2(-a) = E[x^2 (1 + a x^d)^(-2/d)]`` in closed form, where SymPy finds it short.

    The form is accepted only if it agrees with the integral to 30 digits.

    >>> closed_average(2)
    1/a - sqrt(2)*sqrt(pi)*exp(1/(2*a))*erfc(sqrt(2)/(2*sqrt(a)))/(2*a**(3/2))
    """
    if d != 2:
        return None  # for larger d the forms are products of Bessel functions, Meijer functions
    x = Symbol("x", positive=True)
    integrand = 2 * x**2 * (1 + SPREAD * x**d) ** Rational(-2, d) * sympy.exp(-(x**2) / 2)
    found = sympy.integrate(integrand / sympy.sqrt(2 * sympy.pi), (x, 0, sympy.oo))
    if found.has(Integral):
        return None
    simple = sympy.simplify(found)
    with mpmath.workdps(AGREEMENT + 10):
        for point in (mpmath.mpf(1) / 7, mpmath.mpf(3)):
            direct = 2 * mpmath.quad(
                lambda u, a=point: u**2 / (1 + a * u**2) * mpmath.npdf(u), PLACES
            )
            if abs(compiled([SPREAD], simple)(point) - direct) > mpmath.mpf(10) ** -AGREEMENT:
                return None
    return simple


def _domain(found: Bernoulli, critical: tuple[Polynomial, Value] | None) -> str:
    """The domain in words: the side of t, the threshold, the way it diverges."""
    numerical = found.alpha.to_sympy()
    factor = numerical.as_coeff_Mul()[0]
    side = "t <= 0" if factor > 0 else "t >= 0"
    if numerical.free_symbols:
        side = sentence("{}*t <= 0", numerical / abs(factor))
    words = side + " (on the other side the series has no Borel sum)"
    if not found.beta:
        return words
    ends = sentence(
        "up to a time {}, where E[L] diverges as |t - {}|^({})",
        *(END, END, str(blow_up_exponent(found))),
    )
    if not found.single:
        if numerical.free_symbols:
            scales = numerical / abs(factor)
            return words + sentence("; for {} > 0 {}, else for all such t", scales, ends)
        return words + "; " + (ends if factor > 0 else "there for all t")
    if critical is None:
        return words
    monomial, bound = critical
    if factor < 0 and not numerical.free_symbols:
        return words + "; there for all t"
    groups = grouping([c for _, c in found.closure.observable], found.closure.rows.number)
    shown, number = public(groups.expression(monomial)), mpmath.nstr(bound.value, SHOWN)
    return words + sentence("; for all such t if {} < {}, else {}", shown, number, ends)
