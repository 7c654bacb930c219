"""Imports the dashboard of bi/superset into Superset, opens it, and asks its charts while the home publishes.

It installs Superset into an environment of its own (500 MB), needs Chromium with its driver for the picture, and makes
publications in the home that is given: `python -m tools.on_superset --home HOME --picture FILE`.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import duckdb
import requests
import yaml

from orchestration.settings import Settings
from tools.own_environment import environment

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "bi" / "superset"
PLACE = "duckdb:////srv/hashwatt/home/current/hashwatt.duckdb"
# Superset's own metadata leaves out rich and cachetools, and lets in a Flask-Caching that it cannot start with.
PINS = (
    "apache-superset==6.1.0",
    "duckdb-engine==0.17.0",
    "duckdb==1.5.5",
    "flask-caching==2.3.1",
    "rich==15.0.0",
    "cachetools==8.0.2",
)
USER = "hashwatt"
SECONDS_TO_START = 300


def pack(home: Path, target: Path) -> Path:
    """The bundle as the archive that Superset imports, its database that of `home`."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(BUNDLE.rglob("*.yaml")):
            said = file.read_text(encoding="utf-8")
            if file.parent.name == "databases":
                assert PLACE in said
                said = said.replace(PLACE, f"duckdb:///{(home / 'current' / 'hashwatt.duckdb').absolute()}")
            archive.writestr(f"hashwatt/{file.relative_to(BUNDLE)}", said)
    return target


@contextmanager
def serving(python: Path, home: Path, folder: Path, password: str) -> Iterator[str]:
    """The address of a new Superset on this machine that has imported the bundle, ended with the block."""
    config = folder / "superset_config.py"
    config.write_text(
        f"SECRET_KEY = {secrets.token_hex(32)!r}\nSQLALCHEMY_DATABASE_URI = 'sqlite:///{folder / 'superset.db'}'\n"
        "PREVENT_UNSAFE_DB_CONNECTIONS = False\n"
    )
    env = {**os.environ, "SUPERSET_CONFIG_PATH": str(config), "FLASK_APP": "superset", "PYTHONWARNINGS": "ignore"}
    env.pop("PYTHONPATH", None)
    superset = str(python.with_name("superset"))
    admin = [
        "--username",
        USER,
        "--firstname",
        "h",
        "--lastname",
        "w",
        "--email",
        "h@example.org",
        "--password",
        password,
    ]
    archive = str(pack(home, folder / "bundle.zip"))
    with (folder / "log").open("w") as log:
        for step in (
            ["db", "upgrade"],
            ["fab", "create-admin", *admin],
            ["init"],
            ["import-dashboards", "-p", archive, "-u", USER],
        ):
            print(f"superset {' '.join(step[:2])}", flush=True)
            if subprocess.run([superset, *step], env=env, stdout=log, stderr=log, cwd=folder).returncode:
                sys.exit(f"superset {step[0]} failed:\n{(folder / 'log').read_text()[-3000:]}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [superset, "run", "-p", str(port), "--with-threads"], env=env, stdout=log, stderr=log, cwd=folder
        )
        try:
            address, until = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS_TO_START
            while not _is_up(address):
                if server.poll() is not None or time.monotonic() > until:
                    sys.exit(f"superset did not start:\n{(folder / 'log').read_text()[-3000:]}")
                time.sleep(0.5)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _is_up(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=5).ok
    except requests.RequestException:
        return False


def charts(session: requests.Session, address: str) -> dict[str, dict[str, Any]]:
    """The question behind each chart of the bundle, as the page would ask it, by the chart's name."""
    found = session.get(f"{address}/api/v1/dataset/", timeout=60).json()["result"]
    datasets = {one["table_name"]: one["id"] for one in found}
    uuids = {yaml.safe_load(file.read_text())["uuid"]: file.stem for file in (BUNDLE / "datasets").rglob("*.yaml")}
    asked = {}
    for file in sorted((BUNDLE / "charts").glob("*.yaml")):
        chart = yaml.safe_load(file.read_text(encoding="utf-8"))
        params, table = chart["params"], uuids[chart["dataset_uuid"]]
        where = " AND ".join(one["sqlExpression"] for one in params["adhoc_filters"])
        question = {
            "columns": [*([params["x_axis"]] if "x_axis" in params else []), *params["groupby"]],
            "metrics": params["metrics"],
            "extras": {"where": where},
            "row_limit": 1000,
        }
        asked[chart["slice_name"]] = {
            "datasource": {"id": datasets[table], "type": "table"},
            "force": True,
            "queries": [question],
            "result_format": "json",
            "result_type": "full",
        }
        asked[chart["slice_name"]]["_table"] = table
    return asked


