"""``wickflow close``: text, LaTeX, JSON, values, and what it refuses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import PROBLEMS, Capture, refused, run, without_macros
from json_schemas import checked

from diagrams.cli import main
from diagrams.order_parameters.closed_system import ClosedSystem

SPEC = "docs/systems/quadratic_teacher_student.toml"
ANSATZ = (
    "--ansatz",
    "Q[k,l] = q delta[k,l]",
    "--ansatz",
    "M[k,m]=0",
    "--ansatz",
    "P[m,n]=delta[m,n]",
)
AT = ("--at", "N=100,p=3,p_s=2,q0=1/2", "--until", "3")


def test_text_and_values(capsys: Capture) -> None:
    text = run(capsys, "close", SPEC, *ANSATZ, *AT, "--points", "4", "--draws", "0")
    assert "Q[k1,k2] = N**(-1) sum[i1] W[k1,i1] W[k2,i1]\n" in text
    assert "M' = -4*p**(-1) Q M - 2*p**(-1) tr(Q) M + 4*p_s**(-1) M P + 2*p_s**(-1) tr(P) M" in text
    assert "q' = 4 q - 4*p**(-1) (p + 2) q**2\n" in text
    rows = [line.split() for line in text.splitlines() if line.startswith("    ")]
    assert rows[0] == ["t/T", "L(means)", "|M|", "|Q|"]
    assert [float(row[0]) for row in rows[1:]] == [0, 1, 2, 3]
    assert float(rows[-1][1]) == pytest.approx(1 / 5 + 1 / 2, abs=1e-4)
    assert "from the initial means, which the average over initial tensors does not" in text


def test_seeds(capsys: Capture) -> None:
    seeds = [run(capsys, "close", SPEC, *AT, "--seed", seed) for seed in ("1", "1", "2")]
    assert seeds[0] == seeds[1] != seeds[2]
    assert seeds[0].endswith("from given initial values\n")


def test_steps_of_sgd(capsys: Capture) -> None:
    text = run(capsys, "close", SPEC, "--step", "eta")
    assert "8*p**(-2)*eta (N + 6) tr(Q^2) Q" in text
    assert "The prime is the mean change in one step of one-pass SGD, divided by eta" in text


def test_json_fits_its_schema_and_reads_back(capsys: Capture) -> None:
    for words in (("--step", "eta"), (*ANSATZ, *AT, "--draws", "4")):
        text = run(capsys, "close", SPEC, "--format", "json", *words)
        data = checked(text)
        system = ClosedSystem.from_json(text)
        assert system.step == ("eta" if "--step" in words else "")
        assert ClosedSystem.from_json(system.to_json()) == system
    assert data["restriction"]["equations"]["q"][0] == {"coefficient": "-4", "powers": {"q": 2}}
    assert len(data["curves"]["order_parameters"]["Q"]) == 11
    assert len(data["curves"]["standard_error"]) == 11
    assert (data["curves"]["start"], data["curves"]["draws"]) == ("draws", 4)
    assert data["provenance"]["command"].startswith("wickflow close ")


@pytest.mark.parametrize(
    ("old", "new"),
    [('"N": -1', '"N": -2'), ('"Q"', '"R"'), ('"eliminated": [\n  "feature"', '"eliminated": [1')],
)
def test_json_that_was_changed_is_refused(capsys: Capture, old: str, new: str) -> None:
    from diagrams.errors import WickflowError

    text = run(capsys, "close", SPEC, "--format", "json")
    assert old in text
    with pytest.raises(WickflowError):
        ClosedSystem.from_json(text.replace(old, new))


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is missing")
def test_latex_compiles(capsys: Capture, tmp_path: Path) -> None:
    for number, words in enumerate((("--step", "eta"), ANSATZ)):
        (tmp_path / f"{number}.tex").write_text(
            run(capsys, "close", SPEC, "--format", "latex", *words)
        )
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{number}.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout[-800:]


def test_latex(capsys: Capture) -> None:
    latex = without_macros(run(capsys, "close", SPEC, "--format", "latex", *ANSATZ))
    assert "\\operatorname{tr}(P)^{2}" in latex
    assert "M M^{\\top}" in latex
    assert "\\documentclass" in latex
    assert "q' &= 4 q - " in latex
    words = ("--format", "latex", "--fragment", "--symbols", "Q=R")
    fragment = run(capsys, "close", SPEC, *words)
    assert "\\documentclass" not in fragment
    assert "}{R}" in fragment
    assert fragment.count("\\begin{align*}") == 1


def test_problem_files_close_or_say_why(capsys: Capture) -> None:
    """Exit code 4 with the piece that arose at which step, or a system."""
    closed = 0
    names = ("deep_linear_mean_field", "gaussian_mixture")
    files = [Path("docs/systems") / f"{name}.toml" for name in names]
    for file in (*files, *sorted(PROBLEMS.glob("*.toml"))):
        code = main(["close", str(file)])
        out, err = capsys.readouterr()
        assert code in (0, 4)
        closed += not code
        if code:
            assert err.startswith("wickflow: not solved: eliminating ")
            assert "brings the new piece" in err
        else:
            assert "closed at every size" in out
    assert closed == 4


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("--eliminate", "features"), ("eliminate", "'features'", "feature, teacher, unit")),
        (("--step", "N"), ("step", "'N'")),
        (("--until", "3"), ("at: missing", "no value of")),
        (("--at", "N=1"), ("until", "missing")),
        (("--at", "N=100", "--until", "1"), ("at", "no value of p")),
        (("--at", "N=100,p=3,p_s=2,q0=1,r=2", "--until", "1"), ("at", "'r'")),
        (("--at", "N=100,p=3.5,p_s=2,q0=1", "--until", "1"), ("p", "3.5", "positive integer")),
        (("--points", "3"), ("points", "--until")),
        ((*AT[:1], f"{AT[1]},T=1", *AT[2:]), ("at", "'T'", "units of T")),
        ((*AT, "--points", "1"), ("points", "'1'", "from 2 on")),
        ((*AT, "--seed", "x"), ("seed", "'x'")),
        ((*AT[:3], "-1"), ("until", "-1")),
        (("--ansatz", "Q"), ("ansatz", "'Q'", "Q[k,l] = q")),
        (("--ansatz", "Q[k,l] = q"), ("ansatz", "missing")),
        (("--ansatz", "R[k,l] = q"), ("'R'", "M, Q, P")),
        (("--ansatz", "Q[k] = q"), ("ansatz", "'Q[k]'", "2 different indices")),
        (("--ansatz", "Q[k,l] = W[k,l]"), ("ansatz", "W[k,l]", "delta")),
        (("--ansatz", "Q[k,l] = exp(q)"), ("ansatz", "exp")),
        (("--fragment",), ("fragment", "--format latex")),
        (("--format", "latex", "--symbols", "Z=R"), ("symbols", "Z")),
        (("--observable", "nothing"), ("observable", "nothing")),
    ],
)
def test_refusals(capsys: Capture, words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    line = refused(capsys, "close", SPEC, *words)
    for part in parts:
        assert part in line


@pytest.mark.parametrize("command", ["simulate", "close", "solve"])
def test_a_problem_without_symbols_needs_no_values(
    capsys: Capture, tmp_path: Path, command: str
) -> None:
    """``(a - b)' = -4 (a - b)`` from 3/2: the loss is ``9/4 exp(-8 t)``, 0.04121 at 1/2."""
    path = tmp_path / "numbers.toml"
    path.write_text("""
    families = {unit = 1}
    [tensors.a]
    families = ["unit"]
    role = "trained"
    law = "fixed"
    mean = {pattern = "constant", value = "3/2"}
    [tensors.b]
    families = ["unit"]
    role = "trained"
    variance = 0
    [model]
    output = "a[i] - b[i]"
    target = "0"
    [loss]
    kind = "squared error"
    over = ["i"]
    prefactor = 1
    """)
    assert "0.04121" in run(capsys, command, str(path), "--until", "1/2", "--points", "2")


def test_an_ansatz_that_is_left(capsys: Capture) -> None:
    words = (
        "--ansatz",
        "Q[k,l]=q delta[k,l]",
        "--ansatz",
        "M[k,m]=m",
        "--ansatz",
        "P[m,n]=delta[m,n]",
    )
    assert main(["close", SPEC, *words]) == 4
    err = capsys.readouterr().err
    assert "the flow leaves the ansatz: Q[i1,i2]' has the part 8*m**2 times one" in err
