"""What a web page from elsewhere can send to Dagster's pages: nothing that starts a run. Over HTTP, and with a browser."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from orchestration.pipeline.instance import DEFINITIONS, prepare_instance
from orchestration.settings import Settings

pytestmark = pytest.mark.e2e

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--virtual-time-budget=15000",
    "--host-resolver-rules=MAP evil.test 127.0.0.1",
)
LAUNCH = "mutation L($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename } }"
COUNT = "{ runsOrError { ... on Runs { results { id } } } }"
# As Dagster has it: enough to start a run, without hashwatt and without its guard.
OPEN = """import dagster as dg
@dg.op
def nothing(): ...
@dg.job
def daily_look(): nothing()
defs = dg.Definitions(jobs=[daily_look])
"""


@dataclass(frozen=True)
class Pages:
    """A server of Dagster's pages; `location` is the name of its code."""

    port: int
    location: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def launch(self) -> dict[str, Any]:
        """The request that starts a run of `daily_look`."""
        job = {"jobName": "daily_look", "repositoryName": "__repository__", "repositoryLocationName": self.location}
        return {"query": LAUNCH, "variables": {"p": {"selector": job, "mode": "default"}}}

    @property
    def launch_in_address(self) -> str:
        """The same as a query string, which Dagster reads when the body is no JSON."""
        asked = self.launch
        return urlencode({**asked, "variables": json.dumps(asked["variables"])})

    def send(
        self, method: str = "GET", path: str = "/server_info", body: str = "", **headers: str
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text of the answer; `headers` with _ for -."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body.encode(), {"host": self.host, **named})
        answer = connection.getresponse()
        found = answer.status, dict(answer.headers), answer.read().decode()
        connection.close()
        return found

    def ask(self, asked: Mapping[str, Any], **headers: str) -> tuple[int, str]:
        status, _, text = self.send("POST", "/graphql", json.dumps(asked), content_type="application/json", **headers)
        return status, text

    def runs(self) -> int:
        status, text = self.ask({"query": COUNT})
        assert status == 200, text
        return len(json.loads(text)["data"]["runsOrError"]["results"])


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "orchestration.webserver", str(port)]


@contextmanager
def serving(command_of: Callable[[int], list[str]], home: Path, location: str) -> Iterator[Pages]:
    settings = Settings.from_env({"HASHWATT_HOME": str(home)})
    with prepare_instance(settings):
        pass
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        pages = Pages(free.getsockname()[1], location)
    environment = {**os.environ, **settings.environment, "DAGSTER_HOME": str(settings.dagster_home)}
    with subprocess.Popen(command_of(pages.port), env=environment, cwd=home, start_new_session=True) as process:
        try:
            deadline = time.monotonic() + 300
            while not _answers(pages):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.2)
            yield pages
        finally:
            process.terminate()


def _answers(pages: Pages) -> bool:
    try:
        return pages.send()[0] == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with serving(command, tmp_path_factory.mktemp("guarded"), DEFINITIONS) as pages:
        yield pages


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    home = tmp_path_factory.mktemp("unguarded")
    (home / "open.py").write_text(OPEN, encoding="utf-8")

    def start(port: int) -> list[str]:
        return [sys.executable, "-m", "dagster_webserver", "-f", "open.py", "-h", "127.0.0.1", "-p", str(port)]

    with serving(start, home, "open.py") as pages:
        yield pages


FORM, TEXT = "application/x-www-form-urlencoded", "text/plain"
# Headers of requests that any page may send without asking first: what is to be run stands in the address, and in the body as JSON.
SENT: Mapping[str, Mapping[str, str]] = {
    "text": {"content_type": TEXT, "origin": "http://evil.test"},
    "a form": {"content_type": FORM},
    "a form with files": {"content_type": "multipart/form-data; boundary=x"},
    "no content type": {},
    "text that mentions JSON": {"content_type": f"{TEXT}; a=application/json"},
    "JSON of another page": {"content_type": "application/json", "origin": "http://evil.test"},
    "JSON of a page on another port": {"content_type": "application/json", "origin": "http://127.0.0.1:1"},
    "JSON of a file": {"content_type": "application/json", "origin": "null"},
    "a name made to lead here": {"content_type": "application/json", "host": "evil.test", "origin": "http://evil.test"},
    "a name that looks like this machine": {"content_type": "application/json", "host": "127.0.0.1.evil.test"},
}


def attack(pages: Pages, name: str) -> tuple[int, str]:
    if name == "an address":
        status, _, said = pages.send("GET", f"/graphql?{pages.launch_in_address}")
    else:
        body = json.dumps(pages.launch) if "JSON" in name or "name" in name else ""
        status, _, said = pages.send("POST", f"/graphql?{pages.launch_in_address}", body, **SENT[name])
    return status, said


