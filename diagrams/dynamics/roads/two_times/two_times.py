"""Mean-field equations at two times as a road: what leads where no closure in petals holds.

The diagrams that lead are trees of matrices, or melons, in which the output acts on every factor as
Gaussian noise; both sum to equations for correlations and responses at two times
(:mod:`diagrams.mean_fields`).  The formula is their observable; it comes with these equations, with
a certificate, and with numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import sympy
from sympy import Symbol

from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.face import Face, face_of
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.two_times.melon_formulas import MelonFormulas
from diagrams.dynamics.roads.two_times.numbers import OnGrids, OnTrees
from diagrams.dynamics.roads.two_times.tree_formulas import TreeFormulas
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.graphs.combination import Combination
from diagrams.graphs.tensors import Role
from diagrams.mean_fields.certificate import LEAST, Certificate
from diagrams.mean_fields.equations import TreeEquations, tree_equations
from diagrams.mean_fields.forests import NotForest
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.mean_field import MeanField
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import MelonEquations, NotMelons, melon_clock, melon_equations
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure

SITE_TERMS = 6
"""Orders that are compared where coordinates are followed, whose polynomials grow fast."""

Equations = TreeEquations | MelonEquations

TIMES = tuple(Symbol(name) for name in ("tau", "s", "u"))
"""The time in units of T, one before it, and one between."""


def equations_on(face: Face) -> Equations:
    """The equations on a face, sizes as in the problem; raises ``NotSolved`` for none.

    The constant of the target is that of the face.
    """
    large = fresh("L", face.problem.symbols)
    put = {
        name: Polynomial.monomial(1, {name: 1, large: power})
        for name, power in face.regime.scaling.items()
    }
    try:
        return _trees(face, put, large)
    except NotForest as refused:
        try:
            return _melons(face, put, large)
        except NotMelons:
            raise NotSolved(refused.step) from None


def _melons(face: Face, put: Mapping[str, Polynomial], large: str) -> MelonEquations:
    found = melon_equations(face.problem, put, large, melon_clock(face.problem, put, large))
    kept = found.diagonal if found.coupling else Polynomial()  # a constant is the face's
    return replace(found, symbol="", put=(), exponent=Fraction(0), diagonal=kept)


def _trees(face: Face, put: Mapping[str, Polynomial], large: str) -> TreeEquations:
    """The equations of trees; where the constant alone leads, of what moves beside it."""
    problem, regime = face.problem, face.regime
    powers = regime.scaling
    exponents = zip(regime.symbols, regime.clock or (), strict=False)
    clock = sum((powers[name] * e for name, e in exponents), Fraction(0))
    found = tree_equations(problem, put, large, clock)
    constant = structure(problem).constant
    led = _at_order(constant, powers, found.exponent)
    if led and not _moves(found):
        trained = Combination.of(
            (d, c)
            for d, c in problem.observable
            if any(tensor.role is Role.TRAINED for tensor in d.tensors)
        )
        alone = replace(problem, observable=trained)
        found, led = tree_equations(alone, put, large, clock), Polynomial()
    if not _moves(found):
        raise NotSolved(
            f"{problem.observed_name} does not move at the order that powers of its trees allow:"
            " what is left is smaller, as fluctuations are"
        )
    observable = found.observable + face.constant - led
    return replace(found, symbol="", put=(), exponent=Fraction(0), observable=observable)


def _moves(equations: TreeEquations) -> bool:
    """Whether the observable moves at the order of its equations, as far as one looks."""
    return any(taylor(equations, LEAST)[1:])


def _at_order(value: Polynomial, powers: Mapping[str, int], order: Fraction) -> Polynomial:
    """The terms of a polynomial of one order under a scaling."""
    return Polynomial.from_terms(
        term
        for term in value.terms
        if sum((e * powers.get(name, 0) for name, e in term[0]), Fraction(0)) == order
    )


def _coefficients(equations: Equations, terms: int) -> tuple[Polynomial, ...]:
    """The derivatives at time zero of the observable."""
    if isinstance(equations, TreeEquations):
        return taylor(equations, terms)
    return melon_taylor(equations, terms)


def moving(equations: Equations, face: Face, terms: int) -> tuple[Polynomial, ...]:
    """The coefficients without the constant of the target."""
    first, *rest = _coefficients(equations, terms)
    held = face.constant if isinstance(equations, TreeEquations) else equations.diagonal
    return (first - held, *rest)


def _compared(face: Face, equations: Equations) -> Face:
    """The face with the orders that are compared: one that tells planar problems apart, or more."""
    last = max(face.exact.terms, LEAST)
    if isinstance(equations, MelonEquations) and equations.coupling:
        last = min(last, SITE_TERMS)
    return face if last == face.exact.terms else face_of(face.problem, face.regime, last)


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
    exact = _compared(face, equations)
    known = certified(moving(equations, exact, exact.exact.terms), exact, ByTwoTimes.name)
    return MeanField(
        problem=problem,
        symbol="",
        scaling=(),
        equations=equations,
        derivatives=_coefficients(equations, terms),
        evidence=known.evidence,
        certificate=Certificate(known.orders[-1]),
        regime=face.regime.name,
    )


class ByTwoTimes(Road[Face, Equations]):
    """Correlations and responses of one site of every family."""

    name = "the mean field"
    outline = (
        "The solution is found in these steps: of the diagrams of the loss, trees of matrices or"
        " melons lead in this regime; they sum to equations for one site of every family, in noise"
        " and memory at two times; the Taylor coefficients of these equations are held against the"
        " exact ones, and numbers come of grids, of sampled sites, or of sums of the coefficients."
    )
    petals = False
    gaussian = False

    def applies(self, asked: Face) -> Applies[Equations] | Inapplicable:
        """Where the diagrams are trees of matrices, or a square of products of factors."""
        try:
            found = equations_on(asked)
        except NotSolved as failure:
            return Inapplicable(failure.step)
        return Applies(found)

    def derived(self, asked: Face, found: Equations) -> Derivation:
        """The equations, certified by the exact leading coefficients."""
        face = _compared(asked, found)
        certificate = certified(moving(found, face, face.exact.terms), face, self.name)
        if isinstance(found, TreeEquations):
            formula, numbers, step = self._trees(asked, found)
        else:
            formula, numbers, step = self._melons(asked, found)
        clock = sympy.Eq(TIMES[0], sympy_symbol("t") / sympy_symbol("T"))
        return Derivation(
            "mean_field",
            formula,
            numbers,
            Ends(_late),
            certificate.evidence,
            (step, Step("certificate", certificate.evidence.sentence)),
            conditions=(*step.formulas, clock),
            domain="t >= 0",
            forward=True,
        )

    @staticmethod
    def _trees(asked: Face, found: TreeEquations) -> tuple[sympy.Expr, Numbers, Step]:
        tau, earlier, _ = TIMES
        names = TreeFormulas(found, _taken(asked))
        told = sentence(
            "in the sum over a matrix its row is Gaussian noise, and a memory of what it does to"
            " the others; {}(..) is an average over sites, {}(a, b) the functional derivative of a"
            " by b, with what acts at once",
            names.mean,
            names.answer,
        )
        if not found.fields:
            words = "it moves in averages {}(..) over all sites, without noise or memory"
            told = sentence(words, names.mean)
        step = Step(
            "trees",
            "one site of every family stands for all: " + told + "; at time zero " + names.starts,
            names.conditions(tau, earlier),
        )
        return names.at(found.observable, tau), OnTrees(found), step

    @staticmethod
    def _melons(asked: Face, found: MelonEquations) -> tuple[sympy.Expr, Numbers, Step]:
        constant = asked.constant
        if found.coupling:
            if constant != found.diagonal:
                raise NotSolved("the constant of the target is of another order than the rest")
            constant = Polynomial()  # it is part of what the mean output lacks
        tau, earlier, between = TIMES
        names = MelonFormulas(found, _taken(asked))
        formula = found.observable.to_sympy() * names.output(tau, tau)
        formula += found.diagonal.to_sympy() * (1 - names.overlap(tau)) ** 2
        step = Step(
            "melons",
            sentence(
                "the output acts back on every factor as Gaussian noise; {}, {} are correlation and"
                " response of a factor in units of its variance, {} is the correlation of the"
                " output; the derivative of a response holds a delta function at equal times, where"
                " it is 1",
                names.correlation[0],
                names.response[0],
                names.output,
            ),
            names.conditions(tau, earlier, between),
        )
        return formula + constant.to_sympy(), OnGrids(found, constant), step


def _taken(face: Face) -> tuple[str, ...]:
    """The names that symbols have."""
    return (*face.regime.symbols, "T", "t", *(time.name for time in TIMES))


def _late(solution: Solution, held: object) -> Sequence[Ending]:
    raise NotSolved("late times of two-time equations are not derived; numbers may show them")
