"""Checkpoints of a long computation that goes order by order, and each order piece by piece.

A store gets two kinds of entries: what is known between two orders, and the outcome of each
piece of the order that is under way.  When an order is finished its entry replaces those of
its pieces.  Entries are plain text of a form that the computation defines, and every line is
checked when it is read back: nothing that comes from a store can do more than be wrong in
form, and then it is as good as absent.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from diagrams.campaign.cache import digest
from diagrams.campaign.running import Campaign, Progress
from diagrams.graphs.incidence import State

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
Known = TypeVar("Known")

States = dict[State, dict[int, int]]
"""States, each with a table ``{code: value}`` of coefficients."""

WORTH_KEEPING = 2.0
"""Seconds of work after which checkpoints begin."""

BROKEN = (ValueError, TypeError, KeyError, zlib.error)
"""What reading an entry that is not of the right form may raise."""


@dataclass(frozen=True)
class Piece(Generic[Task]):
    """A piece of the work of one order: a name for what it is, its weight, and the task.

    The name has to say what the outcome is, whatever else the order is divided into.
    """

    name: str
    weight: int
    task: Callable[[], Task]


@dataclass(frozen=True)
class Form(Generic[Outcome, Known]):
    """How outcomes of pieces, and what is known between orders, are written and read back."""

    write_outcome: Callable[[Outcome], bytes]
    read_outcome: Callable[[bytes], Outcome]
    write_known: Callable[[Known], bytes]
    read_known: Callable[[bytes], Known]


class Checkpoints(Generic[Outcome, Known]):
    """The entries of one run in the store of a campaign, if it has one.

    ``run`` is everything that the results depend on.
    """

    def __init__(self, campaign: Campaign, form: Form[Outcome, Known], *run: object) -> None:
        self.campaign, self.form, self.store = campaign, form, campaign.store
        self.run = digest(*run)
        self.pieces: list[str] = []
        self.kept = False
        self.began = time.monotonic()

    @property
    def worth_keeping(self) -> bool:
        """Whether there is a store, and enough was done to write to it."""
        return self.store is not None and time.monotonic() - self.began > WORTH_KEEPING

    def latest(self) -> Known | None:
        """What an earlier run knew after its last finished order."""
        payload = None if self.store is None else self.store.get(f"{self.run}:known")
        if self.store is None or payload is None:
            return None
        self.kept = True
        try:
            known = self.form.read_known(payload)
        except BROKEN:
            return None
        self.store.resumable = self.store.writable
        return known

    def keep(self, known: Known) -> None:
        """Keep what is known between two orders, and forget the pieces that led to it."""
        if self.store is not None and self.worth_keeping:
            if not self.store.put(f"{self.run}:known", self.form.write_known(known)):
                return  # the pieces are all that a later run could go on from
            self.store.discard(self.pieces)
            self.pieces, self.kept, self.store.resumable = [], True, True

    def finish(self) -> None:
        """Forget everything: the run is done."""
        if self.store is not None and (self.kept or self.pieces):
            self.store.discard([f"{self.run}:known", *self.pieces])
            self.pieces, self.kept = [], False

    def outcomes(
        self,
        work: Callable[[Task], Outcome],
        pieces: Sequence[Piece[Task]],
        order: int,
        terms: int,
    ) -> Iterator[tuple[Piece[Task], Outcome]]:
        """Have all pieces of an order done by the workers of the campaign, and yield outcomes.

        What an earlier run did already is read; the rest is kept as it comes in.
        """
        whole = sum(piece.weight for piece in pieces)
        known: list[tuple[Piece[Task], Outcome]] = []
        started: list[Piece[Task]] = []

        def tasks() -> Iterator[Task]:
            for piece in pieces:
                outcome = self._outcome(piece, order)
                if outcome is None:
                    started.append(piece)
                    yield piece.task()
                else:
                    known.append((piece, outcome))

        done = 0
        for number, outcome in enumerate(self.campaign.outcomes(work, tasks())):
            piece = started[number]
            if self.store is not None and self.worth_keeping:
                key = self._key(piece, order)
                if self.store.put(key, self.form.write_outcome(outcome)):
                    self.pieces.append(key)
                    self.store.resumable = True
            yield piece, outcome
            self.campaign.check_memory(f"order {order} of {terms}")
            done += piece.weight
            self.campaign.tell(Progress(order, terms, done, whole))
        yield from known

    def _outcome(self, piece: Piece[Task], order: int) -> Outcome | None:
        payload = None if self.store is None else self.store.get(self._key(piece, order))
        if self.store is None or payload is None:
            return None
        self.pieces.append(self._key(piece, order))
        try:
            outcome = self.form.read_outcome(payload)
        except BROKEN:
            return None
        self.store.resumable = self.store.writable
        return outcome

    def _key(self, piece: Piece[Task], order: int) -> str:
        return f"{self.run}:{order}:{piece.name}"


def written_states(states: States) -> bytes:
    """Return states with tables of coefficients as compressed text, one state a line.

    >>> read_states(written_states({((2,), ((0, 0), (1,))): {5: 10**30}}))
    {((2,), ((0, 0), (1,))): {5: 1000000000000000000000000000000}}
    """
    lines = []
    for (codes, cells), coefficients in states.items():
        rows = ",".join(map(str, codes))
        ends = ";".join([",".join(map(str, cell)) for cell in cells])
        values = ",".join([f"{code:x}:{value:x}" for code, value in coefficients.items()])
        lines.append(f"{rows}|{ends}|{values}")
    return zlib.compress("\n".join(lines).encode(), 1)


def read_states(payload: bytes) -> States:
    """Read back states; raises ``ValueError`` or ``zlib.error`` for anything else."""
    states: States = {}
    text = zlib.decompress(payload).decode()
    for line in text.split("\n") if text else []:
        rows, ends, values = line.split("|")
        codes = tuple(map(int, rows.split(","))) if rows else ()
        cells = tuple(tuple(map(int, cell.split(","))) for cell in ends.split(";") if cell)
        coefficients = {}
        for entry in values.split(","):
            code, value = entry.split(":")
            coefficients[int(code, 16)] = int(value, 16)
        states[codes, cells] = coefficients
    return states
