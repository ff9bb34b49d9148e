"""What documents say of closed equations of order parameters."""

from __future__ import annotations

from diagrams.export.content import blocks as b
from diagrams.order_parameters.closed_system import ClosedSystem
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


def restricted_document(found: RestrictedSystem) -> b.Document:
    """The ansatz, the equations of its variables, what is observed, and the evidence."""
    problem = found.system.problem
    names = tuple(dict.fromkeys((*found.system.symbol_names, *found.variables)))
    blocks = (*_restricted(found), b.evidence_note(found.evidence))
    return b.Document(f"Order parameters: {problem.title}", blocks, names, problem.spec, problem)


def _restricted(found: RestrictedSystem) -> b.Blocks:
    ansatz = "; ".join(f"{head} = {value}" for head, value in found.ansatz)
    return (b.said("With ", b.Code(ansatz), ":"), b.Rows(found))
