"""What is to be known of every solution: what its formula is, and is not, at finite sizes."""

from __future__ import annotations

from diagrams.graphs.laws import Drawn
from diagrams.graphs.tensors import Role
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.regime import Regime

NOTES = (
    "the limit of large sizes was taken term by term in the expansion in t: a formal step",
    "for t < 0 the expectation is infinite at every finite size; the formula is then that of the"
    " typical loss, to be compared with medians",
    "at finite sizes the series in t is asymptotic, of radius zero",
)
BOTH_SIDES = (
    "nothing bounds the loss from below: runs can blow up on either side of t = 0, and the"
    " expectation need not be finite; the formula is then that of the typical loss, to be compared"
    " with medians"
)


def _limits(problem: Problem, forward: bool) -> tuple[str, ...]:
    """What is said of large sizes: nothing without a spread, of a linear flow the first alone.

    Where the flow is linear, whether the average exists for ``t < 0`` depends on the data.  On
    spheres nothing blows up.  What holds ``forward`` alone has no formula for ``t < 0``.
    """
    if not any(isinstance(t.law, Drawn) and t.law.variance for t in problem.tensors):
        return ()
    degrees = (
        sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)
        for diagram, _ in problem.potential
    )
    if max(degrees, default=0) <= 2 or all(tensor.sphere for tensor in problem.trained):
        return NOTES[:1]
    if not problem.squared:
        return (NOTES[0], BOTH_SIDES, NOTES[2])
    return (NOTES[0], NOTES[2]) if forward else NOTES


def notes_of(problem: Problem, face: Regime | None, forward: bool = False) -> tuple[str, ...]:
    """Return what a formula is, and is not, on a face; ``forward``: it is one for ``t >= 0``."""
    if face is None or not _timed(face):
        return _limits(problem, forward)
    assert face.clock is not None
    clock = clock_text(face.symbols, face.clock)
    return (
        *_limits(problem, forward),
        f"the time scale T = {clock} of this regime is read off coefficients:"
        f" {face.clock_rule.words}{_simulated(problem)}",
    )


def shared_notes_of(
    problem: Problem, face: Regime | None, forward: bool = False
) -> tuple[str, ...]:
    """Return the same in words that hold for all regimes of the problem."""
    if face is None or not _timed(face):
        return _limits(problem, forward)
    return (
        *_limits(problem, forward),
        "the time scale T of a regime is read off coefficients; by how much they move the loss"
        f" at it is told with the regimes{_simulated(problem)}",
    )


def _timed(face: Regime) -> bool:
    """Whether a time scale was read off exponents of coefficients."""
    return face.clock is not None and bool(face.first_orders.vertices)


def _simulated(problem: Problem) -> str:
    """How to ask whether the loss itself moves at the natural time."""
    spec = "FILE" if "\n" in problem.spec else problem.spec
    command = f"`wickflow compare {spec} --regime NAME`"
    return f"; whether the loss itself moves at it, {command} simulates"
