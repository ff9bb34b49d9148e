"""Weights that start at their means: equations of a few amplitudes, carried on to a formula.

Without a spread there is nothing to average: the loss is a polynomial in the amplitudes of
:mod:`diagrams.dynamics.roads.fixed_start.amplitudes`, whose equations hold at every size.  One
amplitude that obeys an equation of Bernoulli or Riccati has a formula; any other single one is the
inverse of an integral; several are integrated together.  (The sigmoids of deep linear networks:
Saxe, McClelland, Ganguli, arXiv 1312.6120.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.constants import whole_constant
from diagrams.dynamics.ends.ending import Ending, unknown
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.grouping import Grouping, grouping, inserted, local, public
from diagrams.dynamics.petals.petal_equation import TIME
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.closed.closed import presented
from diagrams.dynamics.roads.closed.numbers import ByEquation
from diagrams.dynamics.roads.fixed_start.amplitudes import Amplitudes, amplitudes_of
from diagrams.dynamics.sentences import listed, sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.evidence import Evidence
from diagrams.polynomials.polynomial import Polynomial, Powers, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.structure import structure
from pde.equations.characteristics import numerical
from pde.equations.characteristics import solve as solve_equation
from pde.equations.first_order import FirstOrderEquation, InitialData

OUTLINE = (
    "The solution is found in these steps: all weights start at their means, so that every tensor"
    " is a sum of patterns with an amplitude each, and stays one; the merge of an entry with the"
    " potential gives the velocities of the amplitudes; their equations are solved or integrated;"
    " and the Taylor coefficients of what comes out are held against the exact ones."
)
CLOCK = sympy_symbol("t") / sympy_symbol("T")


class ByFixedStart(Road[Face, Amplitudes]):
    """All weights start at their means."""

    name = "amplitudes of a fixed start"
    outline = OUTLINE
    petals = False

    def applies(self, asked: Face) -> Applies[Amplitudes] | Inapplicable:
        """Where nothing in loss and potential has a spread."""
        found = amplitudes_of(asked.problem)
        return found if isinstance(found, Inapplicable) else Applies(found)

    def derived(self, asked: Face, found: Amplitudes) -> Derivation:
        """Solve the equations of the amplitudes."""
        start, *rest = found.derivatives(asked.exact.terms)
        said = (start - structure(asked.problem).constant, *rest)
        whole = replace(asked, constant_note=whole_constant(asked.problem))
        evidence = certified(said, whole, self.name).evidence
        symbols = _Symbols.of(found, {*asked.regime.symbols, "T", "t"})
        equation = _equation(symbols)
        steps = _steps(symbols, evidence)
        if len(found.names) == 1 and _is_elementary(found.velocities[0], found.names[0]):
            solved = solve_equation(equation)
            if solved.expression is not None:
                numbers = ByEquation(solved, _point(equation, symbols), sympy.Integer(0))
                made = presented(solved, symbols.starts, sympy.Integer(0), numbers, evidence)
                named = (*made.definitions, *symbols.groups.definitions())
                return replace(made, steps=steps, definitions=named)
        return _integrated(symbols, equation, steps, evidence)


def _is_elementary(velocity: Polynomial, name: str) -> bool:
    """Whether an equation is linear, of Riccati, or of Bernoulli."""
    powers = {p.get(name, 0) for p, _ in velocity}
    return max(powers, default=0) <= 2 or (len(powers) == 2 and 1 in powers)


@dataclass(frozen=True)
class _Symbols:
    """The symbols of the amplitudes, and names for coefficients of several terms."""

    found: Amplitudes
    names: tuple[Symbol, ...]
    groups: Grouping

    @staticmethod
    def of(found: Amplitudes, taken: Collection[str]) -> _Symbols:
        """New names for the amplitudes, and for the coefficients of their powers."""
        names = tuple(Symbol(fresh(name, set(taken)), positive=True) for name in found.names)
        values = (found.loss, *found.velocities)
        coefficients = [c for value in values for _, c in _by_power(value, found.names)]
        return _Symbols(found, names, grouping(coefficients, ""))

    def expression(self, value: Polynomial) -> Expr:
        """A polynomial in amplitudes, all symbols positive."""
        return sympy.Add(
            *(
                self.groups.expression(c)
                * sympy.Mul(
                    *(z ** sympy.Rational(p) for z, p in zip(self.names, powers, strict=True))
                )
                for powers, c in _by_power(value, self.found.names)
            )
        )

    @property
    def starts(self) -> dict[Symbol, Expr]:
        """The amplitudes at the start."""
        values = (local(start.to_sympy()) for start in self.found.starts)
        return dict(zip(self.names, values, strict=True))


def _by_power(
    value: Polynomial, names: Sequence[str]
) -> Iterator[tuple[tuple[Fraction, ...], Polynomial]]:
    """The coefficient of each power of some symbols."""
    groups: dict[tuple[Fraction, ...], list[tuple[Powers, Fraction]]] = {}
    for powers, c in value.terms:
        own = dict(powers)
        key = tuple(own.pop(name, Fraction(0)) for name in names)
        groups.setdefault(key, []).append((tuple(own.items()), c))
    for key, terms in groups.items():
        yield key, Polynomial.from_terms(terms)


def _equation(symbols: _Symbols) -> FirstOrderEquation:
    """The loss after a time, as a function of the amplitudes at its beginning."""
    field = tuple(-symbols.expression(v) for v in symbols.found.velocities)
    loss = symbols.expression(symbols.found.loss)
    return FirstOrderEquation(
        (TIME, *symbols.names),
        (sympy.Integer(1), *field),
        initial=InitialData(TIME, sympy.Integer(0), loss),
    )


def _point(equation: FirstOrderEquation, symbols: _Symbols) -> tuple[tuple[str, Expr], ...]:
    """What every symbol of the equation stands for, in plain symbols."""
    own = [(s.name, public(value)) for s, value in symbols.starts.items()]
    defined = symbols.groups.definitions()
    plain = [sympy_symbol(s.name) for s in equation.parameters]
    others = [(s.name, inserted(s, defined)) for s in plain]
    return (*own, *others, (TIME.name, CLOCK))


def _integrated(
    symbols: _Symbols, equation: FirstOrderEquation, steps: tuple[Step, ...], evidence: Evidence
) -> Derivation:
    """The loss in amplitudes: one as the inverse of an integral, several as functions of time."""
    solved = numerical(equation, ("amplitudes without a formula",))
    numbers = ByEquation(solved, _point(equation, symbols), sympy.Integer(0))
    found, names, starts = symbols.found, symbols.names, symbols.starts
    loss = public(symbols.expression(found.loss))
    velocities = [public(symbols.expression(v)) for v in found.velocities]
    plain = [public(name) for name in names]
    if len(names) == 1:
        (amplitude,), (velocity,) = plain, velocities
        inner = Symbol(fresh("x", {s.name for s in velocity.free_symbols}))
        integrand = 1 / sympy.factor(velocity.xreplace({amplitude: inner}))
        time = sympy.Integral(integrand, (inner, public(starts[names[0]]), amplitude))
        conditions: tuple[sympy.Basic, ...] = (sympy.Eq(time, CLOCK, evaluate=False),)
    else:
        moving = {s: sympy.Function(s.name)(TIME) for s in plain}
        loss = loss.xreplace(moving)
        pairs = zip(plain, velocities, names, strict=True)
        listed_ = [
            (sympy.Eq(moving[s].diff(TIME), velocity.xreplace(moving), evaluate=False), start)
            for s, velocity, name in pairs
            for start in [sympy.Eq(moving[s].func(0), public(starts[name]), evaluate=False)]
        ]
        conditions = (*(e for pair in listed_ for e in pair), sympy.Eq(TIME, CLOCK))
    return Derivation(
        "implicit" if len(names) == 1 else "ode",
        sympy.factor_terms(loss),
        numbers,
        Ends(_ends_unknown),
        evidence,
        steps,
        symbols.groups.definitions(),
        conditions,
        domain="all t to which the amplitudes can be followed",
    )


def _ends_unknown(_: Solution, __: None = None) -> tuple[Ending, ...]:
    reason = "the amplitudes have no formula"
    return unknown(reason, 1), unknown(reason, -1)


def _steps(symbols: _Symbols, evidence: Evidence) -> tuple[Step, ...]:
    found, plain = symbols.found, [public(name) for name in symbols.names]
    said = (
        sentence("{} of {}, at the start {}", name, listed(tensors), start.to_sympy())
        for name, tensors, start in zip(plain, found.patterns, found.starts, strict=True)
    )
    tau = public(TIME)
    moving = {s: sympy.Function(s.name)(tau) for s in plain}
    equations = tuple(
        sympy.Eq(
            moving[s].diff(tau),
            public(symbols.expression(v)).xreplace(moving),
            evaluate=False,
        )
        for s, v in zip(plain, found.velocities, strict=True)
    )
    return (
        Step("amplitudes", sentence("of patterns of the weights: {}", listed(said, "; "))),
        Step("equations", sentence("at every size; {} = t/T", tau), equations),
        Step("certificate", evidence.sentence),
    )
