"""Random problem files of one family, and what must hold of whatever is solved of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial
from random import Random

from dynamics.by_road import leading_coefficients

from diagrams.dynamics.face import FULL, Face, Known, exact_regimes, face_of
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved, OutsideDomain, WickflowError
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.location import locate

MODELS = {
    "u[k,i] u[k,j]": "ij",
    "u[k,i] v[k,j]": "ij",
    "u[k,i] u[k,j] v[k,l]": "ijl",
    "u[k,i] v[k,j] w[k,l]": "ijl",
    "u[k,i] u[k,j] u[k,l]": "ijl",
    "u[k,i] u[k,i]": "",
    "a[k] u[k,i]": "i",
    "u[k,i] x[i]": "k",
    "a[k] u[k,i] x[i]": "",
}
"""Outputs, each with its free indices."""
VARIANCES = ("sigma^2", "sigma^2/p", "sigma^2/H", "1", "1/p", "2*sigma^2", "sigma", "1/(p*H)")
RATES = ("1", "1", "3", "1/2", "H", "1/p")
PREFACTORS = ("1/2", "1/2", "1", "2/3", "g", "1/p")
DECAYS = ("0", "0", "0", "1/3", "d")
LARGE = 10**6
"""The number whose powers are the sizes deep inside a regime .."""
POWER = 40
""".. with exponents up to this: a direction between faces of high orders has some of millions."""
CLOSE = Fraction(1, 500)


@dataclass(frozen=True)
class File:
    """A problem file by its parts; ``variances`` and ``rates`` by tensor."""

    output: str
    target: str
    variances: tuple[tuple[str, str], ...]
    rates: tuple[tuple[str, str], ...]
    prefactor: str = "1/2"
    decay: str = "0"

    @property
    def text(self) -> str:
        """The file."""
        free = MODELS[self.output]
        lines = ['families = {hidden={size="H",index="k"}, feature={size="p",index="i"}}']
        rates = dict(self.rates)
        for name, variance in self.variances:
            families = '["hidden"]' if name == "a" else '["hidden","feature"]'
            lines.append(
                f'tensors.{name} = {{families={families}, role="trained",'
                f' variance="{variance}", rate="{rates[name]}"}}'
            )
        lines += [f"tensors.{name} = {self._frozen(name)}" for name in "Gx" if self._uses(name)]
        over = ", ".join(f'"{i}"' for i in free)
        lines += [
            f'model = {{output="{self.output}", target="{self.target}"}}',
            f'[loss]\nkind="squared error"\nover=[{over}]\nprefactor="{self.prefactor}"',
        ]
        if self.decay != "0":
            lines.append(f'decay="{self.decay}"')
        if self._uses("x"):
            lines.append('average=["x"]')
        return "\n".join([*lines, ""])

    def _uses(self, name: str) -> bool:
        return f"{name}[" in self.output + self.target

    def _frozen(self, name: str) -> str:
        slots = ["hidden" if i == "k" else "feature" for i in MODELS[self.output]]
        families = str(["feature"] if name == "x" else slots).replace("'", '"')
        return f'{{families={families}, role="frozen", variance="1/p"}}'

    def problem(self) -> Problem:
        """The problem of the file."""
        return parse_problem(self.text, "random")


def random_file(seed: int) -> File:
    """The file of a seed."""
    draw = Random(seed)
    output = draw.choice(list(MODELS))
    free = MODELS[output]
    trained = sorted({part[0] for part in output.split()} - {"x"})
    targets = ["0"]
    if free:
        targets.append(f"G[{','.join(free)}]")
    else:
        targets += ["1", "c"]
    if len(free) > 1:
        delta = f"delta[{','.join(free)}]"
        targets += [delta, delta, f"c*{delta}", f"2*{delta}"]
    one = draw.choice(VARIANCES)
    own = draw.random() < 0.25
    rate = draw.choice(RATES)
    return File(
        output,
        draw.choice(targets),
        tuple((name, draw.choice(VARIANCES) if own else one) for name in trained),
        tuple((name, draw.choice(RATES) if own else rate) for name in trained),
        draw.choice(PREFACTORS),
        draw.choice(DECAYS),
    )


def regimes_of(problem: Problem) -> Known | None:
    """The regimes; ``None`` for a problem whose refusal says that there are none."""
    try:
        return exact_regimes(problem)
    except NotSolved as refusal:
        assert refusal.step
        return None


def check_file(file: File) -> tuple[int, int]:
    """Check all regimes of a file; return how many are solved, and how many values were checked."""
    problem = file.problem()
    known = regimes_of(problem)
    if known is None:
        return 0, 0
    solved = checked = 0
    for name in dict.fromkeys((FULL, *known[0].names)):
        try:
            face = face_of(problem, name, None, known)
            solution = solve(problem, name, known=known)
        except NotSolved as refusal:
            check_refusal(refusal, file)
            continue
        solved += 1
        if not face.parts:
            located = locate(known[0], dict(zip(known[0].symbols, face.regime.direction)))  # noqa: B905
            assert located.regime.name == face.regime.name, (file, name)
            checked += check_values(face, solution)
    return solved, checked


def check_refusal(refusal: NotSolved, file: File) -> None:
    """A refusal says something, and nothing that the file contradicts."""
    step = refusal.step
    assert step
    assert "no road applies: ;" not in step
    assert not step.endswith((": ", "; "))
    if "is frozen and random" in step:
        assert "G[" in file.target
    if "starts with the mean" in step:
        raise AssertionError(step)


def sizes_inside(face: Face) -> dict[str, Fraction] | None:
    """Values of sizes and scales deep inside a regime; those it does not weigh are 3/2.

    ``None`` where they would have millions of digits.
    """
    regime = face.regime
    if max(abs(power) for power in regime.direction) > POWER:
        return None
    powers = zip(regime.symbols, regime.direction, strict=True)
    values = {name: Fraction(LARGE) ** power for name, power in powers}
    return {**dict.fromkeys(face.problem.symbols, Fraction(3, 2)), **values}


def number(polynomial: Polynomial, values: dict[str, Fraction]) -> Fraction:
    """The value of a polynomial."""
    return sum((c for _, c in polynomial.substitute(values)), Fraction(0))


def check_values(face: Face, solution: Solution) -> int:
    """The values at time zero and early times are those of the leading coefficients."""
    values = sizes_inside(face)
    if face.regime.clock is None or values is None:
        return 0
    try:
        leading = [number(y, values) for y in leading_coefficients(face.exact, face.regime)]
        constant = number(face.constant, values)
    except ValueError:  # a root that is no rational number
        return 0
    moving = next((s for s in range(1, len(leading)) if leading[s]), None)
    if moving is None or not leading[0]:
        return 0
    clock = abs(leading[0] / leading[moving]) ** Fraction(1, moving) if moving == 1 else None
    times = [Fraction(0)] if clock is None else [Fraction(0), clock / 50]
    count = 0
    for t in times:
        try:
            given = {n: v for n, v in values.items() if n in solution.symbols}
            found = solution.evaluate({**given, "T": 1, "t": t}, digits=10)
        except OutsideDomain:
            continue
        terms = [y * t**s / factorial(s) for s, y in enumerate(leading)]
        expected = constant + sum(terms)
        slack = abs(expected) * CLOSE + 50 * abs(terms[-1] if t else 0)
        off = abs(Fraction(str(found.value)) - expected)
        assert off <= slack, (face.regime.name, t, found, expected)
        count += 1
    return count


def rescaled(file: File) -> File:
    """The same file with three times the rate, four times the loss."""
    rates = tuple((name, f"3*{rate}") for name, rate in file.rates)
    return replace(file, rates=rates, prefactor=f"4*{file.prefactor}", decay="0")


def equal_values(file: File) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Values of a file without decay and of its rescaled twin, at times that correspond."""
    plain = replace(file, decay="0")
    one, other = plain.problem(), rescaled(plain).problem()
    known, twin = regimes_of(one), regimes_of(other)
    assert (known is None) == (twin is None)
    if known is None or twin is None:
        return
    assert known[0].names == twin[0].names
    for name in known[0].names:
        try:
            first = solve(one, name, known=known)
        except WickflowError:
            continue
        second = solve(other, name, known=twin)
        face = face_of(one, name, None, known)
        values = sizes_inside(face)
        if face.regime.clock is None or values is None:
            continue
        given = {n: v for n, v in values.items() if n in first.symbols}
        clock = Fraction(1)
        for symbol, e in zip(face.regime.symbols, face.regime.clock, strict=True):
            if Fraction(e).denominator != 1:
                return
            clock *= values[symbol] ** int(e)
        for t in (Fraction(0), Fraction(1, 7)):
            try:
                a = first.evaluate({**given, "T": clock, "t": t}, digits=10)
            except OutsideDomain:
                continue
            b = second.evaluate({**given, "T": clock, "t": t / 12}, digits=10)
            yield name, 4 * Fraction(str(a.value)), Fraction(str(b.value))