@pytest.mark.parametrize("name", [*SENT, "an address"])
def test_what_another_page_can_send_starts_no_run_and_would_without_the_guard(
    guarded: Pages, unguarded: Pages, name: str
) -> None:
    before, before_without = guarded.runs(), unguarded.runs()
    assert attack(guarded, name)[0] == 403
    assert guarded.runs() == before
    status, said = attack(unguarded, name)
    assert status == 200 and "LaunchRunSuccess" in said
    assert unguarded.runs() == before_without + 1


def test_reading_needs_the_name_of_this_machine_and_no_frame(guarded: Pages) -> None:
    assert guarded.send(host=f"evil.test:{guarded.port}")[0] == 403
    with socket.create_connection(("127.0.0.1", guarded.port)) as plain:
        plain.sendall(f"GET / HTTP/1.0\r\nHost: {guarded.host}\r\nHost: evil.test\r\n\r\n".encode())
        assert b" 403 " in plain.recv(100)
    for host in (guarded.host, f"localhost:{guarded.port}", "localhost:8022", "[::1]:3000"):
        assert guarded.send(host=host)[0] == 200
    assert guarded.send("POST", "/report_asset_materialization/raw_network__day", content_type="text/plain")[0] == 403
    assert guarded.send(path="/")[1]["x-frame-options"] == "DENY"


def test_a_socket_is_for_these_pages_only(guarded: Pages) -> None:
    address = f"ws://{guarded.host}/graphql"
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(address, origin="http://evil.test", subprotocols=["graphql-ws"]),
    ):  # type: ignore[list-item,arg-type]
        pass
    with connect(address, origin=f"http://{guarded.host}", subprotocols=["graphql-ws"]) as opened:  # type: ignore[list-item,arg-type]
        opened.send('{"type": "connection_init"}')
        assert json.loads(opened.recv(timeout=60)) == {"type": "connection_ack"}


@pytest.mark.parametrize("job", ["daily_refresh", "fill_market_history"])
@pytest.mark.parametrize("resource", ["workspace: home", "workspace: ledger_dir", "workspace: bundle_dir"])
def test_a_run_is_told_no_folder(guarded: Pages, tmp_path: Path, job: str, resource: str) -> None:
    """Dagster refuses the request itself: there is no such field."""
    name, field = resource.split(": ")
    asked = guarded.launch
    asked["variables"]["p"]["selector"]["jobName"] = job
    asked["variables"]["p"]["runConfigData"] = {"resources": {name: {"config": {field: str(tmp_path / "evil")}}}}
    before = guarded.runs()
    status, text = guarded.ask(asked)
    assert (status, json.loads(text)["data"]["launchRun"]["__typename"]) == (200, "RunConfigValidationInvalid")
    assert guarded.runs() == before


def test_its_own_pages_start_a_run(guarded: Pages) -> None:
    before = guarded.runs()
    status, text = guarded.ask(guarded.launch, origin=f"http://{guarded.host}")
    assert status == 200 and "LaunchRunSuccess" in text
    assert guarded.runs() == before + 1


ATTACKING_PAGE = """<!doctype html><body><iframe name="sink"></iframe><pre id="said"></pre><script>
const said = [], target = "http://TARGET", launch = "LAUNCH", body = BODY;
const tell = line => { said.push(line); document.getElementById("said").textContent = said.join("\\n"); };
const send = (name, path, options) => fetch(target + path, options).then(() => tell(name + " sent"), () => tell(name + " stopped"));
send("text", "/graphql?" + launch, {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body: "x"});
send("json", "/graphql", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
send("blob", "/graphql", {method: "POST", mode: "no-cors", body: new Blob([JSON.stringify(body)])});
const image = new Image(); image.onerror = image.onload = () => tell("image sent"); image.src = target + "/graphql?" + launch;
const form = document.createElement("form"); form.method = "POST"; form.target = "sink"; form.action = target + "/graphql?" + launch;
document.body.append(form); form.submit();
const opened = new WebSocket(target.replace("http", "ws") + "/graphql", "graphql-ws");
opened.onopen = () => tell("socket opened"); opened.onerror = () => tell("socket refused");
</script></body>"""


@contextmanager
def another_site(pages: Pages) -> Iterator[str]:
    """The address of a page that tries everything a page can."""
    page = ATTACKING_PAGE.replace("TARGET", pages.host).replace("LAUNCH", pages.launch_in_address)
    page = page.replace("BODY", json.dumps(pages.launch))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://evil.test:{server.server_port}/"
        server.shutdown()


def browse(address: str, profile: Path) -> str:
    """The page as it stands in a browser for which evil.test leads to this machine."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_page_in_a_browser_starts_no_run(guarded: Pages, tmp_path: Path) -> None:
    before = guarded.runs()
    with another_site(guarded) as address:
        shown = browse(address, tmp_path)
    assert {"text sent", "json stopped", "image sent", "socket refused"} <= set(_said(shown))
    assert guarded.runs() == before


def _said(shown: str) -> list[str]:
    return shown.split('<pre id="said">')[1].split("</pre>")[0].splitlines()
