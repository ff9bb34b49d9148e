"""Fronts and regimes on the command line: every format, places, laws in nu, refusals."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from command_line import PROBLEMS, Capture, refused, run, without_macros
from json_schemas import checked

from diagrams.campaign.effort import WALL
from diagrams.cli import main
from diagrams.export.json.regimes import fronts_from_json, regimes_from_json
from diagrams.problems.problem import Problem
from diagrams.problems.spec import PresetFamily, load_problem, parse_family
from diagrams.scaling.regimes.exploration import BUDGET, Exploration, coefficients_within, explore
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.expansion import Series, expand

SYM4, ASYM3 = "cp:order=4,ties=sym", "cp:order=3,ties=asym"
LAMBDA = "cp:order=2,decay=lambda"
NUMERIC = "cp:order=2,decay=1/10"  # no law is proved: one number for a coupling and a decay
TEACHER = str(PROBLEMS / "two_layer_teacher.toml")


def data_of(capsys: Capture, name: str, *words: str) -> dict[str, object]:
    """The JSON of a command, checked against its schema."""
    data = checked(run(capsys, *words, "--format", "json"))
    assert data["schema"] == f"wickflow.{name}/1"
    assert data["provenance"]["command"].startswith("wickflow ")
    return data  # type: ignore[no-any-return]


SEARCHED: dict[object, Exploration] = {}


@pytest.fixture(autouse=True)
def _searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of one problem share the search, unless a limit of seconds was given."""

    def searched(
        problem: Problem, terms: int | None, seconds: float, *more: Any, **named: Any
    ) -> Exploration:
        key = (problem, terms, seconds, named.get("tied"))
        if key not in SEARCHED or WALL in (*more, *named.values()):
            SEARCHED[key] = explore(problem, terms, seconds, *more, **named)
        return SEARCHED[key]

    monkeypatch.setattr("diagrams.scaling.regimes.exploration.explore", searched)


# -- fronts -------------------------------------------------------------------------------


def test_fronts_follow_the_contract(capsys: Capture) -> None:
    data = data_of(capsys, "fronts", "fronts", SYM4, "--terms", "2")
    assert data["normal"] == {"p": "1", "H": "2", "sigma": "-3/4"}
    first = data["fronts"][1]  # type: ignore[index]
    assert first["vertices"] == [[1, 1, 6], [3, 3, 14], [7, 1, 14]]
    assert first["terms"] == sorted(first["terms"])
    found = fronts_from_json(json.dumps(data))
    assert [list(t) for t in found[1].terms] == first["terms"]


def test_leading_fronts_are_the_same_and_go_further(capsys: Capture) -> None:
    whole, leading = (
        data_of(capsys, "fronts", "fronts", "cp:order=3", "--terms", "3", *more)
        for more in ([], ["--leading"])
    )
    assert whole["fronts"] == leading["fronts"]
    far = data_of(capsys, "fronts", "fronts", SYM4, "--terms", "14", "--leading")
    assert far["fronts"][14]["vertices"][0] == [1, 1, 2 * 14 + 4]  # type: ignore[index]


def test_fronts_as_text_are_complete_when_piped(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("fronts", SYM4, "--terms", "4")
    text = run(capsys, *words)
    lines = [line for line in text.splitlines() if line.startswith("s = ")]
    found = explore(load_problem(SYM4), 4).fronts
    for front, line in zip(found.orders, lines, strict=True):
        corners, others = line.split("; other Pareto-optimal terms: ")
        assert corners.count("sigma^") == len(front.vertices)
        assert others.count("sigma^") == len(front.terms) - len(front.vertices)
    assert "more)" not in text
    monkeypatch.setattr("diagrams.commands.latex_options.screen_width", lambda: 80)
    narrow = run(capsys, *words)
    assert max(map(len, narrow.splitlines())) <= 80
    assert "more)" in narrow


# -- regimes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "rows"),
    [
        (SYM4, {"A-B": "H ~ p^2, p^3 sigma^4 -> inf", "B-E": "p H sigma^4 ~ 1, H/p^2 -> inf"}),
        (ASYM3, {"C": "H sigma^3 -> inf, p^2 H sigma^6 -> 0", "D-E": "H ~ p^2, H sigma^3 -> 0"}),
    ],
)
def test_regimes_are_those_of_the_paper(capsys: Capture, spec: str, rows: dict[str, str]) -> None:
    listed = {r["name"]: r for r in data_of(capsys, "regimes", "regimes", spec)["regimes"]}  # type: ignore[attr-defined]
    text = run(capsys, "regimes", spec)
    for name, condition in rows.items():
        assert listed[name]["condition"] == condition
        assert re.search(rf"^{name} .* {re.escape(condition)}$", text, re.MULTILINE)
    assert "evidence: exact" in text


