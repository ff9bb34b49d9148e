"""What documents say of places among regimes: scalings, and actual sizes."""

from __future__ import annotations

from diagrams.export.content import blocks as b
from diagrams.export.content.regime_notes import (
    TIME,
    beware,
    clock,
    clock_rule_note,
    conditions,
    large,
    order_of,
    scaling_powers,
)
from diagrams.polynomials.polynomial import Polynomial
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.location import Location
from diagrams.scaling.regimes.regime import Regime, Regimes


def _named(regime: Regime) -> b.Blocks:
    words = f"; {regime.learning}, {regime.parameterization}."
    return (
        b.said(
            *("Regime ", b.Name(regime.name), ": ", conditions(regime), "; "),
            *(b.Math(b.Chain((TIME, "="))), " ", clock(regime), words),
        ),
        clock_rule_note([regime.name], regime.clock_rule),
    )


def location_section(here: Location) -> b.Section:
    """Where a scaling stands: the regime, the leading terms, and the boundaries around."""
    regime = here.regime
    limit = b.Chain((large(regime.symbols), "->", b.Spelled("\\infty", "inf")))
    orders: list[tuple[b.Pieces, ...]] = []
    for s, terms in here.terms:
        early = (" (not those of this regime)",) if s in here.early else ()
        listed = b.maths(b.Monomial(regime.symbols, term) for term in terms)
        orders.append(((b.Math(s),), (listed, *early)))
    rows: list[tuple[b.Pieces, ...]] = []
    for distance in here.distances:
        steps: list[b.Piece] = []
        for name, step in distance.by_symbol:
            sign = "+" if step > 0 else ""
            steps += [" or "] if steps else []
            steps += ["of ", b.Math(Polynomial.symbol(name)), f" by {sign}{step}"]
        cells = (
            (b.Math(distance.boundary),),
            tuple(steps),
            (b.Math(float(f"{distance.euclidean:.3g}")),),
        )
        rows.append(cells)
    head = (order_of(regime.symbols), 0.05, "c")
    change = "change of one exponent that leads there"
    around: b.Block = b.said(
        "It lies on every boundary that meets here: any change leaves the regime."
    )
    if rows:
        heads = b.columns(("boundary", 0.3), (change, 0.42), ("distance", 0.15))
        around = b.Table(heads, tuple(rows))
    blocks = (
        b.said(scaling_powers(here.scaling), ", ", b.Math(limit), "."),
        *_named(regime),
        b.Table(
            b.columns(head, ("leading terms, coefficients left out", 0.85, "f")), tuple(orders)
        ),
        around,
        b.evidence_note(regime.evidence),
    )
    return b.Section(("A scaling",), blocks)


def standing_section(at: Standing) -> b.Section:
    """Where actual sizes stand: the regime, its share of every order, and warnings."""
    regime = at.regime
    given = b.maths(b.equation(Polynomial.symbol(name), value) for name, value in at.sizes)
    head = b.columns(
        (order_of(regime.symbols), 0.05, "c"),
        ("share", 0.13),
        ("largest term", 0.28),
        ("largest other", 0.28),
        ("ratio", 0.12),
    )
    rows = [
        (
            (b.Math(x.s),),
            (f"{x.share:.1%}",),
            _term(x.largest),
            _term(x.rival),
            ("\u2013",) if x.ratio == float("inf") else (b.Math(float(f"{x.ratio:.3g}")),),
        )
        for x in at.shares
    ]
    shares = ", ".join(f"{name} {share:.1%}" for name, share in at.dominance)
    blocks = (
        b.said(given, "."),
        *_named(regime),
        b.Table(head, tuple(rows)),
        b.Note("least share of any order, by regime", (b.Name(shares),)),
        *((b.note("warning", at.warning),) if at.warning else ()),
        b.evidence_note(regime.evidence),
    )
    return b.Section(("Actual sizes",), blocks)


def _term(term: Polynomial | None) -> b.Pieces:
    return ("\u2013",) if term is None else (b.Math(term),)


def place_document(place: Location | Standing, found: Regimes | None = None) -> b.Document:
    """Where a scaling or actual sizes stand; ``found`` says what to beware of."""
    given = place.scaling if isinstance(place, Location) else place.sizes
    section = place_section(place)
    more = () if found is None else beware(found)
    names = tuple(name for name, _ in given)
    (title,) = section.title
    return b.Document(str(title), (*section.blocks, *more), names)


def place_section(place: Location | Standing) -> b.Section:
    """Where a scaling or actual sizes stand."""
    return location_section(place) if isinstance(place, Location) else standing_section(place)
