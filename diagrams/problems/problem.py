"""The problem: an observable, the potential that gradient flow descends, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diagrams.algebra import Combination
from diagrams.tensors import IndexFamily, Role, Tensor


@dataclass(frozen=True)
class Problem:
    """What wickflow expands: ``d^s E[observable]/dt^s`` at time zero.

    Every trained tensor moves by ``du/dt = -(rate/T) d(potential)/du`` from its Gaussian
    initial law; ``T`` is the unit of time.  ``observable`` is the loss unless stated
    otherwise, pure-target constant included; ``potential`` is the loss plus weight decay.

    ``title`` is one line for people.  ``spec`` is what :func:`diagrams.load_problem` reads
    back: a preset such as ``cp:order=4,ties=sym,target=identity`` or the whole text of a
    problem file.  ``facts`` are pairs of a name and a value that describe the problem in exports.
    """

    title: str
    spec: str
    observable: Combination
    potential: Combination
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors of observable and potential, sorted by name."""
        found = {
            tensor.name: tensor
            for diagram, _ in (*self.observable, *self.potential)
            for tensor in diagram.tensors
        }
        return tuple(found[name] for name in sorted(found))

    @property
    def trained(self) -> tuple[Tensor, ...]:
        """The tensors that gradient flow moves."""
        return tuple(tensor for tensor in self.tensors if tensor.role is Role.TRAINED)

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """All index families, sorted by name."""
        found = {
            family for diagram, _ in (*self.observable, *self.potential) for family in diagram.nodes
        } | {family for tensor in self.tensors for family in tensor.families}
        return tuple(sorted(found))

    @property
    def sizes(self) -> tuple[str, ...]:
        """Size symbols of the index families, sorted."""
        return tuple(sorted({family.size for family in self.families}))

    def to_dict(self) -> dict[str, object]:
        """Return the problem as plain data for JSON: title, spec and facts."""
        return {"title": self.title, "spec": self.spec, **dict(self.facts)}

    def __str__(self) -> str:
        return "\n".join(
            [
                self.title,
                *(f"  {name}: {value}" for name, value in self.facts),
                "loss L =",
                *(f"  ({c}) {d}" for d, c in self.observable),
            ]
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle L = {self.observable.to_latex()}$"
