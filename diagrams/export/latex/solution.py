r"""A solution with its derivation as LaTeX: what a referee would want to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy

from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.road import Road
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solutions import Solved, shared_notes
from diagrams.dynamics.step import Step
from diagrams.export.latex.documents import document, legend_of, problem_section
from diagrams.export.latex.formulas import formula_width
from diagrams.export.latex.fragments import Fragment
from diagrams.export.latex.prose import prose_latex, prose_names
from diagrams.export.latex.regime_tables import clock_latex
from diagrams.export.pictures.diagram_tikz import diagram_tikz
from diagrams.export.pictures.picture import Legend
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.formulas import formula_latex, ordered_terms
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.provenance import stamp, stamp_line

SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
LINE = 36.0
"""Width of a line of formulas in em; longer sums are broken, longer products made smaller."""

LONGEST = 6 * LINE
"""Formulas beyond this width in em are no help in print."""

SHORT = 9.0
"""Definitions up to this width in em stand in a sentence."""

OPEN, CLOSE = "\\par\\begingroup\\emergencystretch=3em\\noindent", "\\par\\endgroup"
"""Around a solution in a paper: lines of text may be looser."""


def solution_document(
    solution: Solution, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the problem, the regime, the solution and its derivation."""
    problem = solution.problem
    body = problem_section(problem, legend_of(problem))
    body += solution_section(solution)
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols, solution_names(solution))


def solution_names(solution: Solution) -> tuple[str, ...]:
    """The names of all symbols of a solution, its order parameters among them."""
    formulas = [solution.formula, *solution.conditions]
    formulas += [part for definition in solution.definitions for part in definition]
    formulas += [formula for step in solution.steps for formula in step.formulas]
    found = {symbol.name for formula in formulas for symbol in formula.free_symbols}
    found -= {"L"}  # the loss, which has a macro already
    return tuple(sorted(name for name in found if SYMBOL.fullmatch(name)))


def solutions_section(listed: Sequence[Solved]) -> list[str]:
    """The third chapter of a report: every regime with its solution, or why there is none."""
    lines = ["\\section*{Solved dynamics}", Road.outline]
    lines += [f"\\par\\noindent\\emph{{Note}}: {prose_latex(n)}." for n in shared_notes(listed)]
    for entry in listed:
        regime = entry.regime
        lines.append(f"\\wickroom\\subsection*{{{_dashed(regime.name)}}}")
        lines.append(f"Where ${regime.condition_latex}$.")
        if entry.solution is None:
            lines.append(f"\\emph{{{prose_latex(entry.failure)}.}}")
            continue
        lines += answer_lines(entry.solution, notes=False)
        legend = legend_of(entry.solution.problem)
        for step in entry.solution.steps:
            lines += _step(step, legend, _letters(entry.solution))
    return lines


def solution_section(solution: Solution, heading: str | None = None) -> list[str]:
    """The solution, its domain and evidence, and then how it was derived."""
    title = f"The solution in regime {_dashed(solution.regime)}" if heading is None else heading
    lines = [f"\\section*{{{title}}}", *_scaling(solution), *answer_lines(solution)]
    return [*lines, "\\subsection*{Derivation}", *_derivation(solution)]


def _derivation(solution: Solution) -> list[str]:
    """How the solution was derived, step by step."""
    lines = [solution.outline]
    legend = legend_of(solution.problem)
    for step in solution.steps:
        lines += _step(step, legend, _letters(solution))
    return lines


def with_steps(solution: Solution) -> Fragment:
    """The solution for a paper, as :meth:`Solution.to_latex` gives it, and its derivation."""
    found: Fragment = solution.render("fragment")
    steps = "\n".join([OPEN, *_derivation(solution), CLOSE])
    return replace(found, display=f"{found.display}\n{steps}", brief=f"{found.brief}\n{steps}")


def _scaling(solution: Solution) -> list[str]:
    """The conditions of the regime and its time scale."""
    face = solution.face
    if face is None:
        return []
    lines = [f"The regime {_dashed(solution.regime)} holds where ${face.condition_latex}$."]
    if face.clock is not None:
        lines.append(f"Its natural time scale is $T \\sim {clock_latex(face)}$; $\\tau = t/T$.")
    return lines


def paper_lines(solution: Solution) -> list[str]:
    """The regime and the formula for a place in a paper; the notes are comments."""
    letters = _letters(solution)
    comments = [f"% Note: {prose_latex(note, letters)}." for note in solution.notes]
    return [OPEN, *_scaling(solution), *answer_lines(solution, notes=False), *comments, CLOSE]


def brief_lines(solution: Solution) -> list[str]:
    """The regime and the formula alone; domain, evidence and notes are comments."""
    said = [f"Domain: {solution.domain}", f"Evidence: {solution.evidence}"]
    said += [f"Note: {note}" for note in solution.notes]
    letters = _letters(solution)
    comments = [f"% {prose_latex(' '.join(words.split()), letters)}." for words in said]
    return [OPEN, *_scaling(solution), *_formula_lines(solution), *comments, CLOSE]


