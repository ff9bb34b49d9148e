"""Problem files: right by construction, damaged, hostile; read, and through every command."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path

from diagrams.problems.files import parse_problem
from tests.fuzz.arguments import HARD
from tests.fuzz.attempt import attempt, command
from tests.fuzz.texts import mutated, number, word

FAMILIES = (("hidden", "N", "k"), ("feature", "d", "i"), ("sample", "P", "m"))
VARIANCES = ("1", "sigma^2", "1/d", "1/N", "s", "0", "sigma^2/d", "2/3")

WIDE = """
families = {a = "N", b = "d"}
tensors.W = {families = ["a", "b"], role = "trained", variance = 1}
model = {output = "TERMS", target = "0"}
loss = {kind = "squared error", over = []}
"""


def right(rng: random.Random) -> str:
    """A small file of a network that is right by construction, as a rule."""
    families = FAMILIES[: rng.randint(1, 3)]
    names = [name for name, _, _ in families]
    letters = {name: letter for name, _, letter in families}
    lines = [f'title = "{rng.choice(("A net", "x; N=7.0", "Netz, 2 %", "a_b^c"))}"']
    lines += ["[families]", *(f'{n} = {{size = "{s}", index = "{i}"}}' for n, s, i in families)]
    trained = {f"W{k}": rng.choices(names, k=rng.randint(1, 2)) for k in range(rng.randint(1, 3))}
    frozen = {f"x{k}": rng.choices(names, k=rng.randint(0, 2)) for k in range(rng.randint(0, 2))}
    for name, slots in (trained | frozen).items():
        role = "trained" if name in trained else "frozen"
        lines += [f"[tensors.{name}]", f"families = {listed(slots)}", f'role = "{role}"']
        variances = VARIANCES if len(families) > 1 else ("1", "1/N", "s", "0")
        lines.append(f'variance = "{rng.choice(variances[: 3 if len(families) == 1 else None])}"')
        if rng.random() < 0.2:
            lines.append('mean = {pattern = "constant", value = "gamma"}')
        if name in trained and rng.random() < 0.3:
            lines.append(f'rate = "{rng.choice(("N", "3", "eta", "1/N"))}"')
    over = rng.choice((None, *dict.fromkeys(slot for slots in trained.values() for slot in slots)))
    free = None if over is None else letters[over]
    output = " ".join(entry(name, slots, letters) for name, slots in trained.items())
    used = [name for name in frozen if rng.random() < 0.5]
    output += "".join(" " + entry(name, frozen[name], letters) for name in used)
    rest = [entry(name, frozen[name], letters) for name in frozen if name not in used]
    target = " ".join(rest) or rng.choice(("0", "1", "c", "1/3"))
    lines += ["[model]", f'output = "{output}"', f'target = "{target}"', "[loss]"]
    lines += ['kind = "squared error"', f"over = {listed([free] if free else [])}"]
    if rng.random() < 0.3:
        lines.append(f'prefactor = "{rng.choice(("1", "1/d", "g", "3/4"))}"')
    if rng.random() < 0.3:
        lines.append(f"decay = {rng.choice(('0.1', '1', chr(34) + 'lambda' + chr(34)))}")
    if used and rng.random() < 0.3:
        lines.append(f"average = {listed(used)}")
    if rng.random() < 0.3:
        lines += ["[observables]", 'kernel = "star(loss, loss)"']
        lines += ['twice = "star(kernel, loss)"'] * (rng.random() < 0.5)
    return "\n".join(lines) + "\n"


def listed(names: list[str]) -> str:
    """An array of TOML."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def entry(name: str, slots: list[str], letters: dict[str, str]) -> str:
    """An entry of a tensor; slots of one family have one index, or two."""
    seen: Counter[str] = Counter()
    indices = []
    for slot in slots:
        indices.append(letters[slot] + "2" * seen[slot])
        seen[slot] += 1
    return f"{name}[{','.join(indices)}]"


