"""SPECs and values of options: presets, numbers, scalings, observables, as texts."""

from __future__ import annotations

import random
from collections.abc import Callable

from diagrams.commands.arguments import read_assignments, read_number, read_values
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.problems.grammar import parse_monomial, parse_sum
from diagrams.problems.spec import load_problem, parse_family
from tests.fuzz.attempt import attempt, command
from tests.fuzz.documents import FILE
from tests.fuzz.texts import mutated, number, word

SPECS = (
    "cp:order=4,ties=sym,target=identity",
    "cp:order=3,ties=2+1,scale=c,decay=1/10",
    "cp:order=2,ties=asym,target=zero,decay=lambda",
    "cp:order=even,ties=sym",
)
SUMS = (
    "a[k] W[k,i] / sqrt(N) - 1/2 (a[k]^2 + b[k])^1 t[i]",
    "star(output[i], output[j]) - 3/4 delta[i,j] norm^2",
    "W[k,i]^24 + (((W[k,j])))^2 s^(-1/2) / N",
)
HARD = (
    "(" * 500 + "x" + ")" * 500,
    "+".join(["W[k,i]"] * 400),
    "*".join(["(a[k]+W[k,i]+t[i])"] * 30),
    "W[k,i]^999999",
    "10^10^10",
    "9^64" * 30,
    "(2^64)^64",
    "star(" * 80 + "loss,loss" + ")" * 80,
    "W[" + ",".join("i" * 400) + "]",
    "sqrt(" * 99 + "2" + ")" * 99,
    "1" * 1999,
    "a[k]" * 400,
)
RANKS = {"a": 1, "W": 2, "t": 1, "b": 1, "output": 1, "norm": 0, "loss": 0}


def text_of(rng: random.Random, good: tuple[str, ...]) -> str:
    """A text: near a good one, hard, or anything."""
    kind = rng.random()
    if kind < 0.6:
        return mutated(rng, rng.choice(good))
    if kind < 0.8:
        return mutated(rng, rng.choice(HARD)) if kind < 0.7 else rng.choice(HARD)
    return " ".join(rng.choice((word, number))(rng) for _ in range(rng.randint(0, 5)))


def run_arguments(rng: random.Random, cases: int) -> dict[str, int]:
    """So many texts, each read by one of the readers; how many were read."""
    words, two = parse_problem(FILE).vocabulary, cp_problem(order=2)
    ways: tuple[tuple[Callable[[str], object], tuple[str, ...]], ...] = (
        (load_problem, SPECS),
        (parse_family, SPECS),
        (lambda text: parse_sum(text, "output", RANKS), SUMS),
        (lambda text: parse_sum(text, "observable", RANKS, {}, {"output", "norm", "loss"}), SUMS),
        (lambda text: parse_monomial(text, "rate"), ("3/2*gamma^2/sqrt(N)", "1/(N*d)")),
        (lambda text: read_values("at", text), ("p=64,H=1e3,sigma=1/8",)),
        (lambda text: read_assignments("levels", text), ("N=1,d=delta*N,sigma=-1/2",)),
        (lambda text: read_number("until", text), ("-1/100", "1e-3")),
        (lambda text: words.diagrams(words.define("q[i,j]", text, "observable")), SUMS),
        (lambda text: two.with_observable(text), ("u[k,i]^2", "star(loss, loss)")),
    )
    counts = {"read": 0, "refused": 0}
    for _ in range(cases):
        way, good = rng.choice(ways)
        text = text_of(rng, good)
        if way is load_problem and "\n" not in text and not text.startswith("cp:"):
            text = f"cp:{text}"  # what exists on this machine is not to be read
        found = attempt(lambda way=way, text=text: (way(text),), text[:3000])
        counts["refused" if found is None else "read"] += 1
    return counts


OPTIONS = {
    "expand": ("--terms", "--levels", "--observable", "--format", "--max-memory"),
    "fronts": ("--terms", "--format"),
    "regimes": ("--scaling", "--at", "--width", "--within"),
    "solve": ("--regime", "--at", "--digits"),
    "simulate": ("--at", "--until", "--seeds", "--seed", "--points", "--tolerance"),
    "close": ("--eliminate", "--step", "--ansatz", "--at", "--until"),
    "parameterise": ("--regime", "--unknown", "--order", "--derivative"),
    "check": ("--against", "--terms", "--at", "--accuracy"),
    "show": ("--observable", "--format", "--symbols"),
    "latex-macros": ("--symbols",),
    "schema": (),
}
VALUES = (
    *("p=2,H=2,sigma=1/2", "p=2,H=2,sigma=1/2,T=1,t=1/2", "H=2,sigma=-1", "full", "A", "json", "1"),
    *(
        "svg",
        "p=1,H=1",
        "u[k,i]^2",
        "star(loss,loss)",
        "-1/100",
        "1e-1",
        "hidden",
        "sigma",
        "latex",
    ),
)


def run_options(rng: random.Random, cases: int) -> dict[str, int]:
    """So many command lines of presets with odd values; by exit code."""
    counts: dict[str, int] = {}
    for _ in range(cases):
        name = rng.choice(list(OPTIONS))
        line = [name, rng.choice(("cp:order=2", "cp:order=2", "cp:order=3,ties=asym,target=zero"))]
        if rng.random() < 0.1:
            line[1] = "cp:" + text_of(rng, SPECS)[:600]
        for option in rng.sample(OPTIONS[name], rng.randint(0, min(3, len(OPTIONS[name])))):
            value = rng.choice(
                (rng.choice(VALUES), number(rng), word(rng), mutated(rng, rng.choice(VALUES)))
            )
            line += [f"{option}={value}"] if rng.random() < 0.5 else [option, value]
        if "--terms" not in " ".join(line) and name in ("expand", "fronts", "check"):
            line += ["--terms", "1"]
        code, _ = command([w.replace("\0", "") for w in line], seconds=30.0)
        counts[str(code)] = counts.get(str(code), 0) + 1
    return counts
