"""The errors that end a command in a known way: what went wrong, what to do, and the exit code. No other logic."""

from __future__ import annotations

from collections.abc import Sequence


class HashwattError(Exception):
    """Something a person can act on: `message` says what is wrong, `remedy` what to do. Exit code 1 unless told."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class GateRefused(HashwattError):
    """A gate stopped the run before or at publication; `reasons` are the gates' own messages, one per finding."""

    exit_code = 3

    def __init__(self, message: str, reasons: Sequence[str] = (), remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.reasons = tuple(reasons)


class PublicationRefused(GateRefused):
    """The checks of this run, read again at publication, do not allow it to be published."""


class PublicationFailed(HashwattError):
    """Publication was allowed but could not be written (disk, input/output, unfit candidate)."""


class PublicationDamaged(HashwattError):
    """A publication on disk does not match its manifest."""


class RefreshRunning(HashwattError):
    """Another refresh holds the writer lock."""

    exit_code = 4


class SettingMissing(HashwattError):
    """A setting that the command cannot do without is not set."""

    exit_code = 2


class SettingUnfit(HashwattError):
    """A setting holds what hashwatt cannot work with."""

    exit_code = 2


class SourceUnavailable(HashwattError):
    """A source could not be asked, or did not answer as it should."""

    exit_code = 7


class ExportFailed(HashwattError):
    """A copy of a publication could not be made where others read it; what they see there is as it was."""

    exit_code = 8


class NothingPublished(HashwattError):
    """There is no publication to read, or none to go back to."""

    exit_code = 5


class QueryRefused(HashwattError):
    """A query was not allowed, not understood, or took too long."""

    exit_code = 6
