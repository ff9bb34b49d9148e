"""Expansions of observables with free indices, and averages that leave some tensors as they are.

The coefficients are combinations of diagrams: Kronecker deltas between the free indices with
polynomials in the sizes, and the tensors that were kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, family_letters
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.merging import merged_powers, sector_weight, weights_of
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, stated
from diagrams.series.expansion import check_terms
from diagrams.series.ways import atoms_of
from diagrams.wick.expectation import variance_factor
from diagrams.wick.group_law import coprime_part, without_closed_laws
from diagrams.wick.means import centre, centred
from diagrams.wick.pairwise import contract


@dataclass(frozen=True)
class OpenSeries(Displayed):
    """``T^s d^s E[G]/dt^s`` at ``t = 0`` for an observable ``G`` with free indices.

    ``indices`` are the names of the free indices, leg by leg; ``kept`` the names of the tensors
    that were not averaged over.

    >>> from diagrams.problems.cp import cp_problem
    >>> series = expand_open(cp_problem(order=2), 1, "output")
    >>> print(series.coefficients[0])
    (H*sigma**2) 1 (open: i1,i1)
    >>> print(series.deltas(0))
    H*sigma**2 delta[i1,i2]
    """

    problem: Problem
    indices: tuple[str, ...]
    kept: tuple[str, ...]
    coefficients: tuple[Combination, ...]
    evidence: Evidence

    @property
    def terms(self) -> int:
        """The highest order ``S`` that is known."""
        return len(self.coefficients) - 1

    def coefficient(self, s: int) -> Combination:
        """The coefficient of order ``s``; raises ``BadInput`` outside ``0..terms``."""
        if not isinstance(s, int) or not 0 <= s < len(self.coefficients):
            raise BadInput("s", s, f"an integer from 0 to {self.terms}")
        return self.coefficients[s]

    def entry(self, s: int, *equal: str) -> Polynomial:
        """The value of order ``s`` where indices of a group are equal, all others different.

        Each group is a text of index names with commas.  Raises ``BadInput`` where tensors were
        kept, and for names that are no free indices.

        >>> from diagrams.problems.cp import cp_problem
        >>> series = expand_open(cp_problem(order=2), 0, "output")
        >>> print(series.entry(0, "i1,i2")), print(series.entry(0))
        H*sigma**2
        0
        (None, None)
        """
        group = {name: name for name in self.indices}
        for text in equal:
            names = [name.strip() for name in text.split(",")]
            if not set(names) <= set(self.indices):
                raise BadInput("equal", text, f"free indices out of {', '.join(self.indices)}")
            for name in names:
                group[name] = names[0]
        total = Polynomial()
        for diagram, coefficient in self.coefficient(s):
            if diagram.edges:
                raise BadInput("entry", str(diagram), "an average over all tensors")
            first: dict[int, str] = {}
            pairs = zip(diagram.legs, self.indices, strict=True)
            if all(group[first.setdefault(node, name)] == group[name] for node, name in pairs):
                total = total + coefficient
        return total

    def deltas(self, s: int) -> str:
        """The coefficient of order ``s`` as text, with deltas between the free indices."""
        pieces = [
            f"{_bracketed(coefficient)} {self._diagram(diagram)}".strip()
            for diagram, coefficient in self.coefficient(s)
        ]
        return " + ".join(pieces).replace("+ -", "- ") or "0"

    def _diagram(self, diagram: Diagram) -> str:
        names = _node_names(diagram, self.indices)
        groups: dict[int, list[str]] = {}
        for node, name in zip(diagram.legs, self.indices, strict=True):
            groups.setdefault(node, []).append(name)
        words = [f"delta[{','.join(group)}]" for group in groups.values() if len(group) > 1]
        for edge, count in diagram.multiplicities().items():
            words.append(edge.written(names) + (f"^{count}" if count > 1 else ""))
        return " ".join(words)

    def __str__(self) -> str:
        name = self.problem.observed_name
        s = self.problem.order_letter
        head = f"Y_{s} = T^{s} d^{s} E[{name}]/dt^{s} at t = 0"
        kept = f", {', '.join(self.kept)} not averaged over" * bool(self.kept)
        lines = [self.problem.title, f"{head}{kept}:"]
        lines += [f"Y_{s} = {self.deltas(s)}" for s in range(len(self.coefficients))]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def expand_open(
    problem: Problem, terms: int, observable: str | None = None, keep: Collection[str] = ()
) -> OpenSeries:
    """Return the coefficients of an observable that may have free indices, exactly.

    Tensors named in ``keep`` must be frozen; they are not averaged over, so that the
    coefficients are diagrams made of them (data and targets kept symbolic).

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(expand_open(cp_problem(order=2, target="zero"), 1, "output").deltas(1))
    (-4*p*H*sigma**4 - 4*H**2*sigma**4 - 4*H*sigma**4) delta[i1,i2]
    """
    stated(problem, "where an index is free, a frozen vector with given values chooses its value")
    check_terms(terms)
    if observable is not None:
        problem = problem.with_observable(observable)
    frozen = {t.name for t in problem.tensors if t.is_random and t not in problem.trained}
    for name in keep:
        if name not in frozen:
            raise BadInput(
                "keep",
                name,
                f"frozen random tensors: {', '.join(sorted(frozen)) or 'there are none'}",
            )
    evidence = Evidence(
        Kind.EXACT, "every diagram merged and every Wick contraction counted, in integers", terms
    )
    kept = tuple(sorted(keep))
    coefficients = tuple(_orders(problem, terms, kept))
    return OpenSeries(problem, leg_names(problem), kept, coefficients, evidence)


def leg_names(problem: Problem) -> tuple[str, ...]:
    """The names of the free indices of an observable, leg by leg: its own, else ``i1, i2, ..``.

    >>> from diagrams.problems.cp import cp_problem
    >>> leg_names(cp_problem(order=2).with_observable("K[a,b] = u[k,a] u[k,b]"))
    ('a', 'b')
    """
    legs = max((len(diagram.legs) for diagram, _ in problem.observable), default=None)
    try:
        names = problem.quantity(problem.observed or "loss").indices
    except BadInput:  # diagrams that no text describes
        names = ()
    if legs is None or len(names) == legs:
        return names
    return tuple(f"i{leg + 1}" for leg in range(legs))


def _orders(problem: Problem, terms: int, keep: Collection[str]) -> Iterator[Combination]:
    over = [t for t in problem.tensors if t.is_random and t.name not in keep]
    moved = replace(
        problem,
        observable=centre(problem.observable, over),
        potential=centre(problem.potential, over),
    )
    averaged = {centred(tensor) for tensor in over}
    observable, generators = atoms_of(moved, monomials=False)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    weights = weights_of((*observable, *generators))
    for s, collected in enumerate(merged_powers(alphabet, observable, generators, terms)):
        parts: list[tuple[Diagram, Polynomial]] = []
        for sector, counts in collected.items():
            weight = (-1) ** s * sector_weight(sector, weights)
            for state, count in counts.items():
                diagram = alphabet.decode(state)
                edges = diagram.edge_counts()
                factor = count * weight * variance_factor(edges, averaged)
                if not factor:
                    continue
                kinds = {alphabet.kind_number[t] for t in edges if t in averaged}
                for left, sizes in contract(alphabet, {state: 1}, kinds).items():
                    rest, solutions = without_closed_laws(alphabet.decode(left))
                    parts.append((rest, factor * sizes * coprime_part(solutions)))
        yield Combination.of(parts)


def _bracketed(coefficient: Polynomial) -> str:
    if coefficient.is_monomial:
        text = str(coefficient)
        return {"1": "", "-1": "-"}.get(text, text)
    return f"({coefficient})"


def _node_names(diagram: Diagram, indices: tuple[str, ...]) -> list[str]:
    """The free index at every leg, and letters with numbers elsewhere."""
    letters = family_letters(dict.fromkeys(diagram.nodes))
    at = dict(reversed(list(zip(diagram.legs, indices, strict=True))))
    used = set(indices)
    names = []
    for node, family in enumerate(diagram.nodes):
        number = 1
        while (name := f"{letters[family]}{number}") in used:
            number += 1
        names.append(at.get(node, name))
        used.add(names[-1])
    return names
