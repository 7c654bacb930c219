"""What a home holds that is dated in the future: told by doctor and status, dated again by doctor when it is told to."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration import clock
from orchestration.live import archive_of, lake_of
from orchestration.publish.lock import writer_lock
from orchestration.publish.store import pointed_publication
from orchestration.settings import Settings

WHOSE_CLOCK = "set the clock of this machine if it is behind; else"


def dated_ahead(settings: Settings) -> Iterator[tuple[str, str]]:
    """What readers or the next run would meet of it, each with what to do. Other publications are no concern: which is newer
    is not told by their dates."""
    from ingestion.landing.ahead import answers_ahead, tables_ahead

    now_utc = clock.now_utc()
    if (now := pointed_publication(settings)) is not None and now.is_dated_ahead:
        said = f"the current publication is dated {now.published_at_utc:%Y-%m-%d}, in the future"
        yield said, f"{WHOSE_CLOCK} run `hashwatt refresh` in its edition, {now.edition}, which publishes anew"
    remedy = f"{WHOSE_CLOCK} run `hashwatt doctor --fix`, which dates them again and says what to run then"
    if answers := answers_ahead(archive_of(settings), now_utc):
        latest = max(fetch.archived_at_utc for _, fetch in answers)
        yield f"archived answers dated in the future: {len(answers)}, up to {latest:%Y-%m-%d}", remedy
    if tables := tables_ahead(lake_of(settings), now_utc):
        latest = max(tables.values())
        yield f"rows of the lake dated in the future, up to {latest:%Y-%m-%d}: {', '.join(sorted(tables))}", remedy


def date_again(settings: Settings) -> str:
    """Date what is in archive and lake again; says what was done and what to run then. Raises RefreshRunning."""
    from ingestion.landing.ahead import date_again as again

    with writer_lock(settings):
        answers, tables = again(archive_of(settings), lake_of(settings), clock.now_utc())
    if not answers and not tables:
        return "dates: nothing in archive and lake is dated in the future"
    then = f"; run `hashwatt refresh --edition replay`, which reads them anew: {', '.join(tables)}" if tables else ""
    return f"dates: {answers} archived answers were dated again, as late as they can have come in{then}"
