"""Closures in finitely many petals: one first-order equation, solved by its characteristics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.domains import domain_text
from diagrams.dynamics.expressions.signs import real_for_all
from diagrams.dynamics.expressions.surds import with_omega
from diagrams.dynamics.expressions.writing import with_few_logarithms, written
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.grouping import Grouping, local, public
from diagrams.dynamics.petals.petal_equation import TIME, equation_of, point_of
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import Certified
from diagrams.dynamics.roads.closed.ends import endings_of_petals
from diagrams.dynamics.roads.closed.numbers import ByCharacteristics, ByIntegration
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Kind
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence
from diagrams.polynomials.polynomial import sympy_symbol
from pde.equations.characteristics import FAILURES
from pde.equations.characteristics import solve as solve_equation
from pde.equations.darboux import solve_pair
from pde.equations.first_order import FirstOrderEquation
from pde.equations.solution import EquationSolution
from pde.equations.steps import ClockStep, FootStep
from pde.evidence import Evidence as EquationEvidence
from pde.expressions.statement import joined, message, plain_text

VALUE = sympy.Function("h")
"""The solution of the equation, whose value is the loss."""
LEGIBLE = 120
"""Characters of the start of a curve that a sentence may hold."""


class Characteristics(Road[Certified, None]):
    """A closure in finitely many petals, by its characteristics."""

    name = "characteristics"

    def applies(self, asked: Certified) -> Applies[None] | Inapplicable:
        """Where finitely many petals occur."""
        return finitely_many(asked.closure) or Applies(None)

    def derived(self, asked: Certified, found: None) -> Derivation:
        """Solve the equation, or leave its characteristics to be integrated."""
        equation, symbols, groups = equation_of(asked.closure)
        solved = _solved(equation)
        if solved.kind == "unsolved":
            unsolved = "the characteristics of {}: {}"
            raise NotSolved(
                sentence(unsolved, equation.equation(), solved.failure, spell=plain_text)
            )
        as_shown = _as_system if solved.expression is None else _presented
        return as_shown(asked, equation, solved, symbols, groups)


def finitely_many(closure: Closure) -> Inapplicable | None:
    """Return that a closure has infinitely many petals, where it has."""
    return Inapplicable("infinitely many petals occur") if closure.variables is None else None


def _solved(equation: FirstOrderEquation) -> EquationSolution:
    """The solution by invariant lines where a pair of petals has them, else by all methods."""
    if any(not v.is_positive for v in equation.variables[1:]):
        try:
            return solve_pair(equation)
        except FAILURES as error:
            # the general methods try for long and fail: such systems are not integrable by them
            evidence = EquationEvidence("derived", "the characteristics are integrated numerically")
            return EquationSolution("ode", equation, None, evidence, failure=message(error))
    return solve_equation(equation)


def _as_system(
    asked: Certified,
    equation: FirstOrderEquation,
    solved: EquationSolution,
    symbols: Mapping[Exponent, Symbol],
    groups: Grouping,
) -> Derivation:
    """The petals as functions of tau, with their equations and initial values."""
    assert equation.initial is not None
    closure, constant = asked.closure, asked.face.constant
    plain = sympy_symbol(TIME.name)
    moving = {s: sympy.Function(s.name)(plain) for s in symbols.values()}
    conditions: list[sympy.Basic] = []
    for (m, symbol), rate in zip(symbols.items(), equation.field[1:], strict=True):
        start = closure.rows.initial(m).to_sympy()
        conditions.append(sympy.Eq(moving[symbol].diff(plain), public(-rate.xreplace(moving))))
        conditions.append(sympy.Eq(sympy.Function(symbol.name)(0), start, evaluate=False))
    clock = sympy_symbol("t") / sympy_symbol("T")
    conditions.append(sympy.Eq(plain, clock))
    point = point_of(closure, equation, symbols, groups)
    numbers = ByIntegration(solved, point, constant.to_sympy(), closure.rows)
    return Derivation(
        "ode",
        public(equation.initial.value.xreplace(moving)) + constant.to_sympy(),
        numbers,
        Ends(endings_of_petals, numbers),
        asked.certificate.evidence,
        (Step("equation", "the closure as a linear equation", (equation.equation(),)),),
        groups.definitions(),
        tuple(conditions),
        "all t to which the equations can be integrated",
    )


def _presented(
    asked: Certified,
    equation: FirstOrderEquation,
    solved: EquationSolution,
    symbols: Mapping[Exponent, Symbol],
    groups: Grouping,
) -> Derivation:
    assert solved.expression is not None
    assert equation.initial is not None
    closure, constant = asked.closure, asked.face.constant
    initial = {s: local(closure.rows.initial(m).to_sympy()) for m, s in symbols.items()}
    point = point_of(closure, equation, symbols, groups)
    numbers = ByCharacteristics(solved, point, constant.to_sympy(), closure.rows)
    derivation = presented(
        solved, initial, local(constant.to_sympy()), numbers, asked.certificate.evidence
    )
    explicit = derivation.kind == "explicit"
    return replace(
        derivation,
        ends=OF_FORMULA if explicit else Ends(endings_of_petals, numbers),
        definitions=(*derivation.definitions, *groups.definitions()),
    )


def presented(
    solved: EquationSolution,
    initial: Mapping[Symbol, Expr],
    constant: Expr,
    numbers: Numbers,
    evidence: Evidence,
) -> Derivation:
    """Return a solved equation as the derivation of a loss.

    ``initial`` are the values of its variables at time zero, ``constant`` is added.
    """
    equation = solved.equation
    assert solved.expression is not None
    assert equation.initial is not None
    unknown = {u.symbol: Symbol("z", positive=True) for u in solved.unknowns}
    clock = sympy_symbol("t") / sympy_symbol("T")

    def shown(expression: Expr, added: Expr = sympy.S.Zero) -> Expr:
        here = written(expression.xreplace(unknown).xreplace(initial), TIME, added)
        return public(here).xreplace({sympy_symbol(TIME.name): clock})

    formula = shown(solved.expression, constant)
    definitions: tuple[tuple[Symbol, Expr], ...] = ()
    factored = with_omega(solved.expression.xreplace(initial) + constant, TIME)
    if factored is not None:
        form, omega, meaning = factored
        formula = public(form).xreplace({sympy_symbol(TIME.name): clock})
        definitions = ((sympy_symbol(omega.name), public(meaning)),)
    conditions = tuple(sympy.Eq(shown(u.equation), 0, evaluate=False) for u in solved.unknowns)
    bounds = [
        with_few_logarithms(sympy.factor(bound.xreplace(initial)))
        for bound in solved.existence_bounds()
    ]
    bounds = [bound for bound in bounds if real_for_all(bound) is not False]
    existence = tuple(public(bound) * sympy_symbol("T") for bound in bounds)
    steps = (
        Step("equation", "the closure as a linear equation of first order", (equation.equation(),)),
        Step(
            "initial data",
            sentence(
                "at {} = 0; E[L] is {} at the petals of time zero, with the pure-target constant",
                *(TIME, VALUE),
            ),
            (_value_of(equation, sympy.Integer(0), equation.initial.value),),
        ),
        Step(
            "characteristics",
            _in_words(solved),
            (_value_of(equation, TIME, solved.expression),),
        ),
    )
    kind: Kind = "explicit" if solved.kind == "unsolved" else solved.kind
    return Derivation(
        kind,
        formula,
        numbers,
        OF_FORMULA,
        evidence,
        steps,
        definitions,
        conditions,
        domain_text(existence),
        existence,
    )


def _value_of(equation: FirstOrderEquation, time: Expr, value: Expr) -> sympy.Basic:
    """``h`` at a time and the petals, as an equation."""
    return sympy.Eq(VALUE(time, *equation.variables[1:]), value, evaluate=False)


def _in_words(solved: EquationSolution) -> str:
    """How the characteristics were integrated, and where a curve starts if that is short."""
    methods = [step for step in solved.steps if not isinstance(step, ClockStep | FootStep)]
    feet = [step for step in solved.steps if isinstance(step, FootStep)]
    moved = [
        sentence("{}(0) = {}", foot.variable, foot.start, spell=plain_text)
        for foot in feet
        if foot.variable.name != TIME.name
    ]
    text, shown = joined("; ", methods), joined(", ", moved)
    if moved and len(shown) <= LEGIBLE:
        text += sentence("; the curve through a point at {} starts at {}", TIME, shown)
    return text
