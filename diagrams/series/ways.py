"""The ways to exact coefficients, and the choice between them.

A problem file and a preset take the same ways; which one serves depends on the structure of the
diagrams alone:

* *rows* (:mod:`diagrams.wick.transfer`): merge and average in one recursion;
* *frequencies* (:mod:`diagrams.wick.frequencies`): the same where targets are group laws;
* *merging* (:mod:`diagrams.series.merging_shares`): collect all merged diagrams, then average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from diagrams.campaign.running import ALONE, Campaign
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.merging import Atom, sector_weight, weights_of
from diagrams.graphs.tensors import Gaussian, Mean, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.series.merging_shares import averaged_powers
from diagrams.wick.expectation import size_polynomial
from diagrams.wick.frequencies.frequencies import frequency_moments
from diagrams.wick.means import centre
from diagrams.wick.packing import PowerCounts
from diagrams.wick.transfer import UnsupportedStructure
from diagrams.wick.transfer.bipartite import Bipartite, bipartite_forms
from diagrams.wick.transfer.choosing import cheapest
from diagrams.wick.transfer.moments import Method, method, moments_of
from diagrams.wick.transfer.structure import Problem as Transfer
from diagrams.wick.transfer.structure import problem_of


def atoms_of(problem: Problem, monomials: bool = True) -> tuple[list[Atom], list[Atom]]:
    """The observable and the potential as weighted atoms.

    The potential's atoms are split by the tensors along which they are merged: those of one
    learning rate and one law together; and by the ``monomials`` of their weights, unless sums
    over all terms of one weight are wanted.
    """
    terms = _monomial_terms if monomials else iter
    observable = [Atom(diagram, weight) for diagram, weight in terms(problem.observable)]
    generators = [
        Atom(diagram, weight * rate, tensors)
        for diagram, weight in terms(problem.potential)
        for (rate, _), tensors in _uniform_groups(problem.trained).items()
        if not tensors.isdisjoint(diagram.tensors)
    ]
    return observable, generators


Groups = dict[tuple[Polynomial, Gaussian], frozenset[Tensor]]


def _uniform_groups(
    tensors: Iterable[Tensor],
) -> Groups:
    """Gaussian tensors grouped by learning rate and law; those of any other law are left out."""
    groups: Groups = {}
    for tensor in tensors:
        if isinstance(tensor.law, Gaussian):
            key = (tensor.rate, tensor.law)
            groups[key] = groups.get(key, frozenset()) | {tensor}
    return groups


def _monomial_terms(combination: Combination) -> Iterator[tuple[Diagram, Polynomial]]:
    for diagram, coefficient in combination:
        for term in coefficient.terms:
            yield diagram, Polynomial((term,))


def derivatives(problem: Problem, terms: int, campaign: Campaign = ALONE) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms``, each as soon as it is known, by the fastest way that applies.

    Exact for all sizes: where group laws are, with symbols for the divisors of sizes, see
    :mod:`diagrams.wick.group_law`.
    """
    for fast in (derivatives_by_closing, derivatives_by_frequencies):
        try:
            return fast(problem, terms, campaign)
        except UnsupportedStructure:
            continue
    return derivatives_by_merging(problem, terms, campaign)


def explanation(problem: Problem, terms: int) -> str:
    """Which way serves a problem, in which form, and why ways tried before it do not.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(explanation(cp_problem(order=2), 3))
    by rows: single rings in closed form; labelled: hidden; absorbed: feature
    """
    lines = []
    try:
        chosen = _chosen(problem, terms)
        return f"by rows: {method(chosen.transfer)}; {chosen.form.described()}"
    except UnsupportedStructure as reason:
        lines.append(f"not by rows: {reason}")
    try:
        derivatives_by_frequencies(problem, 0)
        return "\n".join([*lines, "by frequencies: rows in the Fourier basis of the group"])
    except UnsupportedStructure as reason:
        lines.append(f"not by frequencies: {reason}")
    return "\n".join([*lines, "by merging: merged diagrams are collected, then averaged"])


