"""The report on a problem, as one document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from diagrams.dynamics.given_inputs import GivenInputs
from diagrams.dynamics.solutions import Solved
from diagrams.export.content import blocks as b
from diagrams.export.content.blocks import Block, Document
from diagrams.export.content.equations import course_chapter, equations_chapter
from diagrams.export.content.regimes import refusal_chapter, regimes_chapter
from diagrams.export.content.series import about, diagrams_chapter, series_chapter
from diagrams.export.content.solution import (
    answer_blocks,
    solution_names,
    solutions_chapter,
)
from diagrams.export.explorer.curves import Curves
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.resting import Course
from diagrams.problems.problem import Problem
from diagrams.problems.spec import PREFIX
from diagrams.scaling.regimes.exploration import Exploration
from diagrams.series.classes import DiagramTable
from diagrams.series.expansion import Series


def report_document(
    table: DiagramTable,
    series: Series,
    explored: Exploration,
    solved: Sequence[Solved] = (),
    curves: Iterable[Curves] = (),
    given: GivenInputs | None = None,
) -> Document:
    """The problem, its diagrams, its coefficients, its regimes, their solutions.

    Of a network with functions also its tangent kernel, and the solution at large width.
    """
    if explored.regimes is not None:
        phases = regimes_chapter(explored.regimes)
    else:
        phases = refusal_chapter(explored.fronts, explored.refusal, explored.seen)
    chapters: list[Block] = [diagrams_chapter(table), series_chapter(series), phases]
    if solved:
        chapters.append(solutions_chapter(solved, curves))
    if given is not None:
        chapters.append(_kernel_chapter(given))
    own = given.solution if given is not None else None
    found = [*(() if own is None else solution_names(own))]
    found += [name for entry in solved if entry.solution for name in solution_names(entry.solution)]
    told = about(series.problem, *chapters, names=dict.fromkeys(found))
    short = _in_short(series.problem, explored, solved, given)
    return replace(told, blocks=(short, *told.blocks))


def _kernel_chapter(given: GivenInputs) -> b.Section:
    """Mean and variance of the tangent kernel at the start, and the solution at large width."""
    rows = []
    for a, variances in enumerate(given.variances):
        for c, variance in enumerate(variances):
            at = f"{a + 1}, {c + 1}" if len(given.kernel) > 1 else "1"
            rows.append(((at,), (b.Math(given.kernel[a][c]),), (b.Math(variance),)))
    columns = b.columns(("inputs", 0.1, "c"), ("mean", 0.3, "f"), ("variance", 0.55, "f"))
    blocks: list[b.Block] = []
    if rows:
        words = (
            "The tangent kernel at the start, averaged over the weights, exactly at every width:"
        )
        blocks += [b.said(words), b.Table(columns, tuple(rows))]
    if given.solution is not None:
        moves = given.solution.kind == "mean_field"
        large = "moves, and one unit follows" if moves else "stays at its mean, and"
        blocks.append(b.said(f"At large width it {large}"))
        blocks += answer_blocks(given.solution, False)
    if given.refusal:
        blocks.append(b.note("not there", f"{given.refusal}."))
    return b.Section(("The tangent kernel",), tuple(blocks), key="kernel")


def closed_report_document(system: ClosedSystem, followed: Course) -> Document:
    """A problem whose loss averages functions over inputs: closed equations, in numbers."""
    problem, at = system.problem, ",".join(f"{name}=.." for name in system.problem.symbols)
    names = ", ".join(parameter.name for parameter in system.parameters)
    rests = [point for point in followed.rests if point.escape is not None]
    found = [f"closed equations of {names}, exact at every size"]
    found += [f"a plateau at {p.loss:.6g}, left at the rate {p.escape:.4g}" for p in rests]
    spec = problem.spec if problem.spec.startswith(PREFIX) else "FILE"
    going_on = [
        f"wickflow close {spec} --at {at} --until .. --points 101 --seed 0 --plot curve.svg",
        f"wickflow close {spec} --step eta --scaling N=1,eta=-1",
    ]
    large = "no law of all sizes: regimes and series are of polynomials and of given inputs"
    blocks: list[b.Block] = [
        b.Note("found", ("; ".join(found), ".")),
        b.Note("not there", (large, ".")),
        *(
            b.said("To go on:", *(p for w in line.split() for p in (" ", b.Code(w))))
            for line in going_on
        ),
    ]
    told = about(
        problem,
        equations_chapter(system),
        course_chapter(system, followed),
        names=system.symbol_names,
    )
    short = b.Section(("In short",), tuple(blocks), key="short")
    return replace(told, blocks=(short, *told.blocks))


def _in_short(
    problem: Problem,
    explored: Exploration,
    solved: Sequence[Solved],
    given: GivenInputs | None = None,
) -> b.Section:
    """What was solved, what was not, and the command that goes on."""
    notes: list[b.Block] = []
    if given is not None and given.solution is not None:
        way = f"the limit of a wide hidden layer, by {given.solution.road}."
        notes.append(b.Note("solved", (way,)))
    done = [entry for entry in solved if entry.solution is not None]
    left = [entry for entry in solved if entry.solution is None]
    for label, entries in (("solved", done), ("not solved", left)):
        if entries:
            names = tuple(b.Name(entry.regime.name) for entry in entries)
            reasons = ("; the reasons are at the end",) if entries is left else ()
            notes.append(b.Note(label, (b.Listed(names), *reasons, ".")))
    spec = problem.spec if problem.spec.startswith(PREFIX) else "FILE"
    if explored.regimes is None:
        notes.append(b.note("no law of all orders", f"{explored.refusal}."))
        if explored.seen is not None:
            seen = tuple(b.Name(name) for name in explored.seen.names)
            notes.append(b.Note("faces of the orders known", (b.Listed(seen), ".")))
        going_on = f"wickflow regimes {spec} --within 60"
    else:
        name = (done or left)[0].regime.name if solved else explored.regimes.names[0]
        at = ",".join(f"{symbol}=.." for symbol in problem.symbols)
        going_on = f"wickflow compare {spec} --regime {name} --at {at} --until .."
        if problem.functions:
            going_on = f"wickflow solve {spec} --at {at} --until .. --plot curve.svg"
    words = [piece for word in going_on.split() for piece in (" ", b.Code(word))]
    notes.append(b.said("To go on:", *words))
    return b.Section(("In short",), tuple(notes), key="short")
