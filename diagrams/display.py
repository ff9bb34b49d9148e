"""What every value that LaTeX can show has in common: one method, with the same options.

A value says in ``_fragment`` what it looks like as plain LaTeX; the rest (macros, documents) is
added here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagrams.graphs.combination import Combination
    from diagrams.graphs.diagram import Diagram
    from diagrams.graphs.tensors import Tensor
    from diagrams.problems.problem import Problem


class Shape(StrEnum):
    """What a fragment of LaTeX has to stand in."""

    FORMULA = "formula"
    """Mathematics, for ``\\[ .. \\]`` or an inline formula."""

    ROWS = "rows"
    """Rows of mathematics, for ``align*``."""

    TEXT = "text"
    """A table, or sentences with formulas in them."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of plain LaTeX, its shape, and the names of the symbols in it.

    ``display`` is the same for a place in the text, with lines broken, where that is more than a
    display around it; ``brief`` is the result alone, without limits, evidence and fine print,
    where ``display`` has more.  ``title``, ``evidence`` and ``spec`` say in a document what it is;
    ``section`` gives a fuller body of it, and ``document`` all of it, given other symbols.
    """

    text: str
    shape: Shape
    names: tuple[str, ...]
    title: str = ""
    evidence: str = ""
    spec: str = ""
    display: str = ""
    brief: str = ""
    section: Callable[[], Sequence[str]] | None = None
    document: Callable[[Mapping[str, str]], str] | None = None


class Typeset:
    """A value that LaTeX can show."""

    __slots__ = ()

    def _fragment(self) -> Fragment:
        raise NotImplementedError

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
        from diagrams.export.latex.fragments import exported

        return exported(self._fragment(), standalone, macros, symbols, command, brief)


def tensor_letters(tensors: Iterable[Tensor]) -> tuple[str, ...]:
    """The letters that tensors are written with, their indices left out, as entries: ``u[]``."""
    found = (re.match(r"[A-Za-z]+", tensor.name) for tensor in tensors)
    return tuple(dict.fromkeys(f"{letters[0]}[]" for letters in found if letters))


def problem_names(problem: Problem) -> tuple[str, ...]:
    """The names of all symbols that formulas of a problem can hold.

    >>> from diagrams.problems.cp import cp_problem
    >>> problem_names(cp_problem(order=2, decay="lambda"))
    ('p', 'H', 'lambda', 'sigma', 'u[]')
    """
    return (*problem.symbols, *tensor_letters(problem.tensors))


def diagram_names(diagram: Diagram) -> tuple[str, ...]:
    """The names of the sizes and tensors of a diagram."""
    sizes = dict.fromkeys(family.size for family in diagram.nodes)
    return (*sizes, *tensor_letters(diagram.tensors))


def combination_names(combination: Combination) -> tuple[str, ...]:
    """The names of all symbols in a sum of diagrams."""
    found: dict[str, None] = {}
    for diagram, coefficient in combination:
        found |= dict.fromkeys((*coefficient.symbols, *diagram_names(diagram)))
    return tuple(found)
