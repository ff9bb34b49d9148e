"""Regimes for every order of a model as JSON."""

from __future__ import annotations

from diagrams.export.json.codec import document, json_lines
from diagrams.export.json.documents import scaling
from diagrams.provenance import stamp
from diagrams.scaling.orders.law import CLOCKS_COMPARED, OrderLaw
from diagrams.scaling.orders.relation import power_text


def law_json(law: OrderLaw, command: str | None = None, spec: str | None = None) -> str:
    """Return a law as JSON text, with the SPEC that it was found for; exponents are texts in nu."""
    problem = {"title": law.title, "spec": spec, "orders": list(law.orders)}
    if spec is None:
        del problem["spec"]
    content = {
        "problem": problem,
        "regimes": [
            {
                "name": r.name,
                "dimension": r.dimension,
                "condition": r.condition,
                "condition_latex": r.condition_latex,
                "time_scale": None
                if r.clock is None
                else {name: power_text(power) for name, power in r.clock_powers()},
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
        "provenance": stamp(law.title if spec is None else spec, command),
    }
    return json_lines(document(scaling.Regimes, content))
