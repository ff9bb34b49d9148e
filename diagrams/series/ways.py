"""The ways to exact coefficients, and the choice between them.

A problem file and a preset take the same ways; which one serves depends on the structure of the
diagrams alone:

* *numbers* (:mod:`diagrams.series.equal_entries`): power series, where nothing is random;
* *words* (:mod:`diagrams.wick.words`): rings and chains of matrices, every index met twice;
* *rows* (:mod:`diagrams.wick.transfer`): merge and average in one recursion;
* *frequencies* (:mod:`diagrams.wick.frequencies`): the same where targets are group laws;
* *merging* (:mod:`diagrams.series.merging_shares`): collect all merged diagrams, then average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import TypeVar

from diagrams.campaign.running import ALONE, Campaign
from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import mover
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.laws import Drawn, Mean
from diagrams.graphs.merging import Atom, sector_weight, weights_of
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.series.equal_entries import derivatives_by_numbers
from diagrams.series.merging_shares import averaged_powers
from diagrams.series.weighted import Powers, Weighted
from diagrams.wick.frequencies.frequencies import frequency_moments
from diagrams.wick.functions import is_given
from diagrams.wick.means import centre
from diagrams.wick.packing import PowerCounts, size_polynomial
from diagrams.wick.transfer import UnsupportedStructure
from diagrams.wick.transfer.bipartite import Bipartite, bipartite_forms, in_roles
from diagrams.wick.transfer.choosing import cheapest
from diagrams.wick.transfer.moments import Method, method, moments_of
from diagrams.wick.transfer.structure import Problem as Transfer
from diagrams.wick.transfer.structure import problem_of
from diagrams.wick.words.leading import Scale
from diagrams.wick.words.moments import leading_word_moments, word_moments

Found = TypeVar("Found")


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
        if not tensors.isdisjoint(map(mover, diagram.tensors))
    ]
    return observable, generators


Groups = dict[tuple[Polynomial, Drawn], frozenset[Tensor]]


def _uniform_groups(
    tensors: Iterable[Tensor],
) -> Groups:
    """Random tensors grouped by learning rate and law; structural ones are left out."""
    groups: Groups = {}
    for tensor in tensors:
        if isinstance(tensor.law, Drawn):
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
    if _holds_given(problem):
        return derivatives_by_merging(problem, terms, campaign)
    for fast in (
        derivatives_by_numbers,
        _derivatives_by_rings,
        derivatives_by_words,
        derivatives_by_closing,
        derivatives_by_frequencies,
    ):
        try:
            return fast(problem, terms, campaign)
        except UnsupportedStructure:
            continue
    return derivatives_by_merging(problem, terms, campaign)


def _holds_given(problem: Problem) -> bool:
    return any(is_given(diagram) for diagram, _ in (*problem.observable, *problem.potential))


def explanation(problem: Problem, terms: int) -> str:
    """Which way serves a problem, in which form, and why ways tried before it do not.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(explanation(cp_problem(order=2), 3))
    by rows: single rings in closed form; labelled: hidden; absorbed: feature
    """
    if _holds_given(problem):
        return "by merging: functions and given entries are evaluated when all merges are done"
    lines = []
    try:
        derivatives_by_numbers(problem, 0)
        return "by numbers: nothing is random, and all entries of a tensor stay equal"
    except UnsupportedStructure:
        pass
    try:
        chosen = _chosen(problem, terms, rings=True)
        return f"by rows: {method(chosen.transfer)}; {chosen.form.described()}"
    except UnsupportedStructure:
        pass
    try:
        derivatives_by_words(problem, 0)
        return "by words: rings and chains of matrices, averaged by a loop equation"
    except UnsupportedStructure as reason:
        lines.append(f"not by words: {reason}")
    try:
        chosen = _chosen(problem, terms)
        return "\n".join([*lines, f"by rows: {method(chosen.transfer)}; {chosen.form.described()}"])
    except UnsupportedStructure as reason:
        lines.append(f"not by rows: {reason}")
    try:
        derivatives_by_frequencies(problem, 0)
        return "\n".join([*lines, "by frequencies: rows in the Fourier basis of the group"])
    except UnsupportedStructure as reason:
        lines.append(f"not by frequencies: {reason}")
    return "\n".join([*lines, "by merging: merged diagrams are collected, then averaged"])


def _derivatives_by_rings(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """The recursion by rows, where single rings answer in closed form."""
    _chosen(problem, terms, rings=True)
    return derivatives_by_closing(problem, terms, campaign)


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
            total = Weighted()
            for (number, counts), powers in found.items():
                used = (chosen.observable[number], 1), *zip(atoms, counts, strict=True)
                by_means: dict[tuple[int, ...], PowerCounts] = {}
                for exponents, count in powers.items():
                    own = by_means.setdefault(exponents[sizes:], {})
                    own[exponents[:sizes]] = count
                for means, own in by_means.items():
                    weight = _sector_weight(used, groups, means)
                    total.add(weight, size_polynomial(alphabet, own))
            yield (-1) ** s * total.value().substitute(chosen.form.sizes)

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
def _chosen(problem: Problem, terms: int, rings: bool = False) -> _Encoding:
    """The form of a problem that a trial finds cheapest, single ``rings`` alone if wanted.

    Raises ``UnsupportedStructure``.
    """
    encoded = _encodings(problem)
    direct = (one for one in encoded if method(one.transfer) is Method.RINGS)
    closed = next(direct, None)  # they need no trial: nothing is faster
    if rings and closed is None:
        raise UnsupportedStructure("not single rings of one tensor")
    return closed or encoded[cheapest([one.transfer for one in encoded], terms)]


@lru_cache(maxsize=16)
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


def derivatives_by_words(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms`` where every index is met twice, in words.

    In this process alone.  Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once
    where :func:`~diagrams.wick.words.moments.word_moments` does.
    """
    return _with_numbers(problem, lambda split: _by_words(split, terms, campaign))


