"""`hashwatt build`: some models from the lake as it is, in a file of their own, with their tests and gates. Loads no Dagster."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import date

import click

from orchestration import clock
from orchestration.cli.base import EXIT_CODES, as_of_option, near_names, print_lines, progress, wait_option
from orchestration.cli.output import say
from orchestration.errors import GateRefused, HashwattError
from orchestration.progress import listening, report
from orchestration.settings import Settings


@click.command(epilog=EXIT_CODES)
@click.argument("names", metavar="MODEL...", nargs=-1, required=True)
@as_of_option
@click.option("--keep", is_flag=True, help="Keep the DuckDB file that was built, and say where it is.")
@wait_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines; the result is still printed.")
@click.pass_obj
def build(settings: Settings, names: tuple[str, ...], as_of: date | None, keep: bool, wait: float, quiet: bool) -> None:
    """Build MODELs and what they need upstream from the lake as it is, run their tests and gates, print their rows.

    In a file of its own: nothing is published and nobody is asked. When a test or a gate says no, the file stays, to be
    looked into.

    \b
    Examples:
      hashwatt build mart_contracted_ai_book
      hashwatt build int_ai_book__month fct_ai_deal --keep
      hashwatt build mart_correlation --as-of 2025-09-30
    """
    started = time.monotonic()
    from orchestration.live import open_ingestion
    from orchestration.pipeline.dbt import load_manifest, models, tests_of
    from orchestration.pipeline.workspace import Workspace, opened

    chosen = list(dict.fromkeys(names))
    manifest = load_manifest()
    known = models(manifest)
    if unknown := [name for name in chosen if name not in known]:
        raise HashwattError(
            f"there is no model {', '.join(unknown)}{near_names(unknown[0], sorted(known))}",
            "`hashwatt tables` lists the published models; raw tables are read by `hashwatt refresh`",
        )
    tests = tests_of(manifest, chosen)
    published = models(manifest, "marts")
    marts = [name for name in chosen if name in published]

    def workspace_of_its_own() -> Workspace:
        ingestion = open_ingestion(settings, "replay", clock.now_utc())
        return Workspace(settings, f"build-{uuid.uuid4()}", "replay", as_of, ingestion)

    with listening(None if quiet else progress), opened(settings, wait, workspace_of_its_own) as workspace:
        report(f"dbt: {len(chosen)} models with what they need, {len(tests)} tests")
        built = workspace.build(chosen, tests)
        if built.fault:
            raise HashwattError(built.fault, f"mend the model; what was built until then is in {workspace.build_file}")
        if marts and not built.failed_tests:
            report(f"gates: {len(marts)} tables")
        refusals = [built.failed_tests] if built.failed_tests else _refusals(workspace.judged(marts))
        if refusals:
            raise GateRefused(
                "\n".join(refusals), refusals, f"mend what is named above; the file is {workspace.build_file}"
            )
        workspace.is_kept = keep
        width = max(map(len, chosen))
        print_lines(f"{name:<{width}}  {workspace.rows[name]:>12,} rows" for name in chosen)
        say(
            f"{len(workspace.rows)} models built, {len(tests)} tests and {len(marts)} gates passed in "
            f"{time.monotonic() - started:.1f} s; nothing was published"
        )
        if keep:
            say(f"the file is {workspace.build_file}")


def _refusals(judged: Iterator[tuple[str, object]]) -> list[str]:
    from quality.judge import Verdict

    found = []
    for name, verdict in judged:
        if not isinstance(verdict, Verdict):
            found.append(f"{name}: {type(verdict).__name__}: {verdict}")
        elif not verdict.passed:
            found.append(verdict.message())
        elif verdict.failures:
            report(verdict.message())
    return found
