"""Every macro that an export uses is defined in it, whatever the problem."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import PROBLEMS, Capture, refused, run

from diagrams.cli import main

USED = re.compile(r"\\(wf[A-Za-z]+|wick[a-z]+)")
DEFINED = re.compile(
    r"\\(?:(?:new|provide|renew)command|newsavebox|sbox)\*?\{?\\(wf[A-Za-z]+|wick[a-z]+)"
)
SYSTEMS = Path("docs/systems")
FORMS = ((), ("--fragment",), ("--fragment", "--brief"))
FEW = (
    ("solve", "cp:order=4,target=zero", "--regime", "A-B"),
    ("solve", "cp:order=3,ties=asym", "--regime", "B-C", "--symbols", "p=d"),
    ("expand", "cp:order=2,scale=c,decay=lambda", "--terms", "1"),
    ("close", "docs/systems/quadratic_teacher_student.toml", "--step", "eta"),
)
PRESETS = [
    f"cp:order={order},ties={ties},target={target}"
    for order, ties in ((2, "sym"), (2, "asym"), (3, "sym"), (3, "2+1"), (3, "asym"), (4, "sym"))
    for target in ("identity", "zero")
]


def undefined(latex: str) -> set[str]:
    return set(USED.findall(latex)) - set(DEFINED.findall(latex))


@pytest.mark.parametrize("words", FEW)
def test_macros_are_defined(capsys: Capture, words: tuple[str, ...]) -> None:
    for form in (*FORMS, *([("--fragment", "--steps")] if words[0] == "solve" else [])):
        latex = run(capsys, *words, "--format", "latex", *form)
        assert not undefined(latex)


def test_fragments_have_the_derivation_that_is_asked_for(capsys: Capture) -> None:
    words = ("solve", "cp:order=4,target=zero", "--regime", "A", "--format", "latex", "--fragment")
    plain, steps = (run(capsys, *words, *more) for more in ((), ("--steps",)))
    assert "\\paragraph" not in plain
    assert "\\paragraph{Petals.}" in steps
    assert "\\providecommand{\\wfzQUQC}" in steps
    assert not undefined(steps)


def test_sentences_have_the_symbols_of_the_formulas(capsys: Capture) -> None:
    words = ("solve", "cp:order=4", "--regime", "E", "--format", "latex", "--symbols", "p=d")
    text = run(capsys, *words).split("\\emph{Evidence}")[1]
    assert "constant $\\wfp$/2" in text
    assert "constant p/2" not in text


def test_the_preamble_takes_symbols_of_formulas_and_reads_fragments(
    capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "fragment.tex"
    file.write_text("$\\wfp + \\wfzQUQC \\wfg$", encoding="utf-8")
    found = run(capsys, "latex-macros", str(file), "--symbols", "theta=\\vartheta,z_2=q")
    assert "\\newcommand{\\wftheta}{\\vartheta}" in found
    assert found.count("\\newcommand{\\wfzQUQC}{q}") == 1
    assert "\\newcommand{\\wfg}{g}" in found
    assert "no/such.tex" in refused(capsys, "latex-macros", "no/such.tex")


def test_a_picture_of_its_own_is_as_large_as_the_picture() -> None:
    from diagrams.export.pictures.diagram_tikz import diagram_tikz
    from diagrams.graphs.diagram import Diagram
    from diagrams.graphs.tensors import IndexFamily, Tensor

    u = Tensor("u", (IndexFamily("hidden", "H"),))
    assert "{standalone}" in diagram_tikz(Diagram.of((u, "k")), standalone=True)


@pytest.mark.full
@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is missing")
def test_thirty_problems_in_all_forms(capsys: Capture, tmp_path: Path) -> None:
    """Definedness of every export, and all fragments together in one document."""
    files = [str(file) for place in (PROBLEMS, SYSTEMS) for file in sorted(place.glob("*.toml"))]
    commands = [
        *(("solve", spec, "--regime", "full") for spec in PRESETS),
        *(("regimes", spec, "--within", "5") for spec in PRESETS),
        *(("diagrams", spec, "--terms", "1") for spec in PRESETS),
        *((name, spec) for spec in files for name in ("close",)),
        *(("expand", spec, "--terms", "1") for spec in (*PRESETS, *files)),
    ]
    pieces = []
    for words, form in itertools.product(commands, FORMS):
        code = main([*words, "--format", "latex", *form])
        latex = capsys.readouterr().out
        if code == 0:
            assert not undefined(latex), words
            if form == ("--fragment",):
                pieces.append(f"{{\\par {latex}}}\n")
    assert len(pieces) >= 50
    preamble = run(capsys, "latex-macros")
    head = f"\\documentclass{{article}}\n{preamble}\\begin{{document}}\n"
    text = f"{head}{''.join(pieces)}\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
