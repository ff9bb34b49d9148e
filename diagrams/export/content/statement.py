"""The problem stated in words: what the LaTeX and the HTML documents say about it.

Both formats show the same facts and the same table of tensors; here is what stands in them,
as words and polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagrams.graphs.diagram import Diagram, family_letters
from diagrams.graphs.tensors import Gaussian, GroupLaw, Mean, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import CPProblem
from diagrams.problems.problem import Problem

TENSOR_COLUMNS = ("drawn", "entry", "index families", "role", "mean", "variance", "rate")
CLASS_COLUMNS = ("diagram", "coefficient", "|Aut|", "pairings", "leading part of the average")
ELSEWHERE = ("prefactor", "decay", "family ", "tensor ")
"""Facts of problem files that the formulas and the table of tensors state."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a problem: a label, words, then perhaps source text or a formula."""

    label: str
    words: str = ""
    source: str = ""
    formula: Polynomial | None = None


def facts(problem: Problem) -> list[Fact]:
    """What kind of problem it is, fit for reading.

    >>> from diagrams.problems.cp import cp_problem
    >>> [f"{fact.label}: {fact.words}" for fact in facts(cp_problem(order=3, ties="sym"))]
    ['Model: CP, order 3', 'Ties: 3 (one tensor in all slots)', 'Target: identity']
    """
    if isinstance(problem, CPProblem):
        return _cp_facts(problem)
    found = []
    for name, value in problem.facts:
        if not name.startswith(ELSEWHERE):
            source = name in ("output", "target")
            words, text = ("", value) if source else (value, "")
            found.append(Fact(name[:1].upper() + name[1:], words, text))
    return found


def _cp_facts(problem: CPProblem) -> list[Fact]:
    ties = "+".join(map(str, problem.ties))
    if len(problem.ties) == 1:
        ties += " (one tensor in all slots)"
    elif set(problem.ties) == {1}:
        ties += " (a tensor for every slot)"
    found = [Fact("Model", f"CP, order {problem.order}"), Fact("Ties", ties)]
    scaled = problem.target != "zero" and str(problem.scale) != "1"
    target = problem.target
    if target == "modular":
        target = "modular addition"
    found.append(Fact("Target", target))
    if scaled:
        found[-1] = Fact("Target", f"{target}, times ", formula=problem.scale)
    if problem.decay:
        found.append(Fact("Weight decay", formula=problem.decay))
    return found


@dataclass(frozen=True, slots=True)
class TensorRow:
    """A row of the table of tensors; ``diagonal`` says that the mean stands on it alone.

    Structural tensors have neither mean nor variance.
    """

    tensor: Tensor
    entry: Diagram
    indices: tuple[tuple[str, str], ...]
    families: str
    role: str
    mean: Polynomial | None
    diagonal: bool
    variance: Polynomial | None
    rate: Polynomial | None


def tensor_rows(problem: Problem) -> list[TensorRow]:
    """The tensors of a problem with their initial law and learning rate, averaged ones last."""
    averaged = [tensor for tensor in problem.fresh if tensor not in problem.tensors]
    return [_row(tensor) for tensor in (*problem.tensors, *averaged)]


def _row(tensor: Tensor) -> TensorRow:
    law = tensor.law if isinstance(tensor.law, Gaussian) else None
    slots = [f"x{slot}" for slot in range(tensor.rank)]
    return TensorRow(
        tensor,
        Diagram.of((tensor, slots), legs=slots),
        _indices(tensor),
        ", ".join(family.name for family in tensor.families) or "none (a number)",
        tensor.role.value + _relation(tensor),
        None if law is None else law.mean_value,
        law is not None and law.mean is Mean.DELTA,
        None if law is None else law.variance,
        tensor.rate if tensor.role.value == "trained" else None,
    )


def _relation(tensor: Tensor) -> str:
    if not isinstance(tensor.law, GroupLaw):
        return ""
    equation = tensor.law.equation([letter + number for letter, number in _indices(tensor)])
    return f", {equation} modulo {tensor.families[0].size}"


def _indices(tensor: Tensor) -> tuple[tuple[str, str], ...]:
    """Letter and number of the index in every slot; no number where a letter is alone."""
    letters = family_letters(dict.fromkeys(tensor.families))
    found = []
    for slot, family in enumerate(tensor.families):
        number = tensor.families[: slot + 1].count(family)
        found.append((letters[family], str(number) if tensor.families.count(family) > 1 else ""))
    return tuple(found)


def pairings_text(diagram: Diagram, pairings: int) -> str:
    """The number of pairings; long ones as double factorials, ``31!!`` for each tensor.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> u = Tensor("u", (IndexFamily("hidden", "H"),))
    >>> pairings_text(Diagram.of(*[(u, "k")] * 4), 3)
    '3'
    >>> pairings_text(Diagram.of(*[(u, "k")] * 20), 654729075)
    '19!!'
    """
    if len(str(pairings)) < 8:
        return str(pairings)
    random = [edges for tensor, edges in diagram.edge_counts().items() if tensor.is_random]
    counts = sorted((edges for edges in random if edges > 2), reverse=True)
    return " · ".join(f"{edges - 1}!!" for edges in counts)
