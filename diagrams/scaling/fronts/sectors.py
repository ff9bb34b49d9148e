"""How many couplings to the target a term of the expansion holds, read off its exponents.

Every term of ``Y_s`` comes from ``s + 1`` diagrams of the loss and ``s`` merges.  Each of them
brings its own powers of the scales (sigma, c, lambda, ..), so the powers of a term say how many
diagrams of each kind went into it.  A *target coupling* is a diagram of the observable that holds
the target, as a symbol on the targets of a problem file shows; of presets it has fewer trained
tensors than the most that occur: ``R`` in ``L = D/2 - R + const`` (arXiv 2602.04548, section 3);
its number is ``s_R``.  A *decay* is a diagram that the potential
has and the observable has not, or has with other powers of scales; with j of them
``s_D = s + 1 - s_R - j``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from diagrams.graphs.laws import Drawn
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.problems.files import coupled
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from pde.linear_algebra import Number, dot, solve


@dataclass(frozen=True, slots=True)
class TargetCount:
    """A number of diagrams as a linear function: ``constant + slope * s + weights . exponents``."""

    constant: Fraction
    slope: Fraction
    weights: tuple[Fraction, ...]

    def at(self, s: Number, exponents: Sequence[Number]) -> Fraction:
        """The number of diagrams of a kind, target couplings say, in a term of order ``s``."""
        return Fraction(self.constant + self.slope * s + dot(self.weights, exponents))


def target_count(problem: Problem, symbols: Sequence[str]) -> TargetCount | None:
    """Return ``s_R`` as a function of the exponents of ``symbols``.

    ``None`` where the exponents do not determine it (a decay given as a number, say: give it
    as a symbol).

    >>> from diagrams.problems.cp import cp_problem
    >>> counts = target_count(cp_problem(order=4, ties="sym"), ("p", "H", "sigma"))
    >>> [counts.at(3, (1, 1, 10)), counts.at(3, (10, 1, 22))]
    [Fraction(4, 1), Fraction(1, 1)]
    """
    if problem.written is not None:  # targets are those of its file, under the names there
        own, renamed = problem.written
        back = {new: old for old, new in renamed}
        return target_count(own, [back.get(name, name) for name in symbols])
    return _count(problem, symbols, "target")


def decay_count(problem: Problem, symbols: Sequence[str]) -> TargetCount | None:
    """Return the number of decays as a function of the exponents of ``symbols``.

    ``None`` where the exponents do not determine it.

    >>> from diagrams.problems.cp import cp_problem
    >>> problem = cp_problem(order=2, decay="lambda")
    >>> symbols = ("p", "H", "sigma", "lambda")
    >>> decay_count(problem, symbols).at(3, (1, 1, 2, 3))
    Fraction(3, 1)
    >>> target_count(problem, symbols).at(3, (1, 1, 2, 3))
    Fraction(1, 1)
    >>> target_count(cp_problem(order=2, decay="1/3"), symbols[:3]) is None
    True
    """
    return _count(problem, symbols, "decay")


def _count(problem: Problem, symbols: Sequence[str], counted: str) -> TargetCount | None:
    scales = [name for name in symbols if name not in problem.sizes]
    rows: list[list[Fraction]] = []  # unknowns: per diagram, per merge, per scale
    right: list[int] = []
    mark, marked = _marked(problem) if counted == "target" else ("", None)
    for part in structure(problem if marked is None else marked).parts:
        if any(name not in (*symbols, *problem.sizes, mark) for name, _ in part.powers):
            continue  # no term holds it
        if part.kind == "mixed":
            return None
        weight = _scale(Polynomial(((part.powers, Fraction(1)),)), scales)
        for tensor in part.diagram.tensors:
            edges = Fraction(sum(edge.tensor == tensor for edge in part.diagram.edges), 2)
            weight = [a + edges * b for a, b in zip(weight, _variance(tensor, scales), strict=True)]
        rows.append([Fraction(1), Fraction(0), *weight])
        held = dict(part.powers).get(mark, 0)
        right.append(int(part.kind == counted if marked is None else held))
    for tensor in problem.trained:
        rate = _scale(tensor.rate, scales)
        moved = [a - b for a, b in zip(rate, _variance(tensor, scales), strict=True)]
        rows.append([Fraction(0), Fraction(1), *moved])
        right.append(0)
    for tensor in problem.tensors:
        law = tensor.law
        if isinstance(law, Drawn) and law.variance and law.mean_value:  # an entry is either
            mean = zip(_scale(law.mean_value, scales), _variance(tensor, scales), strict=True)
            rows.append([Fraction(0), Fraction(0), *(a - b / 2 for a, b in mean)])
            right.append(0)
    solution = solve(rows, right) if rows else None
    if solution is None:
        return None
    per_diagram, per_merge, *per_scale = map(Fraction, solution)
    by_name = dict(zip(scales, per_scale, strict=True))
    weights = tuple(by_name.get(name, Fraction(0)) for name in symbols)
    return TargetCount(per_diagram, per_diagram + per_merge, weights)


@lru_cache(maxsize=64)
def _marked(problem: Problem) -> tuple[str, Problem | None]:
    """The problem with a symbol on its targets, and the symbol."""
    mark = fresh("couplings", problem.symbols)
    return mark, coupled(problem, mark)


def _scale(monomial: Polynomial, scales: Sequence[str]) -> list[Fraction]:
    powers = dict(monomial.terms[0][0])
    return [powers.get(name, Fraction(0)) for name in scales]


def _variance(tensor: Tensor, scales: Sequence[str]) -> list[Fraction]:
    """The powers that two edges bring: a variance, or the square of a fixed entry."""
    law = tensor.law
    if not isinstance(law, Drawn):
        return _scale(ONE, scales)
    return _scale(law.variance or law.mean_value**2 or ONE, scales)
