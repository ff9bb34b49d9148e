"""wickflow: exact diagram expansions of gradient flow, from a problem to formulas and pictures.

>>> import diagrams
>>> problem = diagrams.cp_problem(order=2, ties="sym")
>>> print(diagrams.expand(problem, terms=1).coefficient(0))
1/2*p**2*H*sigma**4 + 1/2*p*H**2*sigma**4 + 1/2*p*H*sigma**4 - p*H*sigma**2 + 1/2*p
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes long to import
if TYPE_CHECKING:
    from typing import Any

    from diagrams.agreement import Agreement, compare
    from diagrams.checking.checking import check
    from diagrams.checking.comparison import Comparison
    from diagrams.dynamics.solution import Solution
    from diagrams.dynamics.solving import solve
    from diagrams.errors import BadInput, NotSolved, OutsideDomain, WickflowError
    from diagrams.evidence import Evidence
    from diagrams.flow import FlowSettings, Simulation, simulate
    from diagrams.graphs.combination import Combination, merge
    from diagrams.graphs.diagram import Diagram, Edge
    from diagrams.graphs.laws import Gaussian, Mean, Shaped
    from diagrams.graphs.shapes import Shape
    from diagrams.graphs.tensors import IndexFamily, Role, Tensor, delta, group_law
    from diagrams.graphs.vacuum import vacuum_graphs
    from diagrams.mean_fields.mean_field import MeanField, derived_terms, mean_field
    from diagrams.order_parameters.closed_system import ClosedSystem
    from diagrams.order_parameters.closing import close
    from diagrams.polynomials.pareto import pareto_terms
    from diagrams.polynomials.polynomial import Polynomial
    from diagrams.problems.builders import polynomial_problem
    from diagrams.problems.cp import CPProblem, cp_problem
    from diagrams.problems.problem import Problem
    from diagrams.problems.spec import load_problem
    from diagrams.report import build_report, write_report
    from diagrams.scaling.fronts.front import fronts
    from diagrams.scaling.fronts.front_theorem import front_law
    from diagrams.scaling.leading import leading_derivatives, leading_terms
    from diagrams.scaling.orders.law import order_law
    from diagrams.scaling.regimes.boundaries import boundaries
    from diagrams.scaling.regimes.dominance import locate_at
    from diagrams.scaling.regimes.finding import regimes
    from diagrams.scaling.regimes.location import locate
    from diagrams.scaling.regimes.parameterisation import Parameterisation, parameterise
    from diagrams.series.brackets import long_time
    from diagrams.series.classes import DiagramClass, DiagramTable, diagram_table
    from diagrams.series.cumulants import cumulant
    from diagrams.series.departures import departure, modular_surrogate
    from diagrams.series.descent import Descent, descent
    from diagrams.series.expansion import Series, expand, value_at
    from diagrams.series.inertia import expand_inertial
    from diagrams.series.levels import Levels, levels
    from diagrams.series.open_series import OpenSeries, expand_open
    from diagrams.wick.expectation import expectation, value

DISTRIBUTION = "wickflow"

_HOMES = {
    "Agreement": "agreement",
    "BadInput": "errors",
    "CPProblem": "problems.cp",
    "ClosedSystem": "order_parameters.closed_system",
    "Combination": "graphs.combination",
    "Comparison": "checking.comparison",
    "Descent": "series.descent",
    "Diagram": "graphs.diagram",
    "DiagramClass": "series.classes",
    "DiagramTable": "series.classes",
    "Edge": "graphs.diagram",
    "Evidence": "evidence",
    "FlowSettings": "flow",
    "Gaussian": "graphs.tensors",
    "IndexFamily": "graphs.tensors",
    "Levels": "series.levels",
    "Mean": "graphs.tensors",
    "MeanField": "mean_fields.mean_field",
    "NotSolved": "errors",
    "OpenSeries": "series.open_series",
    "OutsideDomain": "errors",
    "Parameterisation": "scaling.regimes.parameterisation",
    "Polynomial": "polynomials.polynomial",
    "Problem": "problems.problem",
    "Role": "graphs.tensors",
    "Series": "series.expansion",
    "Shape": "graphs.shapes",
    "Shaped": "graphs.tensors",
    "Simulation": "flow",
    "Solution": "dynamics.solution",
    "Tensor": "graphs.tensors",
    "WickflowError": "errors",
    "boundaries": "scaling.regimes.boundaries",
    "build_report": "report",
    "check": "checking.checking",
    "close": "order_parameters.closing",
    "compare": "agreement",
    "cp_problem": "problems.cp",
    "cumulant": "series.cumulants",
    "delta": "graphs.tensors",
    "departure": "series.departures",
    "derived_terms": "mean_fields.mean_field",
    "descent": "series.descent",
    "diagram_table": "series.classes",
    "expand": "series.expansion",
    "expand_inertial": "series.inertia",
    "expand_open": "series.open_series",
    "expectation": "wick.expectation",
    "front_law": "scaling.fronts.front_theorem",
    "fronts": "scaling.fronts.front",
    "group_law": "graphs.tensors",
    "leading_derivatives": "scaling.leading",
    "leading_terms": "scaling.leading",
    "levels": "series.levels",
    "load_problem": "problems.spec",
    "locate": "scaling.regimes.location",
    "locate_at": "scaling.regimes.dominance",
    "long_time": "series.brackets",
    "mean_field": "mean_fields.mean_field",
    "merge": "graphs.combination",
    "modular_surrogate": "series.departures",
    "order_law": "scaling.orders.law",
    "parameterise": "scaling.regimes.parameterisation",
    "pareto_terms": "polynomials.pareto",
    "polynomial_problem": "problems.builders",
    "regimes": "scaling.regimes.finding",
    "simulate": "flow",
    "solve": "dynamics.solving",
    "vacuum_graphs": "graphs.vacuum",
    "value": "wick.expectation",
    "value_at": "series.expansion",
    "write_report": "report",
}

__all__ = [
    "Agreement",
    "BadInput",
    "CPProblem",
    "ClosedSystem",
    "Combination",
    "Comparison",
    "Descent",
    "Diagram",
    "DiagramClass",
    "DiagramTable",
    "Edge",
    "Evidence",
    "FlowSettings",
    "Gaussian",
    "IndexFamily",
    "Levels",
    "Mean",
    "MeanField",
    "NotSolved",
    "OpenSeries",
    "OutsideDomain",
    "Parameterisation",
    "Polynomial",
    "Problem",
    "Role",
    "Series",
    "Shape",
    "Shaped",
    "Simulation",
    "Solution",
    "Tensor",
    "WickflowError",
    "boundaries",
    "build_report",
    "check",
    "close",
    "compare",
    "cp_problem",
    "cumulant",
    "delta",
    "departure",
    "derived_terms",
    "descent",
    "diagram_table",
    "expand",
    "expand_inertial",
    "expand_open",
    "expectation",
    "front_law",
    "fronts",
    "group_law",
    "leading_derivatives",
    "leading_terms",
    "levels",
    "load_problem",
    "locate",
    "locate_at",
    "long_time",
    "mean_field",
    "merge",
    "modular_surrogate",
    "order_law",
    "parameterise",
    "pareto_terms",
    "polynomial_problem",
    "regimes",
    "simulate",
    "solve",
    "vacuum_graphs",
    "value",
    "value_at",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that ``import diagrams`` is quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'diagrams' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"diagrams.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"] if "__version__" in globals() else list(__all__)
