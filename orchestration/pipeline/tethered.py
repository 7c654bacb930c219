"""A command line that ends with whoever started it: `python -P tethered.py FOLDER MODULE:FUNCTION ARGUMENTS`, run in FOLDER.

Standard input is a pipe whose other end the parent holds and never writes to. When the parent is gone, by kill -9 too, the
pipe closes, and this process ends with all that it started, where it leads a group of its own.

dbt is started in the folder of its build file: by its bare name the file is the same in every run and every home, as it was when
the project was parsed.
A file, not a module: nothing is imported but what was asked for.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Wait for the end of standard input, then kill this process, or its group if it leads one."""
    os.read(0, 1)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.chdir(sys.argv.pop(1))
    module, _, function = sys.argv.pop(1).partition(":")
    getattr(importlib.import_module(module), function)(prog_name=module.partition(".")[0])
