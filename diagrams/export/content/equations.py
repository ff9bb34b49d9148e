"""What documents say of closed equations of order parameters."""

from __future__ import annotations

from diagrams.export.content import blocks as b
from diagrams.export.explorer.plot import lines_sketch
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.function_values import closed_text
from diagrams.order_parameters.resting import Course
from diagrams.order_parameters.restricting import RestrictedSystem
from diagrams.polynomials.polynomial import Polynomial


def system_document(
    system: ClosedSystem, restriction: RestrictedSystem | None = None
) -> b.Document:
    """Definitions, equations, observable, initial means, evidence; and the same on an ansatz."""
    derivative = b.Math(b.Spelled("T\\,\\mathrm{d}/\\mathrm{d}t", "T d/dt"))
    prime: tuple[b.Piece, ...] = ("The prime is ", derivative)
    if system.friction is not None:
        prime = (*prime, f", with momentum and the friction {system.friction}")
    if system.step:
        step = b.Math(Polynomial.symbol(system.step))
        seen = f"SGD, in {system.batch}" if system.batch else "one-pass SGD"
        prime = (f"The prime is the mean change in one step of {seen}, divided by ", step)
    families = ", ".join(family.name for family in system.eliminated)
    blocks: list[b.Block] = [
        b.said(*prime, f"; eliminated: {families}."),
        b.Rows(system),
        b.evidence_note(system.evidence),
    ]
    names = system.symbol_names
    if restriction is not None:
        blocks += _restricted(restriction)
        names = (*names, *restriction.variables)
    title = f"Order parameters: {system.problem.title}"
    return b.Document(title, tuple(blocks), names, system.problem.spec, system.problem)


def equations_chapter(system: ClosedSystem) -> b.Section:
    """The closed equations, as a chapter of a document on their problem."""
    told = system_document(system)
    closed = [(name, closed_text(law)) for name, law in system.averages.items()]
    laws = system.averages
    rows = [
        (b.Code(laws[name].spelled([str(k) for k in range(1, 1 + len(laws[name].families))])), text)
        for name, text in closed
    ]
    known = tuple(
        b.said(b.Code(f"{left.text} = {text}"), ".") if text else b.said(left, " is integrated.")
        for left, text in rows
    )
    lead = "Averages over inputs at different indices, C the covariance of their arguments:"
    said = (b.said(lead), *known) if known else ()
    return b.Section(("Closed equations",), (*told.blocks, *said), key="coefficients")


def course_chapter(system: ClosedSystem, found: Course) -> b.Section:
    """One draw followed in numbers: the observable drawn, and the points of rest."""
    sizes = ", ".join(f"{name} = {value}" for name, value in found.at.items())
    blocks: list[b.Block] = [b.said("One draw of all tensors at ", b.Code(sizes), ".")]
    if found.curves is not None:
        name = system.problem.observed or "L"
        times, values = found.curves.times.tolist(), found.curves.loss.tolist()
        evidence = found.curves.evidence
        lines = [(name, times, values)]
        sketch = lines_sketch(f"{name} over time", f"{name}. {evidence}", lines, name, "t / T")
        blocks += [b.Figure(sketch, "curves"), b.evidence_note(evidence, "the curve")]
    if found.rests:
        columns = b.columns(
            ("near t/T", 0.15, "c"), ("distance", 0.15, "c"), ("observable", 0.25, "c"),
            ("escape rate", 0.25, "c"),
        )  # fmt: skip
        rows = tuple(
            (
                (f"{point.time:.4g}",),
                (f"{point.distance:.2g}",),
                (f"{point.loss:.8g}",),
                ("none: no small change grows" if point.escape is None else f"{point.escape:.6g}",),
            )
            for point in found.rests
        )
        words = "Points of rest that it passes, and the rate at which small changes grow there:"
        blocks += [b.said(words), b.Table(columns, rows)]
        blocks.append(b.evidence_note(found.rests[0].evidence, "points of rest"))
    if found.refusal:
        blocks.append(b.note("in numbers", f"{found.refusal}."))
    return b.Section(("In numbers",), tuple(blocks), key="solved")


def restricted_document(found: RestrictedSystem) -> b.Document:
    """The ansatz, the equations of its variables, what is observed, and the evidence."""
    problem = found.system.problem
    names = tuple(dict.fromkeys((*found.system.symbol_names, *found.variables)))
    blocks = (*_restricted(found), b.evidence_note(found.evidence))
    return b.Document(f"Order parameters: {problem.title}", blocks, names, problem.spec, problem)


def _restricted(found: RestrictedSystem) -> b.Blocks:
    ansatz = "; ".join(f"{head} = {value}" for head, value in found.ansatz)
    return (b.said("With ", b.Code(ansatz), ":"), b.Rows(found))
