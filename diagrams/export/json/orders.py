"""Regimes for every order of a model as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from diagrams.export.json.regimes import REGIMES_SCHEMA
from diagrams.provenance import stamp
from diagrams.scaling.orders.law import CLOCKS_COMPARED, OrderLaw
from diagrams.scaling.orders.relation import power_text


def law_json(law: OrderLaw, command: str | None = None) -> str:
    """Return a law as JSON text of the schema ``wickflow.regimes/1``; exponents are texts in nu."""
    problem = {"title": law.title, "orders": list(law.orders)}
    return _document(law, problem, law.title, command)


def order_law_json(law: OrderLaw, spec: str, command: str | None = None) -> str:
    """Return the same, with the SPEC that the law was found for."""
    problem = {"title": law.title, "spec": spec, "orders": list(law.orders)}
    return _document(law, problem, spec, command)


def _document(law: OrderLaw, problem: Mapping[str, object], spec: str, command: str | None) -> str:
    data = {
        "schema": REGIMES_SCHEMA,
        "problem": problem,
        "regimes": [
            {
                "name": r.name,
                "dimension": r.dimension,
                "condition": r.condition,
                "condition_latex": r.condition_latex,
                "time_scale": {name: power_text(power) for name, power in r.clock_powers()}
                if r.clock is not None
                else None,
                "clock": {
                    "verdict": r.verdict,
                    "statement": next(said for ns, said in law.clock_rules if r.name in ns),
                    "evidence": CLOCKS_COMPARED.to_dict(),
                },
                "learning": r.learning,
                "parameterization": r.parameterization,
                "evidence": law.evidence.to_dict(),
            }
            for r in law.members
        ],
        "evidence": law.evidence.to_dict(),
        "provenance": stamp(spec, command),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
