"""SPECs and values of options: presets, numbers, scalings, observables, as texts."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

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


OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "expand": (
        ("--terms",),
        (
            "--levels",
            "--level-count",
            "--observable",
            "--keep",
            "--at",
            "--dry-run",
            "--max-memory",
        ),
    ),
    "diagrams": (("--terms",), ()),
    "fronts": (("--terms",), ("--leading", "--max-memory")),
    "regimes": ((), ("--terms", "--scaling", "--at", "--within")),
    "solve": (
        (),
        ("--regime", "--terms", "--at", "--digits", "--steps", "--size-limit", "--lateral"),
    ),
    "simulate": (
        ("--at", "--until"),
        ("--seeds", "--seed", "--points", "--tolerance", "--observable", "--max-memory"),
    ),
    "compare": (("--at", "--until", "--seeds"), ("--regime", "--terms", "--points", "--sizes")),
    "close": ((), ("--eliminate", "--step", "--ansatz", "--observable", "--at", "--until")),
    "parameterise": (("--observable", "--regime", "--unknown"), ("--order", "--derivative")),
    "check": (("--against",), ("--terms", "--at", "--accuracy", "--regime", "--observable")),
    "show": ((), ("--observable",)),
    "latex-macros": ((), ()),
    "schema": ((), ()),
}
"""Options of commands: those that they cannot be without, and some of the others."""
FLAGS = ("--dry-run", "--leading", "--steps", "--size-limit", "--lateral")
LOOKS = (
    (),
    ("--format", "json"),
    ("--format", "latex"),
    ("--format", "csv"),
    ("--format", "latex", "--symbols", "sigma=alpha,H=N"),
    ("--format=latex", "--fragment"),
    ("--format=latex", "--fragment", "--brief"),
    ("--symbols", "p=\\input"),
    ("--fragment",),
)
"""How a result is shown; some go together with few commands."""
SIZES = "p=2,H=2,sigma=1/2"
GOOD = {
    "--terms": ("0", "1", "2", "3"),
    "--levels": ("p=1,H=1", "H=2,sigma=-1"),
    "--observable": ("u[k,i]^2", "star(loss,loss)"),
    "--max-memory": ("1G", "200M", "1"),
    "--scaling": ("p=1,H=1", "H=2,sigma=-1"),
    "--at": (SIZES, f"{SIZES},T=1", f"{SIZES},T=1", f"{SIZES},T=1,t=1/2"),
    "--level-count": ("1", "all"),
    "--keep": ("u", "target"),
    "--sizes": ("2,4", "2,3,4,5"),
    "--within": ("1", "1/2"),
    "--regime": ("full", "A", "B-E", "E-A", "p=1,H=1"),
    "--digits": ("8", "30"),
    "--until": ("1/4", "-1/100", "1e-1"),
    "--seeds": ("1", "3"),
    "--seed": ("0", "7"),
    "--points": ("2", "5"),
    "--tolerance": ("1e-6", "1e-3"),
    "--eliminate": ("hidden", "feature"),
    "--step": ("1/10", "eta"),
    "--ansatz": ("Q[k,l] = q delta[k,l]",),
    "--unknown": ("sigma",),
    "--order": ("loss = 1", "loss = 1/2"),
    "--derivative": ("1", "2"),
    "--against": ("table.csv",),
    "--accuracy": ("1/100", "1e-3"),
}
WORK = ("--terms", "--seeds", "--until")
"""Options whose large numbers are work that is asked for, and takes its time."""
VALUES = tuple(dict.fromkeys(value for values in GOOD.values() for value in values))


def value_of(rng: random.Random, option: str) -> str:
    """A value of an option: mostly a right one, else one of another option, or damaged."""
    good = rng.choice(GOOD[option])
    if rng.random() < 0.8:
        return good
    odd = rng.choice((rng.choice(VALUES), number(rng), word(rng), mutated(rng, good)))
    asked = option in WORK and odd.strip().isdecimal()
    return good if asked and 3 < int(odd) <= 10**6 else odd


def line_of(rng: random.Random, table: str) -> list[str]:
    """A command line: a preset, the options that are needed, as a rule, and some others."""
    name = rng.choice(list(OPTIONS))
    spec = rng.choice(("cp:order=2", "cp:order=2", "cp:order=3,ties=asym,target=zero"))
    if rng.random() < 0.1:
        spec = "cp:" + text_of(rng, SPECS)[:600]
    line = [name, "fronts" if name == "schema" and rng.random() < 0.7 else spec]
    needed, others = OPTIONS[name]
    chosen = [option for option in needed if rng.random() < 0.95]
    for option in [*chosen, *rng.sample(others, rng.randint(0, min(2, len(others))))]:
        if option in FLAGS:
            line.append(option)
            continue
        value = value_of(rng, option)
        value = table if value == GOOD["--against"][0] else value
        line += [f"{option}={value}"] if rng.random() < 0.5 else [option, value]
    line += rng.choice(LOOKS[:3] if rng.random() < 0.7 else LOOKS) if needed or others else ()
    return [word.replace("\0", "") for word in line]


def run_options(rng: random.Random, cases: int) -> dict[str, int]:
    """So many command lines of presets, values odd and not; by exit code."""
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        table.write_text("t,value\n" + "".join(f"{k}e-2,{1 / (k + 1)}\n" for k in range(8)))
        for _ in range(cases):
            code, _ = command(line_of(rng, str(table)), seconds=30.0)
            counts[str(code)] = counts.get(str(code), 0) + 1
    return counts
