"""Solving and simulating on the command line: every format, exit codes 3 and 4, refusals."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from fractions import Fraction
from math import exp
from pathlib import Path
from xml.etree import ElementTree

import mpmath
import pytest
from command_line import PROBLEMS, Capture, refused, run
from json_schemas import checked

from diagrams.cli import main
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved

FREE = "cp:order=4,target=zero"
KERNEL = "cp:order=3,ties=asym"
SYM4 = "cp:order=4,ties=sym"
TEACHER = str(PROBLEMS / "two_layer_teacher.toml")
AT = "p=64,H=512,sigma=1/10,T=1,t=1/2"
SMALL = ("--at", "p=4,H=3,sigma=1/2", "--until", "1", "--seeds", "3", "--points", "5")


def failed(capsys: Capture, code: int, *words: str) -> tuple[str, str]:
    """Output and the one line of a command that ends with a code of its own."""
    assert main(words) == code
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert err.startswith("wickflow: ")
    return out, err


FOUND: dict[tuple[object, ...], Solution | NotSolved] = {}


@pytest.fixture(autouse=True)
def _solved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of one problem share its solution, or the refusal."""

    def attempt(*asked: object) -> Solution:
        if asked not in FOUND:
            try:
                FOUND[asked] = solve(*asked)  # type: ignore[arg-type]
            except NotSolved as refusal:
                FOUND[asked] = refusal
        found = FOUND[asked]
        if isinstance(found, NotSolved):
            raise found
        return found

    monkeypatch.setattr("diagrams.dynamics.solving.solve", attempt)


# -- solve --------------------------------------------------------------------------------


def test_a_lateral_sum_has_both_parts_and_says_what_they_are(capsys: Capture) -> None:
    words = ("solve", SYM4, "--at", "p=64,H=64,sigma=1/10,T=1,t=1/5")
    _, message = failed(capsys, 3, *words)
    assert "lateral sum, can be asked for" in message
    text = run(capsys, *words, "--lateral")
    assert "real part (bulk) 33.27" in text
    assert "imaginary part (density of spikes)" in text
    assert "first spikes at about t = 0.75" in text
    data = checked(run(capsys, *words, "--lateral", "--format", "json"))
    assert "value" not in data
    assert "neither is the expectation" in data["lateral"]["evidence"]["statement"]  # type: ignore[index]


def test_a_sample_of_coordinates_is_called_one(capsys: Capture) -> None:
    at = ("--at", "p=64,H=4,sigma=1/10,T=1,t=1/50")
    words = ("solve", "cp:order=3,ties=2+1", "--regime", "E", *at, "--sample", "20", "--seed", "3")
    assert "finite sample of 20 rows of coordinates, seed 3: 3" in run(capsys, *words)
    data = checked(run(capsys, *words, "--format", "json"))
    assert "value" not in data
    assert data["sample"]["evidence"]["kind"] == "numerical"  # type: ignore[index]


def test_the_value_is_that_of_the_formula(capsys: Capture) -> None:
    words = ("solve", FREE, "--regime", "A-B", "--at", AT, "--digits", "30", "--format", "json")
    data = checked(run(capsys, *words))
    assert data["kind"] == "explicit"
    assert data["regime"] == "A-B"
    with mpmath.workdps(40):
        p, width, variance, t = (mpmath.mpf(x) for x in (64, 512, mpmath.mpf(1) / 100, 0.5))
        theta = 1 + 3 * width / p**2
        expected = theta * p**4 * width * variance**4 / 2
        expected *= (1 + 24 * theta * (p * variance) ** 3 * t) ** (mpmath.mpf(-4) / 3)
        assert abs(mpmath.mpf(str(data["value"])) - expected) < mpmath.mpf(10) ** -28 * expected
        assert mpmath.mpf(str(data["error"])) < mpmath.mpf(10) ** -28 * expected


def test_a_curve_as_table_json_and_picture(capsys: Capture, tmp_path: Path) -> None:
    given = ("solve", SYM4, "--regime", "A-B", "--at", "p=64,H=512,sigma=1/10,T=1")
    picture = tmp_path / "curve.svg"
    asked = (*given, "--until", "1/100", "--points", "3", "--plot", str(picture))
    *table, reason = [line.split() for line in run(capsys, *asked).splitlines()[-5:]]
    assert table[0] == ["t", "E[L]", "error"]
    assert " ".join(reason).startswith("next order: none: no order parameters")
    ElementTree.fromstring(picture.read_text("utf-8"))
    text = run(capsys, *asked, "--format", "json")
    curve = checked(text)["curve"]
    assert curve["times"] == ["0", "1/200", "1/100"]
    p, time = 64, 1 / 100
    clock = 24 * p**3 * 1e-6 * (1 + 3 * 512 / p**2)
    last = 512 * p**4 * 1e-8 * (1 + 3 * 512 / p**2) / 2 / (1 + clock * time) ** (4 / 3) + p / 2
    for value in (table[-1][1], curve["values"][-1]):
        assert float(value) == pytest.approx(last, rel=1e-12)
    assert Solution.from_json(text).regime == "A-B"


