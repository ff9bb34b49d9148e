"""Random problem files, and their derivatives written out in all variables at numeric sizes.

A file has one to four index families, one to four tensors of rank 0 to 3 with laws of every
sort, learning rates, prefactors with roots, averages and a target.  :func:`explicit_derivative`
shares nothing with the engine but the reading of the file: it writes every diagram as a polynomial
in single entries and differentiates that.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

from diagrams.graphs.combination import Combination
from diagrams.graphs.laws import Delta, Gaussian, Mean
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem

from .polynomial_flow import Gaussian as Variable
from .polynomial_flow import Monomial, averaged_flow

LAWS = (
    'variance = "1"',
    'variance = "r^2"',
    'variance = "1/{size}"',
    "variance = 0",
    'variance = 0\nmean = {{ pattern = "constant", value = "r" }}',
    'variance = 0\nmean = {{ pattern = "constant", value = "1/{size}" }}',
    'variance = "r"\nmean = {{ pattern = "constant", value = "2" }}',
)
DELTA = (
    'variance = 0\nmean = {{ pattern = "delta", value = "r" }}',
    'variance = "1"\nmean = {{ pattern = "delta", value = "2" }}',
)
WEIGHTS = ("", "2 ", "1/{size} ", "1/sqrt({size}) ", "1/sqrt(r) ")


def random_problem(seed: int, laws: Sequence[str] = ()) -> str:
    """The text of a problem file; ``laws`` are those of its tensors, in place of Gaussian ones."""
    draw = random.Random(seed)
    count = draw.choice((1, 1, 2, 2, 2, 3, 4))
    families = [f"f{n}" for n in range(count)]
    size = {family: f"S{n}" for n, family in enumerate(families)}
    declared: dict[str, list[str]] = {}
    slots: dict[str, list[str]] = {}
    frozen = []
    for number in range(draw.choice((1, 2, 2, 3, 3, 4))):
        name = f"t{number}"
        rank = draw.choice((1 - bool(number), 1, 1, 2, 2, 2, 3))
        slots[name] = [draw.choice(families) for _ in range(rank)]
        trained = not number or draw.random() < 0.6
        same = rank > 1 and len(set(slots[name])) == 1
        law = draw.choice(laws or LAWS[: 4 - (not number)] + LAWS[4:] + DELTA * same)
        lines = declared[name] = [f"[tensors.{name}]"]
        lines += [f"families = {slots[name]}".replace("'", '"')]
        lines += [f'role = "{"trained" if trained else "frozen"}"']
        lines += [law.format(size=size[draw.choice(families)])]
        if trained and draw.random() < 0.4:
            lines += [f'rate = "{draw.choice(("1/2", "q", size[families[0]]))}"']
        if not trained:
            frozen.append(name)

    def entries(names: list[str]) -> tuple[str, set[str]]:
        """A product of entries, and its indices that occur once."""
        met: dict[str, int] = {}
        words = []
        for name in names:
            indices = []
            for family in slots[name]:
                index = f"{'abcd'[families.index(family)]}{draw.choice((1, 1, 2))}"
                indices.append(index)
                met[index] = met.get(index, 0) + 1
            words.append(f"{name}[{','.join(indices)}]")
        return " ".join(words), {i for i, n in met.items() if n == 1}

    used = ["t0", *(draw.choice(list(slots)) for _ in range(draw.choice((1, 1, 2))))]
    output, once = entries(used)
    free = sorted(index for index in once if draw.random() < 0.5)
    weight = draw.choice(WEIGHTS).format(size=draw.choice([*size.values()]))
    target = "y" if draw.random() < 0.6 else "0"
    fits = [n for n in frozen if len(slots[n]) == len(free)]
    if (
        free
        and fits
        and [f"{'abcd'[families.index(f)]}" for f in slots[fits[0]]] == [index[0] for index in free]
    ):
        target = f"{fits[0]}[{','.join(free)}]"
        used.append(fits[0])
    met = {family for name in used for family in slots[name]}
    lines = ["[families]"]
    lines += [f'{family} = {{ size = "{size[family]}" }}' for family in families if family in met]
    for name in dict.fromkeys(used):
        lines += declared[name]
    listed = ", ".join(f'"{index}"' for index in free)
    lines += ["[model]", f'output = "{weight}{output}"', f'target = "{target}"']
    lines += ["[loss]", 'kind = "squared error"', f"over = [{listed}]"]
    inside = [name for name in frozen if name in used]
    if inside and draw.random() < 0.2:
        lines += [f'average = ["{draw.choice(inside)}"]']
    if draw.random() < 0.2:
        lines += ['decay = "l"']
    return "\n".join([*lines, ""])


def value(polynomial: Polynomial, at: Mapping[str, Fraction]) -> Fraction:
    """A polynomial at numbers for its symbols."""
    exact = polynomial.substitute(at)
    return sum((value for _, value in exact.terms), Fraction(0))


class _Variables:
    def __init__(self, at: Mapping[str, Fraction]) -> None:
        self.at = at
        self.place: dict[tuple[str, tuple[int, ...]], int] = {}
        self.laws: list[Variable] = []

    def of(self, tensor: Tensor, values: tuple[int, ...]) -> int:
        key = (tensor.name, values)
        if key not in self.place:
            law = tensor.law
            assert isinstance(law, Gaussian)
            mean = value(law.mean_value, self.at)
            if law.mean is Mean.DELTA and len(set(values)) > 1:
                mean = Fraction(0)
            rate = value(tensor.rate, self.at) if tensor.role is Role.TRAINED else Fraction(0)
            self.place[key] = len(self.laws)
            self.laws.append(Variable(str(key), value(law.variance, self.at), mean, rate))
        return self.place[key]

    def written(self, combination: Combination) -> list[tuple[Fraction, list[int]]]:
        found = []
        for diagram, coefficient in combination:
            weight = value(coefficient, self.at)
            ranges = [range(int(self.at[family.size])) for family in diagram.nodes]
            for values in product(*ranges):
                here = [(e.tensor, tuple(values[n] for n in e.nodes)) for e in diagram.edges]
                if all(not isinstance(t.law, Delta) or len(set(v)) == 1 for t, v in here):
                    factors = [self.of(t, v) for t, v in here if isinstance(t.law, Gaussian)]
                    found.append((weight, factors))
        return found


def polynomials(
    problem: Problem, at: Mapping[str, Fraction]
) -> tuple[dict[Monomial, Fraction], dict[Monomial, Fraction], list[Variable]]:
    """Observable and potential in explicit variables, and the laws of these."""
    variables = _Variables(at)
    parts = [variables.written(part) for part in (problem.observable, problem.potential)]
    found = []
    for part in parts:
        total: dict[Monomial, Fraction] = {}
        for weight, factors in part:
            monomial = [0] * len(variables.laws)
            for factor in factors:
                monomial[factor] += 1
            total[tuple(monomial)] = total.get(tuple(monomial), Fraction(0)) + weight
        found.append(total)
    return found[0], found[1], variables.laws


def explicit_derivative(problem: Problem, s: int, at: Mapping[str, Fraction]) -> Fraction:
    """``d^s E[observable]/dt^s`` at zero at numbers for all symbols, sizes among them."""
    observable, potential, laws = polynomials(problem, at)
    found = averaged_flow(observable, potential, laws, s)
    return sum(found.values(), Fraction(0))


def numbers(problem: Problem, size: int = 2) -> dict[str, Fraction]:
    """A number for every symbol; roots of all but sizes are rational."""
    sizes = dict.fromkeys(problem.sizes, Fraction(size))
    values = {"r": Fraction(9, 4), "q": Fraction(2, 3), "y": Fraction(-3, 2), "l": Fraction(1, 5)}
    return {name: sizes.get(name, values.get(name, Fraction(1))) for name in problem.symbols}
