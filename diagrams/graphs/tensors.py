"""Index families, tensors, their roles and their laws: the alphabet of diagrams.

A *tensor* has one slot for every index; a slot takes indices of one *index family*.
Its *role* says what the dynamics does with it: *trained* tensors move under gradient
flow, *frozen* ones are random but stay (data, teachers), *structural* ones are fixed
patterns such as a Kronecker delta.  Its *law* says how entries are drawn at time zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from diagrams.errors import BadInput
from diagrams.graphs.laws import (
    Delta,
    Drawn,
    Gaussian,
    Gram,
    GroupLaw,
    Haar,
    Listed,
    Mean,
    Shaped,
)
from diagrams.graphs.spectrum import Spectrum
from diagrams.polynomials.polynomial import ONE, Polynomial, check_symbol
from pde.expressions.statement import sentence

NAME_LIMIT = 64
FIXED_LIMIT = 10**6
_DIGITS = re.compile(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True, order=True)
class IndexFamily:
    """A set of interchangeable index values ``1..size``.

    ``size`` is a symbol, or the digits of a number: a family that does not grow.  ``index`` is the
    letter used for its indices in print (chosen automatically if empty).

    >>> print(IndexFamily("feature", "d", index="i").count, IndexFamily("rank", "2").count)
    d 2
    """

    name: str
    size: str
    index: str = ""

    def __post_init__(self) -> None:
        check_symbol(self.name, "index family")
        if not self.fixed:
            check_symbol(self.size, f"size of the index family {self.name!r}")
        elif not 1 <= int(self.size) <= FIXED_LIMIT:
            allowed = f"a symbol, or a number from 1 to {FIXED_LIMIT}"
            raise BadInput(f"size of the index family {self.name!r}", self.size, allowed)
        if self.index:
            check_symbol(self.index, f"index letter of the index family {self.name!r}")

    @property
    def fixed(self) -> bool:
        """Whether the size is a number."""
        return _DIGITS.fullmatch(self.size) is not None

    @property
    def count(self) -> Polynomial:
        """The size: its symbol, or the number."""
        return Polynomial.constant(int(self.size)) if self.fixed else Polynomial.symbol(self.size)


class Role(StrEnum):
    """What the dynamics does with a tensor."""

    TRAINED = "trained"
    FROZEN = "frozen"
    STRUCTURAL = "structural"


@dataclass(frozen=True, slots=True)
class Function:
    """The law of a function node: a derivative of a function of weights times inputs.

    Its entries are ``f^(order)(u)`` with ``u[k,m] = sum_i weights[k,i] inputs[m,i]``, and ``f`` is
    the function called ``name`` of ``factor * u``, so that ``f^(1)`` holds the factor once.  The
    slot ``summed`` of the weights is joined to the last of the inputs; the indices of the node are
    the others, those of the weights first.  Without inputs ``u`` is an entry of the weights.
    """

    name: str
    weights: Tensor
    inputs: Tensor | None = None
    summed: int = 0
    factor: Polynomial = ONE
    order: int = 0

    @property
    def symbols(self) -> tuple[str, ...]:
        """The sizes and scales in the factor, sorted."""
        return self.factor.symbols

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """The tensors that the argument is made of."""
        return (self.weights,) if self.inputs is None else (self.weights, self.inputs)

    @property
    def spelled(self) -> str:
        """The derivative of the function, and what it is of: ``phi'(W x)``."""
        primes = "'" * self.order if self.order < 4 else f"^({self.order})"
        return f"{self.name}{primes}({' '.join(part.name for part in self.parts)})"

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """The families of a node's indices."""
        own = self.weights.families
        if self.inputs is None:
            return own
        return (*own[: self.summed], *own[self.summed + 1 :], *self.inputs.families[:-1])


