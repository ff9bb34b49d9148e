"""An end of the times of a solution, as a value: where it is, and what happens there.

What a formula tends to need not be what the loss tends to: the formula is the limit of large sizes
at a fixed time.  ``of`` says whose limit it is; :mod:`diagrams.dynamics.ends.claims` decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import sympy
from sympy import Basic, Expr, Rational, Symbol

from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.formulas import formula_latex, formula_text
from diagrams.polynomials.polynomial import sympy_symbol

TIME = sympy_symbol("t")
END = Symbol("t_c")
"""The time of an end for which there is no formula."""
GOES_ON = "the solution does not end before"
"""The condition of a later end, where what comes before is known by numbers only."""
LOSS_LATEX, FORMULA_LATEX = r"\mathbb{E}[L]", r"\text{formula}"


@dataclass(frozen=True)
class Ending:
    """One end of the times of a solution.

    ``time`` is ``oo``, ``-oo``, a formula of the time at which the solution ends, or the symbol
    ``t_c`` where only :meth:`~diagrams.dynamics.solution.Solution.existence_time` tells it.
    ``limit`` is that of the formula, and of ``E[L]`` itself where ``of`` is ``loss``; infinite
    where it blows up, ``None`` where it is not known: ``reason`` then says why.  ``approach`` is
    the leading term of the formula less its limit (of the formula where that is infinite), in
    ``t``; ``exponent`` its power of ``|t|``, or of ``|t - t_c|``, where it is a power.  Where an
    exponential has a weight without a formula, ``rate`` is its rate: the logarithm of formula less
    limit grows like ``rate t``.  ``early`` says that the formula goes where no loss can, so that it
    holds only while its moving part is small.  ``condition`` says when this is the end, where there
    are several cases; ``where`` are those of its parts that are relations, in plain symbols.
    ``roots`` are symbols of these formulas that stand for the least positive root of a polynomial.

    >>> t = sympy.Symbol("t")
    >>> print(Ending(sympy.oo, sympy.Integer(0), 3 * t**-2, Rational(-2)))
    t -> oo: formula -> 0; formula ~ 3/t**2
    >>> z = sympy.Symbol("z")
    >>> print(Ending(sympy.oo, z, rate=-z, roots=((z, z**3 - 3 * z + 1),), of="loss"))
    t -> oo: E[L] -> z; formula - z falls as exp(-t*z), z the least positive root of 1 - 3*z + z**3
    """

    time: Expr
    limit: Expr | None = None
    approach: Expr | None = None
    exponent: Rational | None = None
    condition: str = ""
    reason: str = ""
    evidence: Evidence | None = None
    rate: Expr | None = None
    roots: tuple[tuple[Symbol, Expr], ...] = ()
    of: Literal["loss", "formula"] = "formula"
    where: tuple[Basic, ...] = ()
    early: bool = False

    @property
    def subject(self) -> str:
        """What has the limit, as text."""
        return "E[L]" if self.of == "loss" else "formula"

    @property
    def known(self) -> bool:
        """Whether the limit is known."""
        return self.limit is not None

    @property
    def place(self) -> str:
        """Where the end is, as text."""
        if self.time.is_infinite or self.time.is_Symbol:
            return f"t -> {self.time}"
        return f"t -> t_c = {formula_text(self.time)}"

    def __str__(self) -> str:
        start = f"{self.place}, if {self.condition}" if self.condition else self.place
        if self.limit is None:
            return f"{start}: not known: {self.reason}"
        said = f"{start}: {self.subject} -> {formula_text(self.limit)}"
        if self.approach is not None:
            said += f"; {self._rest()} ~ {formula_text(self.approach)}"
        elif self.rate is not None:
            said += f"; {self._rest()} {self.moves} as {formula_text(self.moving)}"
        elif self.exponent is not None:
            said += self._power()
        return said + "".join(
            f", {symbol} the least positive root of {formula_text(polynomial)}"
            for symbol, polynomial in self.roots
        )

    @property
    def moving(self) -> Expr:
        """The exponential with which the formula approaches its limit, without a weight."""
        assert self.rate is not None
        return sympy.exp(self.rate * TIME)

    @property
    def moves(self) -> str:
        """Whether the rest falls or, towards an infinite limit, rises."""
        return "rises" if self.limit is not None and self.limit.is_infinite else "falls"

    def _power(self) -> str:
        """A power without its weight."""
        if self.time.is_infinite:
            return f"; {self._rest()} {self.moves} as |t|^({self.exponent})"
        return f" as |t - t_c|^({self.exponent})"

    def _rest(self) -> str:
        bare = not self.limit or self.limit.is_infinite
        return "formula" if bare else f"formula - {self._held()}"

    def _held(self) -> str:
        assert self.limit is not None
        said = formula_text(self.limit)
        return f"({said})" if self.limit.is_Add or said.startswith("-") else said

    def to_latex(self) -> str:
        """Return the end as LaTeX mathematics; empty where nothing is known."""
        if self.limit is None:
            return ""
        time = formula_latex(self.time)
        place = time if self.time.is_infinite or self.time.is_Symbol else f"t_c = {time}"
        subject = LOSS_LATEX if self.of == "loss" else FORMULA_LATEX
        said = rf"{subject} \to {formula_latex(self.limit)} \quad (t \to {place})"
        rest = FORMULA_LATEX
        if self.limit and not self.limit.is_infinite:
            held = formula_latex(self.limit)
            whole = self.limit.is_Add or held.startswith("-")
            rest += rf" - \left({held}\right)" if whole else f" - {held}"
        if self.approach is not None:
            said += rf",\quad {rest} \sim {formula_latex(self.approach)}"
        elif self.rate is not None:
            said += rf",\quad {rest} \propto {formula_latex(self.moving)}"
        elif self.exponent is not None:
            moving = "|t|" if self.time.is_infinite else "|t - t_c|"
            said += rf",\quad {rest} \propto {moving}^{{{self.exponent}}}"
        return said

    def to_dict(self) -> dict[str, object]:
        """Return the end as plain data, for JSON."""
        found: dict[str, object] = {"time": str(self.time)}
        if self.limit is not None:
            found["of"] = self.of
        for name, value in (
            ("limit", self.limit),
            ("approach", self.approach),
            ("exponent", self.exponent),
            ("rate", self.rate),
        ):
            if value is not None:
                found[name] = str(value)
        for name, text in (
            ("condition", self.condition),
            ("reason", self.reason),
            ("latex", self.to_latex()),
        ):
            if text:
                found[name] = text
        if self.roots:
            found["roots"] = {str(symbol): str(polynomial) for symbol, polynomial in self.roots}
        if self.evidence is not None:
            found["evidence"] = self.evidence.to_dict()
        return found


def unknown(reason: str, side: int, condition: str = "", early: bool = False) -> Ending:
    """Return an end at late or early times of which nothing is known, with the reason."""
    return Ending(side * sympy.oo, condition=condition, reason=reason, early=early)


def blowing_up(power: Fraction, condition: str, statement: str) -> Ending:
    """Return an end at ``t_c``, where the loss diverges like that power of the distance."""
    exponent = Rational(power.numerator, power.denominator)
    return Ending(END, sympy.oo, None, exponent, condition, evidence=derived(statement))


def derived(statement: str) -> Evidence:
    """Return the evidence of an end that was derived."""
    return Evidence(Kind.DERIVED, statement)


def late_first(ends: Iterable[Ending]) -> tuple[Ending, ...]:
    """Return ends, those of late times before the others."""
    return tuple(sorted(ends, key=lambda end: bool(end.time != sympy.oo)))
