"""The structure served here: every edge touches exactly one labelled node.

:mod:`.bipartite` brings diagrams into this form where that can be done.

A *row* is a labelled node.  A *kind* of edge joins a row to a node of an absorbed family, or
is *bare*: an entry of a vector indexed by the row alone.  A *cell* is the sorted tuple of the
ends of the edges that meet an absorbed node (or one bare edge); an end is the integer
``kind + kinds * row``.  An absorbed node without edges is a plain factor, the size of its
family, and is counted apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.tensors import IndexFamily, Role
from diagrams.wick.transfer.laws import Defects, Law, law_of

Cell = tuple[int, ...]


class UnsupportedStructure(ValueError):
    """The diagrams lack the structure needed here; a general method has to serve them."""


@dataclass(frozen=True)
class CellAtom:
    """A diagram by rows and cells.

    ``families[j]`` is the family of row ``j``; ``cells`` are without tags and not empty;
    ``isolated`` lists the families of absorbed nodes without edges.
    """

    families: tuple[int, ...]
    cells: tuple[Cell, ...]
    isolated: tuple[int, ...] = ()

    @property
    def edges(self) -> int:
        """Number of edges."""
        return sum(map(len, self.cells))


@dataclass(frozen=True)
class Problem:
    """What the recursion needs to know, on integers.

    For every kind: the family of its rows, the family of its absorbed nodes (``None`` when
    bare) and whether the flow moves it.  Kinds of one group of ``interchangeable`` may be
    permuted: every atom is isomorphic to its image, so that all averages are the same.
    ``merged`` restricts the merges of each generator atom to some kinds (empty: to all that
    the flow moves).  ``laws`` are the laws of the entries of every kind (where none are
    given: all centred) and ``means`` the number of the mean of kinds that also fluctuate.

    Rows of ``single`` families have one value, so that there is one row at most; rows of
    ``pairs`` stand for one entry of a tensor between absorbed nodes, and meet one other such.
    Families of equal ``sizes`` are of the same size (empty: all sizes differ).
    """

    families: int
    row_family: tuple[int, ...]
    cell_family: tuple[int | None, ...]
    trained: tuple[bool, ...]
    interchangeable: tuple[tuple[int, ...], ...]
    observable: tuple[CellAtom, ...]
    generator: tuple[CellAtom, ...]
    merged: tuple[frozenset[int], ...] = ()
    laws: tuple[Law, ...] = ()
    means: tuple[int | None, ...] = ()
    single: frozenset[int] = frozenset()
    pairs: frozenset[int] = frozenset()
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "laws", self.laws or (Law.CENTRED,) * self.kinds)

    def alike(self, families: Iterable[int]) -> dict[int, int]:
        """For some families, the first of them of the same size."""
        first: dict[int, int] = {}
        size = dict(enumerate(self.sizes))
        return {family: first.setdefault(size.get(family, family), family) for family in families}

    @cached_property
    def defects(self) -> Defects:
        """What keeps rows open."""
        return Defects(self.laws)

    @property
    def plain(self) -> bool:
        """Whether all entries are centred Gaussians and all rows have as many values as a size."""
        centred = all(law is Law.CENTRED for law in self.laws)
        return centred and not self.single and not self.pairs

    def merges(self, number: int) -> frozenset[int]:
        """The kinds along which a generator atom is merged."""
        if self.merged:
            return self.merged[number]
        return frozenset(kind for kind, moves in enumerate(self.trained) if moves)

    @property
    def kinds(self) -> int:
        """Number of kinds of edges."""
        return len(self.row_family)

    @cached_property
    def absorbed(self) -> tuple[int, ...]:
        """Families of absorbed nodes, those of isolated ones included."""
        found = {family for family in self.cell_family if family is not None}
        for atom in (*self.observable, *self.generator):
            found.update(atom.isolated)
        return tuple(sorted(found))


def problem_of(
    alphabet: Alphabet,
    observable: Sequence[State],
    generator: Sequence[State],
    merged: Sequence[frozenset[int]] = (),
    single: Collection[IndexFamily] = (),
    pairs: Collection[IndexFamily] = (),
) -> Problem:
    """Translate atoms; raise :class:`UnsupportedStructure` unless every edge has one row.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> hidden, feature = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
    >>> u, v = (Tensor(name, (hidden, feature)) for name in "uv")
    >>> R = Diagram.of((u, "k i"), (v, "k i"))
    >>> alphabet = Alphabet.of([R])
    >>> problem = problem_of(alphabet, [alphabet.encode(R)], [])
    >>> problem.observable[0].cells, problem.interchangeable
    (((0, 1),), ((0, 1),))
    """
    laws = _laws(alphabet)
    shifted = [t.law for t, law in zip(alphabet.tensors, laws, strict=True) if law is Law.SHIFTED]
    number = {law: place for place, law in enumerate(dict.fromkeys(shifted))}
    sizes = [family.size for family in alphabet.families]
    rows: list[int] = []
    cells: list[int | None] = []
    for kind, tensor in enumerate(alphabet.tensors):
        numbers = [alphabet.family_number[family] for family in tensor.families]
        slot = alphabet.absorbed_slot[kind]
        rows.append(numbers[alphabet.labelled_slots[kind][0]])
        cells.append(None if slot is None else numbers[slot])
    return Problem(
        families=len(alphabet.families),
        row_family=tuple(rows),
        cell_family=tuple(cells),
        trained=tuple(tensor.role is Role.TRAINED for tensor in alphabet.tensors),
        interchangeable=_interchangeable(alphabet, (*observable, *generator), merged),
        observable=tuple(_atom(alphabet, state) for state in observable),
        generator=tuple(_atom(alphabet, state) for state in generator),
        merged=tuple(merged),
        laws=laws,
        means=tuple(number.get(tensor.law) for tensor in alphabet.tensors),
        single=frozenset(map(alphabet.family_number.__getitem__, single)),
        pairs=frozenset(map(alphabet.family_number.__getitem__, pairs)),
        sizes=tuple(sizes.index(size) for size in sizes),
    )


def _laws(alphabet: Alphabet) -> tuple[Law, ...]:
    if alphabet.legs:
        raise UnsupportedStructure("diagrams with legs")
    laws = []
    for kind, tensor in enumerate(alphabet.tensors):
        if len(alphabet.labelled_slots[kind]) != 1:
            raise UnsupportedStructure(f"{tensor.name} does not touch exactly one labelled node")
        if tensor.is_shaped:
            raise UnsupportedStructure(f"the entries of {tensor.name} are not Gaussian")
        law = law_of(tensor)
        if law is None:
            raise UnsupportedStructure(f"the entries of {tensor.name} are not drawn from one law")
        laws.append(law)
    return tuple(laws)


def _atom(alphabet: Alphabet, state: State) -> CellAtom:
    cells: list[Cell] = []
    isolated: list[int] = []
    for tag, *ends in state[1]:
        if ends:
            cells.append(tuple(ends))
        else:
            family = alphabet.family_of_tag(tag)
            if family is None:
                raise UnsupportedStructure("a bare cell without an edge")
            isolated.append(family)
    return CellAtom(state[0], tuple(sorted(cells)), tuple(sorted(isolated)))


def _interchangeable(
    alphabet: Alphabet, atoms: Sequence[State], merged: Sequence[frozenset[int]]
) -> tuple[tuple[int, ...], ...]:
    """Groups of kinds of which any two can be swapped in every atom and its merges."""
    forms = [canonical_state(alphabet, state)[0] for state in atoms]
    groups: list[list[int]] = []
    for kind in range(alphabet.kinds):
        for group in groups:
            alike = all((group[0] in kinds) == (kind in kinds) for kinds in merged)
            if alike and _may_swap(alphabet, group[0], kind, forms):
                group.append(kind)
                break
        else:
            groups.append([kind])
    return tuple(tuple(group) for group in groups if len(group) > 1)


def _may_swap(alphabet: Alphabet, one: int, other: int, forms: Sequence[State]) -> bool:
    a, b = alphabet.tensors[one], alphabet.tensors[other]
    slots = alphabet.labelled_slots[one], alphabet.labelled_slots[other]
    alike = law_of(a) is law_of(b) and (law_of(a) is not Law.SHIFTED or a.law == b.law)
    if not alike or (a.role, a.families, slots[0]) != (b.role, b.families, slots[1]):
        return False
    kinds = list(range(alphabet.kinds))
    kinds[one], kinds[other] = other, one
    for numbers, cells in forms:
        swapped = alphabet.relabel_cells(cells, range(len(numbers)), kinds)
        image = (numbers, tuple(sorted(swapped)))
        if canonical_state(alphabet, image)[0] != (numbers, cells):
            return False
    return True
