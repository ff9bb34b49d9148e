"""Entries that do not vary: their values are put in when all merges are done.

A trained tensor that starts at fixed values has a mean and no fluctuation.  Merging needs its
edges; splitting them into mean and fluctuation beforehand would make many diagrams of one.
"""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.merging import identify_labels
from diagrams.polynomials.polynomial import ONE, Polynomial


def fixed_kinds(alphabet: Alphabet) -> dict[int, Gaussian]:
    """The kinds whose entries do not vary, with their laws."""
    laws = enumerate(tensor.law for tensor in alphabet.tensors)
    return {k: law for k, law in laws if isinstance(law, Gaussian) and not law.variance}


def with_values(
    alphabet: Alphabet, counts: Mapping[State, int]
) -> dict[Polynomial, tuple[Alphabet, dict[State, int]]]:
    """Counted states without the edges of fixed kinds, sorted by what these stand for.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> law = Gaussian(Polynomial(), Mean.DELTA, Polynomial.symbol("c"))
    >>> n = IndexFamily("n", "N")
    >>> W, v = Tensor("W", (n, n), law=law), Tensor("v", (n,))
    >>> drawn = Diagram.of((v, "i"), (W, "i j"), (v, "j"))
    >>> alphabet = Alphabet.of([drawn])
    >>> found = with_values(alphabet, {alphabet.encode(drawn): 1})
    >>> for value, (smaller, left) in found.items():
    ...     print(value, *map(smaller.decode, left))
    c sum[k1] v[k1]^2
    """
    fixed = fixed_kinds(alphabet)
    collected: dict[Polynomial, dict[Diagram, int]] = {}
    for state, count in counts.items():
        value, left = _with_values(alphabet, state, fixed)
        if value:
            group = collected.setdefault(value, {})
            diagram = alphabet.decode(left)
            group[diagram] = group.get(diagram, 0) + count
    return regrouped(collected)


def regrouped(
    collected: Mapping[Polynomial, Mapping[Diagram, int]],
) -> dict[Polynomial, tuple[Alphabet, dict[State, int]]]:
    """Counted diagrams as states, sorted by what they are multiplied by."""
    found = {}
    for value, group in collected.items():
        smaller = Alphabet.of(group)
        again: dict[State, int] = {}
        for diagram, count in group.items():
            state, _ = canonical_state(smaller, smaller.encode(diagram))
            again[state] = again.get(state, 0) + count
        found[value] = (smaller, again)
    return found


def _with_values(
    alphabet: Alphabet, state: State, fixed: Mapping[int, Gaussian]
) -> tuple[Polynomial, State]:
    powers = dict.fromkeys(fixed, 0)
    pairs: list[tuple[int, int]] = []
    cells = []
    for tag, *ends in state[1]:
        kept = [tag]
        for end in ends:
            kind = alphabet.kind_of(end)
            if kind not in fixed:
                kept.append(end)
                continue
            powers[kind] += 1
            nodes = alphabet.nodes_of(end)
            if fixed[kind].mean is Mean.DELTA:
                pairs += [(nodes[0], node) for node in nodes[1:]]
        if kept != [alphabet.bare]:
            cells.append(tuple(kept))
    value = ONE
    for kind, power in powers.items():
        value = value * fixed[kind].mean_value ** power if power else value
    if not value:
        return value, state
    return value, identify_labels(alphabet, state[0], cells, pairs)