def test_a_curve_with_its_next_order_and_the_plateau_that_runs_leave(
    capsys: Capture, tmp_path: Path
) -> None:
    file, picture = "docs/systems/phase_retrieval_population.toml", tmp_path / "curve.svg"
    asked = ("solve", file, "--regime", "E-A", "--at", "N=32,q0=1", "--until", "2/5")
    asked = (*asked, "--points", "3", "--size-limit", "--plot", str(picture))
    text = run(capsys, *asked, "--format", "json")
    found = checked(text)["finite_sizes"]
    assert found["mean"][0] == pytest.approx(2 + 4 / 32)  # by hand
    assert len(found["mean"]) == len(found["deviation"]) == 2  # 2/5 is no more typical
    assert found["escape"]["law"]["size"] == "N"
    assert found["escape"]["law"]["slope"] == pytest.approx(1 / 8, rel=1e-6)
    assert "typical until here" in picture.read_text("utf-8")
    assert Solution.from_json(text).regime == "E-A"
    *_, head, first, _, last, order, plateau = run(capsys, *asked).splitlines()
    assert head.split() == ["t", "E[L]", "error", "next", "order", "deviation"]
    assert first.split()[-2] == "2.125"
    assert last.split()[-2:] == ["-", "-"]
    assert order.startswith("next order: derived: closed equations of w_w")
    assert plateau.startswith("plateau: typical for t < 0.3")
    latex = run(capsys, *asked, "--format", "latex", "--fragment")
    assert "next order & deviation of a run" in latex
    assert "Plateau" in latex


def test_text_names_formula_domain_and_evidence(capsys: Capture) -> None:
    text = run(capsys, "solve", KERNEL, "--regime", "B-C", "--at", "p=8,H=64,sigma=1/4,t=3,T=2")
    assert "E[L] = p*(1 + beta)*exp(-6*H*sigma**4*t/T)/2" in text
    assert "domain: all t" in text
    assert "evidence: derived" in text
    found = re.search(r"^value: ([0-9.e-]+), error at most", text, re.MULTILINE)
    assert found is not None
    beta = Fraction(8**2 * 64, 4**6)
    assert float(found[1]) == pytest.approx(4 * (1 + beta) * exp(-6 * 64 / 4**4 * 1.5), rel=1e-13)


def test_the_derivation_as_text(capsys: Capture) -> None:
    plain = run(capsys, "solve", FREE, "--regime", "A")
    with_steps = run(capsys, "solve", FREE, "--regime", "A", "--steps")
    assert "derivation:" not in plain
    for part in ("self atom", "merging", "equation", "characteristics", "certificate"):
        assert part in with_steps


def test_outside_the_domain_the_time_is_named(capsys: Capture) -> None:
    late = "p=64,H=512,sigma=1/10,T=1,t=2"
    _, message = failed(capsys, 3, "solve", SYM4, "--at", late)
    assert re.search(r"about t = [0-9.]+", message)
    early = "p=64,H=512,sigma=1/10,T=1,t=-10"
    _, message = failed(capsys, 3, "solve", FREE, "--regime", "A-B", "--at", early)
    assert "time of existence" in message


