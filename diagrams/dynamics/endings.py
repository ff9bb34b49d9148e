"""An end of the times of a solution, as a value: where it is, and what the loss does there."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Rational

from diagrams.evidence import Evidence, Kind


@dataclass(frozen=True)
class Ending:
    """One end of the times of a solution.

    ``time`` is ``oo``, ``-oo``, a formula of the time at which the solution ends, or the symbol
    ``t_c`` where only :meth:`~diagrams.dynamics.solution.Solution.existence_time` tells it.
    ``limit`` is that of ``E[L]``, infinite where the loss blows up, ``None`` where it is not known:
    ``reason`` then says why.  ``approach`` is the leading term of ``E[L] - limit`` (of ``E[L]``
    where that is infinite), as a formula in ``t``; ``exponent`` its power of ``|t|``, or of
    ``|t - t_c|``, where it is a power.  ``condition`` says when this is the end, where there are
    several cases.

    >>> t = sympy.Symbol("t")
    >>> print(Ending(sympy.oo, sympy.Integer(0), 3 * t**-2, Rational(-2)))
    t -> oo: E[L] -> 0; E[L] ~ 3/t**2
    """

    time: Expr
    limit: Expr | None = None
    approach: Expr | None = None
    exponent: Rational | None = None
    condition: str = ""
    reason: str = ""
    evidence: Evidence | None = None

    @property
    def known(self) -> bool:
        """Whether the limit is known."""
        return self.limit is not None

    @property
    def place(self) -> str:
        """Where the end is, as text."""
        if self.time.is_infinite or self.time.is_Symbol:
            return f"t -> {self.time}"
        return f"t -> t_c = {self.time}"

    def __str__(self) -> str:
        start = f"{self.place}, if {self.condition}" if self.condition else self.place
        if self.limit is None:
            return f"{start}: not known: {self.reason}"
        said = f"{start}: E[L] -> {self.limit}"
        if self.approach is not None:
            rest = "E[L]" if not self.limit or self.limit.is_infinite else f"E[L] - {self._held()}"
            said += f"; {rest} ~ {self.approach}"
        elif self.exponent is not None:
            said += f" as |t - t_c|^({self.exponent})"
        return said

    def _held(self) -> str:
        return (
            f"({self.limit})" if self.limit is not None and self.limit.is_Add else str(self.limit)
        )

    def to_latex(self) -> str:
        """Return the end as LaTeX mathematics; empty where nothing is known."""
        if self.limit is None:
            return ""
        time = sympy.latex(self.time)
        place = time if self.time.is_infinite or self.time.is_Symbol else f"t_c = {time}"
        said = rf"\mathbb{{E}}[L] \to {sympy.latex(self.limit)} \quad (t \to {place})"
        if self.approach is not None:
            rest = r"\mathbb{E}[L]"
            if self.limit and not self.limit.is_infinite:
                held = sympy.latex(self.limit)
                rest += rf" - \left({held}\right)" if self.limit.is_Add else f" - {held}"
            said += rf",\quad {rest} \sim {sympy.latex(self.approach)}"
        elif self.exponent is not None:
            said += rf",\quad \mathbb{{E}}[L] \sim |t - t_c|^{{{self.exponent}}}"
        return said

    def to_dict(self) -> dict[str, object]:
        """Return the end as plain data, for JSON."""
        found: dict[str, object] = {"time": str(self.time)}
        for name, value in (
            ("limit", self.limit),
            ("approach", self.approach),
            ("exponent", self.exponent),
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
        if self.evidence is not None:
            found["evidence"] = self.evidence.to_dict()
        return found


def unknown(reason: str, side: int, condition: str = "") -> Ending:
    """Return an end at late or early times of which nothing is known, with the reason."""
    return Ending(side * sympy.oo, condition=condition, reason=reason)


def derived(statement: str) -> Evidence:
    """Return the evidence of an end that was derived."""
    return Evidence(Kind.DERIVED, statement)