def test_regimes_come_back(capsys: Capture) -> None:
    data = data_of(capsys, "regimes", "regimes", "cp:order=2", "--terms", "3")
    again = regimes_from_json(json.dumps(data))
    assert [r.condition for r in again] == [r["condition"] for r in data["regimes"]]  # type: ignore[attr-defined]
    assert {b["sympy"] for b in data["boundaries"]} >= {"Eq(H, p)"}  # type: ignore[attr-defined]


def test_the_orders_used_are_said_and_few_held_out_orders_cautioned(capsys: Capture) -> None:
    short = ("regimes", NUMERIC, "--terms", "3")
    text = run(capsys, *short)
    assert "held-out orders" in text
    assert "exact to order 3, conjectured" in text
    assert "caution: the law was held against 2 orders only" in text
    assert "caution" in run(capsys, *short, "--scaling", "H=3,sigma=-1")
    assert data_of(capsys, "regimes", *short)["caution"]
    assert not data_of(capsys, "regimes", "regimes", SYM4, "--terms", "1")["caution"]


@pytest.mark.parametrize(
    "words",
    [
        ["cp:order=3,ties=2+1", "--terms", "2"],
        [SYM4, "--terms", "2", "--scaling", "H=2,sigma=-3/4"],
        [ASYM3, "--terms", "2", "--at", "p=64,H=4096,sigma=1/50"],
        pytest.param(["cp:order=odd", "--terms", "1"], marks=pytest.mark.full),
    ],
)
def test_tables_fit_a_terminal(
    words: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diagrams.commands.latex_options.screen_width", lambda: 80)
    assert max(map(len, run(capsys, "regimes", *words).splitlines())) <= 80


def test_any_problem_that_expands_has_an_answer(capsys: Capture) -> None:
    text = run(capsys, "regimes", str(PROBLEMS / "two_layer_teacher.toml"), "--terms", "4")
    assert "A-B" in text
    assert "A-B" in run(capsys, "regimes", "cp:order=3,target=zero")


# -- where am I ---------------------------------------------------------------------------


def test_a_scaling(capsys: Capture) -> None:
    words = ("regimes", ASYM3, "--terms", "2", "--scaling", "H=4,sigma=-6/5")
    here = data_of(capsys, "regimes", *words)["location"]
    assert (here["regime"], here["scaling"]["p"]) == ("C", "1")  # type: ignore[index]
    steps = here["boundaries"][0]["by_symbol"]  # type: ignore[index]
    moved = {name: eval_exact(here, name, step) for name, step in steps.items()}
    for name, exponent in moved.items():
        scaling = {"H": "4", "sigma": "-6/5", name: exponent}
        listed = ",".join(f"{n}={e}" for n, e in scaling.items() if n != "p")
        there = data_of(capsys, "regimes", *words[:-1], listed)["location"]
        assert there["regime"] in ("B-C", "C-D")  # type: ignore[index]
    text = run(capsys, *words)
    assert "Regime C: H sigma^3 -> inf, p^2 H sigma^6 -> 0; T = H sigma^4" in text
    assert "\n4  p H^4 sigma^16\n" in text
    assert len(text.split("distance\n")[1].split("\nevidence")[0].splitlines()) == 2
    assert "\\section*{A scaling}" in run(capsys, *words, "--format", "latex")


def eval_exact(here: object, name: str, step: str) -> str:
    """An exponent after a step."""
    from fractions import Fraction

    return str(Fraction(here["scaling"][name]) + Fraction(step))  # type: ignore[index]


def test_actual_sizes(capsys: Capture) -> None:
    large = ("regimes", SYM4, "--at", "p=10000,H=1000000000000,sigma=1")
    standing = data_of(capsys, "regimes", *large)["standing"]
    assert (standing["regime"], standing["warning"]) == ("B", "")  # type: ignore[index]
    assert all(x["share"] > 0.9 for x in standing["orders"])  # type: ignore[index]
    small = ("regimes", SYM4, "--at", "p=2,H=2,sigma=1/2")
    assert "warning: sizes too small" in run(capsys, *small)
    document = run(capsys, *small, "--format", "latex")
    assert "\\emph{Warning}: sizes too small" in document
    assert data_of(capsys, "regimes", *small)["standing"]["warning"]  # type: ignore[index]
    scaled = run(capsys, "regimes", "cp:order=2,scale=c", "--at", "p=64,H=4096,sigma=1/50,c=2")
    assert "c = 2" in scaled


# -- laws in nu ---------------------------------------------------------------------------


def test_law_of_even_orders(capsys: Capture) -> None:
    spec = "cp:order=even,ties=sym"
    data = data_of(capsys, "regimes", "regimes", spec)
    listed = {r["name"]: r for r in data["regimes"]}  # type: ignore[attr-defined]
    assert listed["B-E"]["condition"] == "p^(nu-2) H^2 sigma^(2nu) ~ 1, H^2/p^nu -> inf"
    assert listed["A"]["time_scale"] == {"p": "nu-1", "sigma": "2nu-2"}
    assert data["problem"]["spec"] == spec  # type: ignore[index]
    assert data["problem"]["orders"] == [2, 4, 6, 8]  # type: ignore[index]
    text = run(capsys, "regimes", spec)
    assert "held-out nu = 2, 4 agree" in text
    document = run(capsys, "regimes", spec, "--format", "latex")
    assert "\\sigma^{\\nu - 2}" in without_macros(document)


def test_law_of_untied_odd_orders_and_of_no_target(capsys: Capture) -> None:
    text = run(capsys, "regimes", "cp:order=odd,ties=asym")
    assert re.search(r"^C-D +sigma\^\(nu-2\) .* H sigma\^nu ~ 1, H/p\^\(nu-1\) -> inf$", text, re.M)
    text = run(capsys, "regimes", "cp:order=even,target=zero")
    assert "zero target" in text
    assert "H^2 ~ p^nu" in text


def test_families_of_presets() -> None:
    family = parse_family("cp:target=zero,order=odd")
    assert family == PresetFamily("odd", "sym", (("target", "zero"),))
    assert family.orders[:3] == (3, 5, 7)
    assert family.problem(5) == load_problem("cp:order=5,target=zero")
    assert parse_family(family.spec) == family
    for spec in ("cp:order=4", "even.toml", "cp:order=evens", "order=even"):
        assert parse_family(spec) is None


# -- pictures -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["fronts", ASYM3], ["regimes", ASYM3]], ids=lambda w: w[0])
def test_plots(capsys: Capture, tmp_path: Path, words: list[str]) -> None:
    for ending in ("svg", "PDF"):
        run(capsys, *words, "--plot", str(tmp_path / f"picture.{ending}"))
    tree = ElementTree.parse(tmp_path / "picture.svg")
    assert ("boundaries" in "".join(tree.getroot().itertext())) == (words[0] == "regimes")
    file = (tmp_path / "picture.PDF").read_bytes()
    assert file.startswith(b"%PDF-1.4")
    start = int(re.findall(rb"startxref\n(\d+)\n", file)[0])
    assert file[start : start + 4] == b"xref"
    for number, place in enumerate(re.findall(rb"^(\d{10}) 00000 n ", file, re.MULTILINE), 1):
        assert file[int(place) :].startswith(b"%d 0 obj" % number)
    assert {path.name for path in tmp_path.iterdir()} == {"picture.svg", "picture.PDF"}
    if shutil.which("pdftotext"):
        command = ["pdftotext", "-layout", str(tmp_path / "picture.PDF"), "-"]
        done = subprocess.run(command, capture_output=True, check=True)
        assert done.stderr == b""
        text = done.stdout.decode()
        for letter in "ABCDE"[: 5 if words[0] == "regimes" else 0]:
            assert re.search(rf"\b{letter}\b", text)
        assert "power of H" in text


# -- how far ------------------------------------------------------------------------------


def test_the_search_stops_where_a_law_is_sure() -> None:
    found = explore(load_problem(SYM4))
    assert found.terms == 4
    assert found.regimes is not None
    assert found.regimes.names == regimes(load_problem(SYM4), 4).names
    fitted = explore(load_problem("cp:order=2,decay=1/10"), seconds=60)
    assert fitted.regimes is not None
    assert len(fitted.regimes.families.held_out) >= 6


def test_a_refuted_law_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagrams.scaling.regimes.finding.known_law", lambda _: None)
    found = explore(load_problem("cp:order=3"), terms=6)
    assert found.regimes is None
    assert found.refuted == 5
    assert "fails at order 6" in found.refusal


def test_no_order_is_begun_that_would_take_too_long() -> None:
    assert explore(load_problem(SYM4), seconds=1e-9).terms <= 1
    assert coefficients_within(load_problem(SYM4), 3, seconds=1e-9).terms == 0
    assert coefficients_within(load_problem(SYM4), 2).terms == 2
    assert f"default {BUDGET:g}" in " ".join(_help("regimes").split())


def _help(command: str) -> str:
    from diagrams.cli import parser

    (commands,) = (action for action in parser()._actions if action.dest == "name")
    assert commands.choices is not None
    return str(commands.choices[command].format_help())  # type: ignore[call-overload]


def test_faces_of_the_orders_known_where_no_law_holds(
    capsys: Capture,
) -> None:
    text = run(capsys, "regimes", TEACHER, "--terms", "2", "--quiet")
    assert "no law of the vertices is known; these are the faces seen at orders 1 to 2" in text
    assert "caution" not in text
    main(["regimes", TEACHER, "--terms", "2"])
    assert "to see more: --terms 3" in capsys.readouterr().err
    data = run(capsys, "regimes", TEACHER, "--terms", "2", "--format", "json", "--quiet")
    found = regimes_from_json(data)
    assert found.families.seen
    assert {r.evidence.kind.value for r in found} == {"conjectured"}


def test_scalings_are_restricted(capsys: Capture) -> None:
    text = run(capsys, "regimes", SYM4, "--proportional", "H=p", "--set", "sigma=p^(-3/4)")
    assert "on scalings with H ~ p, sigma ~ p**(-3/4)" in text
    data = data_of(capsys, "regimes", "regimes", SYM4, "--fixed", "H")
    assert data["tied"] == {"H": {}}
    assert data["symbols"] == ["p", "sigma"]
    again = regimes_from_json(run(capsys, "regimes", SYM4, "--fixed", "H", "--format", "json"))
    assert dict(again.fronts.tied) == {"H": ()}


def test_a_search_ends_in_the_middle_of_work_that_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LEAST", "SEEING"):
        monkeypatch.setattr(f"diagrams.scaling.regimes.exploration.{name}", 0.3)

    def slow(problem: Problem, terms: int, **_: object) -> Series:
        if terms > 2:
            time.sleep(60)
        return expand(problem, terms)

    monkeypatch.setattr("diagrams.scaling.regimes.exploration.expand", slow)
    began = time.monotonic()
    found = explore(load_problem(TEACHER), seconds=0.15)
    assert time.monotonic() - began < 20
    assert found.regimes is None
    assert found.terms == 2
    assert found.seen is not None


# -- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([SYM4, "--scaling", "N=2,sigma=-1"], ("scaling", "'N'", "p, H, sigma")),
        ([SYM4, "--scaling", "H=2"], ("scaling", "no exponent of sigma")),
        ([SYM4, "--scaling", "H=2,sigma=x"], ("scaling, sigma", "'x'", "fraction")),
        ([SYM4, "--scaling", "H=2,sigma=1e3.5"], ("scaling, sigma", "'1e3.5'")),
        ([SYM4, "--scaling", "H=2,sigma=1/0"], ("scaling, sigma", "'1/0'")),
        ([SYM4, "--scaling", "H=0,sigma=-1"], ("scaling of H", "'0'", "sizes grow")),
        ([SYM4, "--scaling", "H=2,H=3,sigma=0"], ("scaling", "H twice", "once")),
        ([SYM4, "--scaling", ""], ("scaling", "''", "name=value")),
        ([LAMBDA, "--terms", "3", "--scaling", "H=2,sigma=0"], ("no exponent of lambda",)),
        ([SYM4, "--at", "p=64,H=0,sigma=1"], ("at, H", "'0'", "positive")),
        ([SYM4, "--at", "p=64,H=-4,sigma=1"], ("at, H", "'-4'", "positive")),
        ([SYM4, "--at", "p=64,sigma=1"], ("at", "no value of H")),
        ([SYM4, "--at", "p=64,H=8,sigma=1,t=1"], ("at", "'t'", "p, H, sigma")),
        ([LAMBDA, "--terms", "3", "--at", "p=4,H=8,sigma=1"], ("no value of lambda",)),
        ([SYM4, "--scaling", "H=2", "--at", "p=2"], ("at", "either --scaling or --at")),
        (["cp:order=5", "--terms", "3", "--at", "p=8,H=9,sigma=1"], ("terms", "3", "at least")),
        (
            [TEACHER, "--terms", "2", "--scaling", "N=1"],
            ("terms", "2", "no quasi-linear law", "orders held out"),
        ),
        (
            [TEACHER, "--within", "1/1000", "--scaling", "N=1"],
            ("within", "'1/1000 s'", "--terms", "reached"),
        ),
        ([TEACHER, "--fixed", "M"], ("fixed", "'M'", "sizes: d, N")),
        ([TEACHER, "--proportional", "N=N"], ("proportional", "'N'", "by way of itself")),
        ([TEACHER, "--set", "N=2"], ("set", "'N'", "scales")),
        ([SYM4, "--set", "sigma=p+1"], ("set, sigma", "one monomial")),
        ([SYM4, "--fixed", "p,H"], ("fixed", "p, H", "one size at least that grows")),
        ([SYM4, "--fixed", "H", "--at", "p=4,H=2,sigma=1"], ("at", "restricted")),
        ([SYM4, "--within", "0"], ("within", "'0'", "above 0")),
        ([SYM4, "--within", "soon"], ("within", "'soon'", "fraction")),
        ([SYM4, "--within", "5", "--terms", "3"], ("within", "'5'", "--terms")),
        ([SYM4, "--plot", "x.bmp"], ("plot", "'x.bmp'", ".svg, .pdf or .png")),
        ([SYM4, "--plot", "x"], ("plot", "'x'", ".pdf or .png")),
        ([SYM4, "--plot", "no/such/x.svg"], ("plot", "no/such/x.svg", "directory that exists")),
        ([SYM4, "--plot", "x" * 300 + "/x.svg"], ("plot", "xxx")),
        ([SYM4, "--plot", "x\0.svg"], ("plot", "\\x00")),
        (["cp:order=even,ties=2+1"], ("ties", "'2+1'", "sym or asym")),
        (["cp:order=odd,target=nothing"], ("target", "'nothing'", "identity")),
        (["cp:order=even,colour=red"], ("preset", "'colour'", "keys")),
        (["cp:order=even", "--plot", "x.svg"], ("plot", "'x.svg'", "order is a number")),
        (["cp:order=even", "--at", "p=2"], ("at", "'p=2'", "order is a number")),
        (["cp:order=evn"], ("order", "'evn'", "2 to 24")),
        ([SYM4, "--terms", "-1"], ("terms", "'-1'", "0 to 200")),
    ],
    ids=lambda value: " ".join(value)[-30:] if isinstance(value, list) else "",
)
def test_refusals(capsys: Capture, words: list[str], parts: tuple[str, ...]) -> None:
    line = refused(capsys, "regimes", *words)
    for part in parts:
        assert part in line


