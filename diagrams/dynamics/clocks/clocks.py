"""The clock test of every regime of a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diagrams.dynamics.clocks.simulated_clock import ClockTest, clock_test
from diagrams.errors import WickflowError
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regimes


def simulated_clocks(
    problem: Problem,
    found: Regimes,
    say: Callable[[str], object] = lambda _: None,
    size: int | None = None,
) -> tuple[Regimes, tuple[tuple[str, ClockTest | str], ...]]:
    """Return regimes with what simulations say of their time scales, and the tests by name.

    A regime whose ``T`` is a formal clock says so in its evidence; one that cannot be simulated
    keeps its own, and the reason stands in the place of its test.  ``size`` is the smallest that
    is simulated, by default that of :func:`~diagrams.dynamics.clocks.simulated_clock.clock_test`.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=2, target="zero")
    >>> _, tests = simulated_clocks(problem, regimes(problem), size=4)
    >>> {name: test.verdict for name, test in tests if not isinstance(test, str)}
    {'A-B': 'visible', 'A': 'visible', 'B': 'visible'}
    """
    members, tests = [], []
    for regime in found:
        say(f"clock of {regime.name}")
        result: ClockTest | str
        try:
            result = clock_test(problem, regime, size)
        except WickflowError as failure:
            result = str(failure)
        members.append(regime if isinstance(result, str) else result.labelled)
        tests.append((regime.name, result))
    return replace(found, members=tuple(members)), tuple(tests)