def hostile(rng: random.Random) -> str:
    """A file whose work grows: chains, powers, products, many names, huge numbers."""
    kind = rng.randint(0, 6)
    head = right(rng).split("[observables]")[0]
    if kind == 0:  # each observable is made of the one before
        link = rng.choice(
            ("star(loss, q{})", "star(q{0}, q{0})", "q{0} q{0}", "q{0}^24", "q{0} + q{0}")
        )
        count = rng.randint(2, 24)
        chain = [f'q{k} = "{link.format(k - 1)}"' for k in range(1, count)]
        return head + "\n".join(["[observables]", 'q0 = "loss"', *chain]) + "\n"
    if kind == 1:
        return head.replace('output = "', f'output = "{rng.choice(HARD)[:1500]} ', 1)
    if kind == 2:  # all terms, all entries that the language allows
        entries = " ".join(f"W[k,i{j}]" for j in range(rng.choice((3, 12, 24))))
        terms = " + ".join(f"{n} {entries}" for n in range(1, rng.choice((2, 8, 33))))
        return WIDE.replace("TERMS", terms)
    if kind == 3:
        many = "\n".join(f'f{k} = "S{k}"' for k in range(rng.choice((24, 25, 2000))))
        return head.replace("[families]", f"[families]\n{many}", 1)
    if kind == 4:
        return head.replace('variance = "', f'variance = "{number(rng)} * ', 1)
    if kind == 5:
        return rng.choice(("a." * 3000, "[" * 3000, "a = " + "[" * 2000, "x = '''" + head)) + head
    key = rng.choice(
        ("title", "families", "role", "variance", "mean", "law", "rate", "size", "over")
    )
    return head.replace(f"{key} =", f"{key} = {rng.choice((number(rng), repr(word(rng))))} #", 1)


def any_file(rng: random.Random) -> str:
    """A file of any of the kinds."""
    kind = rng.random()
    if kind < 0.3:
        return right(rng)
    return mutated(rng, right(rng)) if kind < 0.75 else hostile(rng)


def run_problems(rng: random.Random, cases: int) -> dict[str, int]:
    """So many files, read; how many were read and how many refused."""
    counts = {"read": 0, "refused": 0}
    for _ in range(cases):
        text = any_file(rng)
        found = attempt(lambda text=text: parse_problem(text), text[:4000], 30.0)
        counts["refused" if found is None else "read"] += 1
    return counts


SIZES = "N=2,d=2,P=2,sigma=1,s=1,c=1,gamma=1,eta=1,g=1,lambda=1"
COMMANDS = (
    *("show", "show --format latex", "show --format svg", "latex-macros"),
    *(
        "expand --terms 1 --no-cache",
        "expand --terms 1 --format json",
        "expand --terms 2 --dry-run",
    ),
    *("expand --terms 1 --format latex", "expand --terms 1 --levels N=1", "diagrams --terms 1"),
    *("expand --terms 1 --observable kernel", "diagrams --terms 1 --format json"),
    *("fronts --terms 2", "fronts --terms 1 --format json", "regimes --terms 1"),
    *("regimes --within 1", "regimes --within 1 --scaling N=1 --format json"),
    "parameterise --regime N=1 --unknown s --observable loss",
    *("solve --regime A --terms 2", "solve --regime full --format json"),
    *("close", "close --format latex", "close --eliminate hidden --format json"),
    f"simulate --at {SIZES} --until 1/4 --seeds 2",
    "simulate --at N=2,d=2 --until 1/4 --seeds 2 --format csv",
    *("check --against TABLE --terms 1", "check --against TABLE --terms 1 --format json"),
    f"compare --regime A --at {SIZES} --until 1/4 --seeds 2",
)


def run_commands(rng: random.Random, cases: int, seconds: float = 60.0) -> dict[str, int]:
    """So many commands on files that are mostly right; how many ended with which exit code."""
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        place, table = Path(folder) / "problem.toml", Path(folder) / "table.csv"
        table.write_text("t,value\n" + "".join(f"{k}e-2,{1 / (k + 1)}\n" for k in range(8)))
        for number_of_case in range(cases):
            text = right(rng) if rng.random() < 0.8 else any_file(rng)
            place.write_text(text, encoding="utf-8", errors="replace")
            name, *options = rng.choice(COMMANDS).split()
            options = [str(table) if word == "TABLE" else word for word in options]
            words = [name, str(place)]
            if rng.random() < 0.02:
                words, options = (
                    ["report", str(place)],
                    ["--out", f"{folder}/r{number_of_case}", "--terms", "1"],
                )
            code, _ = command([*words, *options], text, seconds)
            counts[f"{name} {code}"] = counts.get(f"{name} {code}", 0) + 1
    return counts
