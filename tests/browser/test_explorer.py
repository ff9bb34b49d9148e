"""Reports in a real Chromium: nothing complains, everything fits, and the explorer is right."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from html import unescape
from pathlib import Path

import pytest
from browser.chromium import Chromium, Page, browser, executable

from diagrams.export.explorer.places import places
from diagrams.export.html.mathml import mathml
from diagrams.export.latex.formulas import polynomial_latex
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import load_problem
from diagrams.report import Report, build_report, write_report
from diagrams.scaling.fronts.front import without_constant
from diagrams.scaling.regimes.dominance import locate_at
from diagrams.scaling.regimes.finding import Regimes
from diagrams.scaling.regimes.location import locate

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="chromium is not installed"),
]
PROBLEMS = Path(__file__).parents[1] / "problems"
WIDTHS = (320, 390, 768, 1280, 2560)
SPECS = {
    "solved": "cp:order=4",
    "odd": "cp:order=3",
    "decay": "cp:order=4,decay=lambda",
    "scaled": "cp:order=2,scale=c",
    "chain": str(PROBLEMS / "two_layer_teacher.toml"),
    "zero": "cp:order=3,ties=asym,target=zero",
    "refused": "cp:order=3,ties=2+1,target=modular",
    "modular": "cp:order=3,ties=asym,target=modular",
}
SLOW = pytest.param("modular", marks=pytest.mark.full)
"""A problem whose regimes take long: only the longer campaign opens its report."""
QUICK = [name for name in SPECS if name != "modular"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with browser() as found:
        yield found


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    found = chromium.page()
    yield found
    found.close()


class Written:
    """Reports, each written once and when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known = folder, {}

    def __getitem__(self, name: str) -> tuple[Report, Path]:
        if name not in self.known:
            solving = 60.0 if name == "solved" else 0.0
            seconds = {"refused": 0.001, "modular": 120.0}.get(name, 5.0)
            terms = 2 if name == "decay" else 3
            problem = load_problem(SPECS[name])
            report = build_report(problem, terms, 0, seconds=seconds, solving=solving)
            self.known[name] = report, write_report(report, self.folder / name) / "report.html"
        return self.known[name]

    def regimes(self, name: str) -> Regimes:
        found = self[name][0].explored.regimes
        assert found is not None
        return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("diagrams.report.CURVE_SECONDS", 60.0)
        yield Written(tmp_path_factory.mktemp("reports"))


def stand(page: Page, scalings: list[dict[str, Fraction]], symbols: tuple[str, ...]) -> list[dict]:
    """Type exponents into the fields; read the regime and the leading terms of every order."""
    typed = [[str(scaling[name]) for name in symbols[1:]] for scaling in scalings]
    script = """(points) => points.map((texts) => {
      texts.forEach((text, k) => {
        const field = document.getElementById(`exponent-${k + 1}`);
        field.value = text;
        field.dispatchEvent(new Event("input"));
      });
      return {
        name: document.querySelector(".regime-name").textContent,
        clock: document.querySelector("[data-show=clock]").textContent,
        terms: [...document.querySelectorAll(".terms .order")].map((row) =>
          [...row.querySelectorAll(".sum math")].map((math) => math.innerHTML)),
      };
    })"""
    found: list[dict] = page.run(f"({script})({json.dumps(typed)})")
    return found


def bare(written: str) -> str:
    """A term without its sign, rows and invisible products."""
    inside = re.sub(r' xmlns="[^"]*"|</?mrow>|</?math>|<mo>\u2062</mo>', "", unescape(written))
    return re.sub("^<mo[^>]*>[+\u2212]</mo>", "", inside)


def expected_terms(report: Report, found: Regimes, scaling: dict[str, Fraction]) -> list[list[str]]:
    listed = []
    given = without_constant(report.problem, report.series.coefficients)
    for front, polynomial in zip(found.fronts.orders, given, strict=False):
        coefficients = dict(polynomial.terms)
        leading = front.leading_terms([scaling[name] for name in found.symbols])
        row = []
        for term in leading:
            powers = tuple(
                sorted((n, Fraction(e)) for n, e in zip(found.symbols, term, strict=True) if e)
            )
            row.append(
                bare(mathml(polynomial_latex(Polynomial(((powers, coefficients[powers]),)))))
            )
        listed.append(row)
    return listed


def random_scaling(found: Regimes, at: dict, rng: random.Random) -> dict[str, Fraction]:
    spots = list(at.values())
    scaling = {found.symbols[0]: Fraction(1)}
    for k, name in enumerate(found.symbols[1:], 1):
        low, high = (f(float(spot[k]) for spot in spots) for f in (min, max))
        value = Fraction(rng.randrange(int(low * 60) - 40, int(high * 60) + 41), 60)
        scaling[name] = max(value, Fraction(1, 60)) if name in found.sizes else value
    return scaling


