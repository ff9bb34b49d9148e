"""Problem files: the tables that any TOML reader gives.

:mod:`diagrams.problems.files` reads them, and says what is wrong in the words of the file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from diagrams.export.json.documents.parts import Part, Symbol, said

Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Sum = Annotated[Words, said("a sum of products of tensor entries, such as a[k] W[k,i]")]
Monomial = Annotated[
    float | Words, said("a number, or a monomial in sizes and scales such as sigma^2/N")
]
Strength = Annotated[float | Words, said("a number, or one symbol that is no size")]
Names = Annotated[list[Symbol], Meta(max_length=8)]
Size = Annotated[
    Symbol | Annotated[int, Meta(ge=1, le=1_000_000)],
    said("a symbol, or a number for a family that does not grow"),
]


class Family(Part):
    """An index family, its size and a letter for print."""

    size: Size
    index: Annotated[str, Meta(pattern="^[A-Za-z]+$")] | UnsetType = UNSET


class Mean(Part):
    """The mean of every entry, or of those on the diagonal."""

    pattern: Literal["constant", "delta"]
    value: Monomial


class Trained(Part, tag_field="role", tag="trained"):
    """A tensor that descends.

    law: how entries are drawn about their mean, gaussian unless stated
    group: of the law haar, the family whose size is that of the whole orthogonal matrix
    moments: in place of a law, those of an entry over the root of the variance, the first first
    """

    families: Names
    variance: Monomial | UnsetType = UNSET
    mean: Mean | UnsetType = UNSET
    rate: Monomial | UnsetType = UNSET
    constraint: Literal["sphere"] | UnsetType = UNSET
    law: Literal["gaussian", "fixed", "rademacher", "uniform", "haar"] | UnsetType = UNSET
    group: str | UnsetType = UNSET
    moments: Annotated[list[Monomial], Meta(min_length=2, max_length=64)] | UnsetType = UNSET


class Frozen(Trained, tag="frozen"):
    """A tensor that is random, or given, but not moved.

    values: its entries, the last index first; or a symbol for all, with numbers
    gram: in place of entries, inner products over the last index; or a symbol for all
    """

    values: Monomial | Annotated[list[Monomial], Meta(max_length=64)] | UnsetType = UNSET
    gram: (
        Monomial
        | Annotated[list[Annotated[list[Monomial], Meta(max_length=8)]], Meta(max_length=8)]
        | UnsetType
    ) = UNSET


class Structural(Part, tag_field="role", tag="structural"):
    """A tensor that is 1 where a linear relation holds, else 0; or a vector with a spectrum.

    coefficients: of the relation
    values: the entries of the vector, or a power law such as i^(-alpha)
    sums: in place of values, the sums of first, second, .. powers of the entries
    """

    families: Names
    law: Literal["group", "spectrum"]
    coefficients: Annotated[list[int], Meta(min_length=1, max_length=8)] | UnsetType = UNSET
    values: (
        Annotated[str, Meta(min_length=4, max_length=200)]
        | Annotated[list[Monomial], Meta(min_length=1, max_length=1000)]
        | UnsetType
    ) = UNSET
    sums: Annotated[list[Monomial], Meta(min_length=1, max_length=64)] | UnsetType = UNSET


class Model(Part):
    """What the trained tensors make, and what of: a target where a squared error shares it."""

    output: Sum
    target: Sum | UnsetType = UNSET


class Squared(Part, tag_field="kind", tag="squared error", kw_only=True):
    """A squared error.

    over: the free indices
    average: frozen tensors that the loss is averaged over
    """

    over: Names
    prefactor: Monomial | UnsetType = UNSET
    average: Names | UnsetType = UNSET


class Loss(Squared, tag="squared error"):
    """The one squared error of a file, with its weight decay."""

    decay: Strength | UnsetType = UNSET


class Linear(Part, tag_field="kind", tag="linear", kw_only=True):
    """An output itself, summed; the prefactor has any sign.

    over: the free indices, none unless stated
    average: frozen tensors that the loss is averaged over
    """

    over: Names | UnsetType = UNSET
    prefactor: Monomial | UnsetType = UNSET
    average: Names | UnsetType = UNSET


class LinearLoss(Linear, tag="linear"):
    """The one linear form of a file, with its weight decay."""

    decay: Strength | UnsetType = UNSET


class OneLinear(Linear, tag="linear"):
    """A linear form with an output of its own, or that of the model."""

    output: Sum | UnsetType = UNSET


class OneOfSeveral(Squared, tag="squared error"):
    """A squared error with an output and a target of its own, or those of the model."""

    output: Sum | UnsetType = UNSET
    target: Sum | UnsetType = UNSET


class Decay(Part, tag_field="kind", tag="weight decay"):
    """A weight decay, of all trained tensors or of some."""

    strength: Strength
    tensors: Names | UnsetType = UNSET


BOTH = {"dependentRequired": {"output": ["target"], "target": ["output"]}}
SQUARED = {"properties": {"kind": {"const": "squared error"}}}
Several = Annotated[
    OneOfSeveral | OneLinear | Decay, Meta(extra_json_schema={"if": SQUARED, "then": BOTH})
]


class ProblemFile(Part, kw_only=True):
    """The tables of a problem file, as any TOML reader gives them.

    What the texts in them mean is checked when the file is read.
    """

    title: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    width: Symbol | UnsetType = UNSET
    families: Annotated[dict[Symbol, Size | Family], Meta(min_length=1, max_length=24)]
    tensors: Annotated[
        dict[Symbol, Trained | Frozen | Structural], Meta(min_length=1, max_length=24)
    ]
    model: Model | UnsetType = UNSET
    loss: Loss | LinearLoss | Annotated[list[Several], Meta(min_length=1, max_length=16)]
    observables: Annotated[dict[str, Sum], Meta(max_length=24)] | UnsetType = UNSET