def _with_numbers(problem: Problem, found: Callable[[Problem], Found]) -> Found:
    """What is found with frozen tensors that do not vary put in as numbers, or with them kept."""
    try:
        return found(_centred(problem, lambda law: bool(law.variance)))
    except UnsupportedStructure:
        return found(_centred(problem, lambda law: bool(law.variance), numbers=False))


def leading_by_words(
    problem: Problem, terms: int, exponents: Mapping[str, Fraction]
) -> list[tuple[Fraction, Polynomial]]:
    """A bound on the exponents of ``Y_0, .., Y_terms`` on a scaling, and what attains it, in words.

    ``exponents`` are those of all symbols that scale.  Raises
    :class:`~diagrams.wick.transfer.UnsupportedStructure` as
    :func:`~diagrams.wick.words.moments.leading_word_moments` does.
    """
    return _with_numbers(problem, lambda split: _leading_by_words(split, terms, exponents))


def exponent_of(
    powers: Iterable[tuple[str, Fraction]], exponents: Mapping[str, Fraction]
) -> Fraction:
    """The exponent of a monomial on a scaling."""
    return sum((power * exponents.get(name, 0) for name, power in powers), start=Fraction(0))


def top_exponent(polynomial: Polynomial, exponents: Mapping[str, Fraction]) -> Fraction:
    """The highest exponent of the terms of a polynomial on a scaling."""
    return max(
        (exponent_of(powers, exponents) for powers, _ in polynomial.terms), default=Fraction(0)
    )


def _by_words(split: Problem, terms: int, campaign: Campaign) -> Iterator[Polynomial]:
    """The same for a problem whose means are split off."""
    observable, generators, groups, sizes, _ = _word_atoms(split)
    orders = word_moments(observable, generators, terms)
    found = _weighted(orders, observable, generators, groups, campaign)
    return (total.substitute(sizes) for total in found)


def _word_atoms(
    split: Problem,
) -> tuple[list[Atom], list[Atom], Groups, Mapping[str, Polynomial], set[IndexFamily]]:
    """Atoms of a problem in roles, groups of tensors, sizes of joint families, and families."""
    parts, sizes = in_roles((split.observable, split.potential))
    rewritten = replace(split, observable=parts[0], potential=parts[1])
    observable, generators = atoms_of(rewritten, monomials=False)
    groups = _uniform_groups({t for part in parts for d, _ in part for t in d.tensors})
    families = {family for part in parts for d, _ in part for family in d.nodes}
    return observable, generators, groups, sizes, families


def _leading_by_words(
    split: Problem, terms: int, exponents: Mapping[str, Fraction]
) -> list[tuple[Fraction, Polynomial]]:
    """The same for a problem whose means are split off."""
    observable, generators, groups, sizes, families = _word_atoms(split)
    own = {name: top_exponent(value, exponents) for name, value in sizes.items()}
    of_sizes = {f.size: own.get(f.size, exponents.get(f.size, Fraction(0))) for f in families}
    start = [_sector_exponent(atom, groups, exponents, 0) for atom in observable]
    gain = [_sector_exponent(atom, groups, exponents, 2) for atom in generators]
    unit = 2 * lcm(*(number.denominator for number in (*of_sizes.values(), *start, *gain)))
    scale = Scale(
        {name: int(unit * number) for name, number in of_sizes.items()},
        tuple(int(unit * number) for number in start),
        tuple(int(unit * number) for number in gain),
    )
    first, growth, orders = leading_word_moments(observable, generators, terms, scale)
    found = _weighted(orders, observable, generators, groups, ALONE)
    return [((first + s * growth) / unit, total.substitute(sizes)) for s, total in enumerate(found)]


