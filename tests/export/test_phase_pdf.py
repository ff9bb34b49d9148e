"""Pictures as PDF: fonts embedded, the texts in it, the same bytes again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from diagrams import cp_problem, regimes
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.sketch_pdf import sketch_pdf


def test_fonts_are_embedded_and_texts_can_be_read(tmp_path: Path) -> None:
    sketch = plane_sketch(regimes(cp_problem(order=4), terms=2))
    file = sketch_pdf(sketch)
    assert file == sketch_pdf(sketch)
    assert file.count(b"/Type /FontDescriptor ") == file.count(b"/FontFile2 ") > 0
    if shutil.which("pdffonts") is None:
        pytest.skip("pdffonts is missing")
    (tmp_path / "picture.pdf").write_bytes(file)
    words = {"cwd": tmp_path, "capture_output": True, "text": True, "check": True}
    fonts = subprocess.run(["pdffonts", "picture.pdf"], **words).stdout.splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts)
    read = subprocess.run(["pdftotext", "picture.pdf", "-"], **words).stdout
    for text in ("log \u03c3 / log p", "\u223c", "\u2212"):
        assert text in read
