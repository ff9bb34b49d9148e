"""How far a model departs from its linearisation: ``E |f - f_lin|^2`` as an exact time expansion.

``f_lin`` is the model linearised in its trained tensors at initialisation, trained by gradient
flow on the same loss.  Both have exact time derivatives at ``t = 0`` for given initial weights:
those of ``f`` by merges with the loss, those of ``f_lin`` by powers of the initial kernel.
"""

from __future__ import annotations

from dataclasses import replace
from math import comb
from typing import Any

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial, Scalar
from diagrams.problems.problem import Problem
from diagrams.series.correlations import closed
from diagrams.series.expansion import Series, check_terms, expand


def linearisation_error(problem: Problem, terms: int, **resources: Any) -> Series:
    """Return ``T^s d^s E |f - f_lin|^2 / dt^s`` at ``t = 0`` for s = 0 .. ``terms``, exactly.

    ``f_lin`` is the model linearised in its trained tensors at initialisation, which follows
    gradient flow of the same loss from there: ``T f_lin' = -2 prefactor K(0) (f_lin - target)``.
    Free indices are summed.  The first coefficient that is not zero is that of order 4.

    Raises :class:`~diagrams.errors.BadInput` for problems with weight decay, with an averaged
    loss, or with more than one squared error.
    """
    check_terms(terms)
    allowed = "a problem with one squared error, without average and without decay"
    words = problem.vocabulary
    known = words.quantities
    plain = {"output", "target"} <= set(known) and not problem.observed
    if not plain or problem.potential != problem.observable or problem.fresh:
        raise BadInput("problem", problem.title, allowed)
    output, target = (words.diagrams(known[side]) for side in ("output", "target"))
    if len(known["output"].indices) != len(known["target"].indices):
        raise BadInput("problem", problem.title, allowed)
    residual = output - target
    factor = _prefactor(problem, residual, allowed)
    true, line = [output], [output]
    kernel = merge(output, output)
    for s in range(1, max(terms - 1, 1)):
        true.append((-1) * merge(true[-1], problem.potential))
        previous = residual if s == 1 else line[-1]
        line.append((-2 * factor) * _applied(kernel, previous))
    gaps = [a - b for a, b in zip(true, line, strict=True)]
    coefficients = []
    for s in range(terms + 1):
        parts: list[tuple[Diagram, Scalar]] = []
        for j in range(2, s - 1):
            for one, a in gaps[j]:
                for other, b in gaps[s - j]:
                    parts.append((closed(one @ other, len(one.legs)), comb(s, j) * a * b))
        square = Combination.of(parts)
        mean = expand(problem, 0, observable=square, **resources) if square else None
        coefficients.append(Polynomial() if mean is None else mean.coefficient(0))
    observed = problem.with_observable("loss")
    named = replace(observed, observed="|output - linearised output|^2")
    evidence = Evidence(Kind.EXACT, "every diagram merged and every contraction counted", terms)
    return Series(named, tuple(coefficients), evidence)


def _prefactor(problem: Problem, residual: Combination, allowed: str) -> Polynomial:
    """The factor that makes the square of the residual the loss."""
    square = Combination.of(
        (closed(one @ other, len(one.legs)), a * b) for one, a in residual for other, b in residual
    )
    for diagram, weight in square:
        if len(weight) == 1:
            ratio = problem.observable.coefficient(diagram) * weight**-1
            if ratio * square == problem.observable:
                return ratio
    raise BadInput("problem", problem.title, allowed)


def _applied(kernel: Combination, vector: Combination) -> Combination:
    """``K[mu, nu] v[nu]``, summed over the free indices ``nu``."""
    parts: list[tuple[Diagram, Scalar]] = []
    for one, a in kernel:
        free = len(one.legs) // 2
        for other, b in vector:
            shift = len(one.nodes)
            union = one @ other
            pairs = zip(one.legs[free:], (node + shift for node in other.legs), strict=True)
            joined = Diagram(union.nodes, union.edges, union.legs).identify(pairs)
            parts.append((Diagram(joined.nodes, joined.edges, joined.legs[:free]), a * b))
    return Combination.of(parts)
