"""dbt's command line, started in the folder of its build file: `python -P dbt_process.py FOLDER ARGUMENTS`.

dbt parses its project again, for seconds, whenever the path of the database is another than the last time. By its bare
name the file is the same in every run and every home, so what was parsed once for the manifest serves them all.
A file, not a module: dbt is all that it imports.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    os.chdir(sys.argv.pop(1))

    from dbt.cli.main import cli

    cli(prog_name="dbt")
