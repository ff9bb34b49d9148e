"""Steps of a solution by characteristics that say what they are made of."""

from __future__ import annotations

from typing import Any


class ClockStep(str):
    """The step that says along which clock characteristics are followed."""


class FootStep(str):
    """The step that says where on the initial surface a variable of a characteristic starts."""

    variable: str
    start: str

    def __new__(cls, variable: str, start: str) -> FootStep:
        """The step in words, which keeps what it is made of."""
        found = super().__new__(cls, f"foot: {variable} = {start}")
        found.variable, found.start = variable, start
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return FootStep, (self.variable, self.start)
