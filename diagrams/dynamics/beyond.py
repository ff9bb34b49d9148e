"""What can be asked for where a solution has no number: a lateral sum, the loss of a sample."""

from __future__ import annotations

from dataclasses import dataclass

from diagrams.evidence import Evidence, Kind
from pde.numbers.evaluation import Value

AHEAD = 16
"""How many times further than asked a spike is looked for."""


@dataclass(frozen=True)
class Lateral:
    """A lateral Borel sum, where the series has no sum on the axis.

    ``real`` is the bulk of the coordinates; ``imaginary`` (of the sum from above) measures the
    density of spikes, coordinates that have blown up; ``spike_time`` is when the first of them
    does so, typically, at the given sizes.  Neither part is the expectation of the loss.
    """

    real: Value
    imaginary: Value
    spike_time: float

    def __str__(self) -> str:
        return (
            f"lateral sum: real part (bulk) {self.real}, imaginary part (density of spikes)"
            f" {self.imaginary}, first spikes at about t = {self.spike_time:.3g}"
        )


@dataclass(frozen=True)
class SampledLoss:
    """The loss of the closure for ``count`` drawn rows of coordinates: a number of this sample.

    ``error`` is that of the integration, from two tolerances; how far other samples are from this
    one it does not say.  ``spike_time`` is when the first coordinate of the sample takes off,
    ``None`` where that is later than 16 times the time asked for.
    """

    value: float
    error: float
    count: int
    seed: int
    spike_time: float | None

    @property
    def evidence(self) -> Evidence:
        """What the number is."""
        return Evidence(
            Kind.NUMERICAL,
            f"the closure for a finite sample of {self.count} rows of coordinates, seed"
            f" {self.seed}; it is no average over all, and another sample gives another number",
        )

    def __str__(self) -> str:
        spike = (
            f"its first coordinate takes off (spike) at t = {self.spike_time:.6g}"
            if self.spike_time is not None
            else f"none of its coordinates takes off before {AHEAD} times this time"
        )
        return (
            f"finite sample of {self.count} rows of coordinates, seed {self.seed}:"
            f" {self.value:.10g}, error of the integration about {self.error:.2g}; {spike};"
            " another sample gives another number"
        )

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, for JSON."""
        return {
            "value": repr(self.value),
            "error": f"{self.error:.3g}",
            "coordinates": self.count,
            "seed": self.seed,
            "spike_time": None if self.spike_time is None else repr(self.spike_time),
            "evidence": self.evidence.to_dict(),
        }
