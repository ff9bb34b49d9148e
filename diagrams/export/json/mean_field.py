"""Mean-field equations as JSON, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diagrams.dynamics.roads.two_times.two_times import mean_field_on
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.export.content.mean_field import fragment
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import dynamics
from diagrams.export.json.reading import evidence_of, made, orders, polynomial_of, problem_of, same
from diagrams.mean_fields.certificate import Certificate, Difference
from diagrams.mean_fields.curves import MeanFieldCurve
from diagrams.mean_fields.mean_field import MeanField, mean_field
from diagrams.polynomials.polynomial import Polynomial

RECOMPUTED = 5
"""Coefficients through this order are computed again."""


def mean_field_json(found: MeanField, command: str | None = None) -> str:
    """Return equations, coefficients, certificate and curve as JSON text."""
    data = _derived(found)
    data["certificate"] = written(found.certificate, dynamics.MeanFieldCertificate)
    data["curve"] = written(found.curve, dynamics.MeanFieldCurve)
    data["evidence"] = found.evidence.to_dict()
    return json_lines(document(dynamics.MeanField, data, found.problem, command))


def _derived(found: MeanField) -> dict[str, object]:
    """What follows from problem and scaling."""
    return {
        "kind": found.kind,
        "regime": found.regime or None,
        "symbol": found.symbol or None,
        "scaling": written(found.scaling, list[dynamics.Scaled]),
        "exponent": str(found.equations.exponent),
        "equations_latex": fragment(found).text,
        "taylor": written(enumerate(found.derivatives), list[dynamics.MeanFieldDerivative]),
    }


def mean_field_from_json(text: str) -> MeanField:
    """Read back equations: they are derived again, and have to be the same.

    Certificate and curve are what the document claims.  Raises
    :class:`~diagrams.errors.BadInput` for anything else.
    """
    given = read(text, dynamics.MeanField)
    if given.regime is not None:
        found = mean_field_on(problem_of(given.problem), given.regime, len(given.taylor) - 1)
    else:
        found = _scaled(given)
    claimed = [
        polynomial_of(item.terms, f"taylor[{item.s}].terms")
        for item in orders(given.taylor, "taylor")
    ]
    known = found.taylor(min(len(claimed) - 1, RECOMPUTED))
    whole = replace(
        found,
        derivatives=(*known, *claimed[len(known) :]),
        evidence=evidence_of(given.evidence),
        certificate=_read_certificate(given.certificate),
        curve=_read_curve(given.curve),
    )
    same(given, _derived(whole), "follows from the problem and its scaling")
    return whole


def _scaled(given: dynamics.MeanField) -> MeanField:
    """The equations of a document on a scaling."""
    scaling: dict[str, Polynomial] = {}
    for place, item in enumerate(given.scaling):
        scaling[item.symbol] = polynomial_of(item.monomial, f"scaling[{place}].monomial")
    symbol = given.symbol or ""
    if scaling.pop(symbol, None) != Polynomial.monomial(1, {symbol: 1}):
        raise BadInput("symbol", symbol, "the large parameter, itself part of scaling")
    return mean_field(problem_of(given.problem), {symbol: 1, **scaling})


def _read_certificate(given: dynamics.MeanFieldCertificate | None) -> Certificate | None:
    if given is None:
        return None
    part, through = given.first_difference, given.equal_through
    if part is not None:
        return Certificate(part.s, made(Difference, part))
    if through is None:
        raise BadInput("certificate.equal_through", None, "an order, where nothing differs")
    return Certificate(through)


def _read_curve(given: dynamics.MeanFieldCurve | None) -> MeanFieldCurve | None:
    if given is None:
        return None
    if not len(given.times) == len(given.values) == len(given.errors):
        raise BadInput("curve", f"{len(given.values)} values", "as many values and errors as times")
    arrays = [np.asarray(v, dtype=float) for v in (given.times, given.values, given.errors)]
    evidence = Evidence(Kind.NUMERICAL, "mean-field equations integrated").as_claimed()
    return MeanFieldCurve(arrays[0], arrays[1], arrays[2], given.method, evidence)
