"""Merging and averaging any diagrams in a campaign: sector by sector, in shares.

States of different sectors never meet, and merged states with cells of different sizes never
coincide (:func:`~diagrams.graphs.merging.sizes_of`).  So a worker forms all merged states of a
share of a sector, collects them and averages them at once; only the collected states come back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial

from diagrams.campaign.cache import digest
from diagrams.campaign.checkpoints import Checkpoints, Form, Piece, read_states, written_states
from diagrams.campaign.effort import spend
from diagrams.campaign.running import Campaign
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.merging import (
    Atom,
    Collected,
    Counts,
    PreparedAtom,
    Sector,
    collected_atoms,
    merge_all,
    merged_sizes,
    one_more,
    opened_states,
    prepare,
    weights_of,
)
from diagrams.polynomials.average_symbols import kept_data, kept_from_data
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.expectation import average_polynomial, variance_of
from diagrams.wick.fixed import fixed_kinds, with_values
from diagrams.wick.functions import has_parts, with_parts
from diagrams.wick.pairwise import CANONICAL

Averages = dict[Sector, Polynomial]
Source = tuple[int, Counts]
"""The place of a generator atom, and states that are merged with it."""
Task = tuple[Alphabet, Sequence[Atom], frozenset[int], list[Source], bool]
Outcome = tuple[Counts, Polynomial]
Known = tuple[list[Averages], Collected]

LEAST, MOST, PARTS = 50, 5_000, 16
"""Merges in a share: a ``PARTS``-th of all, from ``LEAST`` to ``MOST``."""
VERSION = 1
"""Raised whenever the form of checkpoints, or what they stand for, changes."""


def averaged(alphabet: Alphabet, counts: Counts) -> Polynomial:
    """The average of counted states, their variances and fixed values included."""
    if fixed_kinds(alphabet):
        found = with_values(alphabet, counts)
        parts = (value * averaged(*smaller) for value, smaller in found.items())
        return sum(parts, start=Polynomial())
    if has_parts(alphabet, counts):
        found = with_parts(alphabet, counts)
        parts = (value * averaged(*smaller) for value, smaller in found.items())
        return sum(parts, start=Polynomial())
    by_variance: dict[Polynomial, dict[State, int]] = {}
    for state, count in counts.items():
        variance = variance_of(alphabet, state)
        if variance:
            by_variance.setdefault(variance, {})[state] = count
    total = Polynomial()
    for variance, group in by_variance.items():
        total = total + variance * average_polynomial(alphabet, group)
    return total


def work(task: Task) -> Outcome:
    """Form the merged states of a share and average them; what a worker does.

    After the last merge the states themselves are not needed any more.
    """
    alphabet, generators, wanted, sources, last = task
    target: Counts = {}
    for place, counts in sources:
        merge_all(alphabet, counts, prepare(alphabet, generators[place]), target, wanted)
    spend(CANONICAL * sum(len(cells) for _, cells in target))
    return ({} if last else target), averaged(alphabet, target)


def averaged_powers(
    alphabet: Alphabet,
    observable: Sequence[Atom],
    generators: Sequence[Atom],
    terms: int,
    campaign: Campaign,
) -> Iterator[Averages]:
    """Yield, for s = 0..terms, the averages by sector of what ``merged_powers`` yields.

    Sectors are those of :func:`~diagrams.graphs.merging.weights_of` all atoms.
    """
    weights = weights_of((*observable, *generators))
    letters = [weights.index(atom.weight) for atom in generators]
    prepared = [prepare(alphabet, atom) for atom in generators]
    run = ("merging", VERSION, tuple(observable), tuple(generators), terms)
    checkpoints = Checkpoints(campaign, FORM, *run)
    found: list[Averages] = []
    current: Collected = {}
    earlier = checkpoints.latest()
    if earlier is not None:
        found, current = earlier
        yield from found
    for order in range(len(found), terms + 1):
        if order:
            pieces: list[Piece[Task]] = []
            sectors: list[Sector] = []
            starts = opened_states(alphabet, current)
            for sector, wanted, weight, sources in _divided(alphabet, letters, prepared, starts):
                name = digest(sector, sorted(wanted))
                start = partial(_task, alphabet, generators, wanted, sources, order == terms)
                pieces.append(Piece(name, weight, start))
                sectors.append(sector)
            sector_of = {piece.name: s for piece, s in zip(pieces, sectors, strict=True)}
            current, averages = {}, Averages()
            for piece, (counts, average) in checkpoints.outcomes(work, pieces, order, terms):
                sector = sector_of[piece.name]
                current.setdefault(sector, {}).update(counts)
                averages[sector] = averages.get(sector, Polynomial()) + average
        else:
            current = collected_atoms(alphabet, observable, weights)
            averages = {sector: averaged(alphabet, counts) for sector, counts in current.items()}
        found.append(averages)
        if order < terms:
            checkpoints.keep((found, current))
        yield averages
    checkpoints.finish()


def _task(
    alphabet: Alphabet,
    generators: Sequence[Atom],
    wanted: frozenset[int],
    sources: list[Source],
    last: bool,
) -> Task:
    return alphabet, generators, wanted, sources, last


Share = tuple[Sector, frozenset[int], int, list[Source]]
"""A sector, the sizes of cells in it, the number of merges, and what they start from."""


def _divided(
    alphabet: Alphabet,
    letters: Sequence[int],
    prepared: Sequence[PreparedAtom],
    collected: Collected,
) -> list[Share]:
    """Divide all merges of collected states into shares, the largest first."""
    weight: dict[tuple[Sector, int], int] = {}
    starts: dict[tuple[Sector, int], dict[int, Counts]] = {}
    for sector, counts in collected.items():
        for place, (letter, atom) in enumerate(zip(letters, prepared, strict=True)):
            larger = one_more(sector, letter)
            for state, count in counts.items():
                for sizes, ways in merged_sizes(alphabet, state, atom).items():
                    key = (larger, sizes)
                    weight[key] = weight.get(key, 0) + ways
                    starts.setdefault(key, {}).setdefault(place, {})[state] = count
    target = min(MOST, max(LEAST, sum(weight.values()) // PARTS))
    shares: list[Share] = []
    group: list[tuple[Sector, int]] = []
    keys = sorted(weight)
    for key, following in zip(keys, [*keys[1:], None], strict=False):  # without keys: nothing
        group.append(key)
        merges = sum(weight[one] for one in group)
        if following is None or following[0] != key[0] or merges >= target:
            sources: dict[int, Counts] = {}
            for one in group:
                for place, counts in starts[one].items():
                    sources.setdefault(place, {}).update(counts)
            wanted = frozenset(sizes for _, sizes in group)
            shares.append((key[0], wanted, merges, list(sources.items())))
            group = []
    return sorted(shares, key=lambda share: -share[2])


# -- checkpoints --------------------------------------------------------------------------


def _write_outcome(outcome: Outcome) -> bytes:
    counts, average = outcome
    head = json.dumps(kept_data(average)).encode()
    return head + b"\n" + written_states({state: {0: n} for state, n in counts.items()})


def _read_outcome(payload: bytes) -> Outcome:
    head, _, rest = payload.partition(b"\n")
    states = read_states(rest)
    average = kept_from_data(json.loads(head), "average")
    return {state: values[0] for state, values in states.items()}, average


def _write_known(known: Known) -> bytes:
    found, collected = known
    sectors = list(collected)
    orders = [
        [[sector, kept_data(average)] for sector, average in averages.items()] for averages in found
    ]
    states: dict[State, dict[int, int]] = {}
    for place, sector in enumerate(sectors):
        for state, count in collected[sector].items():
            states.setdefault(state, {})[place] = count
    return json.dumps([sectors, orders]).encode() + b"\n" + written_states(states)


def _read_known(payload: bytes) -> Known:
    head, _, rest = payload.partition(b"\n")
    sectors, orders = json.loads(head)
    found = [
        {
            tuple(map(int, sector)): kept_from_data(average, "average")
            for sector, average in averages
        }
        for averages in orders
    ]
    places = [tuple(map(int, sector)) for sector in sectors]
    collected: Collected = {sector: {} for sector in places}
    for state, counts in read_states(rest).items():
        for place, count in counts.items():
            if not 0 <= place < len(places):
                raise ValueError("a sector that is not listed")
            collected[places[place]][state] = count
    return found, collected


FORM: Form[Outcome, Known] = Form(_write_outcome, _read_outcome, _write_known, _read_known)
