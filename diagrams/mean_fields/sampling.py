"""Mean-field equations of trees in numbers: sampled sites, with derivative processes along.

Time runs over the stages of Runge and Kutta's rule of fourth order.  At infinite size the flow so
discretised has mean-field equations of its own: those here, with sums over stages in place of
integrals, so that nothing but the step and the number of sampled sites is an error.

The samples of a family are drawn orthogonal: second moments are exact, and sites that depend on
Gaussians linearly carry no noise.  A field's noise is written in few orthogonal samples, as
analytic covariances have low numerical rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diagrams.errors import OutsideDomain
from diagrams.flow.draws import draws_of_shape
from diagrams.graphs.tensors import IndexFamily, field_of
from diagrams.mean_fields.equations import Field, Number, TreeEquations
from diagrams.mean_fields.sampled_noise import Array, Diverged, Noise, Samples
from diagrams.mean_fields.trees import by_atoms
from diagrams.polynomials.polynomial import Polynomial

STAGES = ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0))
WEIGHTS = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
LARGEST = 1e8
"""Times the larger of one and the first value of the observable: what it never comes to."""

FAR = 1e100
"""The same for sources, whose sizes differ."""


class Compiled:
    """A polynomial of atoms at numbers of the parameters."""

    def __init__(self, value: Polynomial, at: Mapping[str, float]) -> None:
        self.terms = []
        for atoms, weight in by_atoms(value).items():
            number = sum(
                float(c) * float(np.prod([at[n] ** float(e) for n, e in powers]))
                for powers, c in weight.terms
            )
            self.terms.append((number, tuple((name, int(e)) for name, e in atoms)))

    def value(self, values: Mapping[str, Any]) -> Any:
        """The value, an array over sites or a number."""
        total: Any = 0.0
        for number, atoms in self.terms:
            product: Any = number
            for name, power in atoms:
                product = product * values[name] ** power
            total = total + product
        return total

    def gradient(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The derivatives by all atoms."""
        found: dict[str, Any] = {}
        for number, atoms in self.terms:
            for name, power in atoms:
                product: Any = number * power
                if power > 1:  # a constant slope is one for all sites
                    product = product * values[name] ** (power - 1)
                for other, e in atoms:
                    if other != name:
                        product = product * values[other] ** e
                found[name] = found.get(name, 0.0) + product
        return found


