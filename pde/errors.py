"""Errors that name what failed.

Every refusal of the package is one of these types, so that a caller can tell bad input from
an unsolved problem and from a point outside the domain of a solution.

>>> issubclass(OutsideDomainError, PDEError)
True
"""

from __future__ import annotations


class PDEError(Exception):
    """Base of all errors raised by the package."""


class InvalidInputError(PDEError, ValueError):
    """An argument is not what the definition asks for; the message names field and value."""


class UnknownEntryError(PDEError, KeyError):
    """A table was asked for an entry beyond its bounds."""

    def __str__(self) -> str:
        """Return the message without the quotes that KeyError adds."""
        return str(self.args[0]) if self.args else ""


class UnderdeterminedError(PDEError):
    """A fit has too few equations for its unknowns, so that success would mean nothing."""


class NoRecurrenceError(PDEError):
    """The fitted rows admit no recurrence of the chosen support and degree."""


class HeldOutError(PDEError):
    """A recurrence holds on the fitted rows and fails on a row that was held out."""


class VerificationError(PDEError):
    """A claimed solution or recurrence does not satisfy its equation."""


class CharacteristicSurfaceError(PDEError):
    """The field is tangent to the surface that carries the initial data."""


class NoClosedFormError(PDEError):
    """A step of the symbolic solution has no closed form; the message names the step."""


class OutsideDomainError(PDEError):
    """A solution was asked for a value outside its domain.

    ``variable`` names the variable along which the domain ends and ``bound`` where it ends,
    when that is known.

    >>> OutsideDomainError("no solution", variable="t", bound="1").bound
    '1'
    """

    def __init__(self, message: str, variable: str = "", bound: str = "") -> None:
        """Keep the message, the variable and the bound."""
        super().__init__(message)
        self.variable = variable
        self.bound = bound
