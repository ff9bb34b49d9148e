"""What every writer of documents is: a method for each kind of block and of piece."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from diagrams.export.content import blocks as b
from diagrams.export.content.prose import prose_pieces


class Writer(ABC):
    """Writes blocks as lines and pieces as text; a format is a class with these methods.

    A block is handed to the method that has the name of its kind: a ``Section`` to ``_section``.
    """

    def lines(self, blocks: Iterable[b.Block]) -> list[str]:
        """All blocks, one after the other."""
        return [line for block in blocks for line in self._method(block)(block)]

    def text(self, pieces: Iterable[b.Piece]) -> str:
        """Pieces of a sentence."""
        return "".join(map(self.piece, pieces))

    def piece(self, piece: b.Piece) -> str:
        """A piece of a sentence."""
        match piece:
            case str():
                return self._words(piece)
            case b.Math():
                return self._math(piece.value)
            case b.Prose():
                return self._prose(piece)
            case b.Listed():
                return ", ".join(self._listed(piece)) or self._words(piece.empty)
            case _:
                written: str = self._method(piece)(piece)
                return written

    def _prose(self, piece: b.Prose) -> str:
        """A sentence of a result."""
        return self.text(prose_pieces(piece.text, piece.names))

    def _listed(self, piece: b.Listed) -> list[str]:
        """The items of a list, as many as are shown."""
        return list(map(self.piece, piece.items))

    def _method(self, part: object) -> Any:
        return getattr(self, f"_{type(part).__name__.lower()}")

    # -- pieces ----------------------------------------------------------------------------

    @abstractmethod
    def _words(self, text: str) -> str:
        """Plain words, escaped."""

    @abstractmethod
    def _math(self, value: Any) -> str:
        """A formula within a sentence."""

    def _name(self, piece: b.Name) -> str:
        """Names of regimes."""
        return self._words(piece.text)

    @abstractmethod
    def _code(self, piece: b.Code) -> str:
        """Words of a computer."""

    @abstractmethod
    def _emphasis(self, piece: b.Emphasis) -> str:
        """Words that are told from those around."""

    def _link(self, piece: b.Link) -> str:
        """Words that lead somewhere, if the format has such."""
        return ""

    @abstractmethod
    def _drawing(self, piece: b.Drawing) -> str:
        """A diagram."""

    # -- blocks ----------------------------------------------------------------------------

    @abstractmethod
    def _section(self, block: b.Section) -> Iterable[str]:
        """A heading and what stands below it."""

    @abstractmethod
    def _paragraph(self, block: b.Paragraph) -> Iterable[str]:
        """Sentences."""

    @abstractmethod
    def _formula(self, block: b.Formula) -> Iterable[str]:
        """A formula on a line of its own."""

    @abstractmethod
    def _formulas(self, block: b.Formulas) -> Iterable[str]:
        """What symbols stand for."""

    @abstractmethod
    def _rows(self, block: b.Rows) -> Iterable[str]:
        """Rows of equations."""

    @abstractmethod
    def _sum(self, block: b.Sum) -> Iterable[str]:
        """A sum of diagrams."""

    @abstractmethod
    def _figure(self, block: b.Figure) -> Iterable[str]:
        """A picture."""

    @abstractmethod
    def _note(self, block: b.Note) -> Iterable[str]:
        """A remark with a label."""

    @abstractmethod
    def _table(self, block: b.Table) -> Iterable[str]:
        """Rows of cells."""
