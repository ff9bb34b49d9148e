"""Exact reductions of tensors, before anything is merged.

* *Sums*.  Where the nodes in one slot of a tensor never meet another edge, the entries are only
  ever summed over that index: ``v[k] = sum_i W[k,i]`` is a tensor of one slot less, of ``d`` times
  the variance, the mean and the rate.  So a matrix applied to a vector of known numbers is a
  Gaussian vector.
* *Joint indices*.  Where two slots, in all tensors that have either, always take two indices that
  meet in the same edges only, the two are one index of a family as large as the product.

Slots are those of roles (:mod:`.bipartite`), so that what holds for a role holds in all diagrams
that merging makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh

Slot = tuple[str, int]
"""The name of a tensor, and the number of a slot."""

Parts = tuple[Combination, ...]
Sizes = dict[str, Polynomial]
"""What the sizes of joint families stand for."""


def reduced(parts: Parts) -> tuple[Parts, Sizes]:
    """Combinations whose families are roles, reduced as far as possible.

    >>> k, i = IndexFamily("k", "N"), IndexFamily("i", "d")
    >>> W, a = Tensor("W", (k, i)), Tensor("a", (k,))
    >>> (found,), _ = reduced((Combination.of({Diagram.of((a, "k"), (W, "k i")): 1}),))
    >>> print(found, *(tensor.law.variance for diagram, _ in found for tensor in diagram.tensors))
    (1) sum[k1] W[k1] a[k1] d 1
    """
    sizes: Sizes = {}
    while True:
        diagrams = [diagram for part in parts for diagram, _ in part]
        families = sorted(
            {family for d in diagrams for e in d.edges for family in e.tensor.families}
        )
        tied = {f for d in diagrams for t in d.tensors if has_delta(t) for f in t.families}
        summed = next((f for f in families if f not in tied and _is_summed(diagrams, f)), None)
        if summed is not None:
            parts = _summed(parts, summed, sizes)
            continue
        joint = next((pair for pair in _pairs(families) if _is_joint(diagrams, *pair)), None)
        if joint is None:
            return parts, sizes
        parts = _joined(parts, *joint, sizes)


def has_delta(tensor: Tensor) -> bool:
    """Whether the mean of a tensor is a multiple of the identity."""
    return isinstance(tensor.law, Gaussian) and tensor.law.mean is Mean.DELTA


def _pairs(families: Sequence[IndexFamily]) -> Iterator[tuple[IndexFamily, IndexFamily]]:
    return ((a, b) for n, a in enumerate(families) for b in families[n + 1 :])


def _slots(tensor: Tensor, family: IndexFamily) -> list[int]:
    return [slot for slot, own in enumerate(tensor.families) if own == family]


def _is_summed(diagrams: Iterable[Diagram], family: IndexFamily) -> bool:
    """Whether every node of a family meets one edge."""
    for diagram in diagrams:
        met = [node for edge in diagram.edges for node in edge.nodes]
        nodes = [node for node, own in enumerate(diagram.nodes) if own == family]
        if any(met.count(node) != 1 for node in nodes):
            return False
    return True


def _is_joint(diagrams: Iterable[Diagram], one: IndexFamily, other: IndexFamily) -> bool:
    """Whether every node of a family meets the same edges as one node of the other."""
    for diagram in diagrams:
        partner: dict[int, int] = {}
        for edge in diagram.edges:
            a, b = _slots(edge.tensor, one), _slots(edge.tensor, other)
            if (len(a), len(b)) == (0, 0):
                continue
            if (len(a), len(b)) != (1, 1):
                return False
            left, right = edge.nodes[a[0]], edge.nodes[b[0]]
            if partner.setdefault(left, right) != right:
                return False
            if partner.setdefault(right, left) != left:
                return False
        if any(own in (one, other) and n not in partner for n, own in enumerate(diagram.nodes)):
            return False
    return True


def _size(family: IndexFamily, sizes: Sizes) -> Polynomial:
    return sizes.get(family.size, family.count)


def _summed(parts: Parts, family: IndexFamily, sizes: Sizes) -> Parts:
    size = _size(family, sizes)

    def smaller(tensor: Tensor) -> Tensor:
        law = tensor.law
        assert isinstance(law, Gaussian)
        law = Gaussian(law.variance * size, law.mean, law.mean_value * size)
        return replace(tensor, law=law, rate=tensor.rate * size)

    return _without(parts, family, smaller)


def _joined(parts: Parts, one: IndexFamily, other: IndexFamily, sizes: Sizes) -> Parts:
    size = fresh(f"{one.name}_{other.name}", _symbols(parts) | sizes.keys())
    sizes[size] = _size(one, sizes) * _size(other, sizes)
    joint = {other: IndexFamily(other.name, size)}
    return with_families(_without(parts, one, lambda tensor: tensor), lambda _, f: joint.get(f, f))


def _symbols(parts: Parts) -> set[str]:
    """Every symbol that coefficients, laws, rates and sizes hold."""
    found: set[str] = set()
    for diagram, coefficient in (item for part in parts for item in part):
        found.update(coefficient.symbols, (family.size for family in diagram.nodes))
        for tensor in diagram.tensors:
            found.update(tensor.rate.symbols, (family.size for family in tensor.families))
            if isinstance(tensor.law, Gaussian):
                found.update(tensor.law.variance.symbols, tensor.law.mean_value.symbols)
    return found


def _without(parts: Parts, family: IndexFamily, changed: Callable[[Tensor], Tensor]) -> Parts:
    """Leave out the nodes of a family, and change the tensors that have it."""

    def smaller(diagram: Diagram) -> Diagram:
        kept = [node for node, own in enumerate(diagram.nodes) if own != family]
        place = {node: number for number, node in enumerate(kept)}
        edges = []
        for edge in diagram.edges:
            tensor = edge.tensor
            if family in tensor.families:
                own = tuple(f for f in tensor.families if f != family)
                tensor = replace(changed(tensor), families=own)
            edges.append(Edge(tensor, tuple(place[n] for n in edge.nodes if n in place)))
        return Diagram(tuple(diagram.nodes[node] for node in kept), tuple(edges))

    return rewritten(parts, smaller)


def with_families(parts: Parts, named: Callable[[Slot, IndexFamily], IndexFamily]) -> Parts:
    """Rename the families of slots; slots that meet have to have one name."""

    def renamed(diagram: Diagram) -> Diagram:
        nodes = list(diagram.nodes)
        edges = []
        for edge in diagram.edges:
            tensor = edge.tensor
            slots = enumerate(tensor.families)
            own = tuple(named((tensor.name, slot), family) for slot, family in slots)
            for node, family in zip(edge.nodes, own, strict=True):
                nodes[node] = family
            edges.append(Edge(replace(tensor, families=own), edge.nodes))
        return Diagram(tuple(nodes), tuple(edges))

    return rewritten(parts, renamed)


def rewritten(parts: Parts, changed: Callable[[Diagram], Diagram]) -> Parts:
    """Change all diagrams; combinations of which none changes stay what they are."""
    found = []
    for part in parts:
        new = [(changed(diagram), coefficient) for diagram, coefficient in part]
        same = all(one == other for (one, _), (other, _) in zip(new, part, strict=True))
        found.append(part if same else Combination.of(new))
    return tuple(found)