@pytest.mark.parametrize("name", [*QUICK, SLOW])
def test_nothing_complains_and_everything_fits(page: Page, written: Written, name: str) -> None:
    page.open(written[name][1])
    for width in WIDTHS:
        page.size(width)
        assert page.run("document.documentElement.scrollWidth") <= width
    assert page.complaints() == []
    there = page.run("document.getElementById('explorer') !== null")
    assert there == (name != "refused")
    if name == "refused":
        assert "There is no explorer in this report: no law of regimes is known" in page.text(
            "main"
        )


@pytest.mark.parametrize("name", [*(name for name in QUICK if name != "refused"), SLOW])
def test_the_explorer_agrees_with_python(page: Page, written: Written, name: str) -> None:
    report, path = written[name]
    found = written.regimes(name)
    rng = random.Random(name)
    at = places(found)
    scalings = [random_scaling(found, at, rng) for _ in range(50)]
    scalings += [dict(zip(found.symbols, at[n], strict=True)) for n in found.names]
    page.open(path)
    answers = stand(page, scalings, found.symbols)
    assert len({answer["name"] for answer in answers}) >= len(found)
    for scaling, answer in zip(scalings, answers, strict=True):
        here = locate(found, scaling)
        assert answer["name"] == here.regime.name, scaling
        shown = [sorted(map(bare, row)) for row in answer["terms"]]
        for mine, theirs in zip(shown, expected_terms(report, found, scaling), strict=True):
            assert set(mine) <= set(theirs)
            assert len(mine) == min(len(theirs), 24)
    assert page.complaints() == []


@pytest.mark.parametrize("name", ["solved", "odd", "decay", "chain"])
def test_buttons_lead_to_every_regime(page: Page, written: Written, name: str) -> None:
    found = written.regimes(name)
    page.open(written[name][1])
    for regime in found:
        selector = f'button[data-place="{regime.name}"]'
        page.run(f"document.querySelector({json.dumps(selector)}).click()")
        assert page.text(".regime-name") == regime.name
        pressed = "[...document.querySelectorAll('[data-place][aria-pressed=true]')]"
        assert page.run(f"{pressed}.map((b) => b.dataset.place)") == [regime.name]
        row = page.run(f"document.getElementById('regime-{regime.name}').cells[2].textContent")
        assert page.text("[data-show=clock]") == row
        assert page.text("[data-show=learning]") == regime.learning


def test_the_solution_and_its_curve_change(page: Page, written: Written) -> None:
    report, path = written["solved"]
    page.open(path)
    formulas = set()
    for entry in report.solved:
        page.run(f"document.querySelector('button[data-place=\"{entry.regime.name}\"]').click()")
        shown = page.run("document.querySelector('.solution math').outerHTML")
        chapter = f"[id='solution-{entry.regime.name}'] math[display=block]"
        assert shown == page.run(f"document.querySelector({json.dumps(chapter)}).outerHTML")
        formulas.add(shown)
    assert len(formulas) > 4
    curves = {c.regime.name: c for c in report.curves}
    assert len(curves["A-B"].curves) == 3
    page.run("document.querySelector('button[data-place=\"A-B\"]').click()")
    assert page.run("document.querySelectorAll('.curve figure').length") == 1
    chosen = "document.querySelector('.curve .chosen title').textContent"
    before = page.run(chosen)
    page.run("document.getElementById('curve').focus()")
    page.press("ArrowRight")
    assert (before, page.run(chosen)) == ("H/p^2 = 1", "H/p^2 = 1/4")


def test_curves_lie_on_the_solutions(written: Written) -> None:
    report = written["solved"][0]
    solutions = {entry.regime.name: entry.solution for entry in report.solved}
    assert sum(bool(found.curves) for found in report.curves) >= 5
    for found in report.curves:
        for curve in found.curves[-1:]:
            solution, sizes = solutions[found.regime.name], dict(curve.sizes)
            assert solution is not None
            clock = 1.0
            for name, power in (found.regime.time_scale or {}).items():
                clock *= sizes[name] ** float(Fraction(power))
            value = solution.evaluate(sizes, T=clock, t=curve.times[16], digits=8)
            assert float(value.value) / curve.start == pytest.approx(curve.values[16], rel=1e-5)
            for text, ratio in curve.monomials:
                held = eval(text.replace("^", "**").replace(" ", "*"), {}, sizes)
                assert held == pytest.approx(float(ratio), rel=1e-9)


