"""Fronts, regimes and parameterisations."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from diagrams.export.json.documents.parts import (
    Clock,
    Count,
    Document,
    Evidence,
    Exponents,
    Fractional,
    Least,
    Line,
    OfProblem,
    Part,
    Polynomial,
    Provenance,
    Rational,
    Share,
    Symbol,
    TimeScale,
    said,
)

Vector = Annotated[list[int | Fractional], said("Exponents in the order of symbols.")]


class Front(Part):
    """The Pareto-optimal terms of one order, the pure-target constant left out.

    leading_vertices: vertices that lead alone for some scaling in which all sizes grow
    target_couplings: s_R of every term; null where exponents do not tell it
    """

    s: Count
    terms: list[Vector]
    vertices: Annotated[list[Vector], said("vertices of the convex hull of the terms")]
    leading_vertices: list[Vector] | UnsetType = UNSET
    couplings: list[int | Fractional] | UnsetType | None = field(
        default=UNSET, name="target_couplings"
    )


class LawPiece(Part):
    """The front where conditions hold."""

    formula: str
    conditions: str
    latex: str


class Law(Part):
    """The front of every order as a formula, where it is proved.

    It is the largest exponent Q of one size for every exponent n of the other, s_D couplings of
    the model to itself and s_R to the target.
    """

    power: Annotated[str, said("the size whose exponent is Q")]
    rows: Annotated[str, said("the size whose exponent is n")]
    pieces: list[LawPiece]
    evidence: Evidence


Pair = Annotated[list[int], Meta(min_length=2, max_length=2)]
Symbols = Annotated[list[str], said("Names of the coordinates: sizes, then scales.")]


class Fronts(OfProblem, kw_only=True):
    """Pareto-optimal terms and their convex hulls, order by order.

    normal: the scaling, first symbol 1, for which all terms lead together; null: not one
    """

    symbols: Symbols
    fronts: list[Front]
    normal: Exponents | None
    law: Law | UnsetType | None = UNSET


class Relation(Part):
    """A condition: exponents as pairs [a, b] that mean a + b s, and the limit of the monomial."""

    limiting: Literal["one", "zero", "infinity"] = field(name="limit")
    powers: dict[str, Pair] = field(name="exponents")


class Regime(Part, kw_only=True):
    """A face of the front that is the same at every order.

    families: the vertices as functions of s, one list for every residue class of s
    scaling: one scaling for which the regime leads
    first_order: the order from which the face was seen to lead
    """

    name: str
    dimension: Count
    condition: str
    condition_latex: str
    time_scale: TimeScale | None
    clock_rule: Clock | UnsetType = field(default=UNSET, name="clock")
    learning: Literal["free", "lazy", "rich", "undetermined"]
    parameterization: Literal[
        "under-parameterised", "over-parameterised", "critical", "any", "undetermined"
    ]
    corners: list[str] | UnsetType = field(default=UNSET, name="vertices")
    lines: list[list[str]] | UnsetType = field(default=UNSET, name="families")
    relations: list[Relation] | UnsetType = UNSET
    scaling: dict[str, int] | UnsetType = UNSET
    first: Count | UnsetType = field(default=UNSET, name="first_order")
    evidence: Evidence


class Boundary(Part):
    """The boundary of two neighbouring regions."""

    between: Annotated[list[str], Meta(min_length=2, max_length=2)]
    regime: Annotated[str, said("the regime on the boundary itself")]
    boundary: str
    boundary_latex: str
    sympy: Annotated[str, said("as SymPy writes it, constants left out; s is the order")]


class LocatedTerms(Part):
    """The terms that lead at an order."""

    s: Count
    terms: list[Vector]


class Distance(Part):
    """How far a boundary is.

    by_symbol: the change of the exponent of one symbol alone that reaches it
    """

    boundary: str
    gap: Rational
    by_symbol: Exponents
    euclidean: Least = field(name="distance")


class Location(Part):
    """Where a scaling stands: the regime that leads there, and the boundaries, nearest first.

    other_orders: orders at which other terms lead than those of the regime
    """

    scaling: Exponents
    regime: str
    time_scale: TimeScale | None
    terms: list[LocatedTerms]
    early: list[Count] = field(name="other_orders")
    distances: list[Distance] = field(name="boundaries")
    evidence: Evidence


class Dominance(Part):
    """The share of a regime in one coefficient, by absolute values.

    ratio: its largest term over the largest other; null if there is no other
    """

    s: Count
    share: Share
    ratio: float | None
    largest: str
    rival: str


class Standing(Part):
    """Where actual sizes stand: the regime whose terms dominate, or a warning that none does."""

    sizes: Exponents = field(name="at")
    regime: str
    time_scale: TimeScale | None
    shares: list[Dominance] = field(name="orders")
    dominance: Annotated[dict[str, Share], said("the least share of any order, by regime")]
    warning: Annotated[str, said("empty where a regime dominates")]
    evidence: Evidence


class Regimes(Document, kw_only=True):
    """Learning regimes: the faces of the front that are the same at every order.

    Those of a family of models of symbolic order have no symbols and no fronts.

    problem: the problem, or the orders of a family of models
    caution: where a fitted law was held against few orders; else empty
    tied: symbols that are powers of others on all scalings looked at, none where one is fixed
    """

    problem: dict[str, str | list[int]]
    symbols: Symbols | UnsetType = UNSET
    tied: dict[str, Exponents] | UnsetType = UNSET
    width: str | UnsetType | None = UNSET
    regimes: list[Regime]
    boundaries: list[Boundary] | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    standing: Standing | UnsetType = UNSET
    fronts: list[Front] | UnsetType = UNSET
    law: Law | UnsetType | None = UNSET
    caution: str | UnsetType = UNSET
    evidence: Evidence
    source_evidence: Evidence | UnsetType = UNSET
    provenance: Provenance


class HalfSpace(Part):
    """The points x with row . x <= bound.

    row: one number for every unknown exponent
    """

    row: Annotated[list[Rational], Meta(min_length=1)]
    bound: Rational


class Piece(Part):
    """A polyhedron."""

    dimension: Count
    described: Annotated[list[str], said("equations and inequalities in words")]
    half_spaces: list[HalfSpace]


class Demand(Part):
    """A demand on the exponents: terms stay below an order, or one of them reaches it."""

    observable: Annotated[Line, Meta(min_length=1)]
    stays: bool
    order: Rational
    terms: Annotated[list[Polynomial], Meta(min_length=1, max_length=1000)]
    half_spaces: Annotated[list[HalfSpace], Meta(min_length=1)]


class Parameterisation(OfProblem, kw_only=True):
    """Exponents of symbols with which means of observables keep an order: a union of polyhedra.

    regime: how sizes grow: exponents of one large parameter
    unknown: the symbols whose exponents are the coordinates
    contradiction: without any piece: demands that cannot be met together
    """

    regime: Annotated[dict[Symbol, Rational], Meta(min_length=1)]
    unknown: Annotated[list[Symbol], Meta(min_length=1)]
    kind: Literal["infeasible", "point", "line", "polyhedron"]
    pieces: Annotated[list[Piece], said("all solutions; no piece holds another")]
    demands: Annotated[list[Demand], Meta(min_length=1, max_length=1000)]
    contradiction: list[Demand]