def _weighted(
    orders: Iterable[Mapping[tuple[int, tuple[int, ...]], Polynomial]],
    observable: Sequence[Atom],
    generators: Sequence[Atom],
    groups: Groups,
    campaign: Campaign,
) -> Iterator[Polynomial]:
    """Averages by sector, for each order the sum with the weights of all atoms and edges."""
    for s, moments in enumerate(orders):
        campaign.check_memory(f"after order {s}")
        total = Weighted()
        for (number, counts), average in moments.items():
            used = (observable[number], 1), *zip(generators, counts, strict=True)
            total.add(_sector_weight(used, groups), average)
        yield (-1) ** s * total.value()


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
    return _weighted(orders, observable, generators, groups, campaign)


def _sector_weight(
    used: Sequence[tuple[Atom, int]], groups: Groups, means: Sequence[int] = ()
) -> Powers:
    """Weights of all atoms of a sector, times what the edges that are left stand for, as powers.

    Tensors of one group have one law and are merged by atoms of their own, so that the sector
    tells how many edges of the group are left: each merge deletes two.  The first atom is that of
    the observable.  ``means`` are the powers of the means of laws with a variance, in their order.
    """
    powers: dict[Polynomial, int] = {}
    for atom, count in used:
        powers[atom.weight] = powers.get(atom.weight, 0) + count
    edges: dict[Drawn, int] = {}
    for (_, law), tensors in groups.items():
        for place, (atom, count) in enumerate(used):
            own = sum(n for t, n in atom.diagram.edge_counts().items() if t in tensors)
            left = own - 2 * (place > 0 and not atom.tensors.isdisjoint(tensors))
            edges[law] = edges.get(law, 0) + count * left
    shifted = iter(means)
    for law, number in edges.items():
        shifts = number if not law.variance else 0
        if law.variance and law.mean is Mean.CONSTANT:
            shifts = next(shifted)
        for factor, power in ((law.mean_value, shifts), (law.variance, (number - shifts) // 2)):
            powers[factor] = powers.get(factor, 0) + power
    return frozenset((factor, power) for factor, power in powers.items() if power)


def _sector_exponent(
    atom: Atom, groups: Groups, exponents: Mapping[str, Fraction], deleted: int
) -> Fraction:
    """The exponent of the weight of an atom, and of its edges but those that its merge deletes."""
    total = top_exponent(atom.weight, exponents)
    for (_, law), tensors in groups.items():
        edges = sum(n for t, n in atom.diagram.edge_counts().items() if t in tensors)
        edges -= deleted * (not atom.tensors.isdisjoint(tensors))
        of_edge = top_exponent(law.variance, exponents) / 2
        if not law.variance:
            of_edge = top_exponent(law.mean_value, exponents)
        total += edges * of_edge
    return total


def derivatives_by_merging(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[Polynomial]:
    """Yield ``Y_0, .., Y_terms`` by collecting all merged diagrams and averaging them jointly.

    Needs no structure; slower than :func:`derivatives_by_closing` where that applies.
    """
    observable, generators = atoms_of(centred_for_merging(problem), monomials=False)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)], terms)
    weights = weights_of((*observable, *generators))
    orders = averaged_powers(alphabet, observable, generators, terms, campaign)
    for s, averages in enumerate(orders):
        total = Polynomial()
        for sector, average in averages.items():
            total = total + (-1) ** s * sector_weight(sector, weights) * average
        yield total


def centred_for_merging(problem: Problem) -> Problem:
    """The same problem, in what varies around its mean: in what diagrams are merged."""
    return _centred(problem, lambda law: bool(law.variance))


def _centred(
    problem: Problem, chosen: Callable[[Drawn], bool] = lambda law: True, numbers: bool = True
) -> Problem:
    """The same problem with means split off: all, or those of some laws.

    Frozen tensors that do not vary become ``numbers``, unless they are to stay.
    """
    over = [
        t
        for t in problem.tensors
        if isinstance(t.law, Drawn)
        and (chosen(t.law) or (numbers and not t.law.variance and t.role is Role.FROZEN))
    ]
    return replace(
        problem,
        observable=centre(problem.observable, over),
        potential=centre(problem.potential, over),
    )
