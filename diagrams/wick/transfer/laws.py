"""Laws of single entries, as a closing row needs them: moments, and what keeps a row open.

Entries are independent, so that an average over a row is made of the moments of one entry of
every kind, at unit variance and unit mean.  Variances and means come in as powers at the very
end; only where an entry has both does a moment tell powers of the mean apart.  To add a law
here is to add a member, its moments, its line in :func:`law_of`, and to decide where members are
asked for: whether entries spread and may be odd (here and in :mod:`.closing`), and which are
``CENTRED``, the one law of the shortcuts (:mod:`.structure`, :mod:`.bipartite`, :mod:`.stages`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from math import comb

from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.counting import double_factorial


class Law(Enum):
    """How an entry is drawn."""

    CENTRED = "Gaussian around zero"
    SHIFTED = "Gaussian around another value"
    FIXED = "one value, not zero"
    ZERO = "zero"

    @property
    def spreads(self) -> bool:
        """Whether entries fluctuate: only then can they join cells."""
        return self in (Law.CENTRED, Law.SHIFTED)


def moment(law: Law, power: int, field: int = 0) -> int:
    """``E u^power``, a power ``j`` of the mean being a shift by ``j field`` bits.

    >>> [moment(law, 4) for law in Law], moment(Law.SHIFTED, 3, 8) == (1 << 24) + (3 << 8)
    ([3, 10, 1, 0], True)
    """
    if law is Law.CENTRED:
        return 0 if power & 1 else double_factorial(power - 1)
    if law is Law.FIXED:
        return 1
    if law is Law.ZERO:
        return int(not power)
    return sum(
        comb(power, pairs) * double_factorial(pairs - 1) << field * (power - pairs)
        for pairs in range(0, power + 1, 2)
    )


def law_of(tensor: Tensor) -> Law | None:
    """The law of the entries of a tensor; none where they differ or are no numbers drawn."""
    law = tensor.law
    if not isinstance(law, Gaussian) or law.mean is Mean.DELTA:
        return None
    if law.mean is Mean.CONSTANT:
        return Law.SHIFTED if law.variance else Law.FIXED
    return Law.CENTRED if law.variance else Law.ZERO


class Defects:
    """What keeps rows open, as one integer a row, zero where nothing does.

    Low bits are the centred kinds that occur oddly; above them, entries that are zero are
    counted.  A *change* of a defect is of the same form; its count may be negative.

    >>> defects = Defects((Law.CENTRED, Law.ZERO, Law.FIXED))
    >>> defects.of(((2, 2), ((0, 1, 2), (1, 4))))
    [17, 8]
    >>> defects.after(17, defects.change([0], [1, 1]))
    0
    """

    def __init__(self, laws: Sequence[Law]) -> None:
        kinds = self.kinds = len(laws)
        self.low = -1 if Law.ZERO not in laws else (1 << kinds) - 1
        self.flip = [int(law is Law.CENTRED) << kind for kind, law in enumerate(laws)]
        self.count = [int(law is Law.ZERO) << kinds for law in laws]

    def of(self, state: tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]) -> list[int]:
        """The defect of every row of a state."""
        kinds, flip, count = self.kinds, self.flip, self.count
        found = [0] * len(state[0])
        for cell in state[1]:
            for end in cell:
                row, kind = divmod(end, kinds)
                found[row] = (found[row] ^ flip[kind]) + count[kind]
        return found

    def change(self, more: Sequence[int], gone: Sequence[int] = ()) -> int:
        """What adding and deleting edges of some kinds at a row does to its defect."""
        flips = counts = 0
        for kind in more:
            flips ^= self.flip[kind]
            counts += self.count[kind]
        for kind in gone:
            flips ^= self.flip[kind]
            counts -= self.count[kind]
        return flips + counts

    def after(self, defect: int, change: int) -> int:
        """A defect after a change."""
        return changed(defect, change, self.low)

    def zeros(self, defect: int) -> int:
        """How many entries that are zero a defect counts."""
        return defect >> self.kinds if self.low >= 0 else 0


def changed(defect: int, change: int, low: int = -1) -> int:
    """A defect after a change: low bits flip, what is above them is added."""
    return (defect ^ (change & low)) + (change & ~low)
