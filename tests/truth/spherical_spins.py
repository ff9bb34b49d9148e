r"""Spherical p-spin models at zero temperature: their two-time equations as power series.

L. F. Cugliandolo and J. Kurchan, "Analytical solution of the off-equilibrium dynamics of a
long-range spin-glass model", Phys. Rev. Lett. 71, 173 (1993), equations (3) to (5) at T = 0:

    dR(t,s)/dt = -mu(t) R(t,s) + p(p-1)/2 int_s^t C(t,x)^(p-2) R(t,x) R(x,s) dx
    dC(t,s)/dt = -mu(t) C(t,s) + p/2 int_0^s C(t,x)^(p-1) R(s,x) dx
                 + p(p-1)/2 int_0^t C(t,x)^(p-2) R(t,x) C(x,s) dx
    mu(t) = p^2/2 int_0^t C(t,x)^(p-1) R(t,x) dx,   E/N = -mu/p

for couplings with ``E[H^2] = N/2``.  A series is a mapping of exponents of (t, s, x) to numbers,
cut at a total degree; the equations are iterated, each time one degree more is right.
"""

from __future__ import annotations

from fractions import Fraction

Exponents = tuple[int, int, int]
Series = dict[Exponents, Fraction]
T, S, X = 0, 1, 2
ONE: Series = {(0, 0, 0): Fraction(1)}


def _add(*parts: tuple[Fraction | int, Series]) -> Series:
    total: Series = {}
    for factor, series in parts:
        for key, value in series.items():
            total[key] = total.get(key, Fraction(0)) + factor * value
    return {key: value for key, value in total.items() if value}


def _times(left: Series, right: Series, most: int) -> Series:
    total: Series = {}
    for (a, b, c), x in left.items():
        for (i, j, k), y in right.items():
            if a + b + c + i + j + k <= most:
                key = (a + i, b + j, c + k)
                total[key] = total.get(key, Fraction(0)) + x * y
    return total


def _power(series: Series, n: int, most: int) -> Series:
    return ONE if not n else _times(_power(series, n - 1, most), series, most)


def _at(series: Series, first: int, second: int) -> Series:
    """A function of (t, s) at two other variables."""
    total: Series = {}
    for (i, j, _), value in series.items():
        key = [0, 0, 0]
        key[first] += i
        key[second] += j
        place = (key[0], key[1], key[2])
        total[place] = total.get(place, Fraction(0)) + value
    return total


def _integral(series: Series, low: int | None, high: int) -> Series:
    """``int dx`` between variables, or from zero."""
    total: Series = {}
    for (i, j, k), value in series.items():
        for sign, end in ((1, high), (-1, low)):
            if end is not None:
                key = [i, j, 0]
                key[end] += k + 1
                place = (key[0], key[1], 0)
                total[place] = total.get(place, Fraction(0)) + sign * value / (k + 1)
    return total


def _from_equal_times(slope: Series) -> Series:
    """What is 1 at t = s and has a derivative by t."""
    risen = {(i + 1, j, 0): value / (i + 1) for (i, j, _), value in slope.items()}
    return _add((1, ONE), (1, risen), (-1, _at(risen, S, S)))


def energies(p: int, terms: int) -> list[Fraction]:
    """``d^s (E/N) / dt^s`` at zero, for s = 0 .. ``terms``."""
    C, R, mu = ONE, ONE, dict[Exponents, Fraction]()
    half = Fraction(p * (p - 1), 2)
    for most in range(1, terms + 1):

        def times(left: Series, right: Series, most: int = most) -> Series:
            return _times(left, right, most)

        Ctx, Rtx = _at(C, T, X), _at(R, T, X)
        memory = times(_power(Ctx, p - 2, most), Rtx)
        force = times(_power(Ctx, p - 1, most), _at(R, S, X))
        mu = _add((Fraction(p * p, 2), _integral(times(_power(Ctx, p - 1, most), Rtx), None, T)))
        early = _integral(times(memory, _at(C, S, X)), None, S)
        late = _integral(times(memory, _at(C, X, S)), S, T)
        C, R = (
            _from_equal_times(
                _add(
                    (-1, times(mu, C)),
                    (Fraction(p, 2), _integral(force, None, S)),
                    (half, early),
                    (half, late),
                )
            ),
            _from_equal_times(
                _add((-1, times(mu, R)), (half, _integral(times(memory, _at(R, X, S)), S, T)))
            ),
        )
    found, factorial = [Fraction(0)], 1
    for s in range(1, terms + 1):
        factorial *= s
        found.append(-mu.get((s, 0, 0), Fraction(0)) / p * factorial)
    return found
