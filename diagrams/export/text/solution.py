"""Solutions as plain text."""

from __future__ import annotations

import mpmath

from diagrams.dynamics.solution import Solution
from diagrams.polynomials.formulas import formula_text
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.regime import Regime
from pde.numbers.evaluation import Value


def solution_text(
    solution: Solution,
    value: Value | None = None,
    digits: int = 15,
    steps: bool = False,
    standing: str = "",
    width: int | None = None,
) -> str:
    """Return a solution as text, with the value asked for, and with its derivation if wanted.

    ``standing`` is what is to be said of the sizes of the value.
    """
    lines = [
        f"{solution.problem.title}, regime {solution.regime}: {solution.kind} solution",
        *([] if solution.face is None else [f"where {_scaling(solution.face)}"]),
        f"E[L] = {formula_text(solution.formula)}",
        *(f"  {formula_text(condition)}" for condition in solution.conditions),
        *(f"  {symbol} = {formula_text(meaning)}" for symbol, meaning in solution.definitions),
        f"domain: {solution.domain}",
        *map(str, solution.endings),
        f"evidence: {solution.evidence}",
        *(f"note: {note}" for note in solution.notes),
    ]
    if steps:
        lines += ["derivation:", *(f"  {line}" for s in solution.steps for line in _lines(str(s)))]
    if value is not None:
        with mpmath.workdps(digits + 10):
            shown = mpmath.nstr(value.value, digits)
            lines.append(
                f"value: {shown}, error at most {mpmath.nstr(value.error, 2)} ({value.method})"
            )
        lines += [f"there: {standing}"] * bool(standing)
    return "\n".join(lines)


def _scaling(face: Regime) -> str:
    """The conditions of a regime and its natural time scale."""
    if face.clock is None:
        return face.condition
    return f"{face.condition}; natural time scale T ~ {clock_text(face.symbols, face.clock)}"


def _lines(text: str) -> list[str]:
    return text.splitlines()
