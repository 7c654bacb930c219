"""The report in a browser without a network: every chart is drawn, and axe-core looks at every page for readers who do not see
it, or not well, as wide as a desk's screen and a phone's; in the dark at its colours, which is all that differs there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.e2e.conftest import Home
from tests.e2e.test_doors import CHROMIUM

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

WIDTHS = (1280, 390)
# One template makes all rows of a table, so that some tell what all would. Charts come first: axe measures what stands there.
LOOK = """
const seconds = (n) => new Promise((done) => setTimeout(done, n * 1000));
addEventListener("load", async () => {
  for (let n = 0; n < 200 && document.querySelector(".plot:empty"); n++) await seconds(0.05);
  const figures = [...document.querySelectorAll("figure")].map((one) => ({
    drawn: one.querySelector(".plot svg path[d], .plot svg text") !== null,
    roles: one.querySelectorAll("svg [role]").length,
    labels: [...one.querySelectorAll("svg text")].map((label) => label.textContent),
  }));
  for (const row of document.querySelectorAll("tbody tr:nth-child(n+5)")) row.remove();
  for (const part of document.querySelectorAll("details")) part.open = true;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const only = dark ? { runOnly: ["color-contrast"] } : {};
  const { violations, passes } = await axe.run({ resultTypes: ["violations"], ...only });
  const page = location.pathname.split("/").pop();
  parent.postMessage({ page, width: innerWidth, dark, figures, passes: passes.length, violations }, "*");
});
"""
FRAMES = """<!doctype html><title>frames</title><body><pre>[]</pre><script>
const told = [];
addEventListener("message", ({ data }) => {
  told.push({ ...data, violations: data.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((n) => n.html) })) });
  document.querySelector("pre").textContent = JSON.stringify(told);
});
</script>"""


@dataclass(frozen=True)
class Looked:
    """What was seen of each page in one start of the browser, and what stands in its console."""

    is_dark: bool
    widths: tuple[int, ...]
    told: list[dict[str, Any]]
    console: list[str]


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def looked(first_home: Home, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Looked:
    """Every page of the report, and one with faults that were planted there."""
    report = tmp_path_factory.mktemp("looked") / "report"
    shutil.copytree(first_home.summary.path / "report", report)
    planted = (report / "index.html").read_text(encoding="utf-8")
    faint = '<p style="color: #808080; background: #7a7a7a">faint</p><button></button>'
    (report / "planted.html").write_text(planted.replace("</h1>", f"</h1>{faint}"), encoding="utf-8")
    (report / "axe.js").write_bytes(resources.files("axe_core_python").joinpath("axe.min.js").read_bytes())
    (report / "look.js").write_text(LOOK, encoding="utf-8")
    widths = WIDTHS[:1] if request.param else WIDTHS
    pages = sorted(report.glob("*.html"))
    for page in pages:
        html = page.read_text(encoding="utf-8")
        scripts = '<script src="axe.js"></script><script src="look.js"></script></body>'
        page.write_text(html.replace("</body>", scripts), encoding="utf-8")
    frames = [f'<iframe src="{page.name}" width="{width}" height="800"></iframe>' for page in pages for width in widths]
    (report / "frames.htm").write_text(FRAMES + "".join(frames), encoding="utf-8")
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    options += [f"--blink-settings=preferredColorScheme={0 if request.param else 1}", "--enable-logging=stderr"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={report.with_name('profile')}"]
    done = subprocess.run(
        [CHROMIUM, *options, (report / "frames.htm").as_uri()], capture_output=True, text=True, timeout=600, check=True
    )
    told: list[dict[str, Any]] = json.loads(LexborHTMLParser(done.stdout).css_first("pre").text())
    assert {(one["page"], one["width"]) for one in told} == {(page.name, width) for page in pages for width in widths}
    assert {one["dark"] for one in told} == {request.param}
    return Looked(request.param, widths, told, re.findall(r"CONSOLE.*?\] (.*)", done.stderr))


def test_every_chart_is_drawn_and_nothing_is_told_in_the_console(looked: Looked) -> None:
    assert looked.console == []
    # A phone has no room for every name in whole.
    figures = [(one["page"], figure) for one in looked.told for figure in one["figures"] if one["width"] == WIDTHS[0]]
    assert len(figures) > 2
    assert {page for page, figure in figures if not figure["drawn"]} == set()
    assert {page for page, figure in figures if figure["roles"]} == set(), "a screen reader would look for their names"
    cut = {label for _, figure in figures for label in figure["labels"] if label.endswith("…") or "_" in label}
    assert cut == set(), "labels that are cut off, or codes"


def test_no_page_has_a_grave_fault(looked: Looked) -> None:
    assert all(one["passes"] > (0 if looked.is_dark else 10) for one in looked.told)
    found = {
        (one["page"], one["width"], fault["id"], node)
        for one in looked.told
        for fault in one["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    }
    assert {(page, width, rule) for page, width, rule, _ in found if page == "planted.html"} == {
        ("planted.html", width, rule)
        for width in looked.widths
        for rule in ("color-contrast", "button-name")[: 1 if looked.is_dark else 2]
    }
    assert sorted(one for one in found if one[0] != "planted.html") == []
