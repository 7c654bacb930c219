"""How things stand with a home, for whoever is not looking: the last problem of a run, what a monitor asks, the command that is told.
Light: it loads neither Dagster nor dbt."""

from __future__ import annotations

import json
import shlex
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

from orchestration import clock
from orchestration.errors import NothingPublished, PublicationDamaged
from orchestration.progress import report
from orchestration.publish.reader import newly_warned, read_publication
from orchestration.publish.store import current_publication
from orchestration.settings import Settings

State = Literal["fresh", "failed", "stale", "none"]
Kind = Literal["refused", "failed", "look_failed", "stale", "newly_warned", "copy_failed"]
EXIT_CODES: Final[dict[State, int]] = {"fresh": 0, "failed": 1, "stale": 3, "none": 3}
_SECONDS_TO_TELL = 20


@dataclass(frozen=True)
class Looked:
    """A look that has ended at `at_utc` (naive). `same_as` is the publication that everything was found to be as in,
    None where there was something to build from; `problem` says why the look came to nothing, None where it did not."""

    at_utc: datetime
    same_as: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Problem:
    """Why the run `run_id`, or the look when it is empty, came to nothing at `at_utc` (naive); no publication has been made since."""

    at_utc: datetime
    kind: Kind
    message: str
    run_id: str = ""


Noted = TypeVar("Noted", Looked, Problem)


def tell(settings: Settings, kind: Kind, message: str, **facts: Any) -> None:
    """Start the command of HASHWATT_TELL, if there is one: its last argument is one line, its standard input an object with
    `kind`, `message`, `home` and `facts`. It has twenty seconds; what becomes of it changes nothing but a line of progress."""
    if settings.tell is None:
        return
    line = f"hashwatt {kind.replace('_', ' ')}: {' '.join(message.split())[:300]}"
    said = {
        "kind": kind,
        "message": message,
        "home": str(settings.home),
        "at_utc": f"{clock.now_utc():%FT%TZ}",
        **facts,
    }
    try:
        subprocess.run(
            [*shlex.split(settings.tell), line],
            input=json.dumps(said, default=str),
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS_TO_TELL,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        report(f"HASHWATT_TELL: {error}")


def note_problem(settings: Settings, problem: Problem) -> None:
    """Write it down for `hashwatt status`, and tell it; of one run only the first."""
    before = last_problem(settings)
    if before is not None and problem.run_id and before.run_id == problem.run_id:
        return
    _note(settings, "problem", problem)
    tell(settings, problem.kind, problem.message, run_id=problem.run_id)


def forget_problem(settings: Settings) -> None:
    """A publication was made, or a look found that nothing is new."""
    with suppress(OSError):
        (settings.home / "problem.json").unlink(missing_ok=True)


def last_problem(settings: Settings) -> Problem | None:
    """The problem that stands; None where there is none or it cannot be read."""
    return _noted(settings, "problem", Problem)


def note_look(settings: Settings, looked: Looked, *, is_beside: bool = False) -> None:
    """Write it in the place of the one before. That a look went well ends the problem of one that did not, and that nothing is
    new any problem, unless it was of a publication beside."""
    _note(settings, "looked", looked)
    before = last_problem(settings)
    is_over = before is not None and (looked.same_as is not None or before.kind == "look_failed")
    if is_over and looked.problem is None and not is_beside:
        forget_problem(settings)


def last_look(settings: Settings) -> Looked | None:
    """The last look of this home, None where none was written down or it cannot be read."""
    looked = _noted(settings, "looked", Looked)
    is_text = looked is not None and all(isinstance(one, str | None) for one in (looked.same_as, looked.problem))
    return looked if is_text else None


def _note(settings: Settings, name: str, noted: Looked | Problem) -> None:
    """A disk that is full stops the refresh elsewhere, not here."""
    target = settings.home / f"{name}.json"
    temporary = target.with_suffix(".tmp")
    with suppress(OSError):
        temporary.write_text(json.dumps({**asdict(noted), "at_utc": noted.at_utc.isoformat()}), encoding="utf-8")
        temporary.replace(target)


def _noted(settings: Settings, name: str, kind: type[Noted]) -> Noted | None:
    try:
        fields = json.loads((settings.home / f"{name}.json").read_text(encoding="utf-8"))
        return kind(**{**fields, "at_utc": datetime.fromisoformat(fields["at_utc"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def standing(settings: Settings) -> dict[str, Any]:
    """What a monitor asks. `state` is `none` where nothing is published, `failed` where a run or a look came to nothing and
    nothing better came since, `stale` where the publication and the last look that found nothing new are
    both older than two days, else `fresh`."""
    problem, looked = last_problem(settings), last_look(settings)
    said: dict[str, Any] = {"state": "none", "home": str(settings.home), "publication": None, "newly_warned": {}}
    said["problem"] = None if problem is None else {**asdict(problem), "at_utc": _iso(problem.at_utc)}
    try:
        now = current_publication(settings)
        with read_publication(settings) as reading:
            said["newly_warned"] = newly_warned(reading)
    except (NothingPublished, PublicationDamaged) as error:
        return {**said, "message": error.message}
    looked_utc = datetime.min if looked is None or looked.same_as is None else looked.at_utc
    known_utc = max(now.published_at_utc.replace(tzinfo=None), looked_utc)
    is_stale = clock.now_utc() - known_utc > clock.STALE_AFTER
    said["publication"] = {
        "id": now.id,
        "published_at_utc": _iso(now.published_at_utc),
        "edition": now.edition,
        "as_of": now.as_of,
        "age_seconds": int((clock.now() - now.published_at_utc).total_seconds()),
    }
    said["known_utc"] = _iso(known_utc)
    said["state"] = "failed" if problem is not None else "stale" if is_stale else "fresh"
    return said


def _iso(moment: datetime) -> str:
    naive = moment if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{naive:%Y-%m-%dT%H:%M:%SZ}"
