"""Entries of any law: coefficients against sums over the values of every entry, and more."""

from __future__ import annotations

import numpy as np
import pytest
from truth.finite_laws import LAWS, explicit_derivative, numbers
from truth.random_problems import random_problem, value

from diagrams.errors import BadInput
from diagrams.problems.spec import parse_problem
from diagrams.series.expansion import expand

QUICK: tuple[int, ...] = ()
"""Files that take little time."""


def check(seed: int) -> int:
    """Compare all orders of one file that are cheap; how many numbers were compared."""
    text = random_problem(seed, LAWS)
    try:
        problem = parse_problem(text)
    except BadInput:  # nothing that the flow moves is left in the output
        return 0
    factors = max(len(diagram.edges) for diagram, _ in problem.potential)
    terms = 2 if factors <= 4 else 1 if factors <= 6 else 0
    series, compared = expand(problem, terms), 0
    for size in (1, 2):
        at = numbers(problem, size)
        entries = sum(size**tensor.rank for tensor in problem.tensors)
        for s in range(terms + 1 if entries <= 12 else 1):
            try:
                truth = explicit_derivative(text, s, at)
            except ValueError:  # a root of this size
                continue
            assert value(series[s], at) == truth, (seed, s, size)
            compared += 1
    return compared
