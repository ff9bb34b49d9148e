"""A problem as the search for leading terms sees it: its start, its merges, and their gains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from diagrams.errors import BadInput
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.merging import Sector
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.scaling.leading.gains import Gain, Prospects, gains
from diagrams.scaling.leading.rows import Ends, Merge, NormalForms, Rows, assignments, merges_of
from diagrams.series.ways import atoms_of
from diagrams.wick.transfer.structure import Problem as Transfer
from diagrams.wick.transfer.structure import problem_of

Level = dict[Sector, dict[Rows, int]]
"""Numbers of ways to diagrams with distinct rows, by sector."""

Place = tuple[Sector, int]
"""A sector and a number of distinct rows."""


@dataclass(frozen=True)
class MergeRules:
    """A problem as the search sees it.

    ``weights`` and ``edges`` belong to the letters (the distinct weighted kinds of atoms);
    ``start`` are the observable's diagrams: letter, rows and cells; ``merges`` are listed by
    kind; ``variance`` is that of all trained tensors.
    """

    alphabet: Alphabet
    weights: tuple[Polynomial, ...]
    edges: tuple[int, ...]
    start: tuple[tuple[int, int, tuple[Ends, ...]], ...]
    merges: Mapping[int, tuple[Merge, ...]]
    variance: Polynomial
    forms: NormalForms
    options: Mapping[int, frozenset[Gain]]
    prospects: Prospects = field(compare=False)

    @property
    def kinds(self) -> int:
        """The number of kinds of edges."""
        return self.alphabet.kinds


def merge_rules(problem: Problem) -> MergeRules:
    """Translate a centred problem.

    Raises :class:`~diagrams.errors.BadInput` unless every tensor is a trained matrix between one
    labelled and one absorbed index family, all of one variance, as in CP models.
    """
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    gaussian = all(isinstance(tensor.law, Gaussian) for tensor in problem.trained)
    laws = {t.law.variance for t in problem.trained if isinstance(t.law, Gaussian)}
    matrices = all(len(slots) == 1 for slots in alphabet.labelled_slots)
    if (
        len(alphabet.families) != 2
        or any(family.fixed for family in alphabet.families)
        or len(alphabet.absorbed) != 1
        or not matrices
        or None in alphabet.absorbed_slot
        or not gaussian
        or len(laws) != 1
        or len(problem.trained) != len(problem.tensors)
        or not generators
    ):
        allowed = "trained Gaussian matrices between two index families, all of one variance"
        raise BadInput("problem", problem.title, allowed)
    letters: list[tuple[Polynomial, int]] = []

    def letter(weight: Polynomial, edges: int) -> int:
        if (weight, edges) not in letters:
            letters.append((weight, edges))
        return letters.index((weight, edges))

    start = []
    for atom in observable:
        numbers, cells = alphabet.encode(atom.diagram)
        place = letter(atom.weight, len(atom.diagram.edges))
        start.append((place, len(numbers), tuple(cell[1:] for cell in cells)))
    merges: dict[int, list[Merge]] = {}
    options: dict[int, frozenset[Gain]] = {}
    for atom in generators:
        place = letter(atom.weight, len(atom.diagram.edges))
        for merge in merges_of(alphabet, atom, place):
            merges.setdefault(merge.kind, []).append(merge)
            options[place] = options.get(place, frozenset()) | gains(merge, alphabet.kinds)
    groups = _interchangeable(
        alphabet.kinds, start, [m for found in merges.values() for m in found]
    )
    return MergeRules(
        alphabet,
        tuple(weight for weight, _ in letters),
        tuple(edges for _, edges in letters),
        tuple(start),
        {kind: tuple(found) for kind, found in merges.items()},
        next(iter(laws)),
        NormalForms(alphabet.kinds, groups),
        options,
        Prospects(options),
    )


def transfer_problem(problem: Problem, rules: MergeRules) -> Transfer:
    """The problem, in the same alphabet, for the recursion of full coefficients."""
    observable, generators = atoms_of(problem)
    alphabet = rules.alphabet
    return problem_of(
        alphabet,
        [alphabet.encode(atom.diagram) for atom in observable],
        [alphabet.encode(atom.diagram) for atom in generators],
        [frozenset(alphabet.kind_number[t] for t in atom.tensors) for atom in generators],
    )


def _interchangeable(
    kinds: int, start: Iterable[tuple[int, int, tuple[Ends, ...]]], merges: Sequence[Merge]
) -> list[list[int]]:
    """Groups of kinds whose transpositions leave observable and merges as they are."""

    def exchanged(one: int, other: int) -> tuple[object, object]:
        swap = {one: other, other: one}

        def renamed(ends: Iterable[int]) -> Ends:
            return tuple(sorted(e - e % kinds + swap.get(e % kinds, e % kinds) for e in ends))

        def renamed_pairs(ends: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
            return tuple(sorted((swap.get(kind, kind), row) for kind, row in ends))

        first = sorted((a, rows, sorted(map(renamed, cells))) for a, rows, cells in start)
        second = sorted(
            (
                (m.letter, m.copies, swap.get(m.kind, m.kind), renamed_pairs(m.partner)),
                sorted(map(renamed_pairs, m.rest)),
            )
            for m in merges
        )
        return first, second

    same = exchanged(-1, -1)
    root = list(range(kinds))
    for one, other in combinations(range(kinds), 2):
        if exchanged(one, other) == same:
            root = [root[one] if r == root[other] else r for r in root]
    return [[k for k in range(kinds) if root[k] == r] for r in sorted(set(root))]


def initial_level(rules: MergeRules) -> Level:
    """The observable at distinct rows, by sector."""
    level: Level = {}
    for letter, rows, cells in rules.start:
        sector = tuple(int(place == letter) for place in range(len(rules.weights)))
        for places in assignments(0, rows):
            count = max(places, default=-1) + 1
            table = [k + rules.kinds * row for row in places for k in range(rules.kinds)]
            state = rules.forms.form(count, [[table[end] for end in cell] for cell in cells])
            states = level.setdefault(sector, {})
            states[state] = states.get(state, 0) + 1
    return level
