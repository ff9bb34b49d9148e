"""Mean-field equations at two times, where no function of one time sums the leading terms.

On a face where a squared sum over rows acts back on its factors as noise, the leading diagrams are
melons (:mod:`diagrams.mean_fields.melons`).  Their equations hold correlations and responses at two
times; their Taylor coefficients are held against the exact leading ones, and numbers come of grids.
A target on the diagonal that leads makes the coordinates of a row more than Gaussian; then there is
the series, with its certificate, and numbers as far as sums of it agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

import mpmath
import sympy
from sympy import Function, Integral, Rational, Symbol

from diagrams.dynamics.certificate import scaling_of
from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.face import Face, face_of
from diagrams.dynamics.numbers import Numbers, Values, shifted
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.mean_fields.certificate import LEAST, Certificate
from diagrams.mean_fields.curves import melon_curve
from diagrams.mean_fields.mean_field import MeanField
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import (
    MelonEquations,
    melon_clock,
    melon_equations,
)
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from pde.numbers.evaluation import Value

SITE_TERMS = 6
"""Orders that are compared where coordinates are followed, whose polynomials grow fast."""

BITS = 32
"""Of numbers put into the equations: far finer than their sums, and exact series stay short."""

LARGE = "@L"
"""The large parameter of the scaling, which is no symbol of a problem."""


class OnGrids(Numbers):
    """Numbers of melon equations, for ``t >= 0``."""

    def __init__(self, equations: MelonEquations, constant: Polynomial) -> None:
        self.equations, self.constant = equations, constant

    def curve(self, values: Values, times: Sequence[Rational], digits: int) -> tuple[Value, ...]:
        """The observable with errors from three grids; the pure-target constant is added."""
        if any(t < 0 for t in times):
            raise OutsideDomain("the equations are integrated from t = 0 on", "t", "0")
        with mpmath.workdps(digits + 10):
            plain, rate, scale = _in_own_units(self.equations, values)
            rate /= _exact(values.get("T", Rational(1)))
            own = sorted(set(times))
            try:
                found = melon_curve(plain, [float(_exact(t) * rate) for t in own], {})
            except OutsideDomain:
                raise OutsideDomain(
                    f"t = {own[-1]} is beyond what the finest grid can bear at these values", "t"
                ) from None
            pairs = zip(found.values, found.errors, strict=True)
            known = {t: (v * scale, e * scale) for t, (v, e) in zip(own, pairs, strict=True)}
        named = {sympy_symbol(name): value for name, value in values.items()}
        constant = Rational(self.constant.to_sympy().subs(named))
        made = []
        for t in times:
            one = Value(mpmath.mpf(known[t][0]), mpmath.mpf(known[t][1]), "two tolerances")
            made.append(shifted(one, constant, digits))
        return tuple(made)


def _exact(value: Rational) -> mpmath.mpf:
    return mpmath.mpf(value.p) / value.q


def _in_own_units(
    equations: MelonEquations, values: Values
) -> tuple[MelonEquations, mpmath.mpf, mpmath.mpf]:
    """The equations at numbers, in units in which all are of order one; a rate; the observable."""

    at = partial(number_at, values=values)
    factors = equations.factors
    whole = at(equations.start) + at(equations.target)
    rates = [v for f in factors for v in (f.kappa, f.stiff, f.decay)]
    rate = max(abs(at(v)) for v in (*rates, equations.coupling))

    def plain(value: mpmath.mpf) -> Polynomial:
        mantissa, power = mpmath.frexp(value)
        rounded = Fraction(int(mpmath.nint(mantissa * 2**BITS)))
        return Polynomial.constant(rounded * Fraction(2) ** (int(power) - BITS))

    kinds = tuple(
        replace(
            f,
            kappa=plain(at(f.kappa) / rate),
            stiff=plain(at(f.stiff) / rate),
            decay=plain(at(f.decay) / rate),
            back=tuple(plain(at(b) * whole / rate**2) for b in f.back),
            noise=plain(at(f.noise) * whole / rate**2),
        )
        for f in factors
    )
    made = replace(
        equations,
        factors=kinds,
        start=plain(at(equations.start) / whole),
        target=plain(at(equations.target) / whole),
        observable=Polynomial.constant(1),
        coupling=plain(at(equations.coupling) / rate),
        overlap=plain(at(equations.overlap)),
        diagonal=plain(at(equations.diagonal) / (whole * at(equations.observable))),
    )
    return made, rate, whole * at(equations.observable)


def equations_on(face: Face) -> MelonEquations:
    """The equations on a face, sizes as in the problem; raises ``NotSolved`` for none."""
    put = {
        name: Polynomial.monomial(1, {name: 1, LARGE: power})
        for name, power in scaling_of(face.regime).items()
    }
    found = melon_equations(face.problem, put, LARGE, melon_clock(face.problem, put, LARGE))
    kept = found.diagonal if found.coupling else Polynomial()  # a constant is the face's
    return replace(found, symbol="", put=(), exponent=Fraction(0), diagonal=kept)


def _moving(equations: MelonEquations, terms: int) -> tuple[Polynomial, ...]:
    """The coefficients without the constant of the target."""
    first, *rest = melon_taylor(equations, terms)
    return (first - equations.diagonal, *rest)


def mean_field_on(
    problem: Problem, regime: str, terms: int = LEAST, orders: int | None = None
) -> MeanField:
    """Return the mean-field equations of a problem's regime, with their certificate.

    ``terms`` is the highest order of their coefficients, ``orders`` that of the exact ones; by
    default as many as show the regimes.

    Raises :class:`~diagrams.errors.NotSolved` where there are none, and
    :class:`~diagrams.errors.BadInput` for an unknown regime.
    """
    face = face_of(problem, regime, orders)
    if face.parts:
        raise NotSolved("all faces together lead in no one scaling; equations are those of one")
    equations = equations_on(face)
    derivatives = melon_taylor(equations, terms)
    last = face.exact.terms if not equations.coupling else min(face.exact.terms, SITE_TERMS)
    exact = face if last == face.exact.terms else face_of(problem, regime, last)
    known = certified(_moving(equations, last), exact, ByTwoTimes.name)
    return MeanField(
        problem=problem,
        symbol="",
        scaling=(),
        equations=equations,
        derivatives=derivatives,
        evidence=known.evidence,
        certificate=Certificate(known.orders[-1]),
        regime=face.regime.name,
    )


class ByTwoTimes(Road[Face, MelonEquations]):
    """Correlations and responses of one factor, in the noise of the output."""

    name = "the mean field"
    outline = (
        "The solution is found in these steps: of the diagrams of the loss, melons lead in this"
        " regime; they sum to equations for correlations and responses at two times; the Taylor"
        " coefficients of these equations are held against the exact ones, and numbers come of"
        " grids."
    )
    petals = False

    def applies(self, asked: Face) -> Applies[MelonEquations] | Inapplicable:
        """Where the loss is a squared sum over rows of products of different factors."""
        try:
            found = equations_on(asked)
        except NotSolved as failure:
            return Inapplicable(failure.step)
        return Applies(found)

    def derived(self, asked: Face, found: MelonEquations) -> Derivation:
        """The equations, certified by the exact leading coefficients."""
        face, constant = asked, asked.constant
        if found.coupling:
            if constant != found.diagonal:
                raise NotSolved("the constant of the target is of another order than the rest")
            constant = Polynomial()  # it is part of what the mean output lacks
            face = face_of(asked.problem, asked.regime, min(asked.exact.terms, SITE_TERMS))
        certificate = certified(_moving(found, face.exact.terms), face, self.name)
        tau, earlier, between = (Symbol(name) for name in ("tau", "s", "u"))
        names = Names(found, (*asked.regime.symbols, "T", "t", "tau", "s", "u"))
        conditions = names.conditions(tau, earlier, between)
        clock = sympy.Eq(tau, sympy_symbol("t") / sympy_symbol("T"))
        formula = found.observable.to_sympy() * names.output(tau, tau)
        formula += found.diagonal.to_sympy() * (1 - names.overlap(tau)) ** 2
        steps = (
            Step(
                "melons",
                sentence(
                    "the output acts back on every factor as Gaussian noise; {}, {} are correlation"
                    " and response of a factor in units of its variance, {} is the correlation of"
                    " the output; the derivative of a response holds a delta function at equal"
                    " times, where it is 1",
                    names.correlation[0],
                    names.response[0],
                    names.output,
                ),
                conditions,
            ),
            Step("certificate", certificate.evidence.sentence),
        )
        return Derivation(
            "mean_field",
            formula + constant.to_sympy(),
            OnGrids(found, constant),
            Ends(_late),
            certificate.evidence,
            steps,
            conditions=(*conditions, clock),
            domain="t >= 0",
        )


def _late(solution: Solution, held: object) -> Sequence[Ending]:
    raise NotSolved("late times of two-time equations are not derived; numbers may show them")


class Names:
    """The functions of two times, under names that no symbol has."""

    def __init__(self, equations: MelonEquations, taken: Sequence[str]) -> None:
        self.equations = equations
        several = len(equations.factors) > 1

        def named(letter: str, c: int | None = None) -> sympy.Function:
            own = letter if c is None or not several else f"{letter}_{c + 1}"
            return Function(fresh(own, taken))

        kinds = range(len(equations.factors))
        self.output, self.kernel, self.answer = named("F"), named("K"), named("r")
        self.correlation = [named("C", c) for c in kinds]
        self.response = [named("R", c) for c in kinds]
        self.energy = [named("Sigma", c) for c in kinds]
        self.count = [f.count for f in equations.factors]
        self.overlap, self.noise, self.mean = named("m"), named("eta"), named("E")
        self.coordinates = [Function(fresh(f"x_{a + 1}", taken)) for a in range(self.count[0])]

    def product(self, t: Symbol, s: Symbol, *left_out: int) -> sympy.Expr:
        """The product of all correlations, some factors left out."""
        powers = [m - left_out.count(c) for c, m in enumerate(self.count)]
        return sympy.Mul(*(self.correlation[c](t, s) ** m for c, m in enumerate(powers)))

    def conditions(self, t: Symbol, s: Symbol, u: Symbol) -> tuple[sympy.Basic, ...]:
        """The equations, with integrals written out."""
        eq, F, K, r = self.equations, self.output, self.kernel, self.answer
        v = Symbol("v")
        start = eq.start.to_sympy() * self.product(t, s) + eq.target.to_sympy()

        def of(a: Symbol, b: Symbol) -> sympy.Expr:
            return start.subs({t: a, s: b}, simultaneous=True)

        twice = Integral(r(t, u) * of(u, v) * r(s, v), (u, 0, t), (v, 0, s))
        once = Integral(r(t, u) * of(u, s), (u, 0, t)) + Integral(of(t, v) * r(s, v), (v, 0, s))
        kernel = sympy.Add(
            *(
                -f.count * f.kappa.to_sympy() * self.response[c](t, s) * self.product(t, s, c)
                for c, f in enumerate(eq.factors)
            )
        )
        found: list[sympy.Basic] = [
            sympy.Eq(F(t, s), start + once + twice, evaluate=False),
            sympy.Eq(r(t, s), K(t, s) + Integral(K(t, u) * r(u, s), (u, s, t)), evaluate=False),
            sympy.Eq(K(t, s), kernel, evaluate=False),
        ]
        if eq.coupling:
            return (*found, *self.at_a_site(t, s, u))
        for c, f in enumerate(eq.factors):
            C, R, S = self.correlation[c], self.response[c], self.energy[c]
            own = f.stiff.to_sympy() * self.product(t, t, c) + f.decay.to_sympy()
            noise = f.noise.to_sympy() * F(t, u) * self.product(t, u, c)
            drift = -own * C(t, s) - Integral(S(t, u) * C(u, s), (u, 0, t))
            drift += Integral(noise * R(s, u), (u, 0, s))
            answer = -own * R(t, s) - Integral(S(t, u) * R(u, s), (u, s, t))
            energy = f.stiff.to_sympy() * r(t, s) * self.product(t, s, c)
            for j, weight in enumerate(f.back):
                twins = self.count[j] - (j == c)
                if twins:
                    more = F(t, s) * self.response[j](t, s) * self.product(t, s, c, j)
                    energy -= twins * weight.to_sympy() * more
            found += [
                sympy.Eq(C(t, s).diff(t), drift, evaluate=False),
                sympy.Eq(R(t, s).diff(t), answer, evaluate=False),
                sympy.Eq(S(t, s), energy, evaluate=False),
            ]
        return tuple(found)

    def at_a_site(self, t: Symbol, s: Symbol, u: Symbol) -> tuple[sympy.Basic, ...]:
        """The coordinates under a target, the first for all, and the averages they give."""
        eq, (f,) = self.equations, self.equations.factors
        C, R, S, E = self.correlation[0], self.response[0], self.energy[0], self.mean
        x, *others = self.coordinates
        pull = (1 - self.overlap(t)) * sympy.Mul(*(other(t) for other in others))
        own = f.stiff.to_sympy() * self.product(t, t, 0) + f.decay.to_sympy()
        drift = eq.coupling.to_sympy() * pull - own * x(t)
        drift += self.noise(t) - Integral(S(t, u) * x(u), (u, 0, t))
        energy = f.stiff.to_sympy() * self.answer(t, s) * self.product(t, s, 0)
        back = (f.count - 1) * f.back[0].to_sympy()
        energy -= back * self.output(t, s) * R(t, s) * self.product(t, s, 0, 0)
        noise = f.noise.to_sympy() * self.output(t, s) * self.product(t, s, 0)
        whole = sympy.Mul(*(one(t) for one in self.coordinates))
        return (
            sympy.Eq(x(t).diff(t), drift, evaluate=False),
            sympy.Eq(E(self.noise(t) * self.noise(s)), noise, evaluate=False),
            sympy.Eq(C(t, s), E(x(t) * x(s)), evaluate=False),
            sympy.Eq(self.overlap(t), eq.overlap.to_sympy() * E(whole), evaluate=False),
            sympy.Eq(S(t, s), energy, evaluate=False),
        )
