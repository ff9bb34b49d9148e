"""Solutions as JSON, and back by deriving them again.

A document holds formulas as text, and text is never evaluated: what it says is the problem and the
regime.  These are solved again, and everything else in the document has to be what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import mpmath

from diagrams.dynamics.beyond import Lateral, SampledLoss
from diagrams.dynamics.face import MOST_TERMS
from diagrams.dynamics.finite_sizes import FiniteSizeCurve
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solutions import Solved
from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import dynamics
from diagrams.export.json.reading import evidence_of, problem_of, same
from diagrams.polynomials.formulas import formula_latex
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regime
from pde.numbers.evaluation import Value

GUARD = 3
"""Digits printed beyond those asked for."""


def solution_json(
    solution: Solution,
    value: Value | None = None,
    digits: int = 15,
    command: str | None = None,
    beyond: Sequence[Lateral | SampledLoss] = (),
    standing: str = "",
    curve: Sequence[tuple[Fraction, Value]] = (),
    spread: FiniteSizeCurve | None = None,
) -> str:
    """Return a solution, and its value where one was asked for, as JSON text.

    ``curve`` has times and values there, ``spread`` what is known of finite sizes; ``beyond`` are a
    lateral sum and the loss of a sample, each under a name of its own; ``standing``, what is to be
    said of the sizes of the value, is added to the evidence.
    """
    data = solution_data(solution)
    if value is not None:
        data |= value_data(value, digits)
        if standing:
            known = solution.evidence
            said = replace(known, statement=f"{known.statement}; {standing}")
            data["evidence"] = said.to_dict()
    if curve:
        data["curve"] = _curve_data(curve, digits)
    if spread is not None:
        data["finite_sizes"] = written(spread, dynamics.FiniteSizes)
    for found in beyond:
        if isinstance(found, Lateral):
            data["lateral"] = lateral_data(found, digits)
        else:
            data["sample"] = found.to_dict()
    return json_lines(document(dynamics.Solution, data, solution.problem, command))


def unsolved_json(problem: Problem, regime: str, failed: str, command: str | None = None) -> str:
    """Return the answer "not solved" and the step that failed as JSON text."""
    return json_lines(document(dynamics.Solution, _unsolved(regime, failed), problem, command))


def solution_from_json(text: str) -> Solution:
    """Read back a solution: derive it again, and hold the document against it.

    Raises :class:`~diagrams.errors.BadInput` where the document says anything else, and
    :class:`~diagrams.errors.NotSolved` where its problem is not solved.
    """
    given = read(text, dynamics.Solution)
    found = _solved_again(problem_of(given.problem), given)
    known = solution_data(found)
    if isinstance(given.value, str):  # the evidence of a value says more
        del known["evidence"]
    same(given, known, "follows from problem and regime")
    return found


def _solved_again(problem: Problem, given: dynamics.Solution) -> Solution:
    """The solution of a document; where other orders were compared than by default, with these."""
    checked = evidence_of(given.evidence).checked_to
    failure = None
    try:
        found = solve(problem, given.regime)
        if checked in (None, found.evidence.checked_to):
            return found
    except NotSolved as refused:
        if checked is None:
            raise
        failure = refused
    if checked > MOST_TERMS:
        allowed = f"an order up to {MOST_TERMS}, which are compared again"
        raise BadInput("evidence.checked_to", checked, allowed) from failure
    return solve(problem, given.regime, checked)


def solution_data(solution: Solution) -> dict[str, object]:
    """Return a solution and its derivation as plain data."""
    return {
        "kind": solution.kind,
        "regime": solution.regime,
        "expression_latex": solution.to_latex(),
        "definitions": {formula_latex(s): formula_latex(e) for s, e in solution.definitions},
        "conditions": [formula_latex(condition) for condition in solution.conditions],
        "domain": solution.domain,
        "endings": [end.to_dict() for end in solution.endings],
        "evidence": solution.evidence.to_dict(),
        "notes": list(solution.notes),
        **({} if solution.face is None else _scaling(solution.face)),
        "expression": str(solution.expr),
        "steps": written(solution.steps, list[dynamics.Step]),
    }


def _scaling(face: Regime) -> dict[str, object]:
    """Conditions and time scale of a regime, and what is said of it, as plain data."""
    found: dict[str, object] = {
        "condition": face.condition,
        "condition_latex": face.condition_latex,
    }
    if face.time_scale is None:
        return found
    return {**found, "time_scale": face.time_scale, "clock": face.clock_rule.to_dict()}


def solved_data(entry: Solved) -> dict[str, object]:
    """Return a regime's solution, or the reason why there is none, as plain data."""
    if entry.solution is None:
        return _unsolved(entry.regime.name, entry.failure)
    return solution_data(entry.solution)


def _unsolved(regime: str, failed: str) -> dict[str, object]:
    return {
        "kind": "unsolved",
        "regime": regime,
        "expression_latex": "",
        "definitions": {},
        "domain": "none",
        "failure": failed,
        "evidence": Evidence(Kind.DERIVED, f"no solution is claimed: {failed}").to_dict(),
        "steps": [],
    }


def value_data(value: Value, digits: int) -> dict[str, object]:
    """Return value, error and how the error was bounded as decimal text.

    >>> from mpmath import mpf
    >>> value_data(Value(mpf("1.5"), mpf("1e-20"), "ball arithmetic"), 5)["value"]
    '1.5'
    """
    with mpmath.workdps(digits + 10):
        return {
            "value": mpmath.nstr(value.value, digits + GUARD),
            "error": mpmath.nstr(value.error, 3),
            "error_bound": value.method,
        }


def _curve_data(curve: Sequence[tuple[Fraction, Value]], digits: int) -> dict[str, object]:
    found = [value_data(value, digits) for _, value in curve]
    return {
        "times": [str(t) for t, _ in curve],
        "values": [data["value"] for data in found],
        "errors": [data["error"] for data in found],
        "error_bound": "; ".join(dict.fromkeys(value.method for _, value in curve)),
    }


def lateral_data(found: Lateral, digits: int) -> dict[str, object]:
    """Return a lateral sum as plain data: both parts, what they are, and the spike time."""
    said = (
        "lateral Borel sum: the real part is the bulk of the coordinates, the imaginary part the"
        " density of spikes; neither is the expectation of the loss"
    )
    return {
        "real": value_data(found.real, digits),
        "imaginary": value_data(found.imaginary, digits),
        "spike_time": repr(found.spike_time),
        "evidence": Evidence(Kind.NUMERICAL, said).to_dict(),
    }
