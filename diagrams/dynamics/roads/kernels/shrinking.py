r"""The kernel under weight decay: lazy faces on which the weights shrink as they learn.

Decay multiplies every weight by ``exp(-lambda tau)`` to leading order, whatever the output does. So
the output ``f`` takes the factor ``exp(-mu tau)`` and its kernel ``K = f * f`` (see
:mod:`diagrams.dynamics.roads.kernels.frozen`) the factor ``exp(-rho tau)``; both rates are read off
the diagrams, as merges of ``f`` and of ``f * f`` with the diagram of the decay.  With the average
``kappa exp(-rho tau)`` of the kernel the output obeys a linear equation,

    df/dtau = -kappa exp(-rho tau) (f - F) - mu f,    f - F = a f(0) - h F,

    a = exp(x - x_0 - mu tau),    x = x_0 exp(-rho tau),    x_0 = kappa / rho,
    h = a + (mu/rho) (exp(x) E_q(x) - exp(x - mu tau) E_q(x_0)),    q = 1 + mu/rho,

with exponential integrals ``E_q``, and ``E[L] = a^2 Var + h^2 |F|^2 / 2``.  Where the kernel is
small against the decay, ``h`` is kept to first order in ``kappa``.  (Ours.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.face import Face
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.petals.closure import unweighed_decay
from diagrams.dynamics.petals.grouping import inserted
from diagrams.dynamics.petals.petals import monomial_height
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified, with_decay_note
from diagrams.dynamics.roads.kernels.by_rate import ByRate, endings_by_rate
from diagrams.dynamics.roads.kernels.equation import Balance, ShrinkingKernel
from diagrams.dynamics.roads.kernels.frozen import OUTLINE, OUTPUT, averaged_kernel, initial_loss
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Ends
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.regimes.regime import Regime
from diagrams.wick.expectation import expectation


def shrinking_kernel(
    problem: Problem, regime: Regime, terms: int, constant: Polynomial
) -> ShrinkingKernel | Inapplicable:
    """Return the kernel under decay on a face, a candidate until certified.

    ``constant`` is the pure-target constant, or those of its terms that belong to the answer.

    There is none where there is no decay, or it does not shrink all weights alike; and as
    :func:`diagrams.dynamics.roads.kernels.frozen.averaged_kernel` says.
    """
    decay = problem.potential - problem.observable
    if not decay.terms:
        return Inapplicable("there is no weight decay")
    scaling = regime.scaling
    found = averaged_kernel(problem, scaling)
    if isinstance(found, Inapplicable):
        return found
    output, merged, kappa = found
    mu, rho = rate_of(Combination.of({output: 1}), decay), rate_of(merged, decay)
    if mu is None or rho is None:
        return Inapplicable("the decay does not shrink all weights of the output alike")
    variance = _variance(problem, output, scaling)
    if isinstance(variance, Inapplicable):
        return variance
    weighed = unweighed_decay(problem, regime) is None
    balance: Balance = "both"
    if weighed:
        one, other = (monomial_height(rate, scaling) for rate in (kappa, mu))
        balance = "both" if one == other else "kernel" if one > other else "decay"
    made = ShrinkingKernel(output, kappa, mu, rho, balance, variance, constant)
    return _pruned(made, scaling, terms)


def rate_of(value: Combination, decay: Combination) -> Polynomial | None:
    """Return the number by which a merge with the decay multiplies all, if there is one."""
    rates = set()
    for diagram, _ in value:
        found = list(merge(Combination.of({diagram: 1}), decay))
        if len(found) != 1 or not found[0][0].is_isomorphic(diagram):
            return None
        rates.add(found[0][1])
    return rates.pop() if len(rates) == 1 else None


def _variance(
    problem: Problem, output: Diagram, scaling: Mapping[str, int]
) -> Polynomial | Inapplicable:
    """The leading average of ``f . f / 2``, if ``f . F`` has no average."""
    own = {edge.tensor.name for edge in output.edges}
    pair: dict[Diagram, Polynomial] = {}
    for diagram, weight in problem.observable:
        trained = sum(edge.tensor.name in own for edge in diagram.edges)
        if trained == 2 * len(output.edges):
            pair[diagram] = weight
        elif trained and any(c for _, c in expectation(Combination.of({diagram: weight}))):
            return Inapplicable(
                sentence("{}, the output along the target, has an average", diagram)
            )
    found = expectation(Combination.of(pair))
    return leading_part(Polynomial.from_terms(term for _, c in found for term in c.terms), scaling)


def _pruned(made: ShrinkingKernel, scaling: Mapping[str, int], terms: int) -> ShrinkingKernel:
    """Without the part of the loss that leads at no order."""
    kept = [False, False]
    for s in range(1, terms + 1):
        heights = [
            monomial_height(part[s], scaling) if part[s] else None for part in made.parts(terms)
        ]
        top = max((h for h in heights if h is not None), default=None)
        kept = [k or (h is not None and h == top) for k, h in zip(kept, heights, strict=True)]
    return replace(
        made,
        variance=made.variance if kept[0] else Polynomial(),
        target=made.target if kept[1] else Polynomial(),
    )


class ByShrinkingKernel(Road[Face, ShrinkingKernel]):
    """The kernel shrinks with the weights, under decay."""

    name = "the shrinking kernel"
    outline = OUTLINE
    petals = False

    def applies(self, asked: Face) -> Applies[ShrinkingKernel] | Inapplicable:
        """Where there is a decay that shrinks all weights of the output alike."""
        found = self._kernel(asked, asked.problem, asked.regime, asked.exact.terms)
        return found if isinstance(found, Inapplicable) else Applies(found)

    def derived(self, asked: Face, found: ShrinkingKernel) -> Derivation:
        """A linear equation for the output, with a rate that falls."""

        def proposed(problem: Problem, regime: Regime, terms: int) -> Sequence[Polynomial]:
            kernel = self._kernel(asked, problem, regime, terms)
            if isinstance(kernel, Inapplicable):
                raise NotSolved(kernel.fact)
            return kernel.coefficients(terms)

        certificate = certified(found.coefficients(asked.exact.terms), asked, self.name)
        certificate = with_decay_note(certificate, asked, self.name, proposed)
        return _derivation(asked, found, certificate.evidence)

    @staticmethod
    def _kernel(
        face: Face, problem: Problem, regime: Regime, terms: int
    ) -> ShrinkingKernel | Inapplicable:
        constant = face.constant or structure(face.problem).constant
        return shrinking_kernel(problem, regime, terms, constant)


def _derivation(face: Face, kernel: ShrinkingKernel, evidence: Evidence) -> Derivation:
    taken = {*face.regime.symbols, "T", "t"}
    kappa, mu, rho = (p.to_sympy() for p in (kernel.kappa, kernel.mu, kernel.rho))
    variance, target = kernel.variance.to_sympy(), kernel.target.to_sympy()
    constant = Rational(0) if kernel.target else face.constant.to_sympy()
    clock = sympy_symbol("t") / sympy_symbol("T")
    frozen = (variance + target) * sympy.exp(-2 * kappa * clock) + constant
    definitions: tuple[tuple[Symbol, Expr], ...] = ()
    numbers: Numbers
    ends = OF_FORMULA
    if kernel.balance == "kernel":
        start, definitions = initial_loss(kernel.target, kernel.variance, taken)
        formula: Expr = start * sympy.exp(-2 * kappa * clock) + constant
        numbers = ByFormula(frozen)
    elif kernel.balance == "decay":
        lost = kappa * _difference(rho, mu, clock)
        formula = variance * sympy.exp(-2 * mu * clock) + target * (1 - 2 * lost) + constant
        numbers = ByFormula(formula)
    else:
        x, start, rest = (Symbol(fresh(name, taken)) for name in ("x", "x_0", "h"))
        amplitude = sympy.exp(x - start - mu * clock)
        q = 1 + sympy.cancel(mu / rho)
        held = amplitude + (q - 1) * (
            sympy.exp(x) * sympy.expint(q, x) - sympy.exp(x - mu * clock) * sympy.expint(q, start)
        )
        definitions = ((x, start * sympy.exp(-rho * clock)), (start, sympy.cancel(kappa / rho)))
        formula = variance * sympy.exp(2 * (x - start - mu * clock)) + constant
        if kernel.target:
            formula = formula + target * rest**2
            definitions = ((rest, held), *definitions)
        by_rate = ByRate(
            ByFormula(inserted(formula, definitions)),
            ByFormula(frozen),
            ByFormula(_by_integral(kernel, mu, rho, kappa, clock) + constant),
            kernel,
            constant,
        )
        numbers, ends = by_rate, Ends(endings_by_rate, by_rate)
    steps = (*_steps(kernel), Step("certificate", evidence.sentence))
    return Derivation("explicit", formula, numbers, ends, evidence, steps, definitions=definitions)


def _difference(rho: Expr, mu: Expr, clock: Expr) -> Expr:
    """``(exp(-rho tau) - exp(-mu tau)) / (mu - rho)``, or its limit for equal rates."""
    if sympy.expand(mu - rho) == 0:
        return clock * sympy.exp(-mu * clock)
    return (sympy.exp(-rho * clock) - sympy.exp(-mu * clock)) / sympy.factor(mu - rho)


def _by_integral(kernel: ShrinkingKernel, mu: Expr, rho: Expr, kappa: Expr, clock: Expr) -> Expr:
    """The same with an integral, for decays below zero: no branch of ``E_q`` is crossed."""
    s = Symbol("s")

    def used(time: Expr) -> Expr:
        return kappa * (1 - sympy.exp(-rho * time)) / rho + mu * time

    grown = sympy.Integral(sympy.exp(used(s)), (s, 0, clock))
    amplitude = sympy.exp(-used(clock))
    held = amplitude * (1 + mu * grown)
    return kernel.variance.to_sympy() * amplitude**2 + kernel.target.to_sympy() * held**2


def _steps(kernel: ShrinkingKernel) -> tuple[Step, ...]:
    target, tau = sympy.symbols("F tau")
    output = OUTPUT(tau)
    kappa, mu, rho = kernel.kappa.to_sympy(), kernel.mu.to_sympy(), kernel.rho.to_sympy()
    balance = {
        "kernel": "the decay is small against it, and left out",
        "both": "kernel and decay are of one order",
        "decay": "the kernel is small against the decay: its effect is kept to first order",
    }[kernel.balance]
    names = sympy.symbols("kappa mu rho")
    equation = -names[0] * sympy.exp(-names[2] * tau) * (output - target) - names[1] * output
    listed = tuple(
        sympy.Eq(name, value, evaluate=False)
        for name, value in zip(names, (kappa, mu, rho), strict=True)
    )
    return (
        Step("output", "the model itself, its legs open", diagram=kernel.output),
        Step(
            "kernel",
            sentence(
                "the average of the merge {0} * {0} is {1} times the identity", OUTPUT, names[0]
            ),
            listed[:1],
        ),
        Step(
            "shrinking",
            sentence(
                "merged with the decay, {0} is multiplied by {1} and {0} * {0} by {2}; {3}",
                *(OUTPUT, *names[1:], balance),
            ),
            listed[1:],
        ),
        Step(
            "linear equation",
            sentence("the kernel falls as the weights shrink; {} = t/T", tau),
            (sympy.Eq(output.diff(tau), equation, evaluate=False),),
        ),
        Step(
            "initial loss",
            sentence("the parts of Y_0 from the variance of {}(0) and from the target", OUTPUT),
            (kernel.variance.to_sympy(), kernel.target.to_sympy()),
        ),
    )
