"""``wickflow mean-field``: what it prints, what it reads back, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.mean_fields.mean_field import EXAMPLE, MeanField
from tests.json_schemas import checked


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "regression.toml"
    path.write_text(EXAMPLE)
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["mean-field", *words])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_json_reads_back(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--scaling", "d=1,n=delta*d", "--observable", "test", "--format", "json")
    code, out, _ = run(capsys, spec, *words, "--at", "delta=2", "--until", "1/10", "--points", "2")
    assert code == 0
    data = checked(out)
    assert data["kind"] == "trees"
    assert data["certificate"]["equal_through"] == 3
    assert 3 in data["certificate"]["held_out"]
    assert data["taylor"][1]["terms"] == [{"coefficient": "-1", "powers": {"delta": 1}}]
    assert data["curve"]["values"][1] == pytest.approx(0.3479, abs=1e-3)
    found = MeanField.from_json(out)
    assert json.loads(found.to_json())["taylor"] == data["taylor"]
    assert found.curve is not None
    assert found.certificate is not None
    changes: list[tuple[str, Any]] = [
        ("exponent", "1"),
        ("taylor", [{"s": 0, "terms": [{"coefficient": "2", "powers": {}}]}]),
        ("symbol", "n"),
        ("equations_latex", "x"),
    ]
    for key, value in changes:
        with pytest.raises(BadInput, match=key):
            MeanField.from_json(json.dumps({**data, key: value}))


def test_text_and_latex(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    scaling = ("--scaling", "d=1,n=delta*d")
    code, out, _ = run(capsys, spec, *scaling)
    assert code == 0
    assert "certificate: equal to the exact leading coefficients through s = 3" in out
    assert "<zeta_1(r) zeta_1(s)> = <psi_1(r) psi_1(s)>_feature" in out
    code, out, _ = run(capsys, spec, *scaling, "--format", "latex", "--fragment")
    assert code == 0
    assert "\\begin{align*}" in out
    assert "\\zeta_{1}" in out
    code, out, _ = run(capsys, spec, *scaling, "--format", "latex")
    assert code == 0
    assert "\\begin{align*}\nY_{1} ={}& -" in out


BAD = [
    ((), 2, "scaling: missing; allowed: --scaling with all sizes"),
    (("--scaling", "d=1"), 2, "no exponent of n"),
    (("--scaling", "d=1,n=delta*d", "--until", "1"), 2, "no value of delta"),
    (("--scaling", "d=1,n=delta*d", "--at", "delta=1"), 2, "--at and --until together"),
    (("--scaling", "d=1,n=delta*d", "--until", "-1", "--at", "delta=1"), 2, "a time above 0"),
    (("--scaling", "d=1,n=delta*d", "--plot", "a.svg"), 2, "--plot together with --until"),
    (("--scaling", "d=1,n=d^2"), 4, "not of order one"),
]


@pytest.mark.parametrize(("words", "code", "told"), BAD)
def test_bad_input(
    spec: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    found = run(capsys, spec, *words)
    assert found[0] == code
    assert told in found[2]
    assert len(found[2].splitlines()) == 1


def test_a_regime_has_the_sizes_of_the_problem(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("cp:order=3,ties=asym,target=zero", "--regime", "A-B", "--certify", "4")
    code, out, _ = run(capsys, *words, "--terms", "1", "--format", "json")
    assert code == 0
    data = checked(out)
    assert (data["kind"], data["regime"], data["symbol"]) == ("melons", "A-B", None)
    assert data["certificate"]["equal_through"] == 4
    assert {tuple(term["powers"].values()) for term in data["taylor"][1]["terms"]} == {
        (5, 1, 10),
        (3, 2, 10),
    }
    assert MeanField.from_json(out).regime == "A-B"
    code, _, told = run(capsys, words[0], "--regime", "A-B", "--scaling", "p=1")
    assert code == 2
    assert "not both" in told


def test_order_two_has_no_such_limit(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = run(capsys, "cp:order=2", "--scaling", "p=1,H=1,sigma=-1/2")
    assert code == 4
    assert "the matrices u, u close a cycle" in told
