"""What documents say of solutions: the formula, its domain and evidence, how it was derived."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import sympy

from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solutions import Solved, shared_notes
from diagrams.dynamics.step import Step
from diagrams.export.content import blocks as b
from diagrams.export.content.prose import prose_names
from diagrams.export.content.regime_notes import clock, conditions
from diagrams.export.content.series import about
from diagrams.export.content.statement import legend_of
from diagrams.export.explorer.curves import Curves
from diagrams.export.explorer.plot import curves_sketch
from diagrams.export.pictures.picture import Legend
from diagrams.scaling.regimes.regime import Regime

SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
MEAN = b.Spelled(r"\mathbb{E}[L(t)]", "E[L]")
LOSS, FORMULA = b.Spelled(r"\mathbb{E}[L]", "E[L]"), b.Spelled(r"\text{formula}", "formula")
TIME, END = b.Spelled("t", "t"), b.Spelled("t_c", "t_c")
KINDS = {
    "explicit": "An explicit formula",
    "implicit": "An implicit formula: it holds a quantity that an equation fixes",
    "quadrature": "A formula with integrals",
    "ode": "Ordinary differential equations, integrated numerically where numbers are wanted",
    "mean_field": "Mean-field equations at two times, integrated numerically for numbers",
}
INTRODUCTION = (
    *("The sum of all leading terms of a regime, as a formula for ", b.Math(MEAN), "; "),
    *(b.Math(b.Spelled("\\tau = t/T", "tau = t/T")), "."),
)
SHARED = "What holds for all of these formulas"


def solution_names(solution: Solution) -> tuple[str, ...]:
    """The names of all symbols of a solution, its order parameters among them."""
    formulas = [solution.formula, *solution.conditions]
    formulas += [part for definition in solution.definitions for part in definition]
    formulas += [formula for step in solution.steps for formula in step.formulas]
    found = {symbol.name for formula in formulas for symbol in formula.free_symbols}
    found -= {"L"}  # the loss, which has a macro already
    return tuple(sorted(name for name in found if SYMBOL.fullmatch(name)))


def solution_document(
    solution: Solution, steps: bool = False, numbers: b.Blocks = ()
) -> b.Document:
    """The problem, the regime, the solution, what is said of its ``numbers``, and its derivation.

    A paper or a screen takes the derivation only where ``steps`` are asked for.
    """
    answer = (*_scaling(solution), *answer_blocks(solution), *numbers)
    derived = (_derivation(solution),)
    chapter = b.Section(("The solution in regime ", b.Name(solution.regime)), (*answer, *derived))
    result = (*answer, *derived) if steps else answer
    return about(solution.problem, chapter, names=solution_names(solution), result=result)


def solutions_chapter(listed: Sequence[Solved], curves: Iterable[Curves] = ()) -> b.Section:
    """Every regime of a report with its solution, or why there is none.

    ``curves`` are drawn below the solutions of their regimes.  What holds for all solutions is
    said once.
    """
    shared = tuple(b.note("note", words) for words in shared_notes(listed))
    notes = (b.Section((SHARED,), shared, 2, "notes"),) if shared else ()
    drawn = {found.regime.name: _curves(found) for found in curves}
    entries = [
        _entry(entry.regime, entry.solution, drawn.get(entry.regime.name, ()))
        for entry in listed
        if entry.solution is not None
    ]
    reasons: dict[str, list[str]] = {}
    for entry in listed:
        if entry.solution is None:
            reasons.setdefault(entry.failure, []).append(entry.regime.name)
    unsolved = tuple(_without(reason, names) for reason, names in reasons.items())
    left = (b.Section(("Regimes without a formula",), unsolved, 2, "unsolved"),) if unsolved else ()
    blocks = (*_introduction(listed), *notes, *entries, *left)
    return b.Section(("Solved dynamics",), blocks, key="solved")


def _introduction(listed: Sequence[Solved]) -> b.Blocks:
    """What a formula is, and how it is found on each of the roads taken."""
    outlines: dict[str, list[str]] = {}
    for entry in listed:
        if entry.solution is not None:
            outlines.setdefault(entry.solution.outline, []).append(entry.regime.name)
    if len(outlines) == 1:
        return (b.said(*INTRODUCTION, " ", *outlines),)
    told = (
        b.said(b.Listed(tuple(map(b.Name, names))), ": ", outline)
        for outline, names in outlines.items()
    )
    return (b.said(*INTRODUCTION), *told)


def _entry(regime: Regime, solution: Solution, curves: b.Blocks) -> b.Section:
    reference = b.said(b.Link(SHARED, "notes"))
    answer = (*answer_blocks(solution, False), *curves, reference)
    blocks = (b.Section((), answer, 2, "answer"), _derivation(solution, False))
    title = (b.Name(regime.name), ": ", conditions(regime))
    return b.Section(title, blocks, 2, f"solution-{regime.name}")


def _without(reason: str, names: Sequence[str]) -> b.Section:
    """Regimes that have no formula for one reason, which a page finds by their names."""
    said = b.said(b.Listed(tuple(map(b.Name, names))), ": ", b.Prose(f"{reason}."))
    return b.Section((), (said,), 2, " ".join(["answer", *(f"solution-{n}" for n in names)]))


def _curves(found: Curves) -> b.Blocks:
    """The curves of a solution as a picture, or why there are none."""
    if not found.curves:
        return (b.note("no curve", found.refusal),)
    return (b.Figure(curves_sketch(found), "curves"), b.evidence_note(found.evidence, "the curve"))


def _scaling(solution: Solution) -> b.Blocks:
    """The conditions of the regime and its time scale."""
    face = solution.face
    if face is None:
        return (b.said("Regime ", b.Name(solution.regime), "."),)
    pieces: list[b.Piece] = ["Regime ", b.Name(solution.regime), ": ", conditions(face)]
    if face.clock is not None:
        time = b.Math(b.Chain((b.Spelled("T", "T"), "~")))
        pieces += ["; natural time scale ", time, " ", clock(face)]
    return (b.said(*pieces, "."),)


def answer_blocks(solution: Solution, notes: bool = True) -> b.Blocks:
    """The formula with what it needs: definitions, conditions, domain, ends, evidence, notes."""
    names = _letters(solution)
    return (
        b.said(f"{KINDS[solution.kind]}:"),
        b.Formula(solution.formula, MEAN),
        *(b.Formula(condition) for condition in solution.conditions),
        *([b.Formulas("with", solution.definitions)] if solution.definitions else []),
        b.note("domain", solution.domain, names),
        *(_ending(end, names) for end in solution.endings),
        b.evidence_note(solution.evidence, names=names),
        *(b.note("note", words, names, aside=True) for words in solution.notes if notes),
    )


def _letters(solution: Solution) -> tuple[str, ...]:
    """The symbols of one letter in a solution, but for the article."""
    parts = (solution.formula, *solution.conditions, *solution.existence)
    found = {symbol.name for part in parts for symbol in part.free_symbols}
    return tuple(sorted(prose_names(found | set(solution.symbols))))


def _ending(end: Ending, names: tuple[str, ...]) -> b.Note:
    """An end of the times: where it is, what has a limit there, and how that is approached."""
    time: tuple[Any, ...] = (TIME, "->", end.time)
    if not (end.time.is_infinite or end.time.is_Symbol):
        time = (TIME, "->", END, "=", end.time)
    pieces: list[b.Piece] = [b.Math(b.Chain(time))]
    if end.condition:
        pieces += [", if ", b.Prose(end.condition, names)]
    if end.limit is None:
        pieces += [": not known: ", b.Prose(end.reason, names)]
        return b.Note("end", tuple(pieces))
    subject = LOSS if end.of == "loss" else FORMULA
    pieces += [": ", b.Math(b.Chain((subject, "->", end.limit))), *_approach(end)]
    for symbol, polynomial in end.roots:
        pieces += [", ", b.Math(symbol), " the least positive root of ", b.Math(polynomial)]
    if end.evidence is not None:
        pieces += [" (", b.Prose(end.evidence.sentence, names), ")"]
    return b.Note("end", tuple(pieces))


def _approach(end: Ending) -> b.Pieces:
    """How a formula comes near its limit."""
    limit = end.limit
    rest: tuple[Any, ...] = (FORMULA,)
    if limit and not limit.is_infinite:
        rest = (FORMULA, "-", limit)
    if end.approach is not None:
        return ("; ", b.Math(b.Chain((*rest, "~", end.approach))))
    if end.rate is not None:
        return ("; ", b.Math(b.Chain(rest)), f" {end.moves} as ", b.Math(end.moving))
    if end.exponent is None:
        return ()
    if end.time.is_infinite:
        return ("; ", b.Math(b.Chain(rest)), f" {end.moves} as ", _power("|t|", end.exponent))
    return (" as ", _power("|t - t_c|", end.exponent))


def _power(base: str, exponent: sympy.Rational) -> b.Math:
    return b.Math(b.Spelled(f"{base}^{{{exponent}}}", f"{base}^({exponent})"))


def _derivation(solution: Solution, introduced: bool = True) -> b.Section:
    """How the solution was derived, step by step."""
    intro = (b.said(solution.outline),) if introduced else ()
    legend, names = legend_of(solution.problem), _letters(solution)
    shown = frozenset(solution.conditions)
    steps = [_step(step, legend, names, shown) for step in solution.steps]
    return b.Section(("Derivation",), (*intro, *steps), 2, folded=True)


def _step(
    step: Step, legend: Legend, names: tuple[str, ...], shown: frozenset[sympy.Basic]
) -> b.Section:
    """A step; of formulas that stand in the answer it says so."""
    stop = "" if step.text.endswith((".", ":")) else "."
    blocks: list[b.Block] = [b.said(b.Prose(step.text + stop, names))] if step.text else []
    if step.diagram is not None:
        blocks.append(b.said(b.Drawing(step.diagram, legend)))
    blocks += [b.Formula(formula) for formula in step.formulas if formula not in shown]
    if shown.intersection(step.formulas):
        blocks.append(b.said("The equations are those above."))
    return b.Section((step.name,), tuple(blocks), 3)
