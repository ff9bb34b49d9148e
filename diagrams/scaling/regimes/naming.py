"""Letters of all corners and names of all faces, from the couplings that exponents tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.scaling.fronts.families import Families
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.fronts.sectors import TargetCount
from diagrams.scaling.regimes.chambers import FAR, Chamber, Chambers, Corner
from diagrams.scaling.regimes.lettering import (
    Place,
    face_name,
    letters_with_decay,
    reading_order,
    sorted_letters,
    total,
)
from diagrams.scaling.regimes.regime import Regime
from pde.linear_algebra import Number


@dataclass(frozen=True)
class Sectors:
    """What exponents tell of the diagrams that went into a term."""

    target: TargetCount | None
    decays: TargetCount | None

    def at(self, s: Number, point: Sequence[Number]) -> tuple[Fraction, Fraction] | None:
        """s_D and the number of decays of a term of order s; ``None`` if exponents do not tell."""
        if self.target is None or self.decays is None:
            return None
        merges = self.decays.at(s, point)
        return s + 1 - self.target.at(s, point) - merges, merges

    def decayed(self, corner: Corner, families: Families) -> bool:
        """Whether almost all merges of a vertex are decays, far out."""
        decays = self.decays
        at = ((x, families.order_of(r, FAR)) for r, x in enumerate(corner) if x is not None)
        return decays is not None and all(2 * decays.at(s, x.at(s)) > s for x, s in at)


class Naming:
    """Letters of all corners, and names of faces."""

    def __init__(
        self,
        found: Fronts,
        sectors: Sectors,
        cells: Chambers,
        families: Families,
        width: str | None,
    ) -> None:
        corners = [next(iter(c.corners)) for c in cells.leading if c.dimension == 0]
        self.flat = len(cells.polytope.lineality) > 0
        self.whole = max((c.dimension for c in cells.leading), default=0)
        if sectors.at(0, [0] * len(found.symbols)) is None:
            points = [tuple(x for line in c if line for x in line.at(FAR)) for c in corners]
            named = sorted_letters(points)
            self.order = sorted(named)
        else:
            places = [_places(found.symbols, sectors, c, families, width) for c in corners]
            decayed = [sectors.decayed(corner, families) for corner in corners]
            named = letters_with_decay(places, decayed, FAR)
            totals = [total(p) for p in places]
            self.order = reading_order(named, totals)
        self.letter = dict(zip(corners, named, strict=True))

    def corners(self, cell: Chamber) -> tuple[str, ...]:
        """The letters of a face in reading order."""
        return tuple(sorted((self.letter[c] for c in cell.corners), key=self.order.index))

    def name(self, cell: Chamber) -> str:
        """The name of a face; a polygon that all terms share is ``full``."""
        if cell.dimension == self.whole >= 2 and len(cell.corners) == len(self.order) > 2:
            return "full"
        return face_name(self.corners(cell), self.order)

    def sorting(self, regime: Regime) -> tuple[object, ...]:
        """The order of print: by falling dimension, then along the boundary from A."""
        places = [self.order.index(letter) for letter in regime.corners]
        if regime.name == "E-A":
            places = [len(self.order)]
        return (-regime.dimension, places)


def _places(
    symbols: Sequence[str],
    sectors: Sectors,
    corner: Corner,
    families: Families,
    width: str | None,
) -> list[Place]:
    """The couplings of the model to itself and the power of the width, as at an order far out."""
    places = []
    for residue, line in enumerate(corner):
        if line is not None:
            s = families.order_of(residue, FAR)
            point = line.at(s)
            sector = sectors.at(s, point)
            assert sector is not None
            n = point[symbols.index(width)] if width else 0
            places.append((sector[0] + FAR - s, Fraction(n)))
    return places
