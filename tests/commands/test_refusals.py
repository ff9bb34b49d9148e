"""The command line refuses bad input in one line that says what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import PROBLEMS, Capture, refused

BAD_SPECS = {
    "cp:order=1": ("order", "1", "2 to"),
    "cp:order=4.5": ("order", "'4.5'", "integer"),
    "cp:order=99999999999": ("order", "99999999999", "integer"),
    "cp:order=odd": ("order", "'odd'", "regimes"),
    "cp:ties=sym": ("preset", "ties=sym", "order"),
    "cp:": ("preset", "''", "key=value"),
    "cp:order=4,ties=2+1": ("ties", "sum to the order 4", "sym, asym"),
    "cp:order=4,ties=4+0": ("ties", "positive integers that sum"),
    "cp:order=4,ties=a+b": ("ties", "'a+b'", "positive integers that sum"),
    "cp:order=4,ties=": ("ties", "''", "value"),
    "cp:order=4,colour=red": ("preset", "'colour'", "order, ties, target"),
    "cp:order=4,order=4": ("preset", "order twice", "once"),
    "cp:order=4,target=addition": ("target", "'addition'", "identity or zero or modular"),
    "cp:order=4,scale=p": ("scale", "'p'", "plain symbol other than p, H"),
    "cp:order=4,scale=sigma": ("scale", "'sigma'", "other than"),
    "cp:order=4,scale=T": ("scale", "'T'", "other than"),
    "cp:order=4,scale=c+1": ("scale", "'c+1'", "rational"),
    "cp:order=4,scale=1/0": ("scale", "'1/0'", "rational"),
    "cp:order=4,scale=nan1.x": ("scale", "nan1.x", "rational"),
    "cp:order=4,scale=__import__('os')": ("scale", "__import__", "rational"),
    "cp:order=4,scale=" + "9" * 100: ("scale", "999", "rational"),
    "cp:order=4,decay=t": ("decay", "'t'", "plain symbol"),
    "cp:order=4,decay=-": ("decay", "'-'", "rational"),
    "cp:order=4;ties=sym": ("order", "4;ties=sym", "integer"),
    "cp:order=4,ties=s\nym": ("ties", "\\n", "sym"),
    "cp:order=4,\u2603=1": ("preset", "\u2603", "ASCII"),
    "": ("spec", "''", "preset"),
    "nowhere.toml": ("spec", "'nowhere.toml'", "no such file"),
    "/dev/zero": ("problem file", "/dev/zero", "regular file"),
    str(PROBLEMS): ("problem file", "problems", "regular file"),
}


@pytest.mark.parametrize("spec", BAD_SPECS, ids=lambda spec: spec[:24])
@pytest.mark.parametrize("command", ["expand", "diagrams", "show", "report"])
def test_bad_specs(capsys: Capture, tmp_path: Path, command: str, spec: str) -> None:
    out = ["--out", str(tmp_path / "out")] if command == "report" else []
    line = refused(capsys, command, spec, *out)
    for part in BAD_SPECS[spec]:
        assert part in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (("[model]", "[model"), ("line", "[model", "TOML")),
        (('title = "Two', 'titel = "Two'), ("'titel'", "title")),
        (('"1/N"', '"1/M*"'), ("tensors.a.variance", "column")),
        (('"1/N"', "-1"), ("tensors.a.variance", "-1", "positive")),
        (('"1/N"', "nan"), ("tensors.a.variance", "nan", "number")),
        (('size = "N"', 'size = "-3"'), ("families.hidden.size", "-3", "plain symbol")),
        (('size = "N"', "size = 0"), ("families.hidden.size", "0", "whole number")),
        (('"a[k] W[k,i]"', '"a.__class__"'), ("model.output, column 2", "'.'")),
        (('"a[k] W[k,i]"', '"__import__(1)"'), ("model.output, column 1", "'_'")),
        (('"t[i]"', '"a[i]"'), ("model.target", "'a[i]'")),
        (('role = "frozen"', 'role = "free"'), ("tensors.t.role", "'free'", "frozen")),
        (('over = ["i"]', 'over = ["q"]'), ("loss.over", "'q'")),
        (("[loss]", "[loss]\nlearning = 1"), ("loss", "'learning'", "keys")),
        (("[loss]", "# " + "x" * 70000 + "\n[loss]"), ("problem file", "65536")),
    ],
    ids=lambda value: value[1][:20] if isinstance(value[0], str) and len(value) == 2 else "",
)
def test_bad_problem_files(
    capsys: Capture, tmp_path: Path, change: tuple[str, str], parts: tuple[str, ...]
) -> None:
    text = (PROBLEMS / "two_layer_teacher.toml").read_text()
    assert change[0] in text
    file = tmp_path / "problem.toml"
    file.write_text(text.replace(*change))
    line = refused(capsys, "expand", str(file))
    for part in parts:
        assert part in line


def test_binary_problem_file(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "problem.toml"
    file.write_bytes(b"title = '\xff\xfe'\n")
    assert "UTF-8" in refused(capsys, "show", str(file))


@pytest.mark.parametrize("terms", ["-1", "1.5", "x", "", " 3", "1e3", "201", "9" * 5000, "\u0663"])
def test_bad_terms(capsys: Capture, tmp_path: Path, terms: str) -> None:
    for command in (["expand"], ["diagrams"], ["report", "--out", str(tmp_path / "out")]):
        line = refused(capsys, *command, "cp:order=2", "--terms", terms)
        assert line.startswith("wickflow: terms: ")
        assert "an integer from 0 to 200" in line
        assert len(line) < 200
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["expand"], ("expand", "SPEC", "[--terms S]")),
        (["report", "cp:order=2"], ("report", "--out")),
        (["explode", "cp:order=2"], ("'explode'", "no command", "expand")),
        (["--frobnicate"], ("'--frobnicate'", "COMMAND")),
        (
            ["expand", "cp:order=2", "--frob", "1"],
            ("'--frob'", "[--format {text,json,latex,markdown}]"),
        ),
        (["expand", "cp:order=2", "--term", "1"], ("'--term'", "--terms")),
        (["expand", "cp:order=2", "cp:order=3"], ("'cp:order=3'", "SPEC")),
        (["expand", "cp:order=2", "--format", "x\nml"], ("--format", "x", "json")),
        (["expand", "cp:order=2", "--format"], ("--format", "expected one argument")),
        (["show", "cp:order=2", "--format", "json"], ("--format", "'json'", "svg")),
        (["schema", "nothing"], ("NAME", "'nothing'", "expansion")),
        (["expand", "cp:order=2", "a\nb"], ("'a\\nb'",)),
    ],
)
def test_bad_arguments(capsys: Capture, words: list[str], parts: tuple[str, ...]) -> None:
    line = refused(capsys, *words)
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (("solve", "--regime", "A"), "full: a wide hidden layer"),
        (("close",), "order parameters are products of tensors"),
        (("compare", "--at", "N=2,d=2,v=1,w=1,r=0,c=1", "--until", "1"), "mean field moves"),
        (("parameterise", "--observable", "loss", "--regime", "N=1", "--unknown", "v"), "scales"),
        (("expand", "--terms", "1", "--step", "eta", "--steps", "1"), "a step of finite size"),
        (("expand", "--terms", "1", "--leading", "N=1,w=1"), "no average of a function depends on"),
        (("expand", "--terms", "0", "--observable", "f[m] = output[m]"), "a frozen vector"),
        (("expand", "--terms", "0", "--at", "N=2,v=1,w=1,r=2,c=1"), "no negative eigenvalue"),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_what_supposes_polynomials_says_so(
    capsys: Capture, command: tuple[str, ...], part: str
) -> None:
    name, *options = command
    spec = str(Path(__file__).parents[2] / "docs" / "systems" / "activation_two_inputs.toml")
    assert part in refused(capsys, name, spec, *options)
