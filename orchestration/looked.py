"""The last look at the sources, written down in the home for `hashwatt status`. Nothing else depends on it; asks nobody."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from orchestration.settings import Settings


@dataclass(frozen=True)
class Looked:
    """A look that has ended at `at_utc` (naive). `same_as` is the publication that everything was found to be as in,
    None where there was something to build from; `problem` says why the look came to nothing, None where it did not."""

    at_utc: datetime
    same_as: str | None = None
    problem: str | None = None


def note_look(settings: Settings, looked: Looked) -> None:
    """Write it in the place of the one before. A disk that is full stops the refresh elsewhere, not here."""
    target = _file(settings)
    temporary = target.with_suffix(".tmp")
    with suppress(OSError):
        temporary.write_text(json.dumps({**asdict(looked), "at_utc": looked.at_utc.isoformat()}), encoding="utf-8")
        temporary.replace(target)


def last_look(settings: Settings) -> Looked | None:
    """The last look of this home, None where none was written down or it cannot be read."""
    try:
        fields = json.loads(_file(settings).read_text(encoding="utf-8"))
        return Looked(**{**fields, "at_utc": datetime.fromisoformat(fields["at_utc"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _file(settings: Settings) -> Path:
    return settings.home / "looked.json"
