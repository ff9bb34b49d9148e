"""The frozen kernel: lazy faces, where the output moves linearly.

The output of the model is an open diagram ``f``, half of the diagram ``f . f`` of the loss.
Gradient flow moves it by ``df/dtau = -g K (f - F)`` with the prefactor ``g/2`` of the squared error
and the kernel ``K = f * f``, the merge of two copies that keeps the legs of both.  Where many rows
share the work, ``K`` stays at its average over the initial weights to leading order; if ``g K`` is
then a multiple ``kappa`` of the identity, ``f - F`` decays by ``exp(-kappa tau)`` and

    E[L(t)] = Y_0 exp(-2 kappa t/T)

with the leading ``Y_0``: the pure-target constant, the variance of ``f(0)``, or both.  (The neural
tangent kernel; that the variance of the output belongs to it on edge B-C, and the certificate,
are ours.)  A target that is frozen and random enters by the average of its square alone: ``f(0)``
and ``F`` are independent, and the equation is linear.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.certificate import leading_part, shortened
from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.petals import monomial_height
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.step import Step
from diagrams.evidence import Evidence
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import without_constant
from diagrams.wick.expectation import expectation

OUTLINE = (
    "The solution is found in these steps: the model's output is an open diagram; its kernel,"
    " the merge of two outputs, keeps its average in this regime, so that the output obeys a"
    " linear equation; the Taylor coefficients of what comes out are held against the exact"
    " ones."
)
OUTPUT = sympy.Function("f")
SETTLES = "the loss: the kernel stays near a positive multiple of the identity on the whole way, so"
SETTLES += " that the output reaches the target"


@dataclass(frozen=True)
class FrozenKernel:
    """The output, its averaged kernel ``kappa`` times the identity, and the parts of ``Y_0``.

    ``constant`` is the part of the target, ``variance`` that of ``f(0)`` where it is as large.
    """

    output: Diagram
    kappa: Polynomial
    constant: Polynomial
    variance: Polynomial

    @property
    def start(self) -> Polynomial:
        """``Y_0``."""
        return self.constant + self.variance

    def coefficients(self, terms: int) -> tuple[Polynomial, ...]:
        """Return what the linear equation says of ``Y_0, .., Y_terms``, without the constant."""
        found = [self.start]
        for _ in range(terms):
            found.append(-2 * self.kappa * found[-1])
        return (self.variance, *found[1:])


def output_of(problem: Problem) -> tuple[Diagram, Polynomial] | Inapplicable:
    """Return the output ``f`` of a model, read off the diagram ``f . f`` of its loss, and ``g``.

    ``g/2`` is the coefficient of that diagram; the loss need not have one.

    >>> from diagrams.problems.cp import cp_problem
    >>> output, g = output_of(cp_problem(order=2, ties="asym"))
    >>> print(output, "|", g)
    sum[k1] u[k1,i1] v[k1,i2] (open: i1,i2) | 1
    """
    row = structure(problem).rows
    if row is None:
        fact = "no family whose size grows meets trained tensors alone wherever it occurs"
        return Inapplicable(f"there are no rows: {fact}")
    found = sentence("no diagram of the loss has two rows: two summed indices of {}", row)
    for diagram, weight in problem.observable:
        rows = [node for node, family in enumerate(diagram.nodes) if family == row]
        if len(rows) != 2:
            continue
        first, second = rows
        edges = [edge for edge in diagram.edges if first in edge.nodes]
        factors = [(edge.tensor, [f"n{node}" for node in edge.nodes]) for edge in edges]
        shared = {node for edge in diagram.edges if second in edge.nodes for node in edge.nodes}
        nodes = dict.fromkeys(node for edge in edges for node in edge.nodes)
        legs = [f"n{node}" for node in nodes if node in shared and node != first]
        half = Diagram.of(*factors, legs=legs)
        if _contracted(half).is_isomorphic(diagram):
            return half, 2 * weight
        found = sentence("the diagram {} of the loss is no product of two equal rows", diagram)
        beside = [edge.tensor for edge in diagram.edges if {first, second}.isdisjoint(edge.nodes)]
        if beside:
            found += sentence(": {} stands beside them", beside[0])
    return Inapplicable(found)


def _contracted(half: Diagram) -> Diagram:
    """Two copies of an open diagram, their legs joined."""
    shift = len(half.nodes)
    double = half @ half
    joined = double.identify((leg, leg + shift) for leg in half.legs)
    return Diagram(joined.nodes, joined.edges)


def frozen_kernel(face: Face) -> FrozenKernel | Inapplicable:
    """Return the frozen kernel of a face, a candidate until certified.

    There is none where the flow descends more than the loss (the kernel then shrinks:
    :mod:`diagrams.dynamics.roads.kernels.shrinking`), or the averaged kernel is not a multiple of
    the identity to leading order.
    """
    problem = face.problem
    if problem.potential != problem.observable:
        return Inapplicable("the flow descends more than the observable")
    scaling = face.regime.scaling
    found = averaged_kernel(problem, scaling)
    if isinstance(found, Inapplicable):
        return found
    output, _, kappa = found
    (moving,) = without_constant(problem, [face.exact.coefficient(0)])
    variance = leading_part(moving, scaling)
    if face.constant and variance:
        own, other = (monomial_height(part, scaling) for part in (variance, face.constant))
        variance = variance if own >= other else Polynomial()
    return FrozenKernel(output, kappa, face.constant, variance)


def averaged_kernel(
    problem: Problem, scaling: Mapping[str, int]
) -> tuple[Diagram, Combination, Polynomial] | Inapplicable:
    """Return the output, ``g f * f`` and ``kappa``: its leading average is ``kappa`` times 1.

    There is none where there is no output, or the averaged kernel is not a multiple of the identity
    to leading order, or vanishes.
    """
    made = output_of(problem)
    if isinstance(made, Inapplicable):
        return made
    output, weight = made
    half = Combination.of({output: 1})
    kernel = weight * merge(half, half)
    tops = {d: leading_part(c, scaling) for d, c in expectation(kernel)}
    whole = leading_part(
        Polynomial.from_terms(term for c in tops.values() for term in c.terms), scaling
    )
    count = len(output.legs)
    kappa = Polynomial()
    for diagram, c in tops.items():
        if leading_part(whole + c, scaling) == whole and c != whole:
            continue
        crossed = any(diagram.legs[m] != diagram.legs[m + count] for m in range(count))
        if crossed or len(set(diagram.legs)) != count:
            fact = "the averaged kernel is no multiple of the identity, it holds {} times {}"
            return Inapplicable(sentence(fact, shortened(c), diagram))
        kappa = kappa + c
    if not kappa:
        return Inapplicable("the average of the kernel vanishes")
    return output, kernel, kappa


def initial_loss(
    target: Polynomial, variance: Polynomial, taken: Collection[str]
) -> tuple[Expr, tuple[tuple[Symbol, Expr], ...]]:
    """Return the sum of the two parts of ``Y_0``, their ratio named beta, and its meaning.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> initial_loss(2 * p, 2 * p * p * H, ())
    (2*p*(beta + 1), ((beta, H*p),))
    """
    if not target.is_monomial or not variance:
        return (target + variance).to_sympy(), ()
    beta = sympy_symbol(fresh("beta", set(taken)))
    ratio = (variance * target**-1).to_sympy()
    return target.to_sympy() * (1 + beta), ((beta, ratio),)


class ByFrozenKernel(Road[Face, FrozenKernel]):
    """The kernel stays at its average."""

    name = "the frozen kernel"
    outline = OUTLINE
    petals = False

    def applies(self, asked: Face) -> Applies[FrozenKernel] | Inapplicable:
        """Where the averaged kernel is a multiple of the identity, and all that moves the loss."""
        found = frozen_kernel(asked)
        return found if isinstance(found, Inapplicable) else Applies(found)

    def derived(self, asked: Face, found: FrozenKernel) -> Derivation:
        """A linear equation for the output."""
        certificate = certified(found.coefficients(asked.exact.terms), asked, self.name)
        return _derivation(asked, found, certificate.evidence)


def _alone(output: Diagram, problem: Problem) -> bool:
    """Whether the loss is the squared error of this output and of no other one beside it."""
    whole = [edge.tensor for edge in output.edges if edge.tensor.role is Role.TRAINED]
    sides = [sorted(whole * copies, key=_named) for copies in (0, 1, 2)]
    found = (
        sorted((e.tensor for e in diagram.edges if e.tensor.role is Role.TRAINED), key=_named)
        for diagram, _ in problem.observable
    )
    return all(tensors in sides for tensors in found)


def _named(tensor: Tensor) -> str:
    return tensor.name


def _derivation(face: Face, kernel: FrozenKernel, evidence: Evidence) -> Derivation:
    clock = sympy_symbol("t") / sympy_symbol("T")
    kappa = kernel.kappa.to_sympy()
    taken = (*face.regime.symbols, "T", "t")
    prefactor, definitions = initial_loss(kernel.constant, kernel.variance, taken)
    formula = prefactor * sympy.exp(-2 * kappa * clock)
    plain = formula.xreplace(dict(definitions))
    target, tau, rate = sympy.symbols("F tau kappa")
    output = OUTPUT(tau)
    steps = (
        Step("output", "the model itself, its legs open", diagram=kernel.output),
        Step(
            "kernel",
            sentence(
                "the average of the merge {0} * {0}, times g, is {1} times the identity",
                *(OUTPUT, rate),
            ),
            (sympy.Eq(rate, kappa, evaluate=False),),
        ),
        Step(
            "linear equation",
            sentence("the kernel stays at its average; {} = t/T", tau),
            (sympy.Eq(output.diff(tau), -rate * (output - target), evaluate=False),),
        ),
        Step(
            "initial loss",
            sentence("the leading part of Y_0, from the target and the variance of {}(0)", OUTPUT),
            (kernel.start.to_sympy(),),
        ),
        Step("certificate", evidence.sentence),
    )
    return Derivation(
        "explicit",
        formula,
        ByFormula(plain),
        OF_FORMULA,
        evidence,
        steps,
        definitions,
        settles=SETTLES if _alone(kernel.output, face.problem) else "",
    )