def test_arrow_keys_stop_on_boundaries(page: Page, written: Written) -> None:
    page.open(written["solved"][1], "#explore:H=7/4,sigma=-1/2")
    page.run("document.querySelector('.handle').focus()")
    seen = []
    for key in ["ArrowRight"] * 9 + ["ArrowDown"] * 20:
        page.press(key)
        name = page.text(".regime-name")
        seen += [name] if seen[-1:] != [name] else []
        spoken = page.run("document.querySelector('.handle').getAttribute('aria-valuetext')")
        assert spoken.endswith(f"regime {name}")
    assert seen == ["A", "A-B", "B", "B-E", "E"]
    page.press("Home")
    assert page.text(".regime-name") == "full"
    page.run("document.getElementById('range-2').focus()")
    page.press("ArrowLeft")
    assert page.text(".regime-name") == "E"
    assert page.run("document.getElementById('exponent-2').value") == "-4/5"
    page.until(
        "/^Regime E: .*; T = .*; rich[.]$/.test(document.querySelector('.live').textContent)"
    )


def test_the_third_exponent_has_a_slider(page: Page, written: Written) -> None:
    page.open(written["decay"][1], "#explore:H=2,lambda=-2,sigma=-3/4")
    assert page.text(".regime-name") == "A-B-E"
    shapes = "[...document.querySelectorAll('.plane polygon')].map((e) => `${e.points.length}"
    shapes += " ${e.getAttribute('points')}`)"
    before = page.run(shapes)
    page.run("document.getElementById('range-2').focus()")
    for _ in range(10):
        page.press("ArrowRight")
    assert page.text(".regime-name") == "full"
    page.press("ArrowRight")
    assert page.text(".regime-name") not in ("full", "A-B-E")
    assert page.run(shapes) != before


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_dragging(page: Page, written: Written, touch: bool) -> None:
    page.open(written["solved"][1], "#explore:H=1,sigma=-1/2", width=390)
    page.size(390, 900, touch)
    goals = {"E": (2.0, -1.2), "full": (2.01, -0.76), "A-B": (2.02, -0.4), "B": (3.0, -0.4)}
    for name, (x, y) in goals.items():
        start = page.centre(".handle .ring")
        window = page.run(
            "(() => {const frame = document.querySelector('.plane .frame rect');"
            "const b = frame.getBoundingClientRect();"
            "const w = JSON.parse(document.getElementById('explorer-data').textContent).windows;"
            "return [b.x, b.y, b.width, b.height, w[1], w[2]]})()"
        )
        left, top, width, height, (x0, x1), (y0, y1) = window
        end = (left + width * (x - x0) / (x1 - x0), top + height * (y1 - y) / (y1 - y0))
        page.drag(start, end, touch)
        assert page.text(".regime-name") == name
    assert page.complaints() == []


def test_typed_exponents(page: Page, written: Written) -> None:
    page.open(written["solved"][1])
    page.type("#exponent-1", "H = 3")
    page.type("#exponent-2", "-0.75")
    assert page.text(".regime-name") == "B"
    for text in ("two", "-1", "0", "1/0", "1e9", "9" * 99, "<b>1</b>"):
        page.type("#exponent-1", text)
        invalid = "document.getElementById('exponent-1').getAttribute('aria-invalid')"
        assert page.run(invalid) == "true"
        assert "H: a positive number" in page.text("#mistake")
        assert page.text(".regime-name") == "B"
    page.type("#exponent-1", "H=a^2")
    assert page.text("#mistake") == ""
    assert page.text(".regime-name") == "full"
    assert page.complaints() == []


def test_the_address_keeps_the_place(page: Page, written: Written) -> None:
    path = written["solved"][1]
    page.open(path)
    page.type("#exponent-1", "5/2")
    page.type("#exponent-2", "-7/8")
    kept = "#explore:H=5/2,sigma=-7/8"
    page.until(f"location.hash === '{kept}'")
    page.open(path, kept)
    assert page.text(".regime-name") == "B-E"
    page.run("location.hash = '#explore:H=1,sigma=0'")
    page.until("document.querySelector('.regime-name').textContent === 'A'")
    for broken in ("#explore:H=-1,sigma=0", "#sizes:p=0,H=1,sigma=1", "#explore:%E0%A4%A"):
        page.open(path, broken)
        assert page.text(".regime-name") == "full"
        assert page.complaints() == []


