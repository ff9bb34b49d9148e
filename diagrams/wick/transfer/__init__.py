"""Averages of all merged powers at once, closing every row at its last touch.

:func:`moments_of` is the door.  It serves problems whose diagrams have labelled nodes
(*rows*) and cells over them, each edge touching exactly one row:

* :mod:`.bipartite` brings diagrams into this form where it can;
* :mod:`.structure` checks this and translates the problem; :mod:`.laws` has the laws of entries;
* :mod:`.choosing` chooses between forms that fit; :mod:`.moments` is what chooses a method:
* :mod:`.rings` answers when all diagrams are single rings of one kind of edge;
* :mod:`.stages` does every other case: it merges and averages in one recursion;
* :mod:`.closing` integrates one row out, :mod:`.touching` says which merges exist and which
  rows can still be closed in time, :mod:`.naming` gives states a normal form and
  :mod:`.packing` holds the coefficients.
"""

from diagrams.wick.transfer.moments import moments_of
from diagrams.wick.transfer.packing import Sector
from diagrams.wick.transfer.structure import UnsupportedStructure

__all__ = ["Sector", "UnsupportedStructure", "moments_of"]