def test_refusals_of_fronts(capsys: Capture, tmp_path: Path) -> None:
    teacher = str(PROBLEMS / "two_layer_teacher.toml")
    assert "trained Gaussian matrices" in refused(capsys, "fronts", teacher, "--leading")
    folder = tmp_path / "folder.svg"
    folder.mkdir()
    assert "directory" in refused(capsys, "fronts", SYM4, "--plot", str(folder))
    assert list(tmp_path.iterdir()) == [folder]


def test_nothing_is_printed_where_a_picture_cannot_be_written(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("diagrams.export.pictures.plots.os.replace", full)
    line = refused(capsys, "regimes", SYM4, "--plot", str(tmp_path / "x.svg"))
    assert "No space left" in line
    assert not list(tmp_path.iterdir())


# -- documents ----------------------------------------------------------------------------


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize(
    "words",
    [
        ["regimes", ASYM3, "--terms", "2", "--scaling", "H=2,sigma=-1"],
        pytest.param(
            ["regimes", "cp:order=3", "--terms", "5", "--at", "p=4,H=40,sigma=1/5"],
            marks=pytest.mark.full,
        ),
        ["regimes", "cp:order=even"],
        ["fronts", "cp:order=4,ties=2+2", "--terms", "9", "--leading"],
    ],
    ids=lambda words: " ".join(words)[:20],
)
def test_one_run_of_latex_is_enough(capsys: Capture, tmp_path: Path, words: list[str]) -> None:
    assert main([*words, "--format", "latex"]) == 0
    (tmp_path / "x.tex").write_text(capsys.readouterr().out, encoding="ascii")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    log = (tmp_path / "x.log").read_text(errors="replace")
    for word in ("Overfull", "Warning", "Rerun"):
        assert word not in log