def test_not_solved_names_the_step(capsys: Capture) -> None:
    words = ("solve", "cp:order=2,ties=asym,target=zero", "--regime", "A-B")
    out, message = failed(capsys, 4, *words)
    assert out == ""
    assert "first at order 1" in message
    out, _ = failed(capsys, 4, *words, "--format", "json")
    data = checked(out)
    assert data["kind"] == "unsolved"
    assert "first at order 1" in str(data["failure"])
    assert "value" not in data


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--regime", "Z"], ("regime", "'Z'", "A-B")),
        (["--digits", "20"], ("digits", "--at")),
        (["--at", AT, "--digits", "many"], ("digits", "'many'")),
        (["--at", "p=64"], ("H",)),
        (["--at", AT + ",q=1"], ("'q'",)),
        (["--at", AT.replace("sigma=1/10", "sigma=-1")], ("sigma", "positive")),
        (["--at", AT.replace("sigma=1/10", "sigma=0x1")], ("sigma", "0x1")),
        (["--at", "p=64,p=64"], ("p twice",)),
        (["--at", ""], ("at", "name=value")),
        (["--terms", "-1"], ("terms",)),
        (["--until", "1"], ("at: missing", "no value of H")),
        (["--at", AT, "--plot", "a.svg"], ("plot", "--until")),
        (["--at", AT, "--until", "1"], ("'t'", "p, H")),
        (["--at", AT, "--until", "0"], ("until", "other than 0")),
    ],
)
def test_bad_input_of_solve(capsys: Capture, words: list[str], parts: tuple[str, ...]) -> None:
    message = refused(capsys, "solve", FREE, *words)
    assert all(part in message for part in parts)


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize(("spec", "regime"), [(SYM4, "full"), (KERNEL, "B-C")])
def test_the_derivation_compiles(capsys: Capture, tmp_path: Path, spec: str, regime: str) -> None:
    document = run(capsys, "solve", spec, "--regime", regime, "--format", "latex")
    for part in ("tikzpicture", "\\subsection*{Derivation}", "Certificate", "\\emph{Domain}"):
        assert part in document
    (tmp_path / "x.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


# -- simulate -----------------------------------------------------------------------------


def test_simulations_in_every_format(capsys: Capture, tmp_path: Path) -> None:
    picture = tmp_path / "loss.svg"
    words = ("simulate", "cp:order=2,ties=sym", *SMALL)
    text = run(capsys, *words, "--plot", str(picture))
    assert "3 seeds of root 0" in text
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    data = checked(run(capsys, *words, "--format", "json"))
    table = run(capsys, *words, "--format", "csv")
    rows = list(csv.reader(line for line in io.StringIO(table) if not line.startswith("#")))
    column = rows[0].index("mean")
    means = [float(row[column]) for row in rows[1:]]
    assert means == pytest.approx(data["mean"])
    assert means[0] > means[-1] > 0


def test_symbols_take_their_values_from_the_command(capsys: Capture) -> None:
    symbolic = "cp:order=2,scale=c,decay=lambda"
    at = "p=3,H=2,sigma=1/2,c=2,lambda=1/4"
    rest = ("--until", "1/2", "--seeds", "2", "--points", "3", "--format", "json")
    named = json.loads(run(capsys, "simulate", symbolic, "--at", at, *rest))
    plain = json.loads(
        run(
            capsys,
            "simulate",
            "cp:order=2,scale=2,decay=1/4",
            "--at",
            at.partition(",c=")[0],
            *rest,
        )
    )
    assert named["losses"] == plain["losses"]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--at", "p=4,H=3", "--until", "1"], ("sigma",)),
        (["--at", "p=4,H=3,sigma=1,x=2", "--until", "1"], ("x: 2", "values of p, H")),
        (["--at", "p=5/2,H=3,sigma=1", "--until", "1"], ("p", "integer")),
        (["--at", "p=4,H=3,sigma=1", "--until", "0"], ("until",)),
        (["--at", "p=4,H=3,sigma=1", "--until", "1e3.5"], ("until", "1e3.5")),
        (["--at", "p=4,H=3,sigma=1", "--until", "1", "--seeds", "0"], ("seeds",)),
        (["--at", "p=4,H=3,sigma=1", "--until", "1", "--seeds", "-1"], ("seeds",)),
        (["--at", "p=4,H=3,sigma=1", "--until", "1", "--plot", "x.bmp"], ("plot", ".svg")),
        (["--at", "p=4,H=3,sigma=1", "--until", "1", "--plot", "no/x.svg"], ("plot",)),
        (["--at", "p=4,H=3,sigma=1", "--until", "1", "--max-memory", "x"], ("max-memory",)),
        (["--at", "p=4,H=3,sigma=1", "--until", "1", "--tolerance", "1"], ("tolerance",)),
    ],
)
def test_bad_input_of_simulate(capsys: Capture, words: list[str], parts: tuple[str, ...]) -> None:
    message = refused(capsys, "simulate", "cp:order=2", *words)
    assert all(part in message for part in parts)


def test_problem_files_are_simulated_at_their_own_symbols(capsys: Capture) -> None:
    assert "values of d, N, T" in refused(capsys, "simulate", TEACHER, *SMALL)
    assert main(["simulate", TEACHER, "--at", "N=3,d=2", *SMALL[2:]]) == 0
    assert "d = 2, N = 3, T = 1" in capsys.readouterr().out


def test_values_are_held_against_the_problem_before_it_is_solved(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diagrams.dynamics.solving.solve", None)
    for at, reason in (
        ("p=2,H=2,sigma=1", "missing, no value of t"),
        ("H=2,sigma=1,t=0", "missing, no value of p"),
        ("p=2,H=2,s=1,t=0", "'s' is not allowed; allowed: p, H, sigma, T, t"),
        ("p=2,H=-2,sigma=1,t=0", "a positive number"),
    ):
        assert reason in refused(capsys, "solve", FREE, "--at", at)
