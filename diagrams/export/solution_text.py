"""Solutions as plain text."""

from __future__ import annotations

import mpmath

from diagrams.dynamics.solution import Solution
from pde.evaluation import Value


def solution_text(
    solution: Solution, value: Value | None = None, digits: int = 15, steps: bool = False
) -> str:
    """Return a solution as text, with the value asked for, and with its derivation if wanted."""
    lines = [str(solution)]
    if steps:
        lines += ["derivation:", *(f"  {line}" for s in solution.steps for line in _lines(str(s)))]
    if value is not None:
        with mpmath.workdps(digits + 10):
            shown = mpmath.nstr(value.value, digits)
            lines.append(
                f"value: {shown}, error at most {mpmath.nstr(value.error, 2)} ({value.method})"
            )
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    return text.splitlines()
