"""Errors that a user of wickflow can meet, with the exit code each one carries.

An error names the field at fault, the value that was given and what is allowed,
in one line; the command line prints that line and leaves with ``exit_code``.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


class WickflowError(Exception):
    """Any refusal of wickflow that a user can act upon."""

    exit_code: int = 1


class BadInput(WickflowError, ValueError):
    """A problem, an option or a path that cannot be accepted (exit code 2).

    >>> raise BadInput("order", 1, "an integer from 2 to 24")
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: order: 1 is not allowed; allowed: an integer from 2 to 24
    """

    exit_code = 2

    def __init__(
        self, field: str, value: object, allowed: str, failing: str = "is not allowed"
    ) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        place = field if field.isprintable() and len(field) <= 200 else shown(field, 200)
        super().__init__(f"{place}: {shown(value)} {failing}; allowed: {allowed}")

    def at(self, place: str) -> BadInput:
        """The same refusal with the place of the field added to what is allowed."""
        return type(self)(self.field, self.value, f"{self.allowed} ({place})")


class Missing(BadInput):
    """A value that is required and was not given (exit code 2).

    ``value`` is ``missing``, or says which one is.

    >>> raise Missing("scaling", "no exponent of sigma", "exponents of H, sigma")
    Traceback (most recent call last):
        ...
    diagrams.errors.Missing: scaling: missing, no exponent of sigma; allowed: exponents of H, sigma
    """

    def __init__(self, field: str, value: str, allowed: str) -> None:
        super().__init__(field, value, allowed)
        said = value if value == "missing" else f"missing, {value}"
        self.args = (f"{field}: {said}; allowed: {allowed}",)


def shown(value: object, limit: int = 60) -> str:
    """Return ``value`` as one short printable line, for use inside a message.

    >>> shown("a" * 100, limit=10)
    "'aaaaa...'"
    >>> shown(Fraction(7, 2))
    '7/2'
    """
    try:
        text = str(value) if isinstance(value, Fraction) else repr(value).replace("\n", "\\n")
    except ValueError:  # an integer too long to be written out
        text = f"a {type(value).__name__} of very many digits"
    if len(text) <= limit:
        return text
    closing = text[-1] if text[-1] in "'\")]}" else ""
    return text[: limit - 3 - len(closing)] + "..." + closing


def meant(given: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` where one known word is near the given one, else nothing.

    >>> meant("exapnd", ["expand", "solve"])
    " (did you mean 'expand'?)"
    """
    from difflib import get_close_matches

    listed = list(known)
    lower = {word.lower(): word for word in reversed(listed)}
    near = get_close_matches(given.lower(), list(lower), 1, 0.7)
    return f" (did you mean {lower[near[0]]!r}?)" if near else ""


class OutsideDomain(WickflowError):
    """A solution was asked for a value where it has none (exit code 3).

    ``bound`` is the value of ``variable`` at which the domain ends, where that is known.

    >>> OutsideDomain("beyond the time of existence t = 2", "t", "2").bound
    '2'
    """

    exit_code = 3

    def __init__(self, message: str, variable: str = "", bound: str = "") -> None:
        self.variable = variable
        self.bound = bound
        super().__init__(message)


class NotSolved(WickflowError):
    """A regime without a solution (exit code 4); the message names the step that failed.

    ``step`` says what failed for the problem at hand, in one clause.

    >>> raise NotSolved("the closure misses terms, first at order 1")
    Traceback (most recent call last):
        ...
    diagrams.errors.NotSolved: not solved: the closure misses terms, first at order 1
    """

    exit_code = 4

    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__(f"not solved: {step}")
