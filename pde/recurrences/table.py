"""Exact coefficients known on a finite window of an orthant.

A table holds C_n for indices n in N^d. Off the orthant C_n = 0; inside, C_n is known when
every index is at most its bound; a bound ``None`` says that direction is known completely
(entries that are not listed are zero).

>>> table = Table.from_mapping({(0,): 1, (1,): 1, (2,): 2}, bounds=(2,))
>>> table[(2,)], table[(-1,)], table.knows((3,))
(Fraction(2, 1), Fraction(0, 1), False)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from pde.errors import InvalidInputError, UnknownEntryError
from pde.recurrences.polynomial import Index


@dataclass(frozen=True)
class Table:
    """Sorted non-zero entries (index, value) and the bounds up to which all are known.

    Raises InvalidInputError if an index has the wrong length or lies outside the window.
    """

    entries: tuple[tuple[Index, Fraction], ...]
    bounds: tuple[int | None, ...]
    _lookup: dict[Index, Fraction] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the indices and build the look-up."""
        for index, _ in self.entries:
            if len(index) != len(self.bounds):
                raise InvalidInputError(f"index {index}: need {len(self.bounds)} integers")
            if min(index) < 0 or not self.knows(index):
                raise InvalidInputError(f"index {index}: outside the window {self.bounds}")
        object.__setattr__(self, "_lookup", dict(self.entries))

    @classmethod
    def from_mapping(
        cls, entries: Mapping[Index, int | Fraction], bounds: Sequence[int | None]
    ) -> Table:
        """Return the table of the given entries; zeros are dropped."""
        kept = ((tuple(n), Fraction(c)) for n, c in entries.items() if c)
        return cls(tuple(sorted(kept)), tuple(bounds))

    @classmethod
    def from_sequence(cls, values: Sequence[int | Fraction]) -> Table:
        """Return the table of a sequence C_0, C_1, .. .

        >>> Table.from_sequence([1, 0, 3]).entries
        (((0,), Fraction(1, 1)), ((2,), Fraction(3, 1)))
        """
        return cls.from_mapping({(n,): c for n, c in enumerate(values)}, (len(values) - 1,))

    @classmethod
    def from_function(cls, function: Callable[..., int | Fraction], bounds: Sequence[int]) -> Table:
        """Return the table of a function of the indices on a whole box.

        >>> Table.from_function(lambda n, k: n * k, bounds=(1, 2)).entries
        (((1, 1), Fraction(1, 1)), ((1, 2), Fraction(2, 1)))
        """
        box = product(*(range(b + 1) for b in bounds))
        return cls.from_mapping({n: function(*n) for n in box}, bounds)

    @property
    def dimension(self) -> int:
        """The number of indices."""
        return len(self.bounds)

    def knows(self, index: Sequence[int]) -> bool:
        """Return whether the entry is known: off the orthant, or within all bounds."""
        if min(index) < 0:
            return True
        return all(b is None or n <= b for n, b in zip(index, self.bounds, strict=True))

    def __getitem__(self, index: Index) -> Fraction:
        """Return C_n; raises UnknownEntryError beyond the bounds."""
        value = self._lookup.get(index)
        if value is not None:
            return value
        if not self.knows(index):
            raise UnknownEntryError(f"entry {index} lies beyond the bounds {self.bounds}")
        return Fraction(0)

    def restricted(self, bounds: Sequence[int | None]) -> Table:
        """Return the part of the table within smaller bounds.

        >>> Table.from_sequence([1, 2, 3]).restricted((1,)) == Table.from_sequence([1, 2])
        True
        """
        lower = tuple(
            b if a is None else a if b is None else min(a, b)
            for a, b in zip(self.bounds, bounds, strict=True)
        )
        window = Table((), lower)
        return Table(tuple((n, c) for n, c in self.entries if window.knows(n)), lower)
