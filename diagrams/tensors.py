"""Index families, tensors, their roles and their laws: the alphabet of diagrams.

A *tensor* has one slot for every index; a slot takes indices of one *index family*.
Its *role* says what the dynamics does with it: *trained* tensors move under gradient
flow, *frozen* ones are random but stay (data, teachers), *structural* ones are fixed
patterns such as a Kronecker delta.  Its *law* says how entries are drawn at time zero.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from diagrams.errors import BadInput
from diagrams.polynomial import Polynomial, check_symbol

ONE = Polynomial.constant(1)
ZERO = Polynomial()


@dataclass(frozen=True, slots=True, order=True)
class IndexFamily:
    """A set of interchangeable index values ``1..size``, size given as a symbol.

    ``index`` is the letter used for its indices in print (chosen automatically if empty).

    >>> IndexFamily("feature", "d", index="i").size
    'd'
    """

    name: str
    size: str
    index: str = ""

    def __post_init__(self) -> None:
        check_symbol(self.name, "index family")
        check_symbol(self.size, f"size of the index family {self.name!r}")
        if self.index:
            check_symbol(self.index, f"index letter of the index family {self.name!r}")


class Role(StrEnum):
    """What the dynamics does with a tensor."""

    TRAINED = "trained"
    FROZEN = "frozen"
    STRUCTURAL = "structural"


class Mean(StrEnum):
    """Pattern of the mean of a Gaussian tensor."""

    ZERO = "zero"
    CONSTANT = "constant"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Independent Gaussian entries with a common variance and a patterned mean.

    ``variance`` is a monomial in sizes and scales (or zero).  The mean of an entry is
    zero; or ``mean_value`` for all entries (``Mean.CONSTANT``); or ``mean_value`` where
    all indices of the entry are equal and zero elsewhere (``Mean.DELTA``).
    """

    variance: Polynomial = ONE
    mean: Mean = Mean.ZERO
    mean_value: Polynomial = ZERO

    def __post_init__(self) -> None:
        if len(self.variance) > 1 or any(c < 0 for _, c in self.variance.terms):
            raise BadInput("variance", str(self.variance), "zero or a monomial, coefficient > 0")
        if len(self.mean_value) > 1:
            raise BadInput("mean", str(self.mean_value), "zero or a monomial")
        if (self.mean is Mean.ZERO) != (not self.mean_value):
            raise BadInput("mean", self.mean.value, "zero exactly when mean_value is zero")


@dataclass(frozen=True, slots=True)
class Delta:
    """The structural law of a Kronecker delta: 1 where all indices are equal, else 0."""


Law = Gaussian | Delta


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its name, the index family of every slot, its role and its law.

    ``rate`` multiplies the gradient flow of a trained tensor (a learning rate, monomial
    in sizes and scales).

    >>> hidden, feature = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
    >>> u = Tensor("u", (hidden, feature))
    >>> u.rank, u.role.value
    (2, 'trained')
    """

    name: str
    families: tuple[IndexFamily, ...]
    role: Role = Role.TRAINED
    law: Law = field(default_factory=Gaussian)
    rate: Polynomial = ONE

    def __post_init__(self) -> None:
        check_symbol(self.name, "tensor")
        if isinstance(self.law, Delta) != (self.role is Role.STRUCTURAL):
            raise BadInput(
                f"law of the tensor {self.name!r}",
                type(self.law).__name__,
                "Delta for a structural tensor, Gaussian for any other",
            )
        if (isinstance(self.law, Delta) or self.law.mean is Mean.DELTA) and len(
            set(self.families)
        ) > 1:
            raise BadInput(
                f"index families of the tensor {self.name!r}",
                [family.name for family in self.families],
                "one and the same family in every slot of a delta",
            )
        if len(self.rate) != 1:
            raise BadInput(f"rate of the tensor {self.name!r}", str(self.rate), "a monomial")

    @property
    def rank(self) -> int:
        """Number of slots."""
        return len(self.families)

    @property
    def is_random(self) -> bool:
        """Whether entries are drawn from a Gaussian."""
        return isinstance(self.law, Gaussian)


def delta(family: IndexFamily, rank: int = 2) -> Tensor:
    """Return the structural Kronecker delta of ``rank`` slots over ``family``."""
    return Tensor(f"delta_{family.name[:48]}_{rank}", (family,) * rank, Role.STRUCTURAL, Delta())


def unused_name(name: str, used: Collection[str]) -> str:
    """Return ``name``, lengthened until it is not among the used names.

    >>> unused_name("u", {"u", "ux"})
    'uxx'
    """
    while name in used:
        name += "x"
    return name
