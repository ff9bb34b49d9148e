"""What every value that people look at has in common: it can be shown, written and read back.

A value knows nothing of formats.  :mod:`diagrams.export.registry` says which function writes which
value in which format; it is asked here, and nowhere else in the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any, Self

LINES, WIDTH = 5, 79
"""How much of a value its representation shows."""


def shorten(line: str, width: int) -> str:
    """Return a line of at most so many characters, what is left out marked.

    >>> shorten("1/2*p**2 + 3/4*p", 12)
    '1/2*p**2 ..'
    """
    return line if len(line) <= width else line[: width - 3].rstrip(" +-*/(") + " .."


def _registry() -> ModuleType:
    """The table of writers and readers: above the values, so loaded when first asked."""
    from diagrams.export import registry

    return registry


class Displayed:
    """A value that can be shown and written, in the formats that its type has writers for."""

    __slots__ = ()

    def render(self, format: str, *given: Any, **options: Any) -> Any:
        """Return the value in a format, such as ``json``, with options of its writer.

        Raises :class:`~diagrams.errors.BadInput` for a format that the value is not written in;
        the message lists those that it is.
        """
        return _registry().writer(type(self), format)(self, *given, **options)

    def _shown(self, format: str) -> Any:
        """The value in a format, or ``None``, which notebooks take for "not in this one"."""
        known = _registry().find_writer(type(self), format)
        return None if known is None else known(self)

    def to_latex(
        self,
        standalone: bool = False,
        macros: bool = False,
        symbols: Mapping[str, str] | None = None,
        command: str | None = None,
        brief: bool = False,
    ) -> str:
        r"""Return LaTeX: a fragment, or with ``standalone`` a document that compiles as it is.

        A fragment is plain LaTeX, for mathematics (formulas), for ``align*`` (series), or for text
        (tables).  With ``macros`` it can stand in the text of a paper as it is, its symbols are
        macros such as ``\wfp``, and their definitions are at its top; a paper that has defined
        them before keeps its own.  ``symbols`` gives other symbols, such as ``{"p": "d"}``.
        Documents have their macros at the top.  ``wickflow latex-macros`` prints the preamble that
        all fragments compile with.  With ``brief`` such a fragment is the result alone: what is
        known of its domain and its evidence stands in comments.  ``command`` is what a document
        says that it comes from.

        Raises :class:`~diagrams.errors.BadInput` for symbols that are none.
        """
        written: str = self.render(
            "latex",
            standalone=standalone,
            macros=macros,
            symbols=symbols,
            command=command,
            brief=brief,
        )
        return written

    def to_markdown(self, command: str | None = None) -> str:
        """Return a document in Markdown, formulas between dollar signs.

        ``command`` is what it says that it comes from.
        """
        written: str = self.render("markdown", command=command)
        return written

    def to_json(self, command: str | None = None) -> str:
        """Return JSON text, its schema named in it; ``command`` is what it says it comes from.

        Raises :class:`~diagrams.errors.BadInput` for a value that JSON has no form for.
        """
        written: str = self.render("json", command=command)
        return written

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what :meth:`to_json` wrote; what can be computed again is compared with it.

        Raises :class:`~diagrams.errors.BadInput` for anything else.
        """
        found: Self = _registry().reader(cls, "json")(text)
        return found

    def to_text(self, width: int | None = None) -> str:
        """Return plain text; with ``width`` for a screen of so many characters, where that matters.

        Lines of series, tables and regimes are broken then, and long coefficients shortened.
        """
        known = _registry().find_writer(type(self), "text")
        return str(self) if known is None else str(known(self, width=width))

    def to_csv(self, command: str | None = None) -> str:
        """Return a table of all curves, or monomials, with the provenance in a first comment.

        Infinite values are ``inf``, unknown ones empty.  Raises
        :class:`~diagrams.errors.BadInput` for a value without a table.
        """
        written: str = self.render("csv", command=command)
        return written

    def to_svg(self) -> str:
        """Return the picture of the value as self-contained SVG text.

        Raises :class:`~diagrams.errors.BadInput` for a value without a picture.
        """
        written: str = self.render("svg")
        return written

    def to_tikz(self, standalone: bool = False) -> str:
        """Return the picture as a TikZ picture; ``standalone`` adds a document around it.

        Raises :class:`~diagrams.errors.BadInput` for a value without one.
        """
        written: str = self.render("tikz", standalone=standalone)
        return written

    def to_pdf(self) -> bytes:
        """Return the picture as a PDF file of one page.

        Raises :class:`~diagrams.errors.BadInput` for a value without one.
        """
        written: bytes = self.render("pdf")
        return written

    def to_png(self) -> bytes:
        """Return the picture as a PNG file, at two pixels for each of its units.

        Raises :class:`~diagrams.errors.BadInput` for a value without one.
        """
        written: bytes = self.render("png")
        return written

    def to_dataframe(self) -> Any:
        """Return the table of :meth:`to_csv` as a ``pandas.DataFrame``.

        Raises :class:`~diagrams.errors.BadInput` for a value without a table, and without pandas.
        """
        return self.render("dataframe")

    def plot(self, *given: Any, ax: Any = None, **options: Any) -> Any:
        """Draw on Matplotlib axes, new ones by default, and return them.

        Simulations and agreements draw their curves; a series or a solution needs times and the
        numbers of its symbols, ``plot(times, at={..})``; fronts and regimes draw their picture.
        What else is given is the style of the curve, as ``Axes.plot`` takes it.

        Raises :class:`~diagrams.errors.BadInput` for a value without a picture.
        """
        return self.render("axes", *given, ax=ax, **options)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # or a dataclass wrote all its fields
            cls.__repr__ = Displayed.__repr__  # type: ignore[method-assign]

    def __str__(self) -> str:
        known = _registry().find_writer(type(self), "text")
        if known is not None:
            return str(known(self))
        names: list[str] = [f.name for f in fields(self) if f.repr] if is_dataclass(self) else []
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({shown})"

    def __repr__(self) -> str:
        """The beginning of the text, at most ``LINES`` lines of ``WIDTH`` characters."""
        name, lines = type(self).__name__, str(self).splitlines() or [""]
        if lines[0].startswith(f"{name}("):
            return shorten(lines[0], WIDTH)
        if len(lines) == 1:
            return f"{name}({shorten(lines[0], WIDTH - len(name) - 2)})"
        if not lines[0].startswith(f"{name}:"):
            lines[0] = f"{name}: {lines[0]}"
        if len(lines) > LINES:
            lines[LINES - 1 :] = [f".. {len(lines) - LINES + 1} more lines, with print"]
        return "\n".join(shorten(line, WIDTH) for line in lines)

    def _repr_latex_(self) -> str | None:
        shown: str | None = self._shown("preview")
        return shown

    def _repr_html_(self) -> str | None:
        shown: str | None = self._shown("html")
        return shown

    def _repr_svg_(self) -> str | None:
        shown: str | None = self._shown("svg")
        return shown