def expected(home: Path, table: str, question: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What DuckDB itself answers to the same question."""
    columns = ", ".join(question["columns"])
    metrics = ", ".join(one["sqlExpression"] for one in question["metrics"])
    where = f"WHERE {question['extras']['where']}" if question["extras"]["where"] else ""
    with duckdb.connect(str(home / "current" / "hashwatt.duckdb"), read_only=True) as connection:
        return sorted(
            connection.execute(f"SELECT {columns}, {metrics} FROM {table} {where} GROUP BY ALL").fetchall(), key=repr
        )


def ask_while_publishing(
    address: str, home: Path, password: str, publications: int, at_least: int
) -> tuple[int, int, list[str]]:
    """Questions asked, publications that they saw come, and what went wrong; it ends when both are done."""
    session = requests.Session()
    login = {"username": USER, "password": password, "provider": "db"}
    token = session.post(f"{address}/api/v1/security/login", json=login, timeout=60).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    questions = charts(session, address)
    env = {**os.environ, "HASHWATT_HOME": str(home)}
    refresh = [sys.executable, "-m", "orchestration.cli.main", "refresh", "--force", "--quiet"]
    seen, faults, asked = {(home / "current").resolve()}, [], 0
    with (home / "logs" / "on_superset.log").open("w") as log:
        for _ in range(publications):
            publishing = subprocess.Popen(refresh, env=env, cwd=ROOT, stdout=log, stderr=log)
            for name, question in cycle(questions.items()):
                if publishing.poll() is not None and asked >= at_least * len(seen) / (publications + 1):
                    break
                before = expected(home, question["_table"], question["queries"][0])
                answer = session.post(
                    f"{address}/api/v1/chart/data",
                    json={k: v for k, v in question.items() if k != "_table"},
                    timeout=120,
                )
                after = expected(home, question["_table"], question["queries"][0])
                asked += 1
                seen.add((home / "current").resolve())
                if not answer.ok:
                    faults.append(f"{name}: {answer.status_code} {answer.text[:300]}")
                    continue
                (result,) = answer.json()["result"]
                rows = sorted((tuple(row[column] for column in result["colnames"]) for row in result["data"]), key=repr)
                if rows not in (before, after):
                    faults.append(f"{name}: other rows than the publication's")
            if publishing.wait():
                faults.append(
                    f"the refresh ended with {publishing.returncode}; see {home / 'logs' / 'on_superset.log'}"
                )
    return asked, len(seen) - 1, faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.on_superset", description=__doc__)
    parser.add_argument("--home", type=Path, help="HASHWATT_HOME or .hashwatt when not given")
    parser.add_argument("--picture", type=Path, help="where to put a picture of the dashboard")
    parser.add_argument("--queries", type=int, default=200, help="questions at least")
    parser.add_argument("--publications", type=int, default=2, help="refreshes meanwhile")
    parser.add_argument("--python", type=Path, help="a Python that has Superset already")
    given = parser.parse_args()
    home = (given.home or Settings.from_env().home).absolute()
    if not (home / "current").exists():
        print(f"hashwatt: nothing is published in {home}; run `make refresh` first", file=sys.stderr)
        return 2
    python = given.python.absolute() if given.python else environment(ROOT / ".venv-superset", PINS)
    password = secrets.token_urlsafe(16)
    with (
        tempfile.TemporaryDirectory(prefix="hashwatt-superset-") as folder,
        serving(python, home, Path(folder), password) as address,
    ):
        drawn = 0
        if given.picture:
            script = str(Path(__file__).with_name("superset_picture.py"))
            drawn = subprocess.run(
                [str(python), script, address, USER, password, str(given.picture.absolute())]
            ).returncode
        asked, seen, faults = ask_while_publishing(address, home, password, given.publications, given.queries)
    print(f"{asked} questions, {seen} publications came meanwhile, {len(faults)} errors")
    for fault in faults[:5]:
        print(f"  {fault}")
    return int(bool(faults or drawn) or seen < given.publications)


if __name__ == "__main__":
    sys.exit(main())