def test_actual_sizes(page: Page, written: Written) -> None:
    report, path = written["solved"]
    found = written.regimes("solved")
    page.open(path)
    rng = random.Random(5)
    cases = [{"p": "64", "H": "512", "sigma": "1/10"}, {"p": "2", "H": "1000000", "sigma": "1"}]
    for _ in range(12):
        p, n = 10 ** rng.randrange(1, 9), rng.randrange(1, 40)
        h = max(1, round(p ** rng.uniform(0.5, 3.5)))
        cases.append({"p": str(p), "H": str(h), "sigma": f"{n}/{10 ** rng.randrange(1, 9)}"})
    seen = set()
    for sizes in cases:
        text = ",".join(f"{name}={value}" for name, value in sizes.items())
        page.run(
            "new Promise((done) => {addEventListener('hashchange', () => setTimeout(done),"
            f" {{once: true}}); location.hash = '#sizes:{text}'}})"
        )
        here = locate_at(found, report.series, sizes)
        assert page.text(".regime-name") == here.regime.name, sizes
        assert bool(page.text(".warning")) == bool(here.warning)
        shares = [float(x.split(" ")[0]) for x in _shares(page)]
        assert shares == pytest.approx([100 * x.share for x in here.shares], abs=0.06)
        seen.add(here.regime.name)
    assert len(seen) > 3
    for selector, value in zip(("p", "H", "sigma"), ("8", "-1", "x"), strict=True):
        page.type(f'form.sizes [aria-label="Value of {selector}"]', value)
    page.run("document.querySelector('form.sizes button').click()")
    assert "positive numbers" in page.text(".size-mistake")
    assert page.complaints() == []


def _shares(page: Page) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('.terms .bars p')].map((p) => p.textContent)"
    )
    return [text.replace("< ", "") for text in found]


def test_formulas_are_copied_as_latex(page: Page, written: Written) -> None:
    page.open(written["solved"][1])
    page.send("Emulation.setFocusEmulationEnabled", enabled=True)
    allowed = {"permissions": ["clipboardReadWrite"], "browserContextId": page.context}
    page.browser.send("Browser.grantPermissions", **allowed)
    for selector, begin, part in (
        ("[id='solution-A-B'] .formula", r"\mathbb{E}[L(t)] = ", r"\theta"),
        ("[data-name=Y_0]", r"\begin{align*}", r"\sigma^{8}"),
        ("[data-name='the table']", r"\begin{tabular}", r"\sim"),
    ):
        button = json.dumps(f"{selector} button.copy")
        page.run(f"document.querySelector({button}).focus()")
        page.press("Enter")
        page.until("document.getElementById('told').textContent === 'Copied as LaTeX.'")
        copied = page.run("navigator.clipboard.readText()")
        assert copied.startswith(begin)
        assert part in copied
        page.run("document.getElementById('told').textContent = ''")


def test_scripts_of_others_do_not_run(page: Page, written: Written) -> None:
    page.open(written["zero"][1])
    page.run(
        "(() => {const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
        "document.head.append(s); const i = new Image(); i.src = 'https://example.org/x.png';"
        "document.body.append(i)})()"
    )
    page.browser.wait(0.2)
    assert page.run("window.bad === undefined")
    assert any("Content Security Policy" in text for text in page.complaints())


def test_controls_have_names(page: Page, written: Written) -> None:
    page.open(written["decay"][1])
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"slider", "button", "textbox", "img", "link"}
    named = [node for node in nodes if node.get("role", {}).get("value") in roles]
    assert len(named) > 30
    for node in named:
        assert node["name"]["value"].strip(), node
    order = []
    page.run("document.querySelector('nav a:last-child').focus()")
    for _ in range(400):
        page.press("Tab")
        where = page.run(
            "document.activeElement.getAttribute('class') ?? document.activeElement.id"
        )
        order.append(where)
        if where == "exponent-3":
            break
    wanted = ["handle", "range-1", "exponent-1", "range-2", "exponent-2", "range-3", "exponent-3"]
    assert order[-7:] == wanted


def test_the_page_prints(page: Page, written: Written, tmp_path: Path) -> None:
    page.open(written["solved"][1])
    data = page.pdf()
    assert data.startswith(b"%PDF")
    if shutil.which("pdftotext"):
        (tmp_path / "report.pdf").write_bytes(data)
        command = ["pdftotext", str(tmp_path / "report.pdf"), "-"]
        text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        for words in ("Regimes and phase boundaries", "boundaries", "Solved dynamics"):
            assert words in text
        for words in ("Drag the ring", "LaTeX", "Go to"):
            assert words not in text


def test_dark_and_still(page: Page, written: Written) -> None:
    page.open(written["zero"][1])
    light = page.run("getComputedStyle(document.body).backgroundColor")
    features = [
        {"name": "prefers-color-scheme", "value": "dark"},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    page.send("Emulation.setEmulatedMedia", features=features)
    dark = page.run("getComputedStyle(document.body).backgroundColor")
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(26, 26, 26)")
    moving = "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e)"
    moving += ".transitionDuration !== '0s' || getComputedStyle(e).animationName !== 'none')"
    assert page.run(f"{moving}.length") == 0
