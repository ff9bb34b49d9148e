"""The solutions of all regimes of a problem, as far as they are found in a given time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from diagrams.dynamics.face import Known, exact_regimes
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved, WickflowError
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regime


@dataclass(frozen=True)
class Solved:
    """A regime with its solution, or with the reason why there is none."""

    regime: Regime
    solution: Solution | None
    failure: str = ""


def shared_notes(listed: Iterable[Solved]) -> tuple[str, ...]:
    """What is to be known of all solutions, each said once.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=4, target="zero")
    >>> len(shared_notes(solutions(problem, regimes(problem), 60)))
    4
    """
    notes = [note for entry in listed if entry.solution for note in entry.solution.shared_notes]
    return tuple(dict.fromkeys(notes))


def solutions(
    problem: Problem,
    found: Iterable[Regime],
    seconds: float,
    say: Callable[[str], object] = lambda _: None,
) -> tuple[Solved, ...]:
    """Return the solution of every regime; none is begun after ``seconds``.

    They are seconds of this process, so that the load of the machine does not count.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=4, target="zero")
    >>> [s.regime.name for s in solutions(problem, regimes(problem), 60) if s.solution]
    ['A-B', 'A', 'B']
    """
    began = time.process_time()
    members = tuple(found)
    if not members:
        return ()
    say("leading terms")
    known: Known | None
    try:
        known = exact_regimes(problem)
    except NotSolved as failure:
        if problem.functions:
            return tuple(Solved(regime, None, _reason(failure)) for regime in members)
        known = None  # no law of regimes: those given are faces seen at some orders
    except WickflowError as failure:
        return tuple(Solved(regime, None, _reason(failure)) for regime in members)
    listed = []
    for regime in members:
        if time.process_time() - began > seconds:
            reason = "not tried, for lack of time; wickflow solve SPEC --regime"
            listed.append(Solved(regime, None, f"{reason} {regime.name} tries"))
            continue
        say(f"solution in {regime.name}")
        try:
            listed.append(
                Solved(regime, solve(problem, regime.name if known else regime, known=known))
            )
        except NotSolved as failure:
            listed.append(Solved(regime, None, f"not solved: {failure.step}"))
        except WickflowError as failure:
            listed.append(Solved(regime, None, _reason(failure)))
    return tuple(listed)


def _reason(failure: WickflowError) -> str:
    """Why there is no solution, to a reader who did not ask for one."""
    if isinstance(failure, BadInput):
        return f"not solved: the steps known to us take {failure.allowed}"
    return str(failure)
