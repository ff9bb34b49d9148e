"""What a text of a problem file says: entries, functions of linear forms, products of them.

Values alone; :mod:`diagrams.problems.grammar` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from diagrams.polynomials.polynomial import Polynomial

DELTA = "delta"
ROOT = "sqrt"
STAR = "star"
FUNCTIONS = ("relu", "erf", "sign", "gelu", "tanh", "cos", "sin", "exp")
"""The functions that are known; ``phi``, with digits or none, is one that stays a symbol."""
SYMBOLIC = "phi"
POWER = "power"
"""The name of a whole power of a linear form is this, followed by its exponent."""

_ONE = Polynomial.constant(1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One factor: the tensor's name and its index names; where it stands is not compared."""

    tensor: str
    indices: tuple[str, ...]
    place: str = field(default="", compare=False)
    index_places: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.tensor}[{','.join(self.indices)}]"


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of a linear form: its name, the form's prefactor and its one or two entries.

    ``summed`` is the index that the two entries share; ``indices`` are the others, in order.
    """

    function: str
    factor: Polynomial
    entries: tuple[Entry, ...]
    place: str = field(default="", compare=False)

    @property
    def summed(self) -> str:
        """The index that is summed inside; empty for a single entry."""
        first, *second = self.entries
        return next((name for name in first.indices for e in second if name in e.indices), "")

    @property
    def indices(self) -> tuple[str, ...]:
        """The indices of the function's value."""
        names = (name for entry in self.entries for name in entry.indices)
        return tuple(name for name in names if name != self.summed)

    def __str__(self) -> str:
        factor = "" if self.factor == _ONE else f"({self.factor}) "
        form = f"({factor}{' '.join(map(str, self.entries))})"
        if self.function.startswith(POWER):
            return f"{form}^{self.function.removeprefix(POWER)}"
        return self.function + form


@dataclass(frozen=True, slots=True)
class Term:
    """A product: ``coefficient`` (a monomial) times tensor entries, a power being copies.

    ``functions`` and ``stars`` are further factors, the latter in observables only.
    """

    coefficient: Polynomial
    factors: tuple[Entry, ...] = ()
    stars: tuple[Star, ...] = ()
    functions: tuple[Applied, ...] = ()

    @property
    def others(self) -> tuple[Applied | Star, ...]:
        """The factors that are no entries."""
        return (*self.functions, *self.stars)

    @property
    def is_number(self) -> bool:
        """Whether there is nothing but the coefficient."""
        return not self.factors and not self.others

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries but those inside of stars: also those that functions are of."""
        return (*self.factors, *(entry for one in self.functions for entry in one.entries))

    def __str__(self) -> str:
        return " ".join((f"({self.coefficient})", *map(str, (*self.factors, *self.others))))


@dataclass(frozen=True, slots=True)
class Star:
    """The merge of two sums; indices are shared with all of the product it stands in."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        sides = (" + ".join(map(str, side)) or "0" for side in (self.left, self.right))
        return f"{STAR}({', '.join(sides)})"


def is_function(name: str) -> bool:
    """Whether a name before a parenthesis is that of a function.

    >>> [name for name in ("relu", "phi", "phi2", "log") if is_function(name)]
    ['relu', 'phi', 'phi2']
    """
    head = name.rstrip("0123456789")
    return name in FUNCTIONS or head == SYMBOLIC
