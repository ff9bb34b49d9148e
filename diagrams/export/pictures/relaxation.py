"""The beauty of a drawing as an energy, and how to lower it.

A drawing is a vector of complex numbers, one a vertex.  Its energy counts crossings, uneven
links, crowded vertices, vertices too near to links of others, and sharp angles.
:meth:`Energy.relax` moves one vertex at a time downhill; :func:`upright` turns the result so
that vertices share rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diagrams.export.pictures.skeleton import Skeleton

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


class Energy:
    """How bad a drawing is, for a batch of drawings at once (one row a drawing)."""

    def __init__(self, part: Skeleton) -> None:
        links, size = part.links, len(part.kinds)
        self.start = np.array([link.start for link in links])
        self.end = np.array([link.end for link in links])
        self.length = np.array([link.length for link in links])
        pairs = [(i, j) for i in range(size) for j in range(i)]
        self.first, self.second = (np.array(side) for side in zip(*pairs, strict=True))
        beside = [
            (e, v)
            for e, link in enumerate(links)
            for v in range(size)
            if v not in (link.start, link.end)
        ]
        self.beside_link = np.array([e for e, _ in beside], dtype=int)
        self.beside_vertex = np.array([v for _, v in beside], dtype=int)
        self.need = np.array([0.4 + 1.4 * links[e].breadth for e, _ in beside])
        apart, fork = [], []
        for e, link in enumerate(links):
            for f in range(e):
                shared = {link.start, link.end} & {links[f].start, links[f].end}
                if not shared:
                    apart.append((e, f))
                else:
                    hub = shared.pop()
                    fork.append((e, f, *(1 if links[g].start == hub else -1 for g in (e, f))))
        self.apart = np.array(apart, dtype=int).reshape(-1, 2).T
        self.fork = np.array(fork, dtype=int).reshape(-1, 4).T

    def batch(self, spots: Complex) -> Real:
        """The energy of every row of ``spots``."""
        gap = np.abs(spots[:, self.first] - spots[:, self.second])
        cost: Real = (0.12 / (gap**2 + 0.01)).sum(axis=1)
        cost += (3.0 * np.maximum(0.0, 1 - gap / 0.6) ** 2).sum(axis=1)
        side = spots[:, self.end] - spots[:, self.start]
        reach = np.abs(side) + 1e-9
        cost += ((reach / self.length - 1) ** 2).sum(axis=1)
        along = side[:, self.beside_link]
        offset = spots[:, self.beside_vertex] - spots[:, self.start[self.beside_link]]
        part = np.clip((offset * along.conj()).real / (np.abs(along) ** 2 + 1e-9), 0.0, 1.0)
        distance = np.abs(offset - part * along)
        cost += (6.0 * np.maximum(0.0, 1 - distance / self.need) ** 2).sum(axis=1)
        if self.apart.size:
            one, two = self.apart
            shift = spots[:, self.start[two]] - spots[:, self.start[one]]
            u, v = side[:, one], side[:, two]
            turn = (u.conj() * v).imag
            turn = np.where(np.abs(turn) < 1e-9, 1e-9, turn)
            s, t = (shift.conj() * v).imag / turn, (shift.conj() * u).imag / turn
            crossing = (s > 0) & (s < 1) & (t > 0) & (t < 1)
            cost += 1.6 * crossing.sum(axis=1)
        if self.fork.size:
            one, two, sign_one, sign_two = self.fork
            u = side[:, one] * sign_one / reach[:, one]
            v = side[:, two] * sign_two / reach[:, two]
            cost += (0.5 * np.maximum(0.0, ((u.conj() * v).real - 0.8) / 0.2) ** 2).sum(axis=1)
        return cost

    def of(self, spots: Complex) -> float:
        """The energy of one drawing."""
        return float(self.batch(spots[None, :])[0])

    def relax(self, start: Complex, steps: Sequence[float], sweeps: int) -> Complex:
        """Move one vertex at a time, downhill, with shrinking steps."""
        spots = start.copy()
        size = len(spots)
        compass = np.exp(2j * np.pi * np.arange(8) / 8)
        current = self.of(spots)
        for step in steps:
            moves = np.concatenate((step * compass, 0.5 * step * compass))
            for _ in range(sweeps):
                before = current
                for vertex in range(size):
                    trials = np.repeat(spots[None, :], len(moves), axis=0)
                    trials[:, vertex] += moves
                    costs = self.batch(trials)
                    best = int(costs.argmin())
                    if costs[best] < current - 1e-9:
                        current, spots = float(costs[best]), trials[best]
                if before - current < 1e-3 * before:
                    break
        return spots

    def exchange(self, start: Complex, lookahead: int = 0) -> Complex:
        """Let two vertices change places as long as that helps.

        With ``lookahead``, so many of the best exchanges are relaxed before they are judged.
        """
        spots = start.copy()
        current = self.of(spots)
        rows = np.arange(len(self.first))
        for _ in range(6):
            trials = np.repeat(spots[None, :], len(rows), axis=0)
            trials[rows, self.first] = spots[self.second]
            trials[rows, self.second] = spots[self.first]
            pieces = np.array_split(trials, 1 + len(trials) // 64)
            costs = np.concatenate([self.batch(piece) for piece in pieces])
            costs[np.abs(costs - current) < 1e-6] = np.inf
            best = trials[np.argsort(np.round(costs, 6), kind="stable")[: max(1, lookahead)]]
            if lookahead:
                best = np.array([self.relax(trial, (0.3, 0.12), 2) for trial in best])
            chosen = int(np.round(self.batch(best), 6).argmin())
            if self.of(best[chosen]) > current - 1e-3:
                break
            current, spots = self.of(best[chosen]), best[chosen]
        return spots


def upright(spots: Complex, part: Skeleton) -> Complex:
    """Turn so that many vertices share rows and columns, align those, and fix reflections."""
    apart = spots[:, None] - spots[None, :]
    angles = np.angle(apart[np.abs(apart) > 1e-6])
    turned = (spots - spots.mean())[None, :] * np.exp(-1j * angles)[:, None]
    across = np.abs(turned[:, :, None] - turned[:, None, :])
    flat = turned[:, :, None] - turned[:, None, :]
    aligned = (np.abs(flat.real) < 0.08).sum((1, 2)) + (np.abs(flat.imag) < 0.08).sum((1, 2))
    wide = np.abs(flat.real).max((1, 2)) - np.abs(flat.imag).max((1, 2))
    score = aligned + 0.3 * len(spots) * np.clip(wide, -1.5, 1.0) - 1e-3 * across.max((1, 2))
    best = turned[int(np.round(score, 6).argmax())]
    best = _level(best.real) + 1j * _level(best.imag)
    rank = {kind: place for place, kind in enumerate(sorted(set(part.kinds)))}
    weight = np.array([rank[kind] + 1e-3 * v for v, kind in enumerate(part.kinds)])
    weight = weight - weight.mean()
    if float((weight * best.real).sum()) < -1e-6:
        best = -best.conj()
    if float((weight * best.imag).sum()) < -1e-6:
        best = best.conj()
    return np.asarray(best, dtype=np.complex128)


def _level(values: Real) -> Real:
    """Values that nearly agree become equal."""
    order = np.argsort(values, kind="stable")
    result = values.copy()
    group = [int(order[0])]
    for index in [*order[1:].tolist(), -1]:
        if index >= 0 and values[index] - values[group[0]] < 0.13:
            group.append(index)
            continue
        result[group] = values[group].mean()
        group = [index]
    return result
