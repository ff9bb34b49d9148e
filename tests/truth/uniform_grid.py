"""Cugliandolo and Kurchan's equations at zero temperature on a uniform grid of both times.

The usual way to solve them: values at all pairs of times, the trapezoidal rule for integrals and
steps, each row implicit and iterated.  Errors fall with the square of the step, work grows with the
cube of the number of steps.  The equations are those of :mod:`tests.truth.spherical_spins`.
"""

from __future__ import annotations

import numpy as np


def energies(p: int, until: float, steps: int) -> np.ndarray:
    """``E/N`` at ``steps + 1`` even times from 0."""
    h = until / steps
    C, R = np.eye(steps + 1), np.eye(steps + 1)
    found = np.zeros(steps + 1)
    rates = [np.zeros(1), np.zeros(1)]
    for i in range(1, steps + 1):
        w = np.full(i + 1, h)
        w[0] = w[-1] = h / 2
        C[i, :i], R[i, :i] = C[i - 1, :i], R[i - 1, :i]
        for _ in range(40):
            now, upto = C[i, : i + 1], slice(0, i + 1)
            C[upto, i] = now
            memory = p * (p - 1) / 2 * now ** (p - 2) * R[i, upto]
            force = p / 2 * now ** (p - 1)
            mu = p * float(np.sum(w * force * R[i, upto]))
            half = np.full(i + 1, h / 2)  # the rule ends with a half at s, too
            half[0] = half[i] = 0.0
            pushed = R[upto, upto] @ (w * force) - half * force
            pushed[0] = 0.0
            moved_c = -mu * now + pushed + C[upto, upto] @ (w * memory)
            moved_r = -mu * R[i, upto] + (w * memory) @ R[upto, upto] - half * memory
            changed_c = C[i - 1, :i] + h / 2 * (rates[0] + moved_c[:i])
            changed_r = R[i - 1, :i] + h / 2 * (rates[1] + moved_r[:i])
            change = max(np.max(abs(changed_c - C[i, :i])), np.max(abs(changed_r - R[i, :i])))
            C[i, :i], R[i, :i] = changed_c, changed_r
            if change < 1e-12:
                break
        found[i] = -mu / p
        rates = [np.append(moved_c[:i], 0.0), np.append(moved_r[:i], -mu)]
    return found
