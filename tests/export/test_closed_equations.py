"""Closed systems in print: legal LaTeX, one meaning for a letter, the names of the legs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diagrams import load_problem
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close

ROWS = """
families = {{dim = {{size = "d", index = "i"}}, batch = {{size = "n", index = "{index}"}}}}
tensors.{name} = {{families = ["batch", "dim"], role = "trained", variance = "sigma^2"}}
model = {{output = "{name}[{index},i]^2", target = "1"}}
loss = {{kind = "squared error", over = ["{index}"]}}
"""
FOUR = """
families = {unit = {size = "n", index = "k"}, feature = {size = "d", index = "i"}}
tensors.W = {families = ["unit", "unit", "feature"], role = "trained", variance = "1"}
model = {output = "W[k,l,i] W[k,l,j]", target = "0"}
loss = {kind = "squared error", over = ["i", "j"]}
"""
SCRIPTS = re.compile(r"_(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?\w)(?:')*_|\}'*_\{[^}]*\}_")


def rows(name: str, index: str) -> ClosedSystem:
    return close(load_problem(ROWS.format(name=name, index=index)), ["dim"])


def four() -> ClosedSystem:
    return close(load_problem(FOUR), ["feature"])


def teacher() -> ClosedSystem:
    return close(load_problem("docs/systems/quadratic_teacher_student.toml"))


def committee() -> ClosedSystem:
    return close(load_problem("docs/systems/soft_committee.toml"))


CASES = [
    lambda: rows("k", "h"),
    lambda: rows("k", "k"),
    lambda: rows("w_1", "h"),
    lambda: rows("sigma_w", "n"),
    lambda: rows("L", "m"),
    four,
    teacher,
    committee,
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_no_letter_has_two_indices_below(number: int) -> None:
    system = CASES[number]()
    for latex in (system.latex(), system.to_latex(macros=True), system._repr_latex_()):
        assert not SCRIPTS.search(latex)


def test_an_index_letter_is_no_symbol() -> None:
    """The index of the family is called like the tensor, or like the size of another."""
    latex = rows("k", "k").to_latex(macros=True)
    assert "_{\\wfk" not in latex
    assert "\\bigl(\\wfk^{(\\wfk)}_{j_{1} j_{2}}\\bigr)'" in latex
    assert "_{d" not in rows("w", "d").latex()


def test_definitions_have_the_indices_of_their_right_side() -> None:
    for line in teacher().latex().split(" \\\\\n")[:2]:
        left, right = line.split("&=")
        free = re.fullmatch(r"[A-Z]_\{(.*)\} ", left)
        assert free is not None
        assert len(free[1].split()) == 2
        assert all(index in right for index in free[1].split())


def test_the_mean_has_the_names_of_the_legs() -> None:
    text = four().text()
    assert "W_W[k1,k2,k3,k4] = sum[i1] W[k1,k3,i1] W[k2,k4,i1]" in text
    assert "mean of W_W[k1,k2,k3,k4] at t = 0: d delta[k1,k2] delta[k3,k4]" in text


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is missing")
def test_all_of_them_compile(tmp_path: Path) -> None:
    body = [case().to_latex(macros=True) for case in CASES]
    body += [case()._repr_latex_() + "\\par" for case in CASES]
    head = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n"
    text = head + "\n".join(f"{{{piece}}}" for piece in body) + "\\end{document}\n"
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-1500:]
