"""Roots of systems of equations, followed along a parameter with a proof.

Let f(t, x) = 0 and Y be close to the inverse of the Jacobian. If for a box X about x0 and a ball T
of parameters Krawczyk's operator

    K = x0 - Y f(T, x0) + (1 - Y f'(T, X)) (X - x0)

lies inside X, there is one root in X for every t in T, and it depends continuously on t.
(R. Krawczyk, Computing 4, 187 (1969).) A chain of such boxes from the start to the end proves the
root and its branch.

>>> from pde.numbers.balls import precision
>>> t, x = sympy.symbols("t x")
>>> with precision(30):
...     (root,) = continued((x**2 - 1 - t,), t, (x,), sympy.Integer(0), sympy.Integer(3), [-1])
...     print(root.contains(-2), bool(root.rad() < 1e-29))
True True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import sympy
from flint import arb, arb_mat, ctx
from sympy import Expr, Symbol

from pde.expressions.compilation import compiled
from pde.numbers.balls import NoEnclosureError, ball, enclosure, from_mpf, hull, to_mpf

FIRST = 8
"""The first step is this part of the way."""

LIMIT = 400


class LostBranchError(Exception):
    """No chain of boxes was found: a caustic, or a singular start."""


def continued(
    equations: Sequence[Expr],
    parameter: Symbol,
    unknowns: Sequence[Symbol],
    begin: Expr,
    end: Expr,
    start: Sequence[Any],
) -> list[arb]:
    """Return balls that hold the root at ``end`` on the branch of the root ``start``.

    Balls are as narrow as the precision allows. Raises LostBranchError if a step cannot be
    proved, NoEnclosureError for unknown functions.
    """
    system = _System(tuple(equations), parameter, tuple(unknowns))
    here, last = enclosure(begin, {}), enclosure(end, {})
    given = [x if isinstance(x, arb) else ball(x) for x in start]
    root = system.tight(here, [to_mpf(x) for x in given])
    # the root found has to be the one given: both in a box that holds one root only
    if root is None or not system.joined(here, here, given, root):
        raise LostBranchError("the start is no simple root")
    if begin == end:
        return root
    step = (last - here) / FIRST
    for _ in range(LIMIT):
        # not told apart: the next root is the last
        final = not abs(step) < abs(last - here)
        there = last if final else (here + step).mid()
        following = system.tight(there, [to_mpf(x) for x in root])
        if following is not None and system.joined(here, there, root, following):
            here, root, step = there, following, step * 3 / 2
            if final:
                return root
        else:
            step = step / 2
    raise LostBranchError(f"the branch is lost near {parameter} = {here.mid().str(12)}")


class _System:
    """Equations, their Jacobian, and Krawczyk's operator."""

    def __init__(
        self, equations: tuple[Expr, ...], parameter: Symbol, unknowns: tuple[Symbol, ...]
    ) -> None:
        self.equations, self.parameter, self.unknowns = equations, parameter, unknowns
        self.jacobian = [[sympy.diff(e, u) for u in unknowns] for e in equations]
        self.drift = [sympy.diff(e, parameter) for e in equations]
        self.function = compiled([parameter, *unknowns], list(equations))

    def tight(self, here: arb, guess: Sequence[mpmath.mpf]) -> list[arb] | None:
        """A small box about the root next to a guess, proved; ``None`` if that fails."""
        with mpmath.workprec(_bits()):
            at = to_mpf(here)
            try:
                found = mpmath.findroot(lambda *u: self.function(at, *u), tuple(guess))
            except (ValueError, ZeroDivisionError):
                return None
            parts = list(found) if isinstance(found, mpmath.matrix) else [found]
        if not all(isinstance(x, mpmath.mpf) for x in parts):
            return None
        middle = [from_mpf(x) for x in parts]
        size = max((abs(x).upper() for x in middle), default=arb(1))
        radius = (size + 1) * arb(2) ** (12 - _bits())
        for _ in range(3):
            box = [x + hull(radius) for x in middle]
            image = self.image(here, arb(0), middle, box)
            if image is not None and _inside(image, box):
                return image
            radius = radius * 2**12
        return None

    def joined(self, here: arb, there: arb, root: Sequence[arb], following: Sequence[arb]) -> bool:
        """Whether one branch joins two roots."""
        middle = [((a + b) / 2).mid() for a, b in zip(root, following, strict=True)]
        spread = max((abs(a - b).upper() for a, b in zip(root, following, strict=True)))
        time = (here + there) / 2
        half = (abs(there - here) / 2).upper()
        for factor in (1, 2, 4):
            radius = spread * factor + arb(2) ** (20 - _bits())
            box = [x + hull(radius) for x in middle]
            image = self.image(time, half, middle, box)
            if image is not None and _inside(image, box):
                return all(b.contains(r) for b, r in zip(box, (*root,), strict=True)) and all(
                    b.contains(r) for b, r in zip(box, following, strict=True)
                )
        return False

    def image(
        self, time: arb, half: arb, middle: Sequence[arb], box: Sequence[arb]
    ) -> list[arb] | None:
        """Krawczyk's operator; ``None`` where the Jacobian is singular or out of reach."""
        near = dict(zip(self.unknowns, middle, strict=True))
        wide = dict(zip(self.unknowns, box, strict=True))
        times = time + hull(half)
        try:
            centre = arb_mat(
                [
                    [enclosure(e, {**near, self.parameter: time}).mid() for e in row]
                    for row in self.jacobian
                ]
            )
            inverse = arb_mat([[x.mid() for x in row] for row in centre.inv().tolist()])
            values = []
            for equation, drift in zip(self.equations, self.drift, strict=True):
                value = enclosure(equation, {**near, self.parameter: time})
                if half > 0:
                    value += enclosure(drift, {**near, self.parameter: times}) * hull(half)
                values.append([value])
            slopes = arb_mat(
                [
                    [enclosure(e, {**wide, self.parameter: times}) for e in row]
                    for row in self.jacobian
                ]
            )
        except (NoEnclosureError, ZeroDivisionError):
            return None
        size = len(box)
        unit = arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
        off = arb_mat([[b - x] for b, x in zip(box, middle, strict=True)])
        moved = (unit - inverse * slopes) * off - inverse * arb_mat(values)
        return [x + moved[i, 0] for i, x in enumerate(middle)]


def _inside(image: Sequence[arb], box: Sequence[arb]) -> bool:
    return all(b.contains_interior(x) for x, b in zip(image, box, strict=True))


def _bits() -> int:
    return int(ctx.prec)
