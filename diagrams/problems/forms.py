"""Terms of a loss that are written as output and target, from sums of products to diagrams.

A squared error sums the squares of their differences over the free indices, a linear form sums the
output itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from math import prod

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems import grammar
from diagrams.problems.applied import node_of
from diagrams.problems.indices import families_of
from diagrams.problems.products import DELTA, Entry, Term

WORK_LIMIT = 8 * 10**6

Factors = Sequence[tuple[Tensor | None, tuple[str, ...]]]
"""Tensors with the names of their indices; ``None`` for a delta."""


POWERS = {"linear": 1, "squared error": 2}
"""The kinds of forms, and the power of ``output - target`` that is summed."""


def keys_of(kind: str | None, alone: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys that a form must have, and may have: a linear one needs no free indices.

    A form that is ``alone`` in a loss has the decay of the loss.
    """
    optional = ("prefactor", *["decay"] * alone, "average")
    if kind == "linear":
        return ("kind",), ("over", *optional)
    return ("kind", "over"), optional


def sides_of(kind: str | None) -> tuple[str, ...]:
    """What a form is made of: a linear one has no target."""
    return ("output",) if kind == "linear" else ("output", "target")


@dataclass(frozen=True)
class Form:
    """``sum over the free indices of (output - target)^power``, before it becomes diagrams.

    The power is 2 in a squared error, 1 in a linear form, which has no target: ``written`` are
    output and target, or the output.  ``model`` and ``loss`` are the tables of the file in which
    it stands, for messages.
    """

    kind: str
    written: Sequence[tuple[Term, ...]]
    over: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    model: str = field(default="model", compare=False)
    loss: str = field(default="loss", compare=False)

    @property
    def sides(self) -> dict[str, tuple[Term, ...]]:
        """Output and target, where it has one, by the field in which each stands."""
        names = (f"{self.model}.{side}" for side in sides_of(self.kind))
        return dict(zip(names, self.written, strict=True))

    @property
    def squared(self) -> bool:
        """Whether it is a sum of squares."""
        return POWERS[self.kind] == 2

    def entries(self) -> Iterable[tuple[str, Entry]]:
        """All entries, each with the field in which it stands."""
        for where, terms in self.sides.items():
            yield from ((where, entry) for term in terms for entry in term.entries)

    def alone(self, inside: bool = True) -> dict[str, dict[str, str]]:
        """By field, the indices that are summed over a single entry, each with its place.

        Entries ``inside`` of functions are left out on demand: a sum of functions is no slip.
        """
        result: dict[str, dict[str, str]] = {}
        for where, terms in self.sides.items():
            found = result.setdefault(where, {})
            for term in terms:
                names = [name for entry in term.entries for name in entry.indices]
                for entry in term.entries if inside else term.factors:
                    for name, place in zip(entry.indices, entry.index_places, strict=True):
                        if names.count(name) == 1 and name not in self.over:
                            found.setdefault(name, f"{where}, {place}")
        return result

    def index_families(self) -> dict[str, IndexFamily]:
        """The family of every index name, inferred from the slots in which it stands.

        Raises :class:`~diagrams.errors.BadInput` for an index of two families or of none.
        """
        shapes = {name: tensor.families for name, tensor in self.tensors.items()}
        found = families_of(self.entries(), shapes)
        for place, name in enumerate(self.over):
            if name not in found or name in self.over[:place]:
                allowed = "free indices, each once, that occur in output or target"
                raise BadInput(f"{self.loss}.over", name, allowed)
        return found

    def expand(self, prefactor: Polynomial, times: Factors = ()) -> Combination:
        """Return ``prefactor`` times the form as diagrams, equal ones collected.

        What is summed over the free indices is multiplied by the factors ``times`` first.
        """
        families = self.index_families()
        difference = [
            (sign * term.coefficient, self._factors(term, where))
            for sign, (where, terms) in zip((1, -1), self.sides.items(), strict=False)
            for term in terms
        ]
        if len(difference) > grammar.TERM_LIMIT:
            allowed = f"at most {grammar.TERM_LIMIT} terms in output and target together"
            raise BadInput(self.model, f"{len(difference)} terms", allowed)
        products = [
            (
                self._product([*(factors for _, factors in chosen), times], families),
                prod((a for a, _ in chosen), start=len({*places}) * prefactor),
            )
            for places in combinations_with_replacement(range(len(difference)), POWERS[self.kind])
            for chosen in [[difference[place] for place in places]]
        ]
        if sum(len(diagram.nodes) ** 4 for diagram, _ in products) > WORK_LIMIT:
            largest = max(len(diagram.nodes) for diagram, _ in products)
            found = f"{len(products)} products with up to {largest} indices"
            raise BadInput(self.model, found, "fewer terms, or fewer indices in each")
        return Combination.of(products)

    def _factors(self, term: Term, where: str) -> Factors:
        """The tensors of a product with their indices, function nodes among them."""
        found: list[tuple[Tensor | None, tuple[str, ...]]] = []
        for entry in term.factors:
            delta = entry.tensor == DELTA
            found.append((None if delta else self.tensors[entry.tensor], entry.indices))
        found += [(node_of(one, self.tensors, where), one.indices) for one in term.functions]
        return found

    def _product(self, sides: Sequence[Factors], families: Mapping[str, IndexFamily]) -> Diagram:
        """The sum of the product of terms: free indices shared, all others kept apart."""
        nodes = {index: families[index] for index in self.over}
        factors: list[tuple[Tensor, Sequence[str]]] = []
        joined: list[tuple[str, str]] = []
        for side, entries in enumerate(sides):
            for tensor, indices in entries:
                names = [n if n in self.over else f"{n} {side}" for n in indices]
                for name, index in zip(names, indices, strict=True):
                    nodes[name] = families[index]
                if tensor is None:
                    joined += [(names[0], name) for name in names[1:]]
                else:
                    factors.append((tensor, names))
        position = {name: place for place, name in enumerate(nodes)}
        diagram = Diagram.of(*factors, summed=nodes)
        return diagram.identify((position[a], position[b]) for a, b in joined)


def check_sides(form: Form) -> None:
    """Refuse trained tensors in a target and a forgotten free index."""
    for where, terms in [*form.sides.items()][1:]:
        for entry in (entry for term in terms for entry in term.entries):
            tensor = form.tensors.get(entry.tensor)
            if tensor and tensor.role is Role.TRAINED:
                here = f"{where}, {entry.place}"
                raise BadInput(here, str(entry), "frozen tensors and numbers in the target")
    output, *targets = form.alone().values()
    for name in sorted(name for target in targets for name in output.keys() & target.keys()):
        allowed = f"{name!r} too if it is free ({output[name]}); if it is summed, another name"
        allowed += " for it in the target"
        raise BadInput(f"{form.loss}.over", list(form.over), allowed)


def check_use(
    entries: Iterable[Entry], tensors: Mapping[str, Tensor], families: Mapping[str, IndexFamily]
) -> None:
    """Refuse names without use; ``entries`` are those of the loss and of all observables."""
    used = {entry.tensor for entry in entries}
    for name in tensors:
        if name not in used:
            allowed = "tensors that occur in model.output or model.target, or in an observable"
            raise BadInput("tensors", name, allowed)
    slots = {family for tensor in tensors.values() for family in tensor.families}
    for name, family in families.items():
        if family not in slots:
            raise BadInput("families", name, "families that a tensor has an index of")
