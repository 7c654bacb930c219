"""The report as readers have it who do not see it, or not well: axe-core looks at every page, as wide as a desk's screen and a
phone's; in the dark at its colours, which is all that differs there."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
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
  for (const row of document.querySelectorAll("tbody tr:nth-child(n+5)")) row.remove();
  for (const part of document.querySelectorAll("details")) part.open = true;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const only = dark ? { runOnly: ["color-contrast"] } : {};
  const { violations, passes } = await axe.run({ resultTypes: ["violations"], ...only });
  parent.postMessage({ page: location.pathname.split("/").pop(), width: innerWidth, dark, passes: passes.length, violations }, "*");
});
"""
FRAMES = """<!doctype html><title>frames</title><body><pre>[]</pre><script>
const told = [];
addEventListener("message", ({ data }) => {
  told.push({ ...data, violations: data.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((n) => n.html) })) });
  document.querySelector("pre").textContent = JSON.stringify(told);
});
</script>"""


def looked_at(report: Path, profile: Path, *, is_dark: bool, widths: Sequence[int]) -> list[dict[str, Any]]:
    """What axe-core says of each page in the folder at each width, in one start of the browser."""
    (report / "axe.js").write_bytes(resources.files("axe_core_python").joinpath("axe.min.js").read_bytes())
    (report / "look.js").write_text(LOOK, encoding="utf-8")
    pages = sorted(report.glob("*.html"))
    for page in pages:
        html = page.read_text(encoding="utf-8")
        scripts = '<script src="axe.js"></script><script src="look.js"></script></body>'
        page.write_text(html.replace("</body>", scripts), encoding="utf-8")
    frames = [f'<iframe src="{page.name}" width="{width}" height="800"></iframe>' for page in pages for width in widths]
    (report / "frames.htm").write_text(FRAMES + "".join(frames), encoding="utf-8")
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    options += [f"--blink-settings=preferredColorScheme={0 if is_dark else 1}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    done = subprocess.run(
        [CHROMIUM, *options, f"--user-data-dir={profile}", (report / "frames.htm").as_uri()],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    told: list[dict[str, Any]] = json.loads(LexborHTMLParser(done.stdout).css_first("pre").text())
    assert {(one["page"], one["width"]) for one in told} == {(page.name, width) for page in pages for width in widths}
    assert {one["dark"] for one in told} == {is_dark} and all(one["passes"] > (0 if is_dark else 10) for one in told)
    return told


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_no_page_has_a_grave_fault(first_home: Home, tmp_path: Path, is_dark: bool) -> None:
    report = tmp_path / "report"
    shutil.copytree(first_home.summary.path / "report", report)
    planted = (report / "index.html").read_text(encoding="utf-8")
    faint = '<p style="color: #808080; background: #7a7a7a">faint</p><button></button></h1>'
    (report / "planted.html").write_text(planted.replace("</h1>", f"</h1>{faint[:-5]}"), encoding="utf-8")
    widths = WIDTHS[:1] if is_dark else WIDTHS
    told = looked_at(report, tmp_path / "profile", is_dark=is_dark, widths=widths)
    found = {
        (one["page"], one["width"], fault["id"], node)
        for one in told
        for fault in one["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    }
    assert {(page, width, rule) for page, width, rule, _ in found if page == "planted.html"} == {
        ("planted.html", width, rule)
        for width in widths
        for rule in ("color-contrast", "button-name")[: 1 if is_dark else 2]
    }
    assert sorted(one for one in found if one[0] != "planted.html") == []
