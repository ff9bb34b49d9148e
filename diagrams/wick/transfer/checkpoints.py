"""Checkpoints of the recursion: written as plain text, read back with every line checked.

Two kinds of entries go into a store: the level between two orders together with the terms
found so far, and the outcome of each chunk of states of the order that is under way.  When an
order is finished its level replaces all of them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

from diagrams.cache import Store, digest
from diagrams.wick.transfer.levels import Level
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.structure import Problem

Found = list[dict[Sector, dict[Powers, int]]]

VERSION = 1
"""Raised whenever the recursion or the form of its entries changes."""


def written_level(level: Level) -> bytes:
    """Return a level as compressed text, one state a line.

    >>> read_level(written_level({((2,), ((0, 0), (1,))): {5: 10**30}}))
    {((2,), ((0, 0), (1,))): {5: 1000000000000000000000000000000}}
    """
    lines = []
    for (codes, cells), coefficients in level.items():
        rows = ",".join(map(str, codes))
        ends = ";".join([",".join(map(str, cell)) for cell in cells])
        values = ",".join([f"{code:x}:{value:x}" for code, value in coefficients.items()])
        lines.append(f"{rows}|{ends}|{values}")
    return zlib.compress("\n".join(lines).encode(), 1)


def read_level(payload: bytes) -> Level:
    """Read back a level; raises ``ValueError`` or ``zlib.error`` for anything else."""
    level: Level = {}
    text = zlib.decompress(payload).decode()
    for line in text.split("\n") if text else []:
        rows, ends, values = line.split("|")
        codes = tuple(map(int, rows.split(","))) if rows else ()
        cells = tuple(tuple(map(int, cell.split(","))) for cell in ends.split(";") if cell)
        coefficients = {}
        for entry in values.split(","):
            code, value = entry.split(":")
            coefficients[int(code, 16)] = int(value, 16)
        level[codes, cells] = coefficients
    return level


def _written_found(found: Found) -> str:
    return json.dumps(
        [
            [
                [number, counts, [[*powers, f"{value:x}"] for powers, value in terms.items()]]
                for (number, counts), terms in moments.items()
            ]
            for moments in found
        ]
    )


def _read_found(text: str) -> Found:
    return [
        {
            (int(number), tuple(map(int, counts))): {
                tuple(map(int, powers)): int(value, 16) for *powers, value in terms
            }
            for number, counts, terms in moments
        }
        for moments in json.loads(text)
    ]


class Checkpoints:
    """The entries of one run, a problem expanded to a fixed order, in a store (or nowhere)."""

    def __init__(self, store: Store | None, problem: Problem, terms: int) -> None:
        self.store = store
        self.run = digest("transfer", VERSION, problem, terms)
        self.chunks: list[str] = []
        self.resumed = store is not None and store.get(f"{self.run}:head") is not None

    def latest(self) -> tuple[Found, Level] | None:
        """The terms found, and the level after them, where an earlier run stopped."""
        if self.store is None or not self.resumed:
            return None
        head = self.store.get(f"{self.run}:head")
        payload = self.store.get(f"{self.run}:level")
        if head is None or payload is None:
            return None
        try:
            found = _read_found(head.decode())
            mark, _, rest = payload.partition(b"\n")
            return (found, read_level(rest)) if int(mark) == len(found) else None
        except (ValueError, TypeError, KeyError, zlib.error):
            return None

    def chunk(self, *place: int) -> Level | None:
        """The outcome of a chunk, if an earlier run got so far."""
        if self.store is None or not self.resumed:
            return None
        payload = self.store.get(self._key(place))
        if payload is None:
            return None
        self.chunks.append(self._key(place))
        try:
            return read_level(payload)
        except (ValueError, zlib.error):
            return None

    def keep_chunk(self, level: Level, *place: int) -> None:
        """Keep the outcome of a chunk."""
        if self.store is not None:
            if not self.resumed:
                self.store.put(f"{self.run}:head", _written_found([]).encode())
                self.resumed = True
            self.store.put(self._key(place), written_level(level))
            self.chunks.append(self._key(place))

    def keep_level(self, found: Found, level: Level) -> None:
        """Keep the level between two orders, and forget the chunks that led to it."""
        if self.store is not None:
            mark = f"{len(found)}\n".encode()
            self.store.put(f"{self.run}:level", mark + written_level(level))
            self.store.put(f"{self.run}:head", _written_found(found).encode())
            self.store.discard(self.chunks)
            self.chunks = []
            self.resumed = True

    def finish(self) -> None:
        """Forget everything: the run is done."""
        if self.store is not None and (self.resumed or self.chunks):
            self.store.discard([f"{self.run}:head", f"{self.run}:level", *self.chunks])

    def _key(self, place: tuple[int, ...]) -> str:
        return ":".join([self.run, *map(str, place)])


def chunks_of(states: int) -> int:
    """How many states go into one chunk; depends on their number only, so runs agree.

    >>> [chunks_of(n) for n in (10, 10_000, 10**6)]
    [100, 1250, 20000]
    """
    return min(20_000, max(100, -(-states // 8)))


def cut(level: Level, size: int) -> Iterator[list[tuple]]:  # type: ignore[type-arg]
    """Cut a level into chunks of items; the level is emptied on the way."""
    while level:
        yield [level.popitem() for _ in range(min(size, len(level)))]
