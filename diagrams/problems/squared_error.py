"""The squared error of an output against a target, from sums of products to diagrams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diagrams.algebra import Combination
from diagrams.diagram import Diagram
from diagrams.errors import BadInput
from diagrams.polynomial import Polynomial
from diagrams.problems import grammar
from diagrams.problems.grammar import DELTA, Entry, Term
from diagrams.problems.indices import families_of
from diagrams.tensors import IndexFamily, Role, Tensor

WORK_LIMIT = 8 * 10**6


@dataclass(frozen=True)
class SquaredError:
    """``sum over the free indices of (output - target)^2``, before it becomes diagrams."""

    output: tuple[Term, ...]
    target: tuple[Term, ...]
    over: tuple[str, ...]
    tensors: Mapping[str, Tensor]

    def entries(self) -> Iterable[tuple[str, Entry]]:
        """All entries, each with the field in which it stands."""
        for field, terms in (("model.output", self.output), ("model.target", self.target)):
            yield from ((field, entry) for term in terms for entry in term.factors)

    def index_families(self) -> dict[str, IndexFamily]:
        """The family of every index name, inferred from the slots in which it stands.

        Raises :class:`~diagrams.errors.BadInput` for an index of two families or of none.
        """
        shapes = {name: tensor.families for name, tensor in self.tensors.items()}
        found = families_of(self.entries(), shapes)
        for place, name in enumerate(self.over):
            if name not in found or name in self.over[:place]:
                allowed = "free indices, each once, that occur in output or target"
                raise BadInput("loss.over", name, allowed)
        return found

    def expand(self, prefactor: Polynomial) -> Combination:
        """Return ``prefactor`` times the squared error as diagrams, equal ones collected."""
        families = self.index_families()
        difference = [(term.coefficient, term.factors) for term in self.output]
        difference += [(-term.coefficient, term.factors) for term in self.target]
        if len(difference) > grammar.TERM_LIMIT:
            allowed = f"at most {grammar.TERM_LIMIT} terms in output and target together"
            raise BadInput("model", f"{len(difference)} terms", allowed)
        products = [
            (self._product((left, right), families), prefactor * a * b * (2 if later else 1))
            for place, (a, left) in enumerate(difference)
            for later, (b, right) in enumerate(difference[place:])
        ]
        if sum(len(diagram.nodes) ** 4 for diagram, _ in products) > WORK_LIMIT:
            largest = max(len(diagram.nodes) for diagram, _ in products)
            found = f"{len(products)} products with up to {largest} indices"
            raise BadInput("model", found, "fewer terms, or fewer indices in each")
        return Combination.of(products)

    def _product(
        self, sides: tuple[Sequence[Entry], Sequence[Entry]], families: Mapping[str, IndexFamily]
    ) -> Diagram:
        """The sum of the product of two terms: free indices shared, all others kept apart."""
        nodes = {index: families[index] for index in self.over}
        factors: list[tuple[Tensor, Sequence[str]]] = []
        joined: list[tuple[str, str]] = []
        for side, entries in enumerate(sides):
            for entry in entries:
                names = [n if n in self.over else f"{n} {side}" for n in entry.indices]
                for name, index in zip(names, entry.indices, strict=True):
                    nodes[name] = families[index]
                if entry.tensor == DELTA:
                    joined += [(names[0], name) for name in names[1:]]
                else:
                    factors.append((self.tensors[entry.tensor], names))
        position = {name: place for place, name in enumerate(nodes)}
        diagram = Diagram.of(*factors, summed=nodes)
        return diagram.identify((position[a], position[b]) for a, b in joined)


def check_sides(squared: SquaredError) -> None:
    """Refuse trained tensors in the target and a forgotten free index."""
    alone: dict[str, set[str]] = {"model.output": set(), "model.target": set()}
    for field, terms in (("model.output", squared.output), ("model.target", squared.target)):
        for term in terms:
            names = [name for entry in term.factors for name in entry.indices]
            for entry in term.factors:
                tensor = squared.tensors.get(entry.tensor)
                if tensor and tensor.role is Role.TRAINED and field == "model.target":
                    where = f"{field}, {entry.place}"
                    raise BadInput(where, str(entry), "frozen tensors and numbers in the target")
            alone[field] |= {n for n in names if names.count(n) == 1 and n not in squared.over}
    for name in sorted(alone["model.output"] & alone["model.target"]):
        allowed = f"{name!r} too if it is free; if it is summed, another name for it in the target"
        raise BadInput("loss.over", list(squared.over), allowed)


def check_use(
    squared: SquaredError,
    families: Mapping[str, IndexFamily],
    observed: Iterable[Entry] = (),
) -> None:
    """Refuse names without use; ``observed`` are the entries of observables."""
    used = {entry.tensor for _, entry in squared.entries()}
    used |= {entry.tensor for entry in observed}
    for name in squared.tensors:
        if name not in used:
            allowed = "tensors that occur in model.output or model.target, or in an observable"
            raise BadInput("tensors", name, allowed)
    slots = {family for tensor in squared.tensors.values() for family in tensor.families}
    for name, family in families.items():
        if family not in slots:
            raise BadInput("families", name, "families that a tensor has an index of")
