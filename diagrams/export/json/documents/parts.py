"""What documents are made of: numbers and texts, evidence, polynomials, diagrams."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

LINE_LIMIT = 10**6
_UNSEEN = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u0600-\u0605\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ud800-\uf8ff\ufeff\ufff0-\ufffb"
)
"""Characters that end a line, or that no terminal shows."""


def said(description: str) -> Meta:
    """What the schema says of a key."""
    return Meta(description=description)


def text(pattern: str, allowed: str) -> Meta:
    """A pattern of texts, and the words for it in a refusal."""
    return Meta(pattern=pattern, extra={"allowed": allowed})


Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Real = Annotated[float, Meta(ge=-1e300, le=1e300)]
Least = Annotated[float, Meta(ge=0, le=1e300)]
Share = Annotated[float, Meta(ge=0, le=1)]
SYMBOL = "^[A-Za-z][A-Za-z0-9_]{0,999}$"
SYMBOLS_ONLY = {"propertyNames": {"pattern": SYMBOL}}
"""Of an object, which older msgspec does not say in a schema."""

Symbol = Annotated[str, text(SYMBOL, "a plain symbol: a letter, then letters, digits or _")]
Name = Annotated[str, text("^[A-Za-z_][A-Za-z0-9_]*$", "names")]
Line = Annotated[
    str,
    Meta(max_length=LINE_LIMIT),
    text(rf"^(?![\s\S]*[{_UNSEEN}])", "one line of text"),
]
Rational = Annotated[
    str,
    said('an exact rational number: "num/den" in lowest terms, or "num"'),
    text("^-?[0-9]+(/[1-9][0-9]*)?$", "a text such as '3' or '-1/2'"),
]
Fractional = Annotated[
    str,
    said('a power that is no integer, such as "1/2"'),
    text("^-?[1-9][0-9]*/[1-9][0-9]*$", "a text such as '1/2'"),
]
Power = Annotated[int, Meta(extra_json_schema={"not": {"const": 0}})] | Fractional
Exponents = dict[str, Rational]
Curve = Annotated[list[float | None], Meta(min_length=1)]
TimeScale = Annotated[
    dict[str, str],
    said("exponents of T by symbol, zeros left out: rationals, or expressions in nu"),
]
ProblemData = Annotated[
    dict[str, str],
    said("a title, the SPEC that gives it again (preset or text of a file), and facts about it"),
    Meta(extra_json_schema={"required": ["title", "spec"]}),
]


class Part(Struct, forbid_unknown_fields=True):
    """An object in a document; it has no other keys than these."""


class Batch(Part):
    """What a step sees: so many samples, drawn anew in every step.

    size: a number, or a symbol
    samples: the family of the samples; without it, they are fresh
    replacement: whether they are drawn independently; without it, they are a subset
    """

    size: Line
    samples: Name | UnsetType = UNSET
    replacement: bool | UnsetType = UNSET


class Evidence(Part):
    """How the result is known.

    claim: that it was read in a document, and what of it was computed again
    """

    kind: Literal["exact", "derived", "conjectured", "numerical"]
    statement: Line
    checked_to: Annotated[Count | UnsetType, said("the order s up to which it was checked")] = UNSET
    claim: str | UnsetType = UNSET


class Provenance(Part, kw_only=True):
    """What made this file, so that it can be made again."""

    wickflow: Annotated[str, said("the version of wickflow")]
    spec: str
    command: str | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    dependencies: dict[str, str]


class Term(Part):
    """A coefficient times powers of sizes and scales.

    powers: exponent of every symbol that occurs; zero powers are left out
    """

    coefficient: Rational
    powers: Annotated[dict[Symbol, Power], Meta(extra_json_schema=SYMBOLS_ONLY)]


Polynomial = Annotated[list[Term], said("A sum of terms; an empty array is zero.")]


class Edge(Part):
    """A tensor of a diagram, so many times at the same nodes."""

    tensor: str
    nodes: Annotated[list[Count], said("the node in every slot of the tensor")]
    copies: Annotated[int, Meta(ge=1, le=1000)]


class Diagram(Part):
    """A product of tensor entries summed over its nodes.

    nodes: the index family of every node; nodes are numbered from 0
    """

    nodes: Annotated[list[str], Meta(max_length=10000)]
    edges: list[Edge]
    legs: Annotated[list[Count], said("open nodes, whose index is not summed, in order")]
    formula: str


class Clock(Part):
    """What the coefficients say of the time scale T.

    Formal: no coefficient of order 1, 2, .. is as large as Y_0 at t of the order of T, the target's
    constant left out; moves: one is; both at all scalings of the regime.

    where: where T is a formal clock, if in part of the regime and these are monomials
    beneath_constant: where all that moves at T is of lower order than the target's constant
    """

    verdict: Literal["formal", "formal in part", "moves", "undetermined"]
    statement: str
    evidence: Evidence
    where: list[str] | UnsetType = UNSET
    beneath_constant: Literal["nowhere", "in part", "throughout"] | UnsetType = UNSET


class Document(
    Part,
    tag_field="schema",
    tag=lambda name: f"wickflow.{re.sub('(?<!^)(?=[A-Z])', '_', name).lower()}/1",
):
    """A document of its own."""


class OfProblem(Document, kw_only=True):
    """A document on a problem."""

    problem: ProblemData
    evidence: Evidence
    provenance: Provenance
