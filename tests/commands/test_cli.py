"""The command line: every command and every format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sympy
from command_line import PROBLEMS, Capture, run

from diagrams.cli import main
from diagrams.problems.spec import load_problem
from diagrams.series.expansion import expand


def test_version_help_and_cite(capsys: Capture) -> None:
    assert re.fullmatch(r"wickflow \S+\n", run(capsys, "--version"))
    assert run(capsys) == run(capsys, "--help")
    assert "2602.04548" in run(capsys, "cite")
    for command in ("expand", "diagrams", "report", "show", "schema", "cite"):
        assert f"wickflow {command}" in run(capsys, command, "--help")


def test_expand_json_follows_the_contract(capsys: Capture) -> None:
    spec = "cp:order=2,ties=sym,target=identity"
    data = json.loads(run(capsys, "expand", spec, "--terms", "1", "--format", "json"))
    assert data["schema"] == "wickflow.expansion/1"
    assert [item["s"] for item in data["derivatives"]] == [0, 1]
    zeroth = data["derivatives"][0]["terms"]
    assert {"coefficient": "1/2", "powers": {"p": 2, "H": 1, "sigma": 4}} in zeroth
    assert {"coefficient": "1/2", "powers": {"p": 1}} in zeroth
    assert {"coefficient": "-1", "powers": {"p": 1, "H": 1, "sigma": 2}} in zeroth
    assert len(zeroth) == 5
    assert data["evidence"]["kind"] == "exact"
    assert data["provenance"]["spec"] == spec
    assert data["provenance"]["command"].startswith(f"wickflow expand {spec} ")
    assert set(data["provenance"]["dependencies"]) == {"sympy", "networkx", "mpmath", "numpy"}


def test_explain_says_what_served(capsys: Capture) -> None:
    files = Path(__file__).parents[2] / "docs" / "systems"
    names = "deep_linear_spectrum_mup", "diagonal_linear", "mixture_of_experts_gated"
    spectrum, diagonal, gated = (files / f"{name}.toml" for name in names)
    options = ("--terms", "0", "--no-cache", "--explain")
    found = run(capsys, "expand", str(spectrum), *options).splitlines()[-1]
    assert found.startswith("by words: rings and chains of matrices")
    found = run(capsys, "expand", str(diagonal), *options).splitlines()[-1]
    assert found.startswith("by rows: every row closed")
    assert "labelled: " in found
    words, rows, _, last = run(capsys, "expand", str(gated), *options).splitlines()[-4:]
    assert words.startswith("not by words: Win has more than two indices")
    assert rows.startswith("not by rows: whichever indices are labelled")
    assert last.startswith("by merging")


def test_only_what_leads(capsys: Capture) -> None:
    spec, scaling = "cp:order=2,ties=asym", "p=1,H=y*p"
    options = ("--terms", "2", "--leading", scaling)
    data = json.loads(run(capsys, "expand", spec, *options, "--format", "json"))
    more = ("--level-count", "all", "--format", "json")
    whole = json.loads(run(capsys, "expand", spec, "--terms", "2", "--levels", scaling, *more))
    rows = [order["levels"] for order in whole["derivatives"]]
    assert [order["levels"] for order in data["derivatives"]] == [row[:1] for row in rows]
    assert data["leading_only"] is True
    assert "left out: what does not lead" in run(capsys, "expand", spec, *options)


def test_scale_and_decay_are_keys_of_powers(capsys: Capture) -> None:
    spec = "cp:order=2,scale=c,decay=lambda"
    data = json.loads(run(capsys, "expand", spec, "--terms", "1", "--format", "json"))
    first = {json.dumps(t["powers"]): t["coefficient"] for t in data["derivatives"][1]["terms"]}
    assert first['{"p": 1, "H": 1, "lambda": 1, "sigma": 4}'] == "-2"
    assert first['{"c": 1, "p": 1, "H": 1, "lambda": 1, "sigma": 2}'] == "2"
    assert first['{"c": 2, "p": 1, "H": 1, "sigma": 2}'] == "-4"


def test_half_integer_powers_are_texts(capsys: Capture, tmp_path: Path) -> None:
    text = (PROBLEMS / "two_layer_teacher.toml").read_text()
    text = text.replace('"a[k] W[k,i]"', '"1/sqrt(N) a[k] W[k,i]"').replace('"1/d"', '"d^(-1/2)"')
    file = tmp_path / "root.toml"
    file.write_text(text.replace('target = "t[i]"', 'target = "sqrt(d) t[i]"'))
    data = json.loads(run(capsys, "expand", str(file), "--terms", "2", "--format", "json"))
    found = [e for y in data["derivatives"] for t in y["terms"] for e in t["powers"].values()]
    assert any(isinstance(e, str) for e in found)
    for e in found:
        assert re.fullmatch("-?[1-9][0-9]*/2", e) if isinstance(e, str) else e != 0


def test_powers_are_integers_or_texts_and_coefficients_rational(capsys: Capture) -> None:
    for spec in ("cp:order=3,ties=2+1,scale=2/3,decay=0.5", str(PROBLEMS / "two_layer_data.toml")):
        data = json.loads(run(capsys, "expand", spec, "--terms", "2", "--format", "json"))
        for derivative in data["derivatives"]:
            for term in derivative["terms"]:
                assert re.fullmatch(r"-?[1-9]\d*(/[1-9]\d*)?", term["coefficient"])
                assert all(type(e) is int and e for e in term["powers"].values())


def test_piped_text_is_complete_and_python_reads_it(capsys: Capture) -> None:
    lines = run(capsys, "expand", "cp:order=4", "--terms", "2").splitlines()
    series = expand(load_problem("cp:order=4"), 2)
    for s, line in enumerate(lines[2:5]):
        name, _, formula = line.partition(" = ")
        assert name == f"Y_{s}"
        assert sympy.expand(sympy.parse_expr(formula)) == series.derivative(s)
    assert lines[5].startswith("evidence: exact")


def test_text_on_a_terminal_is_shortened_and_narrow(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diagrams.commands.latex_options.screen_width", lambda: 80)
    for command in ("expand", "diagrams"):
        out = run(capsys, command, "cp:order=4", "--terms", "2")
        assert max(map(len, out.splitlines())) <= 80
    assert "more terms" in run(capsys, "expand", "cp:order=4", "--terms", "3")
    assert "more terms" not in run(
        capsys, "expand", "cp:order=4", "--terms", "3", "--format", "json"
    )


def test_diagrams(capsys: Capture) -> None:
    text = run(capsys, "diagrams", "cp:order=2", "--terms", "1")
    assert "3 classes of diagrams" in text
    data = json.loads(run(capsys, "diagrams", "cp:order=2", "--terms", "1", "--format", "json"))
    assert data["schema"] == "wickflow.diagrams/1"
    classes = data["orders"][0]["classes"]
    assert [c["symmetry_factor"] for c in classes] == [1, 2, 4]
    assert [c["contractions"] for c in classes] == [1, 1, 3]
    assert "longtable" in run(capsys, "diagrams", "cp:order=2", "--terms", "1", "--format", "latex")


def test_classes_of_zero_average_are_listed(capsys: Capture) -> None:
    words = ("diagrams", "cp:order=3", "--terms", "0", "--format", "json")
    classes = json.loads(run(capsys, *words))["orders"][0]["classes"]
    assert [(c["contractions"], c["average"]) for c in classes][1] == (0, [])


def test_show_and_latex(capsys: Capture) -> None:
    assert "loss L =" in run(capsys, "show", "cp:order=3")
    shown = run(capsys, "show", "cp:order=3", "--format", "latex")
    assert "\\wfloss = \\frac{1}{2}" in shown
    assert "\\newcommand{\\wfloss}{L}" in shown
    alone = run(capsys, "show", "cp:order=3", "--format", "latex", "--fragment")
    assert "\\documentclass" not in alone
    assert "\\providecommand{\\wfp}{p}" in alone
    assert run(capsys, "show", "cp:order=3", "--format", "svg").startswith("<svg ")
    document = run(capsys, "expand", "cp:order=2", "--format", "latex")
    assert document.rstrip().endswith("\\end{document}")
    assert "% wickflow" in document


def test_what_people_type(capsys: Capture) -> None:
    """Words that a person writes are taken, or answered by the word that was meant."""
    backwards = ("simulate", "cp:order=2", "--at", "p=2,H=2,sigma=1e-1", "--until", "-1/100")
    assert "-0.01" in run(capsys, *backwards, "--seeds", "2", "--points", "2")
    free = "cp:order=4,target=zero"
    named = [run(capsys, "solve", free, "--regime", r) for r in ("A-B", "a-b", "B-A")]
    assert named[0] == named[1] == named[2]
    assert run(capsys, "help", "expand").startswith("usage: wickflow expand")
    for words, hint in (
        (("exapnd", "cp:order=2"), "did you mean 'expand'?"),
        (("expand", "cp:order=2", "--term", "3"), "did you mean '--terms'?"),
    ):
        assert main(words) == 2
        assert hint in capsys.readouterr().err
    assert main(("expand", "cp:order=2", "--levels", "tau=1")) == 2
    assert "'tau' is not allowed" in capsys.readouterr().err


def test_values_of_coefficients(capsys: Capture) -> None:
    """The numbers beside the polynomials: rational, or decimals where roots occur."""
    words = ("expand", "cp:order=2", "--terms", "1", "--at", "p=4,H=4,sigma=1e-1")
    assert json.loads(run(capsys, *words, "--format", "json"))["values"] == [
        "2309/1250",
        "-8308/15625",
    ]
    assert "Y_1 = -8308/15625" in run(capsys, *words)
    for given, wrong in (
        ("p=4,H=4", "no value of sigma"),
        ("p=4,H=-4,sigma=1", "-4"),
        ("q=1", "q"),
    ):
        assert main((*words[:-1], given)) == 2
        assert wrong in capsys.readouterr().err


def test_completion_knows_the_commands(capsys: Capture) -> None:
    for shell, words in (("bash", ["--terms", "--seeds"]), ("zsh", ["--terms"]), ("tcsh", [])):
        script = run(capsys, "completion", shell)
        assert all(word in script for word in ("parameterise", *words))
    assert main(("completion", "fish")) == 2
    assert "bash" in capsys.readouterr().err
