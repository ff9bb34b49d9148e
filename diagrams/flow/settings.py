"""How a flow is integrated: accuracy, check, threads and memory, as one value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.flow.arguments import real_number, whole_number

TOLERANCES = (1e-12, 1e-2)
EXPLICIT = "DOP853"
METHODS = (EXPLICIT, "Radau", "BDF")
"""Methods of :mod:`scipy.integrate`: the explicit one of order 8, and two for stiff flows."""


@dataclass(frozen=True)
class FlowSettings:
    """Settings of simulations, as :func:`~diagrams.flow.running.simulate` takes them.

    ``tolerance``
        bound on the estimated error of one step in the norm of the weights, relative to it.
    ``steps``
        the most steps that a seed may take.
    ``check``
        one seed in eight (at least one) runs again with a hundredth of the tolerance, and the
        change of the loss is reported as ``accuracy``.
    ``jobs``
        threads that share the seeds when the weights of one seed fill a batch (2^15 numbers)
        or there are several batches.  Matrix products of large models (2^17 weights) use all
        cores by themselves.
    ``method``
        ``DOP853``, or one that takes long steps where a flow is stiff: ``Radau``, ``BDF``.  These
        solve for all weights of a seed at once, which is for models of some hundred weights.
    ``max_memory``
        bytes that may be allocated; half of the machine by default.

    Raises :class:`~diagrams.errors.BadInput`, naming the field.

    >>> FlowSettings(tolerance=1)
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: tolerance: 1 is not allowed; allowed: a number from 1e-12 to 0.01
    """

    tolerance: float | Fraction = 1e-8
    steps: int = 20_000
    check: bool = True
    jobs: int = 1
    max_memory: int | None = None
    method: str = EXPLICIT

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "tolerance", real_number("tolerance", self.tolerance, "a number", *TOLERANCES))
        set_(self, "steps", whole_number("steps", self.steps, 10**9))
        most = max(64, 4 * (os.cpu_count() or 1))
        set_(self, "jobs", whole_number("jobs", self.jobs, most))
        if self.max_memory is not None:
            set_(self, "max_memory", whole_number("max_memory", self.max_memory, 2**62))
        if self.method not in METHODS:
            raise BadInput("method", self.method, ", ".join(METHODS))
        if not isinstance(self.check, bool):
            raise BadInput("check", self.check, "True or False")


SETTINGS = frozenset(FlowSettings.__dataclass_fields__)


def given_values(
    at: object, T: object, values: Mapping[str, object]
) -> tuple[dict[str, object], object]:
    """Return numbers by name, from the mapping and from keywords, and the unit of time.

    ``T`` may stand in the mapping as well.  Raises :class:`~diagrams.errors.BadInput`.

    >>> given_values({"N": 64, "T": 2}, 1, {"d": 8})
    ({'N': 64, 'd': 8}, 2)
    """
    if at is not None and not isinstance(at, Mapping):
        raise BadInput("at", at, 'a mapping of symbols to numbers, such as {"N": 64}')
    given: dict[str, object] = dict(at or {})
    for name, value in values.items():
        if name in given:
            raise BadInput(name, "twice", "every name once, by keyword or in at")
        if name in SETTINGS:
            raise BadInput(name, value, f"settings=FlowSettings({name}=..)")
        given[name] = value
    if "T" in given and T != 1:
        raise BadInput("T", "twice", "every name once, by keyword or in at")
    return given, given.pop("T", T)
