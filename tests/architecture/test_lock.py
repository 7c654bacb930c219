"""requirements.lock: hash-pinned, free of addresses, and in step with pyproject.toml in both directions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.syntax import ROOT

RELOCK = "run `make lock`"
# Requirement by canonical name, and the number of hashes that follow it.
Lock = dict[str, tuple[Requirement, int]]


def read_lock(text: str) -> Lock:
    """The entries of the lock; raises ValueError on a line that is no entry."""
    entries: Lock = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        pinned, *hashes = re.split(r"\s+--hash=", entry)
        if not all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", one) for one in hashes):
            raise ValueError(f"a hash is malformed: {pinned}")
        requirement = Requirement(pinned)
        entries[canonicalize_name(requirement.name)] = requirement, len(hashes)
    return entries


def version(requirement: Requirement) -> str:
    """The version it is pinned to, nothing where it is not."""
    (pin,) = requirement.specifier
    return pin.version if pin.operator == "==" else ""


def direct_requirements(pyproject: str) -> list[Requirement]:
    settings = tomllib.loads(pyproject)
    project = settings["project"]
    named = [*settings["build-system"]["requires"], *project["dependencies"]]
    # The lock is of what everybody installs; the other extras are for those who want them.
    named.extend(project["optional-dependencies"]["dev"])
    return [Requirement(one) for one in named]


def unpinned(lock: Lock) -> list[str]:
    return [name for name, (requirement, hashes) in lock.items() if not hashes or not version(requirement)]


def out_of_step(direct: Iterable[Requirement], lock: Lock) -> list[str]:
    """Requirements of pyproject.toml that the lock lacks or pins outside the asked range."""
    found = []
    for requirement in direct:
        locked = lock.get(canonicalize_name(requirement.name))
        if locked is None:
            found.append(f"{requirement.name} is not in the lock; {RELOCK}")
        elif not requirement.specifier.contains(version(locked[0])):
            found.append(f"{requirement} is locked at {version(locked[0])}; {RELOCK}")
    return found


def unreached(direct: Iterable[Requirement], lock: Lock) -> set[str]:
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


LOCK = (ROOT / "requirements.lock").read_text()
PYPROJECT = (ROOT / "pyproject.toml").read_text()


def test_the_lock_holds_no_address_and_each_entry_is_pinned_and_hashed() -> None:
    assert [line for line in LOCK.splitlines() if "://" in line or line.startswith("-")] == []
    lock = read_lock(LOCK)
    assert len(lock) > 50
    assert unpinned(lock) == []


def test_the_lock_is_in_step_with_pyproject() -> None:
    direct, lock = direct_requirements(PYPROJECT), read_lock(LOCK)
    assert out_of_step(direct, lock) == []
    assert unreached(direct, lock) == set(), f"locked and no longer needed; {RELOCK}"


def test_what_is_installed_is_what_is_locked() -> None:
    asked = [locked for locked, _ in read_lock(LOCK).values() if locked.marker is None or locked.marker.evaluate()]
    installed = {one.name: metadata.version(one.name) for one in asked}
    assert installed == {one.name: version(one) for one in asked}


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
