"""Predictions of others held against exact coefficients, order by order and level by level.

:func:`check` takes a table of numbers, a function of time or a SymPy expression, finds its Taylor
coefficients with an uncertainty, and says which of them agree with the exact ``Y_s``, which
differ and in which terms, and which cannot be judged.

- :mod:`~diagrams.checking.tables`: CSV files read safely;
- :mod:`~diagrams.checking.table_points`: their rows as numbers with errors;
- :mod:`~diagrams.checking.extraction`: Taylor coefficients of numbers, with their uncertainty;
- :mod:`~diagrams.checking.sampling`: functions of time turned into numbers;
- :mod:`~diagrams.checking.expressions`: SymPy expressions turned into polynomials;
- :mod:`~diagrams.checking.symbolic`: these compared with the exact ones;
- :mod:`~diagrams.checking.measuring`: coefficients at one set of sizes, and their verdict;
- :mod:`~diagrams.checking.corrections`: the terms of a coefficient by their size at large size;
- :mod:`~diagrams.checking.explaining`: which terms account for a difference;
- :mod:`~diagrams.checking.slips`: offsets, factors, clocks and swapped symbols;
- :mod:`~diagrams.checking.comparison`, :mod:`~diagrams.checking.wording`: the result;
- :mod:`~diagrams.checking.checking`: the whole.
"""

from diagrams.checking.checking import check
from diagrams.checking.comparison import Comparison, OrderComparison, Verdict
from diagrams.checking.tables import PredictionTable, parse_table, read_table

__all__ = [
    "Comparison",
    "OrderComparison",
    "PredictionTable",
    "Verdict",
    "check",
    "parse_table",
    "read_table",
]
