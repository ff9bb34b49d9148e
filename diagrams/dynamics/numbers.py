"""What turns values of all symbols into numbers: the base of the numbers of every road."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import mpmath
from sympy import Expr, Rational

from diagrams.dynamics.beyond import Lateral, SampledLoss
from diagrams.dynamics.explicit.degenerate_values import real_end
from diagrams.dynamics.expressions.poles import nearest_pole
from diagrams.errors import OutsideDomain
from pde.numbers.evaluation import Value

Values = Mapping[str, Rational]
ReadEnd = Callable[[], Value | None]


class Numbers(ABC):
    """The numbers of a solution.  Symbols that have no part in it may be left out of ``values``."""

    @abstractmethod
    def curve(self, values: Values, times: Sequence[Rational], digits: int) -> tuple[Value, ...]:
        """Return ``E[L]`` at several ``t``.

        Raises :class:`~diagrams.errors.OutsideDomain` where there is no solution.
        """

    def value(self, values: Values, digits: int) -> Value:
        """Return ``E[L]`` at the ``t`` of ``values``, as :meth:`curve` does."""
        return self.curve(values, (values["t"],), digits)[0]

    def existence_time(self, values: Values, digits: int, read: ReadEnd) -> Value | None:
        """Return the end nearest to zero; ``None`` if there is none.

        ``read`` tells it from the formula of the solution, for numbers that know no more.

        Raises :class:`~diagrams.errors.BadInput` for numbers that do not tell, and
        :class:`~diagrams.errors.OutsideDomain` where no end is found.
        """
        return read()

    def lateral(self, values: Values, digits: int) -> Lateral | None:
        """Return the lateral Borel sum; ``None`` where the series is no asymptotic one."""
        return None

    def sample(self, values: Values, count: int, seed: int) -> SampledLoss | None:
        """Return the loss of a sample of coordinates; ``None`` where none are followed."""
        return None


def read_end(
    values: Values, digits: int, ends: Sequence[Expr], poles: Sequence[Expr]
) -> Value | None:
    """Return the end nearest to zero that a formula tells; ``None`` if there is none.

    ``ends`` are formulas of it in plain symbols, ``poles`` sums that vanish there.
    """
    found = [real_end(formula, values, digits) for formula in ends]
    real = [end for end in found if end is not None]
    return min(real, key=lambda end: abs(end.value)) if real else nearest_pole(poles, values)


def refuse_after(
    ends: Sequence[Expr], values: Values, times: Sequence[Rational], digits: int
) -> None:
    """Refuse times after an end, where a formula may go on, with ``OutsideDomain``.

    >>> from sympy import Symbol
    >>> refuse_after([-1 / Symbol("p")], {"p": Rational(2)}, [Rational(-1)], 6)
    Traceback (most recent call last):
        ...
    diagrams.errors.OutsideDomain: t = -1: the solution exists only up to t = -0.5 (time of \
existence)
    """
    for end in ends:
        found = real_end(end, values, digits)
        for t in times:
            if found is not None and t and mpmath.mpf(int(t.p)) / int(t.q) / found.value >= 1:
                shown = mpmath.nstr(found.value, digits)
                raise OutsideDomain(
                    f"t = {t}: the solution exists only up to t = {shown} (time of existence)",
                    "t",
                    shown,
                )


def shifted(value: Value, constant: Rational, digits: int) -> Value:
    """Return a value plus an exact constant."""
    with mpmath.workdps(digits + 10):
        shift = mpmath.mpf(constant.p) / constant.q
        total = value.value + shift
        rounding = (abs(shift) + abs(total)) * mpmath.mpf(10) ** (-digits - 8)
        return Value(total, value.error + rounding, value.method)
