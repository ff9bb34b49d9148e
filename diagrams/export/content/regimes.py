"""What documents say of fronts, regimes and places among them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from diagrams.export.content import blocks as b
from diagrams.export.content.places import place_section
from diagrams.export.content.regime_notes import (
    TIME,
    clock,
    conditions,
    large,
    order_of,
    regimes_notes,
    scaling_powers,
)
from diagrams.export.content.series import about
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_plot import shown_order
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.scaling.fronts.front import Front, Fronts
from diagrams.scaling.fronts.front_theorem import known_law
from diagrams.scaling.orders.law import OrderLaw, OrderRegime
from diagrams.scaling.orders.relation import ORDER
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.location import Location
from diagrams.scaling.regimes.regime import Regime, Regimes

REGIME_COLUMNS = b.columns(
    ("regime", 0.11),
    ("conditions", 0.31, "f"),
    (b.Math(TIME), 0.19),
    ("learning", 0.09),
    ("parameterised", 0.16),
)
BOUNDARY_COLUMNS = b.columns(
    ("between", 0.15), ("boundary", 0.45), ("regime on it", 0.25), ("for SymPy", 0.0)
)


def _introduction(symbols: Collection[str]) -> b.Block:
    a, time = b.Math(large(symbols)), b.Math(TIME)
    return b.said(
        *("Let all sizes grow, and the scales change, as powers of one large number ", a),
        ". The terms of a coefficient that lead then lie on a face of the polygon of"
        " Pareto-optimal terms. A face that is there at every order is a ",
        *(b.Emphasis("regime"), "; ", time, " is the time scale on which its terms are of one"),
        *(" size at every order. A regime is ", b.Emphasis("free"), " if its terms do not couple"),
        *(" to the target, ", b.Emphasis("lazy"), " if they do so boundedly often, "),
        *(b.Emphasis("rich"), " if ever more often. ", b.Math(b.Spelled("\\to", "->")), " and "),
        *(b.Math(b.Spelled("\\sim", "~")), " are limits and orders of magnitude as ", a),
        " grows.",
    )


def regimes_table(members: Iterable[Regime | OrderRegime], keys: bool = False) -> b.Table:
    """Conditions, time scale, learning and parameterisation of every regime."""
    known = tuple(members)
    rows = [
        (
            (b.Name(r.name),),
            (conditions(r),),
            (clock(r),),
            (r.learning,),
            (r.parameterization.removesuffix("-parameterised"),),
        )
        for r in known
    ]
    named = tuple(f"regime-{r.name}" for r in known) if keys else ()
    return b.Table(REGIME_COLUMNS, tuple(rows), named, name="the table")


def boundaries_table(found: Regimes) -> b.Blocks:
    """The boundary of every pair of neighbouring regions."""
    rows: list[tuple[b.Pieces, ...]] = []
    for known in boundaries(found):
        between = b.Name(", ".join(known.between))
        plain = b.Code(str(known.to_sympy()))
        rows.append(((between,), (b.Math(known.relation),), (b.Name(known.edge),), (plain,)))
    order = order_of(found.symbols)
    drifts = (b.Note("boundaries", ("where ", order, " occurs, one moves with the order ", order)),)
    table = (b.Table(BOUNDARY_COLUMNS, tuple(rows)),) if rows else ()
    return (*table, *(drifts if any(regime.drifts for regime in found) else ()))


# -- chapters ------------------------------------------------------------------------------


def _pictures(found: Regimes | Fronts) -> b.Blocks:
    known = found.fronts if isinstance(found, Regimes) else found
    drawn: list[b.Block] = []
    if any(front.terms for front in known.orders):
        drawn.append(b.Figure(polygon_sketch(found, shown_order(found))))
    if isinstance(found, Regimes) and len(found.symbols) == 3:
        drawn.append(b.Figure(plane_sketch(found)))
    return tuple(drawn)


def law_blocks(found: Fronts) -> b.Blocks:
    """The front of every order as a formula, if one is known."""
    law = known_law(found)
    if law is None:
        return ()
    (value, count, letter), (own, _, target) = law.letters, law.names
    said = f"Y_{letter}, {letter} = {own} + {target} - 1"
    order = b.Spelled(said, said)
    couplings = (b.Math(b.Spelled(own, own)), " and ", b.Math(b.Spelled(target, target)))
    powers = (b.Math(b.Spelled(value, value)), " and ", b.Math(b.Spelled(count, count)))
    return (
        b.said(
            *("The Pareto-optimal terms of every order, those of ", b.Math(order), " (of equal "),
            *(*couplings, ", terms that another beats in ", *powers, " are left out):"),
        ),
        b.Formula(law),
        b.evidence_note(law.evidence, "evidence of this law"),
    )


def regimes_chapter(found: Regimes, drawn: b.Blocks | None = None) -> b.Section:
    """Front, polygon, phase diagram (as drawn already), regimes, boundaries, evidence."""
    return _chapter(
        _introduction(found.symbols),
        *law_blocks(found.fronts),
        *(_pictures(found) if drawn is None else drawn),
        b.Section(("The regimes",), (regimes_table(found, True), *regimes_notes(found)), 2),
        b.Section(("The boundaries",), boundaries_table(found), 2),
    )


def _chapter(*blocks: b.Block) -> b.Section:
    return b.Section(("Regimes and phase boundaries",), blocks, key="regimes")


def refusal_chapter(found: Fronts, refusal: str, seen: Regimes | None = None) -> b.Section:
    """The chapter of a report without regimes: why there are none, faces seen, and the fronts."""
    known = f"No law of all orders follows from orders 0 to {len(found) - 1}: {refusal}."
    below = " Faces that these orders have in common are below." if seen is not None else ""
    command = b.Code("wickflow report SPEC --within 60")
    said = b.said(known, below, " More orders may show a law: ", command, " takes a minute.")
    faces: b.Blocks = ()
    if seen is not None:
        blocks = (regimes_table(seen), *regimes_notes(seen))
        faces = (b.Section(("Faces of the orders known",), blocks, 2),)
    fronts = _fronts_blocks(found, _pictures(found))
    return _chapter(_introduction(found.symbols), said, *faces, *fronts)


def _fronts_blocks(found: Fronts, drawn: b.Blocks) -> b.Blocks:
    return (*law_blocks(found), *drawn, *fronts_result(found))


def fronts_result(found: Fronts) -> b.Blocks:
    """All Pareto-optimal terms, what scaling makes them lead together, and the evidence."""
    together: b.Blocks = ()
    if found.normal is not None:
        scaling = scaling_powers(zip(found.symbols, found.normal, strict=True))
        together = (b.said("All terms of an order lead together for ", scaling, "."),)
    return (fronts_table(found.orders), *together, b.evidence_note(found.evidence))


def fronts_table(orders: Iterable[Front]) -> b.Table:
    """The terms of some orders, vertices of the hull apart."""
    orders = tuple(orders)
    symbols = {name for front in orders for name in front.symbols}
    rows: list[tuple[b.Pieces, ...]] = []
    for front in orders:
        corners = set(front.vertices)
        others = [term for term in front.terms if term not in corners]
        first, second = (
            b.maths(b.Monomial(front.symbols, t) for t in terms)
            for terms in (front.vertices, others)
        )
        rows.append(((b.Math(front.s),), (first,), (second,)))
    heads = b.columns(
        (order_of(symbols), 0.04, "c"),
        ("vertices of the hull", 0.4, "f"),
        ("other Pareto-optimal terms", 0.48, "f"),
    )
    return b.Table(heads, tuple(rows))


def fronts_document(found: Fronts) -> b.Document:
    """A problem, its fronts and the polygon of one order."""
    drawn = _pictures(found)
    chapter = b.Section(("Pareto-optimal terms",), _fronts_blocks(found, drawn))
    result = (*drawn, *law_blocks(found), *fronts_result(found))
    return about(found.problem, chapter, result=result)


def front_document(front: Front) -> b.Document:
    """The terms of one order."""
    title = f"Pareto-optimal terms of order {front.s}"
    return b.Document(title, (fronts_table([front]),), front.symbols)


def regimes_document(found: Regimes, place: Location | Standing | None = None) -> b.Document:
    """A problem, its regimes and, if it is asked for, where a scaling or sizes stand."""
    places = [] if place is None else [place_section(place)]
    drawn = _pictures(found)
    result = (
        *drawn,
        regimes_table(found, True),
        *boundaries_table(found),
        *regimes_notes(found),
    )
    return about(found.problem, regimes_chapter(found, drawn), *places, result=result)


def order_law_document(found: OrderLaw, spec: str = "") -> b.Document:
    """The regimes for symbolic order."""
    names = (*dict.fromkeys(n for regime in found.members for n in regime.symbols), ORDER)
    rules = [b.note(", ".join(listed), words, ("T", ORDER)) for listed, words in found.clock_rules]
    result: b.Blocks = (regimes_table(found.members), *rules, b.evidence_note(found.evidence))
    blocks: b.Blocks = (_introduction(names), *result)
    return b.Document(found.title, blocks, names, spec or found.title, result=result)
