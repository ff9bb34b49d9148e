"""Tables of predictions: CSV that is right, damaged, hostile."""

from __future__ import annotations

import random
from functools import cache

from diagrams.checking.tables import parse_table
from diagrams.flow import FlowSettings, simulate
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from tests.fuzz.attempt import Fault, attempt
from tests.fuzz.documents import FILE
from tests.fuzz.texts import mutated, number, word

SYMBOLS = ("p", "H", "sigma", "c")
SPOOF = 'title = "TITLE"\n' + FILE.split("\n", 2)[2]


@cache
def simulated() -> tuple[str, ...]:
    """Tables of simulations."""
    net = parse_problem(FILE)
    runs = (
        simulate(cp_problem(order=2), p=3, H=2, sigma=0.5, until=1, seeds=3, points=5),
        simulate(cp_problem(order=2), p=3, H=2, sigma=1, until=-2, seeds=3, points=5),
        simulate(net, at={"N": 2, "d": 3, "s": 0.5, "r": 1}, until=1, seeds=2, points=5),
    )
    return tuple(run.to_csv() for run in runs)


def written(rng: random.Random) -> str:
    """A table of our own making: columns, rows and comments of all kinds."""
    names = rng.sample(
        ["t", "value", "error", "T", *SYMBOLS, "time", "mean", "x"], rng.randint(1, 6)
    )
    if rng.random() < 0.8:
        names = ["t", "value", *(n for n in names if n in SYMBOLS)]
    lines = [",".join(names)]
    for k in range(rng.randint(0, 7)):
        good = [str(k), f"{1 / (k + 1):.17g}", *("4" for _ in names[2:])]
        cells = [cell if rng.random() < 0.9 else number(rng) for cell in good[: len(names)]]
        lines.append(",".join(cells))
    for _ in range(rng.randint(0, 2)):
        lines.insert(rng.randint(0, len(lines)), f"# {comment(rng)}")
    return rng.choice(("\n", "\r\n", "\r")).join(lines)


def comment(rng: random.Random) -> str:
    """A comment: prose, a first line of a simulation, or one of very many sizes."""
    sizes = ", ".join(
        f"{rng.choice((*SYMBOLS, 'a'))}={number(rng)}" for _ in range(rng.randint(0, 4))
    )
    return rng.choice(
        (
            word(rng),
            f"cp:order=2; {sizes}; wickflow 1",
            f"{word(rng)}; {sizes}; {sizes}; wickflow 1; {word(rng)}",
            f"/etc/passwd; {sizes}; wickflow 1",
            "a; " + "a=1," * rng.choice((30, 400, 40000)),
            "a; " + "a=1" * rng.choice((30, 400, 40000)) + "; wickflo",
            "a;" * rng.choice((50, 3000)) + " wickflow ",
        )
    )


def run_tables(rng: random.Random, cases: int) -> dict[str, int]:
    """So many tables; how many were read and how many refused."""
    counts = {"read": 0, "refused": 0}
    for _ in range(cases):
        text = written(rng)
        if rng.random() < 0.3:
            text = mutated(rng, rng.choice(simulated()))
        found = attempt(lambda text=text: parse_table(text, SYMBOLS), text[:2000], 2.0)
        counts["refused" if found is None else "read"] += 1
    return counts


def run_titles(rng: random.Random, cases: int) -> dict[str, int]:
    """Titles that look like sizes: a simulation's table has the sizes that were simulated."""
    counts = {"read": 0}
    symbols = ("N", "d", "s", "r")
    for _ in range(cases):
        said = "".join(
            c for c in f"{word(rng)}; N=7.0; d=9.0; wickflow 1; {word(rng)}" if c.isprintable()
        )
        title = said.replace("\\", "").replace('"', "") if rng.random() < 0.9 else "x; N=7.0"
        net = attempt(lambda title=title: parse_problem(SPOOF.replace("TITLE", title)), title)
        if net is None:
            continue
        run = simulate(
            net,
            at={"N": 2, "d": 3, "s": 0.5, "r": 1},
            until=1,
            seeds=1,
            points=2,
            settings=FlowSettings(check=False),
        )
        sizes = dict(parse_table(run.to_csv(), symbols).groups[0][0])
        if (sizes["N"], sizes["d"]) != (2, 3):
            raise Fault(f"sizes of a title: {title}")
        counts["read"] += 1
    return counts
