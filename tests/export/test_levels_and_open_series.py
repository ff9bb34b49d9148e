"""Levels and open series out and back, on the command line too; only good data are read."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from json_schemas import checked

from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.export.json.levels import levels_json
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import read_problem
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import Series, expand
from diagrams.series.levels import Levels, levels
from diagrams.series.open_series import OpenSeries, expand_open

SYSTEMS = Path(__file__).parents[2] / "docs" / "systems"
MIXTURE = str(SYSTEMS / "gaussian_mixture.toml")
EXPERTS = str(SYSTEMS / "mixture_of_experts.toml")
SCALING = {"d": 1, "n": "alpha*d"}


def open_examples() -> list[OpenSeries]:
    mixture = read_problem(Path(MIXTURE))
    group = cp_problem(order=3, target="modular")
    return [
        expand_open(read_problem(Path(EXPERTS)), 1, "second"),
        expand_open(mixture, 1, "G[s,r] = output[s] output[r]", keep=["u"]),
        expand_open(mixture, 2, "m", keep=["u"]),
        expand_open(group, 1, "output"),
        expand_open(cp_problem(order=2, scale="c"), 2),
    ]


@pytest.mark.parametrize("number", range(5))
def test_open_series_come_back(number: int) -> None:
    series = open_examples()[number]
    text = series.to_json()
    checked(text)
    assert OpenSeries.from_json(text) == series
    assert OpenSeries.from_json(text).to_json() == text


def test_levels_come_back() -> None:
    mixture = read_problem(Path(MIXTURE))
    overlap = expand(mixture, 3, observable="m")
    fluctuation = cumulant(mixture, ("m", "m"), 3)
    cp = expand(cp_problem(order=2, scale="c"), 2)
    half: dict[str, int | Fraction | str | Polynomial] = {"p": 1, "H": "y*p"}
    half["sigma"] = Fraction(-1, 2)
    for series, scaling, count in (
        (overlap, SCALING, 2),
        (fluctuation, SCALING, None),
        (cp, half, 1),
    ):
        found = levels(series, scaling, count)  # type: ignore[arg-type]
        text = found.to_json()
        checked(text)
        assert Levels.from_json(text) == found
        assert found.problem == series.problem
    bare = levels([Polynomial.symbol("d") ** Fraction(1, 2)], {"d": 1})
    checked(levels_json(bare))
    assert Levels.from_json(bare.to_json()) == bare


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"i",\n  "j"', '"i"', "indices"),
        ('"i",\n  "j"', '"j",\n  "i"', "indices"),
        ('"i",\n  "j"', '"i",\n  "jjj"', "indices"),
        ('"kept": []', '"kept": ["Win"]', "kept"),
        ('"outer"\n', '"nothing"\n', "derivatives[0].diagrams[0].diagram.nodes"),
        ('"s_out": 1', '"q": 1', "derivatives[0].diagrams[0].coefficient[0].powers"),
        ("wickflow.open_series/1", "wickflow.expansion/1", "schema"),
        ('"s": 0', '"s": 1', "derivatives[0].s"),
    ],
)
def test_planted_open_series_are_refused(old: str, new: str, field: str) -> None:
    text = expand_open(read_problem(Path(EXPERTS)), 0, "second").to_json()
    assert old in text
    with pytest.raises(BadInput) as caught:
        OpenSeries.from_json(text.replace(old, new))
    assert caught.value.field == field


def test_planted_diagrams_are_refused() -> None:
    series = expand_open(read_problem(Path(MIXTURE)), 1, "G[s] = output[s]", keep=["u"])
    place = "derivatives[1].diagrams[0].diagram"
    for path, value, field in (
        (("legs",), [7], f"{place}.legs"),
        (("legs",), [], f"{place}.legs"),
        (("edges", 0, "nodes"), [0, -1], f"{place}.edges[0].nodes[1]"),
        (("edges", 0, "copies"), 10**9, f"{place}.edges[0].copies"),
        (("edges", 0, "tensor"), "x", f"{place}.edges[0].tensor"),
        (("edges",), {}, f"{place}.edges"),
    ):
        data = json.loads(series.to_json())
        for entry in data["derivatives"][1]["diagrams"]:
            if entry["diagram"]["edges"]:
                data["derivatives"][1]["diagrams"] = [entry]
                break
        target = data["derivatives"][1]["diagrams"][0]["diagram"]
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
        with pytest.raises(BadInput) as caught:
            OpenSeries.from_json(json.dumps(data))
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"symbol": "d",\n "scaling"', '"symbol": "n",\n "scaling"', "symbol"),
        ('"left_out": "-1"', '"left_out": "0"', "derivatives[1].levels[0].exponent"),
        ('"exponent": "0"', '"exponent": "1/0"', "derivatives[1].levels[0].exponent"),
        ('{ "alpha": 1 }', '{ "d": 1 }', "derivatives[1].levels[0].terms"),
        ('"kind": "exact"', '"kind": "sure"', "evidence.kind"),
    ],
)
def test_planted_levels_are_refused(old: str, new: str, field: str) -> None:
    mixture = read_problem(Path(MIXTURE))
    text = levels(expand(mixture, 2, observable="m"), {"d": 1, "n": "alpha*d"}, 1).to_json()
    assert old in text
    head, found, tail = text.rpartition('"derivatives"')
    planted = (head + found + tail.replace(old, new)) if old in tail else text.replace(old, new)
    with pytest.raises(BadInput) as caught:
        Levels.from_json(planted)
    assert caught.value.field == field


# -- the command line ------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["expand", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_levels_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = (MIXTURE, "--observable", "m", "--terms", "2", "--levels", "d=1,n=alpha*d")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "d**(-1): -Delta*alpha" in out
    code, out, _ = run(capsys, *words, "--level-count", "1", "--format", "json")
    assert code == 0
    found = Levels.from_json(out)
    series = expand(read_problem(Path(MIXTURE)), 2, observable="m")
    assert found == levels(series, {"d": 1, "n": "alpha*d"}, 1)
    checked(out)
    code, out, _ = run(
        capsys,
        "cp:order=2,ties=asym",
        "--terms",
        "1",
        "--observable",
        "cumulant(loss, loss)",
        "--levels",
        "p=1,H=p,sigma=-1/2",
        "--level-count",
        "all",
    )
    assert code == 0
    assert "left out" not in out


def test_free_indices_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = (EXPERTS, "--observable", "second", "--terms", "0")
    code, out, _ = run(capsys, *words, "--format", "json")
    assert code == 0
    checked(out)
    assert OpenSeries.from_json(out) == expand_open(read_problem(Path(EXPERTS)), 0, "second")
    code, out, _ = run(capsys, MIXTURE, "--observable", "m", "--terms", "1", "--keep", "u")
    assert code == 0
    assert "u not averaged over" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--levels", "d"), "levels: 'd' is not allowed"),
        (("--levels", "d=1,d=2"), "every name once"),
        (("--levels", "d=1,n=d[0]"), "scaling.n"),
        (("--levels", "d=1", "--level-count", "0"), "level-count"),
        (("--levels", "d=1", "--keep", "u"), "--levels"),
        (("--keep", "w"), "keep: 'w' is not allowed"),
        (("--keep", "u", "--dry-run"), "--dry-run"),
    ],
)
def test_refused_on_the_command_line(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, MIXTURE, "--terms", "1", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_documents_compile_and_fit_the_page(tmp_path: Path) -> None:
    mixture = read_problem(Path(MIXTURE))
    series: Series = expand(mixture, 4, observable="q")
    documents = [levels(series, {"d": 1, "n": "alpha*d"}, 3).to_latex(standalone=True)]
    documents += [one.to_latex(standalone=True) for one in open_examples()[:2]]
    for number, text in enumerate(documents):
        (tmp_path / f"{number}.tex").write_text(text, "utf-8")
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{number}.tex"],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        log = done.stdout.decode(errors="replace")
        assert done.returncode == 0, log[-2000:]
        assert "Overfull" not in log, log[-3000:]
