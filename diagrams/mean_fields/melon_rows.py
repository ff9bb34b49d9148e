"""The equations of melons on rows of functions of two times, as printed in their module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import mul

from diagrams.mean_fields.melons import MelonEquations, MelonNumbers
from diagrams.mean_fields.two_time_solver import Moved, Row, Step


class MelonRows(MelonNumbers):
    """Correlations ``C 0, ..`` and responses ``R 0, ..`` of factors; ``r, G, F`` of the output.

    ``r`` is the response of the output without what acts at once.
    """

    def __init__(self, equations: MelonEquations, values: Mapping[str, float]) -> None:
        super().__init__(equations, values)
        kinds = range(len(self.factors))
        self.starts = {f"{letter} {c}": 1.0 for letter in "CR" for c in kinds}
        self.starts["r"] = 0.0

    def observed(self, step: Step) -> float:
        """The weight times ``F(t, t)``."""
        return self.weight * float(step["F"].value[-1])

    def laws(self, step: Step) -> dict[str, Moved]:
        """Rates of factors, and of the output's response.

        That of ``r = K + K * r`` is used: where K lasts, the equation itself is one of the first
        kind, whose rows would not be stable.
        """
        kinds = range(len(self.factors))
        C, R = ([step[f"{letter} {c}"] for c in kinds] for letter in "CR")
        r = step["r"]

        def powers(*left_out: int) -> Row:
            """The product of the correlations of all factors but some."""
            left = [n - left_out.count(c) for c, n in enumerate(self.count)]
            return reduce(mul, (row**n for row, n in zip(C, left, strict=True)), Row(1.0))

        G = step.rows["G"] = self.start * powers() + self.target
        half = G + step.after(r, "G") + step.before(r, "G")
        F = step.rows["F"] = half + step.before(half, "r")
        K, swept = Row(0.0), Row(0.0)
        moved, kept = [], []
        for c in kinds:
            rest, correlation, response = powers(c), f"C {c}", f"R {c}"
            sigma = self.stiff[c] * r * rest
            for j, weight in enumerate(self.back[c]):
                if twins := (self.count[j] - (j == c)) * weight:
                    sigma = sigma - twins * F * R[j] * powers(c, j)
            noise, at_once = self.noise[c] * F * rest, self.stiff[c] * rest[-1] + self.decay[c]
            memory = step.after(sigma, correlation) + step.before(sigma, correlation)
            moved.append(step.before(noise, response) - at_once * C[c] - memory)
            kept.append(-at_once * R[c] - step.after(sigma, response))
        for c in kinds:
            weight = -self.count[c] * self.kappa[c]
            K += weight * R[c] * powers(c)
            swept += weight * kept[c] * powers(c)
            for j in kinds:
                if twins := self.count[j] - (j == c):
                    swept += weight * twins * R[c] * moved[j] * powers(c, j)
        found = {"r": Moved(swept + K[-1] * r + step.after(swept, "r"), value=K[-1])}
        for c in kinds:
            found[f"C {c}"] = Moved(moved[c], along=2.0 * moved[c][-1])
            found[f"R {c}"] = Moved(kept[c], value=Row(1.0))
        return found
