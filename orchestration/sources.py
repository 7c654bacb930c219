"""The sources that edition live may ask, and which of them the schedule asks in a home. Asks nobody itself."""

from __future__ import annotations

from orchestration.settings import Settings

SEC = "sec"
FEEDS = ("market", "network", "macro")
SOURCES = (SEC, *FEEDS)


def scheduled_sources(settings: Settings) -> tuple[str, ...]:
    """What the schedule asks here: all where a contact address is set, else those of the feeds that somebody has asked in
    this home before, by hand. None where nobody has told this home to ask anyone; see decision 0016."""
    if settings.contact is not None:
        return SOURCES
    return tuple(feed for feed in FEEDS if (settings.archive / "fetches" / "feed" / feed).is_dir())
