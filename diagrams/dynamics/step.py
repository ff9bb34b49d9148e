"""One step of a derivation, as a value."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.formulas import formula_text


@dataclass(frozen=True)
class Step:
    """One step of a derivation: its name, a sentence, formulas, and a diagram for an atom."""

    name: str
    text: str
    formulas: tuple[sympy.Basic, ...] = ()
    diagram: Diagram | None = None

    def __str__(self) -> str:
        drawn = () if self.diagram is None else (f"    of {self.diagram}",)
        formulas = (f"    {formula_text(formula)}" for formula in self.formulas)
        return "\n".join([f"{self.name}: {self.text}", *drawn, *formulas])
