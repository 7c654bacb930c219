"""requirements.lock: hash-pinned, free of addresses, and in step with pyproject.toml in both directions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.syntax import ROOT

PYTHONS = ("3.11", "3.12", "3.13")
RELOCK = "run `make lock`"


@dataclass(frozen=True)
class Locked:
    """One entry of the lock: pinned requirement and the number of hashes that follow it."""

    requirement: Requirement
    hashes: int

    @property
    def version(self) -> str:
        (pin,) = self.requirement.specifier
        return pin.version if pin.operator == "==" else ""


def read_lock(text: str) -> dict[str, Locked]:
    """The entries of the lock by canonical name; raises ValueError on a line that is no entry."""
    entries: dict[str, Locked] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        pinned, *hashes = re.split(r"\s+--hash=", entry)
        if not all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", one) for one in hashes):
            raise ValueError(f"a hash is malformed: {pinned}")
        requirement = Requirement(pinned)
        entries[canonicalize_name(requirement.name)] = Locked(requirement, len(hashes))
    return entries


def direct_requirements(pyproject: str) -> list[Requirement]:
    settings = tomllib.loads(pyproject)
    project = settings["project"]
    named = [*settings["build-system"]["requires"], *project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        named.extend(extra)
    return [Requirement(one) for one in named]


def unpinned(lock: dict[str, Locked]) -> list[str]:
    return [name for name, locked in lock.items() if not locked.hashes or not locked.version]


def out_of_step(direct: Iterable[Requirement], lock: dict[str, Locked]) -> list[str]:
    """Requirements of pyproject.toml that the lock lacks or pins outside the asked range."""
    found = []
    for requirement in direct:
        locked = lock.get(canonicalize_name(requirement.name))
        if locked is None:
            found.append(f"{requirement.name} is not in the lock; {RELOCK}")
        elif not requirement.specifier.contains(locked.version):
            found.append(f"{requirement} is locked at {locked.version}; {RELOCK}")
    return found


def unreached(direct: Iterable[Requirement], lock: dict[str, Locked]) -> set[str]:
    """Locked packages that nothing in pyproject.toml leads to, by the metadata of the installed packages.

    Markers are not evaluated: what another platform or Python needs is in the lock too.
    """
    todo = list(direct)
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        requirement = todo.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for need in map(Requirement, needs):
            marker = str(need.marker or "")
            if "extra ==" not in marker or any(f'extra == "{extra}"' in marker for extra in extras):
                todo.append(need)
    return set(lock) - {name for name, _ in seen}


@pytest.fixture(scope="module")
def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text()


def test_the_lock_holds_no_address(lock_text: str) -> None:
    assert [line for line in lock_text.splitlines() if "://" in line or line.startswith("-")] == []


def test_every_entry_is_pinned_and_hashed(lock_text: str) -> None:
    lock = read_lock(lock_text)
    assert len(lock) > 50
    assert unpinned(lock) == []


def test_the_lock_is_in_step_with_pyproject(lock_text: str, pyproject: str) -> None:
    direct, lock = direct_requirements(pyproject), read_lock(lock_text)
    assert out_of_step(direct, lock) == []
    assert unreached(direct, lock) == set(), f"locked and no longer needed; {RELOCK}"


def test_what_is_installed_is_what_is_locked(lock_text: str) -> None:
    differing = {}
    for name, locked in read_lock(lock_text).items():
        marker = locked.requirement.marker
        if marker is None or marker.evaluate():
            installed = metadata.version(name)
            if installed != locked.version:
                differing[name] = f"{installed} installed, {locked.version} locked"
    assert differing == {}


def test_one_lock_serves_every_python(pyproject: str) -> None:
    asked = tomllib.loads(pyproject)["project"]["requires-python"]
    assert all(Requirement(f"python{asked}").specifier.contains(f"{version}.0") for version in PYTHONS)
    assert not Requirement(f"python{asked}").specifier.contains("3.14.0")


SHA = "sha256:" + "0" * 64


def test_faults_in_a_lock_are_found() -> None:
    lock = read_lock(
        f"# made by hand\nclick==8.4.2 \\\n    --hash={SHA}\nrich>=15 \\\n    --hash={SHA}\nduckdb==1.5.5\n"
    )
    assert unpinned(lock) == ["rich", "duckdb"]
    direct = [Requirement(one) for one in ("click>=9", "DuckDB>=1.5", "pyarrow>=26")]
    assert out_of_step(direct, lock) == [
        f"click>=9 is locked at 8.4.2; {RELOCK}",
        f"pyarrow is not in the lock; {RELOCK}",
    ]
    assert unreached([Requirement("click")], lock) == {"rich", "duckdb"}
    with pytest.raises(ValueError, match="malformed"):
        read_lock("click==8.4.2 --hash=sha256:12\n")
