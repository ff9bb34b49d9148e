"""CSV files: what is read, and what is refused at which line."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.checking.tables import parse_table, read_table
from diagrams.errors import BadInput
from diagrams.flow import FlowSettings, simulate
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem

SYMBOLS = ("p", "H", "sigma")


def test_groups_of_sizes_and_digits() -> None:
    text = "# made by hand\nt, value, p, error\n0, 1.50, 4, 0.1\n\n1e-1,1.4,4,0\n0,7,8,0\n"
    table = parse_table(text, SYMBOLS)
    (small, rows), (large, others) = table.groups
    assert small == (("p", Fraction(4)),)
    assert large == (("p", Fraction(8)),)
    assert [row.rounding for row in rows] == [Fraction(1, 200), Fraction(1, 20)]
    assert rows[1].t == Fraction(1, 10)
    assert rows[0].error == Fraction(1, 10)
    assert others[0].line == 6


def test_double_precision_is_not_taken_beyond_itself() -> None:
    row = parse_table("t,value\n0,0.3333333333333333\n", SYMBOLS).groups[0][1][0]
    assert row.rounding == row.value / 2**52


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("no header",)),
        ("# only remarks\n", ("no header",)),
        ("t,value\n", ("no rows",)),
        ("t,p\n0,1\n", ("line 1", "no column value")),
        ("t,value,q\n0,1,1\n", ("line 1", "'q'", "sigma")),
        ("t,value,value\n0,1,1\n", ("line 1", "twice")),
        ("t,value\n0,1\n0,2\n", ("line 3", "every time once")),
        ("t,value\n0,1,2\n", ("line 2", "3 cells")),
        ("t,value\n0,__import__('os')\n", ("line 2, value",)),
        ("t,value\n0,inf\n", ("line 2, value", "'inf'")),
        ("t,value\n0,\n", ("line 2, value",)),
        ("t,value\n0,1e9999\n", ("line 2, value",)),
        ("t,value,error\n0,1,-1\n", ("line 2, error",)),
        ("t,value,p\n0,1,1/0\n", ("line 2, p",)),
        ("t,value\n0,=1+1\n", ("line 2, value",)),
    ],
)
def test_refusals(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_table(text, SYMBOLS)
    for word in words:
        assert word in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files(tmp_path: Path) -> None:
    for name in ("nowhere.csv", str(tmp_path)):
        with pytest.raises(BadInput):
            read_table(name, SYMBOLS)
    binary = tmp_path / "a.csv"
    binary.write_bytes(b"t,value\n0,\xff\n")
    with pytest.raises(BadInput, match="UTF-8"):
        read_table(binary, SYMBOLS)


@given(st.text(max_size=60))
def test_anything_is_read_or_refused(text: str) -> None:
    for candidate in (text, "t,value\n" + text, "t,value,p\n0,1," + text):
        try:
            table = parse_table(candidate, SYMBOLS)
        except BadInput:
            continue
        assert table.rows > 0


def test_simulations_are_read_as_they_are() -> None:
    run = simulate(cp_problem(order=2), p=4, H=3, sigma=0.5, until=1, seeds=3, points=5)
    table = parse_table(run.to_csv("wickflow simulate"), SYMBOLS)
    sizes, rows = table.groups[0]
    assert dict(sizes) == {"p": 4, "H": 3, "sigma": Fraction(1, 2), "T": 1}
    assert table.spec == "cp:order=2,ties=sym,target=identity"
    assert table.statistical
    assert [float(row.value) for row in rows] == list(run.mean)
    assert [float(x) for x in rows[-1].samples] == [curve[-1] for curve in run.losses]


def test_rows_after_a_blow_up_are_left_out() -> None:
    run = simulate(cp_problem(order=4), p=8, H=4, sigma=0.3, until=-0.1, seeds=24, points=11)
    table = parse_table(run.to_csv(), SYMBOLS)
    assert 0 < table.rows < 11


@pytest.mark.parametrize(
    "title", ["x; N=7.0", "x; N=7.0; wickflow 1", "N=7.0", ";;;", "a; N=7.0; d=9; wickflow ;"]
)
def test_a_title_is_no_size(title: str) -> None:
    """What the first line says of sizes is what was simulated, whatever the title looks like."""
    text = f"""title = "{title}"
families = {{feature = "N"}}
tensors.w = {{families = ["feature"], role = "trained", variance = "1/N"}}
model = {{output = "w[i] w[i]", target = "1"}}
loss = {{kind = "squared error", over = []}}
"""
    run = simulate(
        parse_problem(text),
        at={"N": 2},
        until=1,
        seeds=1,
        points=2,
        settings=FlowSettings(check=False),
    )
    table = parse_table(run.to_csv(), ("N",))
    assert dict(table.groups[0][0])["N"] == 2
    assert table.spec


@pytest.mark.parametrize(
    "comment",
    [
        "# a; " + "a=1," * 4000,
        "# a; " + "a=1" * 4000 + "; wickflo",
        "# a; " + "a=1, " * 30 + "; wickfl",
        "#" + ";" * 9000,
    ],
)
def test_comments_take_no_time(comment: str) -> None:
    began = time.process_time()
    parse_table(f"{comment}\nt,value\n0,1\n", ("N",))
    assert time.process_time() - began < 1


@pytest.mark.parametrize("column", ["t", "value", "p"])
@pytest.mark.parametrize("number", ["1e308", "-1e999", "9e300"])
def test_numbers_beyond_doubles_are_refused(column: str, number: str) -> None:
    cells = {"t": "0", "value": "1", "p": "2"} | {column: number}
    with pytest.raises(BadInput, match="1e300"):
        parse_table("t,value,p\n" + ",".join(cells.values()) + "\n", ("p",))


def test_sizes_given_twice_are_refused() -> None:
    with pytest.raises(BadInput, match="p twice"):
        parse_table("# cp:order=2; p=2, p=3; wickflow 1\nt,value\n0,1\n", ("p",))