@dataclass(frozen=True, slots=True)
class Averaged:
    """The law of a product of function nodes, averaged over the Gaussian inputs that all share.

    It depends on the weights through their overlaps ``sum_i V[k,i] W[l,i]`` alone: the covariance
    of two arguments is the variance of an input, times both factors, times the overlap.  The
    indices are those of the functions, one after another.  Here ``f^(order)`` is the derivative of
    the function called ``name`` at ``factor * u``, without the factor that a function node holds.
    """

    functions: tuple[Function, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The sizes and scales in the factors, sorted."""
        return tuple(sorted({name for one in self.functions for name in one.symbols}))

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """The tensors that the arguments are made of."""
        return tuple(dict.fromkeys(part for one in self.functions for part in one.parts))

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """The families of the indices."""
        return tuple(family for one in self.functions for family in one.families)

    def spelled(self, names: Sequence[str]) -> str:
        """The average as text, given the names of its indices.

        >>> k, i = IndexFamily("hidden", "N", "k"), IndexFamily("feature", "d", "i")
        >>> W, x = Tensor("W", (k, i)), Tensor("x", (i,), Role.FROZEN)
        >>> law = Averaged((Function("erf", W, x, 1), Function("erf", W, x, 1, order=2)))
        >>> law.spelled(["k1", "k2"])
        "E[erf(W[k1] x) erf''(W[k2] x)]"
        """
        left = list(names)
        written = []
        for one in self.functions:
            own, left = left[: len(one.families)], left[len(one.families) :]
            rows = f"[{','.join(own)}]" if own else ""
            mark = "'" * one.order if one.order < 4 else f"^({one.order})"
            inputs = "" if one.inputs is None else f" {one.inputs.name}"
            factor = "" if one.factor == ONE else f"({one.factor}) "
            written.append(f"{one.name}{mark}({factor}{one.weights.name}{rows}{inputs})")
        return f"E[{' '.join(written)}]"


@dataclass(frozen=True, slots=True)
class LawSlot:
    """One slot of a group law, as an edge of its own between an index and the relation.

    Only the incidence form (:mod:`diagrams.graphs.incidence`) writes diagrams in this way.  A slot
    with ``coefficient`` zero joins the two sides of a reversible relation.
    """

    coefficient: int
    law: Tensor


Law = (
    Gaussian
    | Shaped
    | Haar
    | Listed
    | Gram
    | Function
    | Averaged
    | Delta
    | GroupLaw
    | LawSlot
    | Spectrum
)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its name, the index family of every slot, its role and its law.

    ``rate`` multiplies the gradient flow of a trained tensor (a learning rate, monomial
    in sizes and scales).  On a ``sphere`` it keeps its norm, see :mod:`diagrams.problems.spheres`.

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
    sphere: bool = False

    def __post_init__(self) -> None:
        check_symbol(self.name, "tensor")
        structural = isinstance(self.law, Delta | GroupLaw | LawSlot | Spectrum)
        given = isinstance(self.law, Listed | Gram) and self.role is not Role.FROZEN
        if structural != (self.role is Role.STRUCTURAL) or given:
            raise BadInput(
                f"law of the tensor {self.name!r}",
                type(self.law).__name__,
                "Delta, GroupLaw or Spectrum if structural, Listed or Gram for a frozen one, a"
                " random law for any other",
            )
        if isinstance(self.law, Spectrum) and self.rank != 1:
            families = [family.name for family in self.families]
            raise BadInput(f"index families of the tensor {self.name!r}", families, "one: a vector")
        if isinstance(self.law, Haar) and (
            self.rank != 2
            or any(f.fixed and int(f.size) > self.law.size for f in self.families)
            or not all(f.fixed for f in self.families)
        ):
            sizes = [family.size for family in self.families]
            allowed = f"two families whose sizes are numbers, at most {self.law.size}"
            raise BadInput(f"index families of the tensor {self.name!r}", sizes, allowed)
        one_family = isinstance(self.law, Delta | GroupLaw) or (
            isinstance(self.law, Drawn) and self.law.mean is Mean.DELTA
        )
        if one_family and len(set(self.families)) > 1:
            raise BadInput(
                f"index families of the tensor {self.name!r}",
                [family.name for family in self.families],
                "one and the same family in every slot of a delta or a group law",
            )
        if isinstance(self.law, GroupLaw) and len(self.law.coefficients) != self.rank:
            raise BadInput(
                f"coefficients of the tensor {self.name!r}",
                self.law.coefficients,
                f"{self.rank} integers, one for every index",
            )
        if len(self.rate) != 1:
            raise BadInput(f"rate of the tensor {self.name!r}", str(self.rate), "a monomial")

    @property
    def rank(self) -> int:
        """Number of slots."""
        return len(self.families)

    @property
    def is_random(self) -> bool:
        """Whether entries are drawn, from a Gaussian or another law."""
        return isinstance(self.law, Drawn)

    @property
    def is_shaped(self) -> bool:
        """Whether entries are drawn from a law that is no Gaussian."""
        return isinstance(self.law, Shaped | Haar)


def field_of(tensor: Tensor, key: str) -> str:
    """Return a key of a tensor's table in a problem file, under whatever names the file has."""
    return sentence("tensors.{}.{}", tensor, key, spell=lambda part: getattr(part, "name", part))


def function_node(law: Function) -> Tensor:
    """The tensor of a function node; it moves where its weights do.

    >>> k, i = IndexFamily("hidden", "N", "k"), IndexFamily("feature", "d", "i")
    >>> node = function_node(Function("phi", Tensor("W", (k, i)), order=1))
    >>> node.name, node.rank, node.role.value
    ('phi_W_1', 2, 'trained')
    """
    shown = [] if law.factor == ONE else re.findall(r"[A-Za-z0-9]+", str(law.factor))
    parts = [tensor.name for tensor in law.parts]
    name = "_".join([law.name, *shown, *parts, str(law.order)])
    plain = str(law.factor).isdigit() and not any("_" in part for part in parts)
    exact = name if plain else f"{law.spelled} of {law.factor}, {parts}, {law.order}"
    return Tensor(_distinct(name, exact), law.families, law.weights.role, law)


def parts_of(tensor: Tensor) -> tuple[Tensor, ...]:
    """What a function node, or an average of them, is of; any other tensor itself."""
    return tensor.law.parts if isinstance(tensor.law, Function | Averaged) else (tensor,)


def average_node(functions: Sequence[Function]) -> Tensor:
    """The tensor of an average of function nodes over their inputs, in the order given."""
    name = "_".join(["E", *(function_node(one).name for one in functions)])
    law = Averaged(tuple(functions))
    return Tensor(_distinct(name, name), law.families, Role.FROZEN, law)


def _distinct(name: str, exact: str) -> str:
    """The name of a node, marked where it is cut or is another one's too: equations find nodes
    by their names."""
    if name == exact and len(name) <= NAME_LIMIT:
        return name
    mark = sha256(exact.encode()).hexdigest()[:12]
    return f"{name[: NAME_LIMIT - 1 - len(mark)]}_{mark}"


def delta(family: IndexFamily, rank: int = 2) -> Tensor:
    """Return the structural Kronecker delta of ``rank`` slots over ``family``."""
    return Tensor(f"delta_{family.name[:48]}_{rank}", (family,) * rank, Role.STRUCTURAL, Delta())


def group_law(
    family: IndexFamily, coefficients: tuple[int, ...] = (1, 1, -1), name: str = "law"
) -> Tensor:
    """Return the structural tensor of ``sum_j a_j i_j = 0`` modulo the size of ``family``.

    The default, ``[i + j = k]``, is the table of addition modulo the size.

    >>> group_law(IndexFamily("feature", "p")).law
    GroupLaw(coefficients=(1, 1, -1))
    """
    law = GroupLaw(tuple(coefficients))
    return Tensor(name, (family,) * len(law.coefficients), Role.STRUCTURAL, law)


def tensor_letters(tensors: Iterable[Tensor]) -> tuple[str, ...]:
    """The letters that tensors are written with, their indices left out, as entries: ``u[]``."""
    found = (re.match(r"[A-Za-z]+", tensor.name) for tensor in tensors)
    return tuple(dict.fromkeys(f"{letters[0]}[]" for letters in found if letters))