def derivatives_by_closing(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms`` by one recursion that averages every row at its last touch.

    Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once where not every edge
    can be made to have one labelled node, see :mod:`diagrams.wick.transfer.bipartite`.
    """
    chosen = _chosen(problem, terms)
    orders = moments_of(chosen.transfer, terms, campaign)
    alphabet, atoms = chosen.alphabet, chosen.generators
    groups = _uniform_groups(alphabet.tensors)
    sizes = len(alphabet.families)

    def collected() -> Iterator[Polynomial]:
        for s, found in enumerate(orders):
            parts = []
            for (number, counts), powers in found.items():
                used = [chosen.observable[number], *atoms]
                by_means: dict[tuple[int, ...], PowerCounts] = {}
                for exponents, count in powers.items():
                    own = by_means.setdefault(exponents[sizes:], {})
                    own[exponents[:sizes]] = count
                for means, own in by_means.items():
                    weight = (-1) ** s * _sector_weight(used, (1, *counts), groups, means)
                    parts.append(weight * size_polynomial(alphabet, own))
            total = Polynomial.from_terms(term for part in parts for term in part.terms)
            yield total.substitute(chosen.form.sizes)

    return collected()


@dataclass(frozen=True)
class _Encoding:
    """A problem in one of the forms that the recursion serves."""

    form: Bipartite
    alphabet: Alphabet
    observable: list[Atom]
    generators: list[Atom]
    transfer: Transfer


@lru_cache(maxsize=16)
def _chosen(problem: Problem, terms: int) -> _Encoding:
    """The form of a problem that a trial finds cheapest; raises ``UnsupportedStructure``."""
    encoded = _encodings(problem)
    direct = (one for one in encoded if method(one.transfer) is not Method.LEVELS)
    closed = next(direct, None)  # rings need no trial: nothing is faster
    return closed or encoded[cheapest([one.transfer for one in encoded], terms)]


def _encodings(problem: Problem) -> list[_Encoding]:
    """A problem in all forms that the recursion serves; raises ``UnsupportedStructure``."""
    moments = _centred(problem, lambda law: law.mean is Mean.DELTA)
    found = []
    for form in bipartite_forms(moments.observable, moments.potential):
        rewritten = replace(moments, observable=form.parts[0], potential=form.parts[1])
        observable, generators = atoms_of(rewritten, monomials=False)
        alphabet = form.alphabet()
        transfer = problem_of(
            alphabet,
            [alphabet.encode(atom.diagram) for atom in observable],
            [alphabet.encode(atom.diagram) for atom in generators],
            [frozenset(alphabet.kind_number[t] for t in atom.tensors) for atom in generators],
            form.single,
            frozenset(form.pairs),
        )
        found.append(_Encoding(form, alphabet, observable, generators, transfer))
    return found


def derivatives_by_frequencies(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms`` for targets that are group laws, in the basis of frequencies.

    In this process alone.  Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once
    where :func:`~diagrams.wick.frequencies.frequencies.frequency_moments` does.
    """
    centred = _centred(problem)
    observable, generators = atoms_of(centred, monomials=False)
    orders = frequency_moments(observable, generators, terms)
    groups = _uniform_groups(centred.tensors)

    def collected() -> Iterator[Polynomial]:
        for s, moments in enumerate(orders):
            campaign.check_memory(f"after order {s}")
            parts = []
            for (number, counts), sizes in moments.items():
                used = [observable[number], *generators]
                parts.append((-1) ** s * _sector_weight(used, (1, *counts), groups) * sizes)
            yield Polynomial.from_terms(term for part in parts for term in part.terms)

    return collected()


def _sector_weight(
    atoms: Sequence[Atom], counts: Sequence[int], groups: Groups, means: Sequence[int] = ()
) -> Polynomial:
    """Weights of all atoms of a sector, times what the edges that are left stand for.

    Tensors of one group have one law and are merged by atoms of their own, so that the sector
    tells how many edges of the group are left: each merge deletes two.  ``means`` are the powers
    of the means of laws with a variance, in their order.
    """
    weight = Polynomial.constant(1)
    for atom, count in zip(atoms, counts, strict=True):
        weight = weight * atom.weight**count
    edges: dict[Gaussian, int] = {}
    for (_, law), tensors in groups.items():
        for place, (atom, count) in enumerate(zip(atoms, counts, strict=True)):
            own = sum(n for t, n in atom.diagram.edge_counts().items() if t in tensors)
            left = own - 2 * (place > 0 and not atom.tensors.isdisjoint(tensors))
            edges[law] = edges.get(law, 0) + count * left
    shifted = iter(means)
    for law, number in edges.items():
        powers = number if not law.variance else 0
        if law.variance and law.mean is Mean.CONSTANT:
            powers = next(shifted)
        weight = weight * law.mean_value**powers * law.variance ** ((number - powers) // 2)
    return weight


def derivatives_by_merging(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms`` by collecting all merged diagrams and averaging them jointly.

    Needs no structure; slower than :func:`derivatives_by_closing` where that applies.
    """
    observable, generators = atoms_of(
        _centred(problem, lambda law: bool(law.variance)), monomials=False
    )
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    weights = weights_of((*observable, *generators))
    orders = averaged_powers(alphabet, observable, generators, terms, campaign)
    for s, averages in enumerate(orders):
        total = Polynomial()
        for sector, average in averages.items():
            total = total + (-1) ** s * sector_weight(sector, weights) * average
        yield total


def _centred(problem: Problem, chosen: Callable[[Gaussian], bool] = lambda law: True) -> Problem:
    """The same problem with means split off: all, or those of some laws.

    Frozen tensors that do not vary become numbers.
    """
    over = [
        t
        for t in problem.tensors
        if isinstance(t.law, Gaussian)
        and (chosen(t.law) or (not t.law.variance and t.role is Role.FROZEN))
    ]
    return replace(
        problem,
        observable=centre(problem.observable, over),
        potential=centre(problem.potential, over),
    )
