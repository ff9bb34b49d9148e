"""Recurrences, generating functions and first-order linear partial differential equations.

A package of its own: finite recurrences become differential operators and back, recurrences
are fitted to exact tables with held-out rows, first-order linear equations in any number of
variables are solved by characteristics from their initial data, divergent series are summed.
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
    "StokesLineError": "errors",
    "Evidence": "evidence",
    "Polynomial": "polynomial",
    "Table": "table",
    "DifferentialOperator": "differential_operator",
    "Recurrence": "recurrence",
    "Fit": "guessing",
    "combination_without": "guessing",
    "fit_recurrence": "guessing",
    "search_recurrence": "guessing",
    "FirstOrderEquation": "first_order",
    "InitialData": "first_order",
    "eliminate": "first_order",
    "solve": "characteristics",
    "Curves": "first_integrals",
    "characteristic_curves": "first_integrals",
    "conserved_quantities": "conserved",
    "Solution": "solution",
    "Unknown": "solution",
    "Value": "evaluation",
    "evaluate": "evaluation",
    "HadamardProduct": "hadamard",
    "diagonal": "hadamard",
    "hadamard_product": "hadamard",
    "hadamard_value": "hadamard",
    "Pade": "pade",
    "pade_approximant": "pade",
    "HypergeometricSeries": "hypergeometric",
    "hypergeometric_series": "hypergeometric",
    "borel_sum": "borel",
    "borel_pade_sum": "borel",
    "SeriesDomain": "summation",
    "domain_of_existence": "summation",
    "sum_series": "summation",
    "InvariantLine": "darboux",
    "invariant_lines": "darboux",
    "solve_pair": "darboux",
    "Trajectory": "trajectory",
    "integrate": "trajectory",
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