def answer_lines(solution: Solution, notes: bool = True) -> list[str]:
    """The formula with what it needs: definitions, conditions, domain, evidence, notes."""
    words = {
        "explicit": "An explicit formula",
        "implicit": "An implicit formula: it holds a quantity that an equation fixes",
        "quadrature": "A formula with integrals",
        "ode": "Ordinary differential equations, integrated numerically where numbers are wanted",
    }
    letters = _letters(solution)
    domain = prose_latex(solution.domain, letters)
    lines = [
        f"{words[solution.kind]}.",
        *_formula_lines(solution),
        f"\\par\\medskip\\noindent\\emph{{Domain}}: {domain}.",
        *(line for end in solution.endings for line in _ending(end, letters)),
        f"\\par\\noindent\\emph{{Evidence}}: {prose_latex(str(solution.evidence), letters)}.",
    ]
    listed = solution.notes if notes else ()
    lines += [f"\\par\\noindent\\emph{{Note}}: {prose_latex(n, letters)}." for n in listed]
    return lines


def _formula_lines(solution: Solution) -> list[str]:
    """The formula with its conditions and definitions."""
    lines = _display(solution.formula, "\\mathbb{E}[L(t)] = ")
    if solution.conditions:
        lines.append("\\noindent Here")
        for condition in solution.conditions:
            lines += _display(condition)
    listed = [
        (formula_width(sympy_latex(meaning)), symbol, meaning)
        for symbol, meaning in solution.definitions
    ]
    short = [
        f"${_symbol(symbol)} = {sympy_latex(meaning)}$"
        for width, symbol, meaning in listed
        if width <= SHORT
    ]
    if solution.definitions:
        lines.append(f"\\noindent with {', '.join(short)}" + ("." if short else ""))
    for width, symbol, meaning in listed:
        if width > SHORT:
            lines += _display(sympy.Equality(symbol, meaning, evaluate=False))
    return lines


def _letters(solution: Solution) -> set[str]:
    """The symbols of one letter in a solution, but for the article."""
    parts = (solution.formula, *solution.conditions, *solution.existence)
    found = {symbol.name for part in parts for symbol in part.free_symbols}
    return prose_names(found | set(solution.symbols))


def _ending(end: Ending, letters: set[str]) -> list[str]:
    """An end of the times: its limit as a formula, or why there is none."""
    start = "\\par\\noindent\\emph{End}: "
    if not end.known:
        condition = f", if {prose_latex(end.condition, letters)}" if end.condition else ""
        place = f"$t \\to {sympy_latex(end.time)}$"
        return [f"{start}{place}{condition}: not known: {prose_latex(end.reason, letters)}."]
    said = f"{start}if {prose_latex(end.condition, letters)}:" if end.condition else start.rstrip()
    evidence = (
        [] if end.evidence is None else [f"\\noindent ({prose_latex(str(end.evidence), letters)})"]
    )
    roots = [
        f"\\noindent with ${sympy_latex(symbol)}$ the least positive root of"
        f" ${sympy_latex(polynomial)}$."
        for symbol, polynomial in end.roots
    ]
    return [said, *_fitted(end.to_latex()), *roots, *evidence]


def _step(step: Step, legend: Legend, letters: set[str]) -> list[str]:
    name = escape_latex(step.name[:1].upper() + step.name[1:])
    lines = [f"\\wickroom\\paragraph{{{name}.}}"]
    if step.diagram is not None:
        lines += _drawn(step.diagram, legend)
    if step.text:
        lines.append(
            prose_latex(step.text, letters) + ("" if step.text.endswith((".", ":")) else ".")
        )
    for formula in step.formulas:
        lines += _display(formula)
    return lines


def _drawn(diagram: Diagram, legend: Legend) -> list[str]:
    picture = diagram_tikz(diagram, legend=legend).strip()
    return [f"\\begin{{center}}\\wickfit{{{picture}}}\\end{{center}}"]


def _display(formula: sympy.Basic, start: str = "") -> list[str]:
    """A formula on lines of its own; sums that are too long are broken between terms."""
    whole = start + sympy_latex(formula)
    if formula_width(whole) > LONGEST:
        count = sympy.count_ops(formula)
        return [f"(A formula of {count} operations: too long for a page; the JSON export has it.)"]
    if formula_width(whole) > LINE and isinstance(formula, sympy.Equality):
        left = sympy_latex(formula.lhs)
        return _fitted(_broken(formula.rhs, f"{left} = "))
    if formula_width(whole) > LINE and isinstance(formula, sympy.Add):
        return _fitted(_broken(formula, start))
    return _fitted(whole)


def _broken(formula: sympy.Basic, start: str) -> str:
    pieces = [sympy_latex(term) for term in ordered_terms(formula)]
    lines, width = [f"{start}{{}}&"], formula_width(start)
    for place, piece in enumerate(pieces):
        signed = piece if not place or piece.startswith("-") else f"+ {piece}"
        if place and width + formula_width(signed) > LINE:
            lines.append("& \\quad {}")
            width = 2.0
        lines[-1] += f" {signed}"
        width += formula_width(signed)
    return "\\begin{aligned}" + " \\\\ ".join(lines) + "\\end{aligned}"


def _fitted(formula: str) -> list[str]:
    return [f"\\begin{{center}}\\wickfit{{$\\displaystyle {formula}$}}\\end{{center}}"]


def sympy_latex(formula: sympy.Basic) -> str:
    """Return a SymPy formula as LaTeX, symbols named as in all other exports.

    >>> H, t = sympy.symbols("H t")
    >>> print(sympy_latex(sympy.exp(-H * t) / 2))
    \\frac{e^{- H t}}{2}
    """
    names = {symbol: _symbol(symbol) for symbol in formula.atoms(sympy.Symbol)}
    return formula_latex(formula, names, symbol_latex)


def _symbol(symbol: sympy.Basic) -> str:
    return symbol_latex(str(symbol))


def _dashed(name: str) -> str:
    return escape_latex(name).replace("-{}", "--")
