"""Closures whose petals move linearly but for one common factor: rich faces of order two.

Decay shrinks all coordinates alike, and so does the self atom: ``z_m = w_m/N`` with linear
equations for ``w`` and ``N' = l(w)`` (:mod:`pde.equations.projective`).  The formula is written so;
put into one fraction it has many rates, and nobody could read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import Ending, blowing_up, derived, unknown
from diagrams.dynamics.expressions.late_times import between, cells
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.petals.petal_equation import TIME, equation_of, point_of
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import Certified
from diagrams.dynamics.roads.closed.closed import finitely_many
from diagrams.dynamics.roads.closed.numbers import ByCharacteristics
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import sympy_symbol
from pde.equations.projective import (
    DENOMINATOR,
    ProjectiveFlow,
    projective_flow,
    solve_projective,
)
from pde.errors import PDEError
from pde.expressions.statement import joined, message

CLOCK = sympy_symbol("t") / sympy_symbol("T")


@dataclass(frozen=True)
class ByProjectiveFlow(ByCharacteristics):
    """Numbers of a projective system, with what its ends follow from.

    ``flow`` starts at the Gaussian petals; ``observable`` is the loss in petals.  All in positive
    symbols and :data:`~diagrams.dynamics.petals.petal_equation.TIME`.
    """

    flow: ProjectiveFlow
    observable: Expr
    petals: tuple[Symbol, ...]

    @property
    def loss(self) -> Expr:
        """The loss in petals, with the constant."""
        return self.observable + local(self.constant)


class Projective(Road[Certified, None]):
    """A closure whose characteristics are a projective system."""

    name = "a projective flow"

    def applies(self, asked: Certified) -> Applies[None] | Inapplicable:
        """Where finitely many petals occur."""
        return finitely_many(asked.closure) or Applies(None)

    def derived(self, asked: Certified, found: None) -> Derivation:
        """Solve the linear equations.

        Raises :class:`~diagrams.errors.NotSolved` where the system is not projective, and where the
        linear part has trace zero: then all rates come in pairs, and hyperbolic functions say the
        same more shortly.
        """
        return _derivation(asked)


def _derivation(asked: Certified) -> Derivation:
    closure, constant = asked.closure, asked.face.constant
    equation, symbols, groups = equation_of(closure)
    assert equation.initial is not None
    try:
        flow = projective_flow(equation)
        solved = solve_projective(equation)
    except PDEError as failure:
        raise NotSolved(message(failure)) from failure
    exponents = _exponents(flow.numerators)
    if not flow.denominator.has(TIME):
        raise NotSolved("projective: the petals move linearly")
    if len(closure.variables or ()) < 2 or sympy.expand(sympy.Add(*exponents)) == 0:
        raise NotSolved("projective: the rates come in pairs")
    initial = {s: local(closure.rows.initial(m).to_sympy()) for m, s in symbols.items()}
    meanings = {s: local(e) for s, e in groups.definitions()}
    plain = {local(s): e for s, e in meanings.items()}
    started = ProjectiveFlow(
        tuple(_at_start(w, initial) for w in flow.numerators),
        _at_start(flow.denominator, initial),
    )
    names = {s: Symbol(s.name.replace("z_", "w_")) for s in symbols.values()}
    formula = equation.initial.value.xreplace({s: n / DENOMINATOR for s, n in names.items()})
    definitions = [(names[s], w) for s, w in zip(symbols.values(), started.numerators, strict=True)]
    shown = [
        (s, public(meaning).xreplace({sympy_symbol(TIME.name): CLOCK}))
        for s, meaning in (*definitions, (DENOMINATOR, started.denominator))
    ]
    numbers = ByProjectiveFlow(
        solved,
        point_of(closure, equation, symbols, groups),
        constant.to_sympy(),
        closure.rows,
        ProjectiveFlow(
            tuple(w.xreplace(plain) for w in started.numerators),
            started.denominator.xreplace(plain),
        ),
        equation.initial.value.xreplace(plain),
        tuple(symbols.values()),
    )
    steps = (
        Step("equation", "the closure as a linear equation of first order", (equation.equation(),)),
        Step("characteristics", joined("; ", solved.steps), ()),
        Step(
            "initial petals",
            "Gaussian averages",
            tuple(sympy.Eq(s, value, evaluate=False) for s, value in initial.items()),
        ),
    )
    return Derivation(
        "explicit",
        public(formula) + constant.to_sympy(),
        numbers,
        Ends(_endings, numbers),
        asked.certificate.evidence,
        steps,
        (*shown, *groups.definitions()),
        (),
        sentence("t up to the zero of {} next to 0 on either side", DENOMINATOR),
    )


def _at_start(expression: Expr, initial: dict[Symbol, Expr]) -> Expr:
    """A sum of exponentials from the initial petals, what they share taken out."""
    return sympy.factor_terms(expression.xreplace(initial))


def _exponents(expressions: Iterable[Expr]) -> set[Expr]:
    """The rates of the exponentials in some expressions, whose sum may lose some of them."""
    return {sympy.factor(e.args[0] / TIME) for one in expressions for e in one.atoms(sympy.exp)}


# -- the ends -------------------------------------------------------------------------------------


def _endings(_: Solution, numbers: ByProjectiveFlow) -> tuple[Ending, ...]:
    """The ends: the fixed points of the petals, and the zero of the denominator.

    With ``W exp(r t)`` the largest part of ``w``: for ``r > 0`` the petals tend to
    ``r W / l(W)``, for ``r < 0`` to zero.  Which part that is may depend on the decay.
    """
    return (*_side(numbers, 1), *_side(numbers, -1))


def _side(numbers: ByProjectiveFlow, side: int) -> list[Ending]:
    rates = sorted(_exponents(numbers.flow.numerators), key=sympy.default_sort_key)
    names = set().union(*(rate.free_symbols for rate in rates))
    if len(names) > 1:
        return [unknown("the rates depend on more than one symbol", side)]
    if not names:
        return [_case(numbers, side, rates, {}, "")]
    (name,) = names
    found = []
    for bounds, inside in cells(_marks([*rates, sympy.Integer(0)], name)):
        found.append(_case(numbers, side, rates, {name: inside[0]}, between(name, *bounds)))
    return _merged(found)


def _marks(rates: list[Expr], name: Symbol) -> list[Expr]:
    """The positive values of a symbol at which two rates change their order."""
    pairs = [one - other for k, one in enumerate(rates) for other in rates[:k] if one != other]
    roots = {root for pair in pairs for root in sympy.roots(sympy.Poly(pair, name))}
    return sorted(root for root in roots if root.is_real and root.is_positive)


def _merged(found: list[Ending]) -> list[Ending]:
    """Cases that end alike need no condition."""
    first = found[0]
    alike = all(
        (e.time, e.limit, e.approach, e.exponent) == (first.time, first.limit, None, first.exponent)
        for e in found
    )
    if alike and len(found) > 1 and first.known:
        return [Ending(first.time, first.limit, None, first.exponent, evidence=first.evidence)]
    return found


def _case(
    numbers: ByProjectiveFlow,
    side: int,
    rates: list[Expr],
    sample: dict[Symbol, Rational],
    condition: str,
) -> Ending:
    """The end on one side, where the rates have the order they have at a sample."""
    flow, time = numbers.flow, side * sympy.oo

    def height(rate: Expr) -> Rational:
        return side * rate.xreplace(sample)

    top = max(rates, key=height)
    weights = [_weight(w, top) for w in flow.numerators]
    if height(top) <= 0:
        rest = sympy.factor(_weight(flow.denominator, sympy.Integer(0)))
        loss = numbers.loss.xreplace(dict.fromkeys(numbers.petals, sympy.Integer(0)))
        if height(top) == 0 or not (rest.is_positive or _positive(rest, sample)):
            return unknown("whether the denominator vanishes depends on the sizes", side, condition)
        small = Symbol("epsilon", positive=True)
        near = {p: small * w / rest for p, w in zip(numbers.petals, weights, strict=True)}
        lead = sympy.expand(numbers.observable.xreplace(near)).as_leading_term(small)
        approach = sympy.factor(lead.xreplace({small: 1}))
        power = sympy.degree(lead, small)
        grown = sympy.exp(public(sympy.factor(power * top)) * CLOCK)
        return Ending(
            time,
            public(loss),
            public(approach) * grown,
            condition=condition,
            evidence=derived("the largest part of the linear flow: all petals vanish"),
        )
    growth = sympy.factor(_weight(flow.denominator, top))
    if growth.is_negative or _positive(-growth, sample):
        if not _monotone(flow.denominator):
            return unknown("the denominator vanishes, at a time without a formula", side, condition)
        degree = sympy.Poly(numbers.observable, *numbers.petals).total_degree()
        reason = sentence("the denominator {} is monotone and has one zero", DENOMINATOR)
        return blowing_up(Fraction(-degree), condition, reason)
    if not (growth.is_positive or _positive(growth, sample)) or not _monotone(flow.denominator):
        return unknown("the sign of the denominator depends on the sizes", side, condition)
    fixed = {
        p: sympy.factor(sympy.cancel(w / growth))
        for p, w in zip(numbers.petals, weights, strict=True)
    }
    limit = sympy.factor(numbers.observable.xreplace(fixed)) + local(numbers.constant)
    return Ending(
        time,
        public(limit),
        condition=condition,
        evidence=derived("the stable fixed point of the petals, in the largest part of the flow"),
    )


def _weight(expression: Expr, rate: Expr) -> Expr:
    """The weight of ``exp(rate t)`` in a sum of exponentials."""
    wanted = sympy.expand(rate)
    return sum((w for r, w in _parts(expression) if r == wanted), sympy.Integer(0))


def _monotone(denominator: Expr) -> bool:
    """Whether the derivative of a sum of exponentials has positive weights only."""
    total: dict[Expr, Expr] = {}
    for rate, weight in _parts(sympy.diff(denominator, TIME)):
        total[rate] = total.get(rate, sympy.Integer(0)) + weight
    return all(sympy.factor(weight).is_nonnegative for weight in total.values())


def _parts(expression: Expr) -> list[tuple[Expr, Expr]]:
    """Rates and weights of the terms of a sum of exponentials."""
    found = []
    for term in sympy.Add.make_args(sympy.expand(expression, power_exp=False)):
        weight, moving = term.as_independent(TIME, as_Add=False)
        exponent = moving.args[0] if isinstance(moving, sympy.exp) else sympy.Integer(0)
        found.append((sympy.expand(exponent / TIME), weight))
    return found


def _positive(expression: Expr, sample: dict[Symbol, Rational]) -> bool:
    """Whether an expression is positive where the decay has a value, for all sizes."""
    return bool(sympy.factor(expression.xreplace(sample)).is_positive)
