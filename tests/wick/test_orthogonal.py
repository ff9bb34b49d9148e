"""Haar matrices: Weingarten functions against tables, and coefficients against rotations."""

from __future__ import annotations

import re
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from command_line import Capture, refused, run
from json_schemas import validator
from truth.random_problems import value
from truth.rotations import Rotated, check_orthogonal, moment

from diagrams.errors import BadInput
from diagrams.flow.draws import Draws
from diagrams.flow.running import simulate
from diagrams.problems.spec import parse_problem
from diagrams.series.descent import descent
from diagrams.series.expansion import expand
from diagrams.wick.orthogonal import pairings, weingarten
from tests.series.test_linear_losses import random_file

QUICK = (0, 1, 6, 9, 20, 25, 34, 35)


def random_rotations(seed: int) -> tuple[str, dict[str, int]]:
    """A file whose matrices are orthogonal, and blocks of such ones."""
    sizes = {"N": 2 + seed % 2, "d": 1 + seed % 3}
    text = random_file(seed).replace('constraint = "sphere"\n', "")
    blocks = re.split(r"(?=\[tensors|\[\[loss|\[observables)", text)
    for place, block in enumerate(blocks):
        slots = re.findall(r'families = \["(\w)", "(\w)"\]', block)
        if slots:
            larger = max(slots[0], key=lambda f: sizes["N" if f == "f" else "d"])
            kept = [
                line for line in block.split("\n") if line[:4] in ("[ten", "fami", "role", "rate")
            ]
            kept += ['law = "haar"', f'group = "{larger}"', 'variance = "1/2"', ""]
            blocks[place] = "\n".join(kept)
    return "".join(blocks), sizes


def check(seed: int) -> int:
    """Compare one file; how many coefficients with a matrix are not zero."""
    text, sizes = random_rotations(seed)
    if "haar" not in text:
        return 0
    for name, size in sizes.items():
        text = re.sub(rf'(families = {{.*)"{name}"', rf"\g<1>{size}", text, count=1)
        text = text.replace(f"1/{name}", f"1/{size}").replace(f"2/{name}", f"2/{size}")
        text = text.replace(f'rate = "{name}"', f"rate = {size}")
    problem, written = parse_problem(text), Rotated(text, sizes)
    if len(written.place) > 14:
        return 0
    factors = max(len(diagram.edges) for diagram, _ in problem.potential)
    terms = 2 if factors <= 4 else 1
    truth = written.derivatives(terms)
    try:
        found = expand(problem, terms)
    except BadInput as refusal:
        assert "entries" in str(refusal), seed
        return 0
    assert [value(y, {}) for y in found] == truth, seed
    return sum(map(bool, truth))


def test_random_files() -> None:
    assert sum(map(check, QUICK)) > 10


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_more_random_files(block: int) -> None:
    assert sum(check(seed) for seed in range(20 * block, 20 * block + 20)) > 10


def test_tables() -> None:
    """``Wg`` for two and three pairs: B. Collins and P. Sniady, section 6, by types of cosets."""
    for N in (3, 4, 7):
        one, two = pairings(4)[:2]
        assert weingarten(4, N)[one, one] == Fraction(N + 1, N * (N - 1) * (N + 2))
        assert weingarten(4, N)[one, two] == Fraction(-1, N * (N - 1) * (N + 2))
        below = N * (N - 1) * (N - 2) * (N + 2) * (N + 4)
        table = {
            Fraction(N * N + 3 * N - 2, below),
            Fraction(-1, below // (N + 2)),
            Fraction(2, below),
        }
        first = pairings(6)[0]
        assert {weingarten(6, N)[first, q] for q in pairings(6)} == table


def test_known_moments() -> None:
    """``E O_11^2 = 1/N``, ``E O_11^4 = 3/(N (N+2))``, and all that follows from angles."""
    for N in (1, 2, 3, 6):
        totals = [sum(weingarten(2 * k, N).values()) for k in (1, 2, 3)]
        below = [N, N * (N + 2), N * (N + 2) * (N + 4)]
        assert totals == [Fraction(n, b) for n, b in zip((1, 3, 15), below, strict=True)]
    assert check_orthogonal(2)
    assert check_orthogonal(3)
    assert moment(3, [(0, 0)] * 4) == Fraction(1, 5)


SQUARE = """
families = {row = 4, column = 2}
tensors.W = {families = ["row", "column"], role = "trained", law = "haar", group = "row"}
tensors.a = {families = ["row"], role = "trained", variance = 1}
tensors.t = {families = ["column"], role = "frozen", variance = 1}
model = {output = "a[k] W[k,i]", target = "t[i]"}
loss = {kind = "squared error", over = ["i"]}
"""


def test_columns_are_orthonormal() -> None:
    """``W^T W = 1`` is exact in every draw: so is what is made of it, at every power."""
    problem = parse_problem(SQUARE)
    for text, expected in (
        ("W[k,i] W[k,i]", 2),
        ("W[k,i] W[k,j] W[l,i] W[l,j]", 2),
        ("W[k,i] W[k,j] W[l,j] W[l,m] W[r,m] W[r,i]", 2),
    ):
        assert value(expand(problem, 0, observable=text).coefficient(0), {}) == expected


def test_simulated(capsys: Capture) -> None:
    drawn = Draws(rotated=3).entries(np.random.default_rng(0), (3, 2))
    assert np.allclose(drawn.T @ drawn, 3 * np.eye(2))
    problem = parse_problem(SQUARE)
    runs = simulate(problem, step=0.1, steps=1, seeds=3000)
    exact = descent(problem, steps=1, rate="1/10").losses
    for k, loss in enumerate(exact):
        assert abs(runs.mean[k] - float(value(loss, {}))) < 4 * runs.standard_error[k]


def test_the_sign_of_a_draw() -> None:
    """The decomposition alone is not Haar: first entries would be negative."""
    rng = np.random.default_rng(1)
    first = [Draws(rotated=3).entries(rng, (3, 3))[0, 0] for _ in range(2000)]
    assert abs(np.mean(first)) < 4 / 2000**0.5


def test_file_and_refusals(tmp_path: Path, capsys: Capture) -> None:
    validator("problem_file").validate(tomllib.loads(SQUARE))
    file = tmp_path / "haar.toml"
    file.write_text(SQUARE)
    assert "orthogonal matrix of size 4" in run(capsys, "show", str(file))
    assert "not Gaussian" in run(capsys, "expand", str(file), "--terms", "1", "--explain")
    both = SQUARE.replace("variance = 1", 'variance = 1, group = "row"', 1)
    for changed, words in (
        (SQUARE.replace("row = 4", 'row = "N"'), "denominators such as"),
        (SQUARE.replace(', group = "row"', ""), "the size of the whole matrix"),
        (SQUARE.replace('group = "row"', 'group = "column"'), "the family of the larger size"),
        (both, "unless the law is haar"),
    ):
        file.write_text(changed)
        assert words in refused(capsys, "show", str(file))
    with pytest.raises(BadInput, match="at most 8 of a Haar matrix"):
        expand(parse_problem(SQUARE), 0, observable=" ".join(["W[k,i]^2"] * 5))
