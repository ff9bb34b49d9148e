"""Sentences of derivations, which keep their data: formulas, tensors, sizes between the words.

Derivations work under standard names (:mod:`diagrams.problems.standard`), and a sentence comes out
under those of the problem by mapping its data (:mod:`diagrams.dynamics.renamed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import sympy

from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.formulas import formula_text
from pde.expressions.statement import joined, plain_text
from pde.expressions.statement import sentence as _sentence


def spelled(value: object) -> str:
    """Return a value as it stands in a sentence.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> spelled(Tensor("w", (IndexFamily("unit", "N"), IndexFamily("feature", "d"))))
    'w[unit,feature]'
    """
    if isinstance(value, Tensor):
        return f"{value.name}[{','.join(family.name for family in value.families)}]"
    if isinstance(value, IndexFamily):
        return value.name
    return formula_text(value) if isinstance(value, sympy.Basic) else plain_text(value)


sentence = partial(_sentence, spell=spelled)
"""A sentence with values in place of braces."""


def listed(values: Iterable[object], separator: str = ", ") -> str:
    """Return values with a separator between them."""
    return joined(separator, (sentence("{}", value) for value in values))


def conditions(*parts: str) -> str:
    """Return conditions that hold together as one; those that are empty are none."""
    return joined(" and ", parts)
