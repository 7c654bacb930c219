"""Order: when things run, in what order, with what resources; publication, reading and the command line."""

from __future__ import annotations

__version__ = "0.1.0"
