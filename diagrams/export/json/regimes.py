"""Fronts and regimes as JSON, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.export.content.regime_notes import caution
from diagrams.export.json.claims import Recomputed, check_exponents, recomputed_series
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import parts, scaling
from diagrams.export.json.reading import evidence_of, orders, problem_of, same, there
from diagrams.polynomials.plain_data import exponent_at
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.problem import Problem
from diagrams.scaling.fronts.families import NoLaw
from diagrams.scaling.fronts.front import Front, Fronts, front_of, scaled_terms
from diagrams.scaling.fronts.front_theorem import known_law, proved_front_law
from diagrams.scaling.fronts.restriction import Tied, restricted
from diagrams.scaling.fronts.sectors import TargetCount, target_count
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.finding import Regime, Regimes, regimes, seen_regimes
from diagrams.scaling.regimes.location import Location

TERMS_LIMIT = 2000
"""Terms of one front that are read: their hull takes a second."""


def fronts_json(found: Fronts, command: str | None = None) -> str:
    """Return fronts as JSON text."""
    return json_lines(fronts_data(found, command))


def fronts_data(found: Fronts, command: str | None = None) -> dict[str, object]:
    """The same as plain data."""
    content = {
        "symbols": list(found.symbols),
        "fronts": written(found.orders, list[scaling.Front]),
        "normal": _normal_data(found),
        "law": _law_data(found),
        "evidence": found.evidence.to_dict(),
    }
    return document(scaling.Fronts, content, found.problem, command)


def _normal_data(found: Fronts) -> dict[str, str] | None:
    """The scaling for which all terms of every order lead together, by symbol."""
    if found.normal is None:
        return None
    return {name: str(e) for name, e in zip(found.symbols, found.normal, strict=True)}


def _law_data(found: Fronts) -> dict[str, object] | None:
    """The formula of the front at every order, where it is proved."""
    law = known_law(found)
    return None if law is None else law.to_dict()


def regime_data(regime: Regime) -> dict[str, object]:
    """Return one regime as plain data."""
    plain: dict[str, object] = written(regime, scaling.Regime)
    return plain


def regime_json(regime: Regime, command: str | None = None) -> str:
    """Return one regime as JSON text: a part of a document, without provenance."""
    return json_lines(regime_data(regime))


def place_data(place: Location | Standing) -> dict[str, object]:
    """Return a place among regimes as plain data."""
    regime = place.regime
    told: dict[str, Any] = {**vars(place), "regime": regime.name}
    told |= {"time_scale": regime.time_scale, "evidence": regime.evidence}
    if isinstance(place, Standing):
        told["shares"] = [
            (x.s, x.share, x.ratio, str(x.largest or ""), str(x.rival or "")) for x in place.shares
        ]
    kind = scaling.Standing if isinstance(place, Standing) else scaling.Location
    plain: dict[str, object] = written(told, kind)
    return plain


def place_json(place: Location | Standing, command: str | None = None) -> str:
    """Return a place among regimes as JSON text: a part of a document, without provenance."""
    return json_lines(place_data(place))


def regimes_json(
    found: Regimes,
    command: str | None = None,
    location: Location | None = None,
    standing: Standing | None = None,
) -> str:
    """Return regimes as JSON text, with the fronts they were derived from.

    A ``location`` (of a scaling) or a ``standing`` (of actual sizes) is added where given.
    """
    return json_lines(regimes_data(found, command, location, standing))


def regimes_data(
    found: Regimes,
    command: str | None = None,
    location: Location | None = None,
    standing: Standing | None = None,
) -> dict[str, object]:
    """The same as plain data."""
    content: dict[str, object] = {
        "symbols": list(found.symbols),
        "width": found.width,
        "regimes": [regime_data(regime) for regime in found],
        "boundaries": _boundaries_data(found),
    }
    if found.fronts.tied:
        tied = found.fronts.tied
        content["tied"] = {name: {n: str(e) for n, e in powers} for name, powers in tied}
    for name, place in (("location", location), ("standing", standing)):
        if place is not None:
            content[name] = place_data(place)
    content |= {
        "fronts": written(found.fronts.orders, list[scaling.Front]),
        "law": _law_data(found.fronts),
        "evidence": found.evidence.to_dict(),
        "caution": f"caution: {words}" if (words := caution(found)) else "",
        "source_evidence": found.fronts.evidence.to_dict(),
    }
    return document(scaling.Regimes, content, found.problem, command)


def _boundaries_data(found: Regimes) -> list[dict[str, object]]:
    return [
        {
            "between": list(boundary.between),
            "regime": boundary.edge,
            "boundary": str(boundary.relation),
            "boundary_latex": boundary.to_latex(),
            "sympy": str(boundary.to_sympy()),
        }
        for boundary in boundaries(found)
    ]


# -- reading ------------------------------------------------------------------------------


def fronts_from_json(text: str) -> Fronts:
    """Read back fronts.

    Where the front of every order is proved they are compared with it, elsewhere low orders are
    computed again; the evidence says what of it is the claim of the document.

    Raises :class:`~diagrams.errors.BadInput` for anything that :func:`fronts_json` or
    :func:`regimes_json` did not write.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> found = fronts(cp_problem(order=2, ties="sym"), terms=2)
    >>> fronts_from_json(fronts_json(found)) == found
    True
    """
    kinds: tuple[type[scaling.Fronts | scaling.Regimes], ...] = (scaling.Fronts, scaling.Regimes)
    given = read(text, *kinds)
    if isinstance(given, scaling.Regimes):
        return _fronts_of_regimes(given)
    found = _fronts(given, given.symbols, given.fronts, given.evidence, "evidence")
    same(given, {"normal": _normal_data(found)}, "follows from the terms")
    return found


def regimes_from_json(text: str) -> Regimes:
    """Read back regimes: their fronts are read, and the regimes derived from them again.

    Raises :class:`~diagrams.errors.BadInput`, also where the document has others.
    """
    given = read(text, scaling.Regimes)
    known_fronts = _fronts_of_regimes(given)
    evidence_of(there(given.evidence, "evidence"), len(known_fronts) - 1)
    width = there(given.width, "width")
    try:
        found = regimes(known_fronts, width=width)
    except NoLaw:
        found = seen_regimes(known_fronts, width)
    if len(given.regimes) != len(found):
        raise BadInput("regimes", f"{len(given.regimes)} regimes", f"the {len(found)} that follow")
    for place, (one, derived) in enumerate(zip(given.regimes, found, strict=True)):
        known = regime_data(derived)
        del known["evidence"]
        same(one, known, "follows from the fronts", f"regimes[{place}]")
    same(given, {"boundaries": _boundaries_data(found)}, "follows from the fronts")
    return found


def _fronts_of_regimes(given: scaling.Regimes) -> Fronts:
    symbols, fronts = there(given.symbols, "symbols"), there(given.fronts, "fronts")
    field = "source_evidence"
    return _fronts(given, symbols, fronts, there(given.source_evidence, field), field, _tied(given))


def _tied(given: scaling.Regimes) -> Tied:
    """The symbols that all scalings looked at tie, and what each is."""
    return tuple(
        (name, tuple((other, exponent_at(e, f"tied.{name}")) for other, e in powers.items()))
        for name, powers in (given.tied or {}).items()
    )


def _fronts(
    given: scaling.Fronts | scaling.Regimes,
    symbols: Sequence[str],
    listed: Sequence[scaling.Front],
    evidence: parts.Evidence,
    field: str,
    tied: Tied = (),
) -> Fronts:
    problem = problem_of(given.problem)
    _check_symbols(symbols, problem, tied)
    low = _low_orders(problem, len(listed), symbols, tied)
    if low is not None and low.symbols != tuple(symbols):
        raise BadInput("symbols", ", ".join(symbols), f"those left free: {', '.join(low.symbols)}")
    target = low.target if tied and low is not None else target_count(problem, symbols)
    found = Fronts(
        problem,
        tuple(symbols),
        tuple(name for name in problem.sizes if name in symbols),
        tuple(
            _front(one, tuple(symbols), problem, target, tied) for one in orders(listed, "fronts")
        ),
        evidence_of(evidence, len(listed) - 1, field),
        target,
        tied,
    )
    known = _recomputed(found, low)
    for s, (one, derived) in enumerate(
        zip(listed, written(found.orders, list[scaling.Front]), strict=True)
    ):
        same(one, derived, "follows from the terms", f"fronts[{s}]")
    same(given, {"law": _law_data(found)}, "is proved of this problem")
    return replace(found, evidence=known.marked(found.evidence))


def _low_orders(problem: Problem, count: int, symbols: Sequence[str], tied: Tied) -> Fronts | None:
    """The fronts of the orders that are computed again, on the scalings looked at."""
    series = recomputed_series(problem, count)
    if series is None:
        return None
    whole = problem.in_order({*symbols, *dict(tied)})
    target = target_count(problem, whole)
    exact = enumerate(scaled_terms(problem, series.coefficients))
    orders = tuple(front_of(s, y, whole, problem.sizes, target) for s, y in exact)
    found = Fronts(problem, whole, problem.sizes, orders, series.evidence, target)
    return restricted(found, tied)


def _check_symbols(names: Sequence[str], problem: Problem, tied: Tied) -> None:
    """The coordinates: all sizes of the problem that are free, and scales of it, each once."""
    for name in (*dict(tied), *(other for _, powers in tied for other, _ in powers)):
        if name not in problem.symbols:
            raise BadInput("tied", name, f"sizes and scales: {', '.join(problem.symbols)}")
    for name in names:
        if name not in problem.symbols or names.count(name) > 1:
            known = ", ".join(problem.symbols)
            raise BadInput("symbols", name, f"sizes and scales, each once: {known}")
    for name in problem.sizes:
        if name not in names and name not in dict(tied):
            raise BadInput("symbols", f"no {name}", "all sizes of the problem among them")


def _front(
    given: scaling.Front,
    symbols: tuple[str, ...],
    problem: Problem,
    target: TargetCount | None,
    tied: Tied,
) -> Front:
    where = f"fronts[{given.s}].terms"
    if len(given.terms) > TERMS_LIMIT:
        raise BadInput(where, f"{len(given.terms)} terms", f"at most {TERMS_LIMIT}")
    monomials: list[tuple[Powers, Fraction]] = []
    for term in given.terms:
        if len(term) != len(symbols):
            raise BadInput(where, f"{len(term)} exponents", f"one of each of {', '.join(symbols)}")
        powers = {n: exponent_at(e, where) for n, e in zip(symbols, term, strict=True)}
        monomials += Polynomial.monomial(1, powers).terms
    polynomial = Polynomial.from_terms(monomials)
    check_exponents(problem, given.s, polynomial, where, tied)
    found = front_of(
        given.s,
        polynomial,
        symbols,
        tuple(name for name in problem.sizes if name in symbols),
        target,
    )
    if len(found.terms) != len(given.terms):
        raise BadInput(where, f"{len(given.terms)} terms", "terms that can lead, each once")
    return found


def _recomputed(found: Fronts, low: Fronts | None) -> Recomputed:
    """Hold the terms against the proved front, or low orders against coefficients."""
    problem, count = found.problem, len(found)
    law = None if found.tied else proved_front_law(problem)
    if law is not None and set(law.symbols) <= set(found.symbols):
        known = [law.terms(s, found.symbols) for s in range(count)]
    else:
        known = [front.terms for front in low.orders] if low is not None else []
    for s, terms in enumerate(known):
        if found[s].terms != terms:
            raise BadInput(f"fronts[{s}].terms", "other terms", f"those of Y_{s} of the problem")
    own = None if low is None else replace(low.evidence, checked_to=count - 1)
    if law is not None and found.evidence == law.evidence:
        own = law.evidence
    return Recomputed(len(known), count, own)
