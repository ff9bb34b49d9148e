"""README, citation, licence and the pages of the documentation agree with the software."""

from __future__ import annotations

import ast
import json
import re
import runpy
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from diagrams import cp_problem, expand
from diagrams.cli import main, parser

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
PAGES = sorted(page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

COMMANDS = (
    "pip install . && wickflow report cp:order=4,ties=sym --out report",
    'pip install ".[test]" && pytest',
)

# Roots of file systems that name a machine rather than a place in the repository.
MACHINE_PATHS = re.compile(
    r"/(?<![\w.$}]/)(?:home|root|Users|work|workspace|mnt|media|srv|tmp|var/tmp)/[\w.]"
)
HOSTS = re.compile(r"https?://(?:localhost|127\.|10\.|192\.168\.)")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language in a Markdown text."""
    fenced = re.findall(r"^```([^\n]*)\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


def tracked() -> list[Path]:
    """The files of the repository; all files below the root where it is no git clone."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


# -- README -------------------------------------------------------------------------------


def test_readme_has_the_two_commands_each_alone_in_a_block() -> None:
    found = blocks(read("README.md"), "")
    for command in COMMANDS:
        assert command in found


def test_readme_formula_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    readme = read("README.md")
    (shown,) = blocks(readme, "math")
    command = "wickflow expand cp:order=4,ties=sym --terms 1 --format latex"
    assert f"`{command}`" in readme
    lines = expand(cp_problem(order=4, ties="sym"), terms=1).to_latex()
    first = lines[lines.index("Y_{1}") :].strip()
    assert shown == f"\\begin{{aligned}}\n{first}\n\\end{{aligned}}"
    assert main(command.split()[1:]) == 0
    printed = capsys.readouterr().out
    assert _numbers(first) == _numbers(printed[printed.index("Y_{1}") :].split("\\end{")[0])


def _numbers(latex: str) -> list[str]:
    return re.findall(r"\d+", latex)


def test_readme_names_only_commands_that_exist() -> None:
    named = set(
        re.findall(
            r"(?<!import )wickflow ([a-z-]+)", "\n".join(re.findall("`([^`\n]+)`", _readme()))
        )
    )
    (commands,) = (action for action in parser()._actions if action.dest == "name")
    assert commands.choices is not None
    assert named <= set(commands.choices)
    assert {"expand", "diagrams", "report", "show", "cite"} <= named


def _readme() -> str:
    return re.sub(r"^```.*?^```$", "", read("README.md"), flags=re.MULTILINE | re.DOTALL)


def test_readme_example_runs() -> None:
    (code,) = blocks(read("README.md"), "python")
    exec(compile(ast.parse(code), "README.md", "exec"), {})


@pytest.mark.parametrize("name", ["README.md", *(f"docs/{page}.md" for page in PAGES)])
def test_links_to_files_lead_somewhere(name: str) -> None:
    text = re.sub(r"^```.*?^```$", "", read(name), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")):
            assert ((ROOT / name).parent / target).exists(), target


def test_the_page_of_the_package_needs_no_other_file() -> None:
    assert PROJECT["readme"] == "diagrams/front/package.md"
    text, readme = read(PROJECT["readme"]), read("README.md")
    assert not re.search(r"\]\((?!https://)", text)
    assert set(blocks(text, "text")) <= set(blocks(readme, "text"))
    (code,) = blocks(text, "python")
    exec(compile(ast.parse(code), PROJECT["readme"], "exec"), {})


# -- citation and licence -----------------------------------------------------------------


def citation() -> dict[str, str]:
    """The top-level scalars of CITATION.cff; its form is checked on the way."""
    found = {}
    for line in read("CITATION.cff").splitlines():
        assert "\t" not in line
        assert re.match(r"(?: *(?:- )?[a-z-]+:(?: |$)| *- \S| {2,}\S|$)", line), line
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "-")):
            assert key not in found
            found[key] = value.strip().strip('"')
    return found


def test_citation_agrees_with_the_project() -> None:
    cited = citation()
    assert cited["cff-version"] == "1.2.0"
    assert cited["message"]
    assert cited["title"] == PROJECT["name"]
    assert cited["version"] == PROJECT["version"]
    assert cited["license"] == PROJECT["license"] == "MIT"
    authors = read("CITATION.cff").split("authors:\n")[1].split("keywords:")[0]
    assert [{"name": name} for name in re.findall('name: "(.*)"', authors)] == PROJECT["authors"]


def test_citation_and_command_name_the_same_theory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite"]) == 0
    printed = capsys.readouterr().out
    for text in (printed, read("CITATION.cff"), read("README.md"), read("docs/cite.md")):
        assert re.search("arXiv:2602.04548", text)
        assert re.search("the wickflow developers|Licence and citation", text)


def test_bibtex_is_that_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", "--format", "bibtex"]) == 0
    printed = capsys.readouterr().out
    assert printed.strip() in blocks(read("docs/cite.md"), "text")
    assert printed.count("{") == printed.count("}")
    assert re.findall(r"^@(\w+)\{(\w+),$", printed, re.MULTILINE)[:2] == [
        ("software", "wickflow"),
        ("inproceedings", "YarotskyGolikovGusev2026"),
    ]


def test_licence_is_mit() -> None:
    text = " ".join(read("LICENSE").split())
    assert text.startswith("MIT License")
    assert "the wickflow developers" in text
    assert "Permission is hereby granted, free of charge, to any person obtaining a copy" in text
    assert 'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND' in text


# -- pages and pictures -------------------------------------------------------------------


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = []
    for block in re.findall(r"^```\{toctree\}\n(.*?)\n```$", read("docs/index.md"), re.M | re.S):
        listed += [line for line in block.splitlines() if line and not line.startswith(":")]
    assert len(listed) == len(set(listed))
    notebooks = [f"notebooks/{path.stem}" for path in NOTEBOOKS]
    pages = {*PAGES, *notebooks} - {"index"}
    named = {name for name in listed if "*" not in name}
    assert named <= pages
    folders = {name.removesuffix("/*") for name in listed if "*" in name}
    assert {page for page in pages - named if page.rpartition("/")[0] not in folders} == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_results(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])
    for cell in found["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            ast.parse(source)


@pytest.mark.parametrize("path", sorted((DOCS / "images").rglob("*.svg")), ids=lambda p: p.name)
def test_pictures_are_self_contained_and_described(path: Path) -> None:
    picture = ElementTree.fromstring(path.read_text("utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert picture.tag == f"{space}svg"
    assert picture.find(f"{space}title") is not None
    assert picture.find(f"{space}desc") is not None
    for element in picture.iter():
        assert element.tag not in (f"{space}script", f"{space}image", f"{space}style")
        assert not {"id", "href", "onload"} & set(element.attrib)


def test_nothing_names_a_machine() -> None:
    """No tracked text holds a path or an address that means something on one machine only."""
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__).resolve():
            for match in (*MACHINE_PATHS.finditer(text), *HOSTS.finditer(text)):
                number = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    assert not found


def test_the_table_of_all_files_is_that_of_its_numbers() -> None:
    """What becomes of every shipped file is stored, and the page is made of it."""
    made = runpy.run_path(str(DOCS / "files.py"))
    rows = json.loads(read("docs/files.json"))
    assert rows.keys() <= made["FILES"].keys()
    assert made["page"](rows) == read("docs/files.md")
    assert sum(bool(known.get("solved")) for known in rows.values()) > len(rows) / 2
