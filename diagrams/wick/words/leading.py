"""What leads on a scaling, by words: averages fall apart into those of single words.

On a scaling every size is a power of one large parameter.  A *potential* gives a word a number:
``cost`` of each of its letters, ``ring`` more where it is a ring, ``odd`` less where a tensor that
varies is in it an odd number of times; a lone node has the exponent of its size.

**Theorem.**  Let, with ``f`` and ``g`` the exponents of the two slots of a matrix,

* a matrix have ``2 cost >= f, g, ring, f + g - ring``: what a pair in one word leaves, a ring or a
  lone node more, is paid for by the pair;
* a vector have ``2 cost >= f, ring``: a chain between two equal vectors closes to a ring or a node;
* a multiple of the identity have ``cost + ring >= f``: it is left out; all numbers be >= 0;
* ``join`` of a tensor be ``2 cost``, and ``ring`` more where there are no chains, but not above
  ``2 cost + 2 ring - f`` where its slots are alike: what a merge along it, or a pair in two words,
  lowers the potential by at least, ``odd`` left aside, as two rings make one, or a lone node, or
  matrices are taken from two chains;
* ``join >= 2 odd`` for tensors that vary, and ``growth >= gain + potential - join + 2 odd`` for
  every generator atom, its weight a power ``gain``, and every tensor that it is merged along.

Then the exponent of ``s`` merges of words and of their average is at most the potential of the
words and ``s growth``.  For no pair in one word raises the potential (an odd word leaves an odd
one), and a join makes two words even at most, which costs ``2 odd``.

**Corollary.**  Where all joins are positive, what attains the bound is a product.  A pair in two
words falls short of it unless ``join = 2 odd`` and both are odd; and where ``odd > 0`` no merge of
an even word attains it.  So every even word is averaged alone, odd ones together (alone, that is
not at all, unless ``join = 2 odd``), and ``s`` merges of several words are shared out among them as
in the rule of Leibniz.  Few words are met where there are very many multisets of them.

The numbers are found by linear programs in floating point, least growth first, then least start,
and then largest joins; they are rounded to fractions, for which all conditions are checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from math import comb, lcm

from flint import fmpz_mpoly, fmpz_mpoly_ctx

from diagrams.campaign.effort import spend
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.wick.transfer.packing import Sector
from diagrams.wick.transfer.structure import UnsupportedStructure
from diagrams.wick.words.averages import WordAverages
from diagrams.wick.words.merging import Atoms, Merging
from diagrams.wick.words.spelling import Spelling, Words
from diagrams.wick.words.symmetries import Table

DENOMINATOR = 1000
"""Numbers of a potential are rounded to fractions of denominators up to this."""

LOWEST = 10**6
"""No exponent is looked for below this, in units of the scale."""


@dataclass(frozen=True)
class Scale:
    """A scaling as words see it.

    All exponents are in units of which half is an integer still.  ``sizes`` are those of all sizes;
    ``start`` and ``gain`` those of weights, variances and means of every observable and generator
    atom.
    """

    sizes: Mapping[str, int]
    start: tuple[int, ...]
    gain: tuple[int, ...]


Form = tuple[Mapping[str, int], int]
"""A linear form: the coefficients of signs and of other unknowns by name, and a constant."""


def _sum(*parts: tuple[int, Form]) -> Form:
    total: dict[str, int] = {}
    constant = 0
    for factor, (coefficients, more) in parts:
        constant += factor * more
        for name, number in coefficients.items():
            total[name] = total.get(name, 0) + factor * number
    return total, constant


class Potential:
    """The least potential of words that the theorem allows.

    ``growth`` and ``start`` bound the exponent of order ``s`` by ``start + s growth``.  All are
    integers, in units of which ``unit`` make one of the scale.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> n, m = IndexFamily("n", "N"), IndexFamily("m", "M")
    >>> W = Tensor("W", (n, m))
    >>> spelling = Spelling([Diagram.of((W, "i j"), (W, "i j"))])
    >>> scale = Scale({"N": 2, "M": 2}, (0,), (-2,))
    >>> found = Potential(spelling, scale, Atoms([("Aa",)], [("AaAa",)], [frozenset("a")]))
    >>> found.of("Aa"), found.of("AaAa"), found.growth
    (4, 6, 0)
    """

    def __init__(self, spelling: Spelling, scale: Scale, atoms: Atoms) -> None:
        if any(exponent < 0 for exponent in scale.sizes.values()):
            raise UnsupportedStructure("a size that shrinks")
        self.spelling, self.sizes = spelling, scale.sizes
        self.tensors = {spelling.sign_of(tensor): tensor for tensor in spelling.tensors}
        self.loose = {sign: scale.sizes[f.size] for f, sign in spelling.loose.items()}
        self.chains = any(tensor.rank == 1 for tensor in spelling.tensors)
        joins = {sign: self._joins(sign, tensor) for sign, tensor in self.tensors.items()}
        drawn = [join for sign in spelling.drawn for join in joins[sign]]
        rows = [row for sign, tensor in self.tensors.items() for row in self._pairs(sign, tensor)]
        rows += [_sum((1, join), (-2, ({"odd": 1}, 0))) for join in drawn]
        for words, signs, gain in zip(atoms.generators, atoms.along, scale.gain, strict=True):
            for sign in signs:
                for join in joins[sign] if any(sign in word.lower() for word in words) else ():
                    charged = {"growth": 1, "odd": -2}, -gain
                    rows.append(_sum((1, charged), (1, join), (-1, self.form(words))))
        for words, start in zip(atoms.observable, scale.start, strict=True):
            rows.append(_sum((1, ({"start": 1}, -start)), (-1, self.form(words))))
        for join in drawn:
            rows.append(_sum((1, join), (-1, ({"join": 1}, 0))))
            rows.append(_sum((1, join), (-1, ({"apart": 1, "odd": 2}, 0))))
        found = _solved(rows, [*self.tensors, "ring", "odd", "join", "apart"])
        if not found["join"]:
            raise UnsupportedStructure("averages of several words that are no products")
        self.unit = lcm(*(number.denominator for number in found.values()))
        self.values = {name: int(number * self.unit) for name, number in found.items()}
        self.growth, self.start = self.values["growth"], self.values["start"]
        odd = self.values["odd"]
        self.paired = odd > 0 and any(self._value(join) == 2 * odd for join in drawn)
        self.of = cache(self._of)

    def form(self, words: Words) -> Form:
        """The potential of words as a linear form."""
        found: dict[str, int] = {}
        constant = 0
        for word in words:
            names = [sign for sign in word.lower() if sign in self.tensors]
            names += ["ring"] * word[0].isalpha()
            constant += sum(self.loose.get(sign, 0) for sign in word)
            for name in names:
                found[name] = found.get(name, 0) + 1
            if self.spelling.odd((word,)):
                found["odd"] = found.get("odd", 0) - 1
        return found, constant

    def _value(self, form: Form) -> int:
        coefficients, constant = form
        return sum(n * self.values[name] for name, n in coefficients.items()) + self.unit * constant

    def _of(self, word: str) -> int:
        """The potential of a word."""
        return self._value(self.form((word,)))

    def total(self, words: Words) -> int:
        """The sum of potentials."""
        return sum(map(self.of, words))

    def is_kept(self, table: Table) -> bool:
        """Whether a renaming of letters keeps all potentials."""
        value = self.values.get
        return all(value(chr(a).lower()) == value(chr(b).lower()) for a, b in table.items())

    def groups(self, words: Words) -> list[Words]:
        """What is averaged together."""
        together = [w for w in words if self.paired and self.spelling.odd((w,))]
        return [
            *((w,) for w in words if w not in together),
            *([tuple(together)] if together else []),
        ]

    def _joins(self, sign: str, tensor: Tensor) -> list[Form]:
        """Forms of which a join of two edges lowers the potential by one at least."""
        found: list[Form] = [({sign: 2, "ring": int(tensor.rank == 2 and not self.chains)}, 0)]
        if tensor.rank == 2 and tensor.families[0] == tensor.families[1]:
            found.append(({sign: 2, "ring": 2}, -self.sizes[tensor.families[0].size]))
        return found

    def _pairs(self, sign: str, tensor: Tensor) -> Iterator[Form]:
        """Forms that have to be positive, or zero: what is paid for by a pair, or by an entry."""
        law, ends = tensor.law, [self.sizes[family.size] for family in tensor.families]
        assert isinstance(law, Gaussian)
        if not law.variance and law.mean is not Mean.ZERO:
            if ends and law.mean is not Mean.DELTA:
                raise UnsupportedStructure(f"{tensor.name} is constant")
            yield from (({sign: 1, "ring": 1}, -end) for end in ends)
        elif ends:
            yield from (({sign: 2}, -end) for end in ends)
            yield {sign: 2, "ring": -1}, 0
            if len(ends) == 2:
                yield {sign: 2, "ring": 1}, -sum(ends)


def _solved(rows: Sequence[Form], positive: Sequence[str]) -> dict[str, Fraction]:
    """Numbers for which all forms are >= 0: least growth, then least start, then largest joins."""
    from scipy.optimize import linprog

    names = [*positive, "growth", "start"]
    table = [[-form.get(name, 0) for name in names] for form, _ in rows]
    right: list[float] = [constant for _, constant in rows]
    most = {"join": 1, "apart": 1}  # and what nothing bounds, no merge or no observable, is low
    bounds = [(0 if name in positive else -LOWEST, most.get(name)) for name in names]
    found: dict[str, Fraction] = {}
    for aim in ({"growth": 1}, {"start": 1}, {"apart": -10, "join": -1}):
        objective = [aim.get(name, 0) for name in names]
        solution = linprog(objective, A_ub=table, b_ub=right, bounds=bounds)
        if solution.x is None:
            raise UnsupportedStructure("no potential bounds what merges add")
        values = (Fraction(float(x)).limit_denominator(DENOMINATOR) for x in solution.x)
        found = dict(zip(names, values, strict=True))
        table.append([max(0, number) for number in objective])
        right.append(float(sum(n * found[name] for name, n in aim.items() if n > 0)))
    wanted = (sum(n * found[name] for name, n in form.items()) + c for form, c in rows)
    if any(number < 0 for number in wanted) or any(found[name] < 0 for name in positive):
        raise UnsupportedStructure("no potential in small fractions")
    return found


class LevelAverages(WordAverages):
    """Averages of which there is nothing but the terms of the exponent of the potential."""

    potential: Potential

    def _packed(self, words: Words) -> int:
        value = self.known.get(words)
        if value is None:
            groups = self.potential.groups(words)
            if len(groups) > 1:
                value = 1
                for group in groups:
                    value *= value and self._packed(self.symmetries.least(group))
            else:
                value, total = 0, self.potential.total(words)
                for (after, shift), ways in self._contracted(words).items():
                    spend(1)
                    if self.potential.total(after) + self._exponent(shift) == total:
                        value += (self._packed(after) * ways) << shift
            self.known[words] = value
        return value

    def _exponent(self, shift: int) -> int:
        """The exponent of a product of sizes, given as a shift."""
        found, left = 0, shift // (8 * self.bytes)
        for size, _, width in self.counts:
            left, power = divmod(left, width)
            found += self.potential.sizes[size] * power
        return found * self.potential.unit


class Level:
    """The coefficients at the exponent that bounds them, order by order."""

    def __init__(
        self, merging: Merging, averages: LevelAverages, scale: Scale, atoms: Atoms
    ) -> None:
        self.merging, self.averages, self.scale, self.atoms = merging, averages, scale, atoms
        self.potential = potential = averages.potential
        self.start = [potential.unit * exponent for exponent in scale.start]
        self.gain = [potential.unit * exponent for exponent in scale.gain]
        self.sizes = tuple(scale.sizes)
        self.context = fmpz_mpoly_ctx.get(
            [f"x{j}" for j in range(len(atoms.generators) + len(self.sizes))], "lex"
        )
        self.zero, self.one = self.context.constant(0), self.context.constant(1)
        self.known: dict[tuple[Words, int], fmpz_mpoly] = {}

    def order(self, merges: int) -> dict[Sector, Polynomial]:
        """By observable atom and numbers of generator atoms, what attains the bound."""
        generators = len(self.atoms.generators)
        found: dict[Sector, list[tuple[Powers, Fraction]]] = {}
        for number, words in enumerate(self.atoms.observable):
            if self.start[number] + self.potential.total(words) < self.potential.start:
                continue
            for exponents, ways in self._of(words, merges).to_dict().items():
                counts, powers = exponents[:generators], exponents[generators:]
                monomial = tuple(
                    sorted(
                        (n, Fraction(int(e))) for n, e in zip(self.sizes, powers, strict=True) if e
                    )
                )
                sector = number, tuple(map(int, counts))
                found.setdefault(sector, []).append((monomial, Fraction(int(ways))))
        return {sector: Polynomial.from_terms(terms) for sector, terms in sorted(found.items())}

    def _of(self, words: Words, merges: int) -> fmpz_mpoly:
        """Merges shared out among groups of words, as in the rule of Leibniz."""

        def both(done: list[fmpz_mpoly], group: Words) -> list[fmpz_mpoly]:
            own = [self._of_group(group, k) for k in range(merges + 1)]
            return [
                sum((comb(k, j) * done[k - j] * own[j] for j in range(k + 1) if own[j]), self.zero)
                for k in range(merges + 1)
            ]

        groups = self.potential.groups(words)
        if len(groups) == 1:
            return self._of_group(groups[0], merges)
        return reduce(both, groups, [self.one, *[self.zero] * merges])[merges]

    def _of_group(self, group: Words, merges: int) -> fmpz_mpoly:
        group = self.merging.symmetries.least(group)
        value = self.known.get((group, merges))
        if value is None:
            value = self._merged(group, merges) if merges else self._averaged(group)
            self.known[group, merges] = value
        return value

    def _merged(self, group: Words, merges: int) -> fmpz_mpoly:
        """What comes of the first merge, where it attains the bound."""
        total, potential = self.zero, self.potential
        for word in dict.fromkeys(group):
            rest = list(group)
            rest.remove(word)
            bound = potential.of(word) + potential.growth
            for atom, new, ways in self.merging.changed(word):
                spend(1)
                if self.gain[atom] + potential.total(new) == bound:
                    further = self._of(tuple(sorted((*rest, *new))), merges - 1)
                    total += group.count(word) * ways * self.context.gen(atom) * further
        return total

    def _averaged(self, group: Words) -> fmpz_mpoly:
        before = (0,) * len(self.atoms.generators)
        wanted = self.potential.total(group) / self.potential.unit
        terms = {}
        for powers, number in self.averages.average(group).terms:
            if sum(self.scale.sizes[name] * e for name, e in powers) == wanted:
                own = dict(powers)
                terms[*before, *(int(own.get(name, 0)) for name in self.sizes)] = int(number)
        return self.context.from_dict(terms)