class Sampled:
    """One run on a grid of times that begins with 0, with ``count`` sites a family."""

    def __init__(
        self,
        equations: TreeEquations,
        at: Mapping[str, float],
        grid: Sequence[float],
        count: int,
        seed: int,
    ) -> None:
        self.equations, self.count = equations, count
        self.steps = np.diff(np.asarray(grid, dtype=float))
        self.step = 0.0
        self.total = 4 * len(self.steps) + 1
        self.known = {k.atom: k for k in equations.met}
        places = enumerate(equations.families)
        self.samples = {family: Samples(count, (seed, place)) for place, family in places}
        self.noises: dict[tuple[str, int], Noise] = {}
        self.at = at
        self.values: dict[str, Any] = {}
        self.bases: dict[str, Any] = {}
        self.slopes: dict[str, list[Any]] = {q.atom: [] for q in equations.moving}
        self.tracked: dict[IndexFamily | None, list[str]] = {f: [] for f in equations.families}
        for known in equations.fields:
            for atom, _ in known.memory:
                family = known.source_families[known.meeting(self._known(atom))[0]]
                if atom not in self.tracked[family]:
                    self.tracked[family].append(atom)
        self.answers: dict[tuple[str, str], Array] = {}
        """How an atom answers to a tracked field, by the stage of the kick: now."""
        self.base_answers: dict[tuple[str, str], Array] = {}
        self.slope_answers: dict[tuple[str, str], list[Array]] = {}
        self.sources: dict[tuple[str, int], list[Array]] = {}
        """The sources of a field, by its atom and their place, at all stages until now."""
        self.source_answers: dict[tuple[str, int, str], Array] = {}
        self.history: dict[tuple[IndexFamily, Polynomial], list[Array]] = {}
        """What the motion of matrices is made of, at all stages that are over."""
        self.history_answers: dict[tuple[IndexFamily, Polynomial, str], Array] = {}
        self.compiled: dict[Polynomial, Compiled] = {}

    def _known(self, atom: str) -> Field:
        known = self.known[atom]
        assert isinstance(known, Field)
        return known

    def _compiled(self, value: Polynomial) -> Compiled:
        if value not in self.compiled:
            self.compiled[value] = Compiled(value, self.at)
        return self.compiled[value]

    def _number(self, value: Polynomial) -> float:
        return float(self._compiled(value).value({}))

    def run(self) -> Array:
        """The observable at the times of the grid."""
        for place, q in enumerate(self.equations.moving):
            start: Any = self._number(q.mean)
            if q.variance:
                if q.family is None:
                    why = " is random, and sites are sampled at its values only"
                    told = "not integrated: the scalar " + q.entry.told + why
                    raise OutsideDomain(told + "; an earlier time may do", "t")
                sites = self.samples[q.family]
                if q.shape is None:
                    drawn = sites.draw(0, place)
                else:
                    field = field_of(q.entry.tensor, "moments")
                    law = draws_of_shape(q.shape, self.at, field)
                    drawn = sites.of_law(law.quantiles, 0, place)
                start = start + np.sqrt(self._number(q.variance)) * drawn
            self.bases[q.atom] = self.values[q.atom] = start
            for atom in self.tracked.get(q.family, []):
                self.base_answers[q.atom, atom] = np.zeros((1, 1))
        curve = np.empty(len(self.steps) + 1)
        for step in range(len(curve)):
            self.step = self.steps[step] if step < len(self.steps) else 0.0
            for stage in range(4 if self.step else 1):
                number = 4 * step + stage
                self._states(stage)
                self._fields(number, stage)
                if stage == 0:
                    curve[step] = self._compiled(self.equations.observable).value(self.values)
                    if not abs(curve[step]) < LARGEST * max(1.0, abs(curve[0])):
                        raise Diverged
                self._slopes()
                self._remember(number)
            self._advance(WEIGHTS)
        return curve

    def _states(self, stage: int) -> None:
        """Vectors and scalars at a stage, with their answers."""
        for atom, slopes in self.slopes.items():
            self.values[atom] = self.bases[atom] + self.step * sum(
                a * s for a, s in zip(STAGES[stage], slopes, strict=True)
            )
        for key, base in self.base_answers.items():
            slopes = self.slope_answers.get(key, [])
            self.answers[key] = _plus(
                [
                    (1.0, base),
                    *((self.step * a, s) for a, s in zip(STAGES[stage], slopes, strict=True) if a),
                ]
            )

    def _advance(self, weights: tuple[float, ...]) -> None:
        for atom, slopes in self.slopes.items():
            if len(slopes) == len(weights):
                self.bases[atom] = self.bases[atom] + self.step * sum(
                    a * s for a, s in zip(weights, slopes, strict=True)
                )
            slopes.clear()
        for key, answers in self.slope_answers.items():
            if len(answers) == len(weights):
                pairs = zip(weights, answers, strict=True)
                self.base_answers[key] = _plus(
                    [(1.0, self.base_answers[key]), *((self.step * a, s) for a, s in pairs)]
                )
            answers.clear()

    def _slopes(self) -> None:
        for q in self.equations.moving:
            drift = self._compiled(q.drift)
            self.slopes[q.atom].append(drift.value(self.values))
            for atom in self.tracked.get(q.family, []):
                found = self._answer(drift, atom)
                self.slope_answers.setdefault((q.atom, atom), []).append(found)

    def _answer(self, value: Compiled, atom: str) -> Array:
        """How a polynomial at a site answers to a tracked field, by stage."""
        pairs = [
            (slope, self.answers[name, atom])
            for name, slope in value.gradient(self.values).items()
            if (name, atom) in self.answers
        ]
        return _plus(pairs) if pairs else np.zeros((1, 1))

    def _integration(self, number: int, stage: int) -> Array:
        """Weights of all stages before in the state at a stage."""
        found = np.outer(self.steps[: number // 4], WEIGHTS).ravel()
        return np.append(found, self.step * np.array(STAGES[stage]))

    def _fields(self, number: int, stage: int) -> None:
        weights = self._integration(number, stage)
        for known in self.equations.met:
            if isinstance(known, Number):
                mean = np.mean(self._compiled(known.value).value(self.values))
                self.values[known.atom] = self._number(known.weight) * float(mean)
            else:
                self._field(known, number, weights)

    def _field(self, known: Field, number: int, weights: Array) -> None:
        psi = [self._source(known, place, number) for place in range(len(known.sources))]
        total = np.zeros(self.count)
        if known.noise:
            if known.group not in self.noises:
                samples = self.samples[known.family]
                self.noises[known.group] = Noise(samples, len(self.noises) + 1, len(psi))
            total += self.noises[known.group].add(psi, self._number(known.noise))
        parts: dict[str, list[tuple[Any, Array]]] = {a: [] for a in self.tracked[known.family]}
        for partner, weight in known.memory:
            answering, place, slots = known.meeting(self._known(partner))
            answers = self.source_answers[known.atom, answering, partner][number, : number + 1]
            given = self.sources.get((partner, place), [])[: number + 1]
            if not given:
                continue
            response = self._number(weight) * answers.mean(axis=1)[: len(given)]
            for here, there in slots:
                response *= np.stack(self.sources[partner, there][: len(given)]) @ psi[here]
                response /= self.count
            total += response @ np.stack(given)
            for atom in parts:
                if (partner, place, atom) in self.source_answers:
                    parts[atom].append((response, self.source_answers[partner, place, atom]))
        for weight, left, right in known.motion if number else ():
            factor = self._number(weight) * weights
            for family, own, value in zip(known.source_families, psi, right, strict=True):
                factor = factor * (np.stack(self.history[family, value]) @ own) / self.count
            total += factor @ np.stack(self.history[known.family, left])
            for atom in parts:
                parts[atom].append((factor, self.history_answers[known.family, left, atom]))
        self.values[known.atom] = total
        for atom, pairs in parts.items():
            kick = np.zeros((number + 1, 1))
            kick[number] = atom == known.atom
            found = [(1.0, _summed(r, table)[: number + 1]) for r, table in pairs]
            self.answers[known.atom, atom] = _plus([(1.0, kick), *found])

    def _source(self, known: Field, place: int, number: int) -> Array:
        """A source at this stage, kept with its answers."""
        source = self._compiled(known.sources[place])
        psi: Array = np.broadcast_to(source.value(self.values), (self.count,)).astype(float)
        if not np.all(np.abs(psi) < FAR):
            raise Diverged
        self.sources.setdefault((known.atom, place), []).append(psi)
        for atom in self.tracked[known.source_families[place]]:
            key = known.atom, place, atom
            self._store(self.source_answers, key, number, self._answer(source, atom))
        return psi

    def _remember(self, number: int) -> None:
        """Keep what moves matrices, at a stage that is over."""
        for known in self.equations.fields:
            for _, left, right in known.motion:
                families = (known.family, *known.source_families)
                for family, value in zip(families, (left, *right), strict=True):
                    past = self.history.setdefault((family, value), [])
                    if len(past) > number:
                        continue
                    compiled = self._compiled(value)
                    past.append(np.broadcast_to(compiled.value(self.values), (self.count,)))
                    for atom in self.tracked[family]:
                        answer = self._answer(compiled, atom)
                        self._store(self.history_answers, (family, value, atom), number, answer)

    def _store(self, tables: dict[Any, Array], key: Any, number: int, row: Array) -> None:
        """Keep a row of answers; the table widens where sites differ."""
        table = tables.get(key)
        if table is None or (table.shape[2] == 1 and row.shape[1] > 1):
            wide = np.zeros((self.total, self.total, row.shape[1]))
            if table is not None:
                wide[:] = table
            tables[key] = table = wide
        table[number, : row.shape[0]] = row


def _summed(factors: Array, table: Array) -> Array:
    """The sum of a table's first rows with factors."""
    rows = table.reshape(len(table), -1)[: len(factors)]
    summed: Array = (factors @ rows).reshape(table.shape[1:])
    return summed


def _plus(pairs: list[tuple[Any, Array]]) -> Array:
    """A sum of answers with factors, each as long as it is known."""
    length = max(answer.shape[0] for _, answer in pairs)
    width = max(max(answer.shape[1], np.size(factor)) for factor, answer in pairs)
    total = np.zeros((length, width))
    for factor, answer in pairs:
        total[: answer.shape[0]] += factor * answer
    return total
