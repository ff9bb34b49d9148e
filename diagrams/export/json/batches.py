"""Mini-batches as JSON, a part of what steps give, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from diagrams.export.json.documents import parts
from diagrams.problems.batches import Batch, read_batch
from diagrams.problems.problem import Problem


def batch_data(batch: Batch | None) -> dict[str, object]:
    """Batches under the key ``batch``; nothing where there are none.

    >>> batch_data(Batch("b"))
    {'batch': {'size': 'b'}}
    """
    if batch is None:
        return {}
    found: dict[str, object] = {"size": str(batch.size)}
    if batch.samples is not None:
        found |= {"samples": batch.samples.name, "replacement": batch.replacement}
    return {"batch": found}


def batch_from(
    given: parts.Batch | UnsetType,
    problem: Problem,
    *taken: str,
    at: Mapping[str, float] | None = None,
) -> Batch | None:
    """Read batches back; raises :class:`~diagrams.errors.BadInput` as a command does."""
    if given is UNSET:
        return None
    samples = given.samples if isinstance(given.samples, str) else ""
    return read_batch(problem, given.size, samples, given.replacement is True, taken, at)


def batch_arguments(batch: Batch | None) -> dict[str, Any]:
    """What a function is called with that computes the same again.

    >>> batch_arguments(Batch(2))
    {'batch': 2, 'samples': '', 'replacement': False}
    """
    if batch is None:
        return {}
    samples = "" if batch.samples is None else batch.samples.name
    return {"batch": batch.size, "samples": samples, "replacement": batch.replacement}
