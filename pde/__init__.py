"""Recurrences, generating functions and first-order linear partial differential equations.

A package of its own: finite recurrences become differential operators and back, recurrences
are fitted to exact tables with held-out rows, first-order linear equations in any number of
variables are solved by characteristics from their initial data.
Names are loaded when first used (PEP 562), because SymPy is slow to import.

>>> import pde
>>> pde.Table.from_sequence([1, 1]).bounds
(1,)
"""

from __future__ import annotations

from importlib import import_module

DISTRIBUTION = "wickflow"

_HOME = {
    "PDEError": "errors",
    "InvalidInputError": "errors",
    "UnknownEntryError": "errors",
    "UnderdeterminedError": "errors",
    "NoRecurrenceError": "errors",
    "HeldOutError": "errors",
    "VerificationError": "errors",
    "CharacteristicSurfaceError": "errors",
    "NoClosedFormError": "errors",
    "OutsideDomainError": "errors",
    "Evidence": "evidence",
    "Polynomial": "recurrences.polynomial",
    "Table": "recurrences.table",
    "DifferentialOperator": "recurrences.differential_operator",
    "Recurrence": "recurrences.recurrence",
    "Fit": "recurrences.guessing",
    "fit_recurrence": "recurrences.guessing",
    "FirstOrderEquation": "equations.first_order",
    "InitialData": "equations.first_order",
    "eliminate": "equations.first_order",
    "solve": "equations.characteristics",
    "Curves": "equations.first_integrals",
    "characteristic_curves": "equations.first_integrals",
    "conserved_quantities": "equations.conserved",
    "EquationSolution": "equations.solution",
    "Unknown": "equations.solution",
    "Value": "numbers.evaluation",
    "evaluate": "numbers.evaluation",
    "Pade": "summation.pade",
    "pade_approximant": "summation.pade",
    "InvariantLine": "equations.darboux",
    "invariant_lines": "equations.darboux",
    "solve_pair": "equations.darboux",
    "Trajectory": "numbers.trajectory",
    "integrate": "numbers.trajectory",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    """Load an exported name, or a submodule, on first use."""
    if name in _HOME:
        return getattr(import_module(f"pde.{_HOME[name]}"), name)
    raise AttributeError(f"module 'pde' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the exported names."""
    return sorted({*globals(), *_HOME})
