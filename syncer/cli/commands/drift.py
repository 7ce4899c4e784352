"""`syncer drift`: what somebody changed in the organisation past the manifests; sends nothing that could change it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.gc_pause import at_rest
from syncer.cli.options import (
    ContextOptions,
    environment_options,
    in_environment,
    lock_wait_option,
    no_cache_option,
    selection_options,
)
from syncer.cli.recall import open_recall
from syncer.cli.signals import at_once
from syncer.fs.disk import replace_file
from syncer.model.diagnostic import InvalidInput, Problem

if TYPE_CHECKING:
    from syncer.api.client import Api
    from syncer.cli.command_context import CommandContext
    from syncer.ops.recall import Recall
    from syncer.ops.selection import PlanRequest
    from syncer.plan.document.timestamps import LastRun
    from syncer.plan.drift import Drift
    from syncer.render.output import Output
    from syncer.state.state_file import State


@click.command()
@environment_options
@selection_options
@click.option("--unmanaged", is_flag=True, help="Live objects without a manifest are listed, and are drift as well.")
@click.option("--undeclared", is_flag=True, help="What others add to lists of a partial manifest is drift as well.")
@click.option(
    "--accept",
    "accept",
    multiple=True,
    metavar="ADDRESS[/PATH]",
    help="Take what was changed there and no manifest declares for known, in the state; then report. Repeatable.",
)
@click.option("-v", "--verbose", is_flag=True, help="Every field, every id, every live object without a manifest.")
@click.option(
    "-o",
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the report as JSON too, in the same breath.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="For people, for machines, or for a comment.",
)
@no_cache_option
@lock_wait_option
@in_environment
def drift(
    given: ContextOptions,
    only: tuple[str, ...],
    but: tuple[str, ...],
    unmanaged: bool,
    undeclared: bool,
    accept: tuple[str, ...],
    verbose: bool,
    target: Path | None,
    form: str,
) -> int:
    """Say what somebody changed in the organisation since the last apply: field by field, when, and by whom.

    What the manifests changed is no drift; `syncer plan` shows it. Exit 2 when there is drift, 0 when there is none.
    """
    out, here = given.out, given.open()
    if accept:
        _accept(here, accept)
    recall = open_recall(here, "drift", part=bool(only or but or unmanaged), off=given.no_cache)
    with at_once(), at_rest(), here.reading(recall):
        # late: here, while another process reads the manifests
        from syncer.ops.drift import last_apply
        from syncer.ops.selection import PlanRequest, Selection

        here.tell_doubts()
        state = here.state()
        newest, said = here.runs.newest()
        if said:
            here.tell(out.terminal.shown(said))
        with here.api(read_only=True) as api:
            opened = frozenset(dict(here._open_calls()))
            request = PlanRequest(here.target, Selection(only, but), every_kind=unmanaged, open_calls=opened)
            report = _report(here, api, state, request, last_apply(newest), recall)
        if target is not None:
            _save(target, report)
        out.problems(recall.problems if recall else (), summary=False)
        _show(out, report, form, verbose=verbose, unmanaged=unmanaged)
    return _exit_code(report, unmanaged=unmanaged, undeclared=undeclared)


def _exit_code(report: Drift, *, unmanaged: bool, undeclared: bool) -> int:
    """docs/drift.md#exit-codes"""
    if any(each.rule == "outcome-unknown" for each in report.problems):
        return 7
    if report.objects or (unmanaged and report.strangers) or (undeclared and report.added):
        return 2
    return 3 if report.unclear else 0


def _accept(here: CommandContext, wish: tuple[str, ...]) -> None:
    """Take for known what is live and undeclared."""
    from syncer.ops.drift import accept_drift

    with at_once(), here.locked(), here.api(read_only=True) as api:
        here.must_be_settled()
        counts = accept_drift(here, wish, api)
    for address, number in counts.items():
        said = (
            "1 field that no manifest declares is"
            if number == 1
            else f"{number:,} fields that no manifest declares are"
        )
        here.tell(f"{address}: {said} taken for known")


def _report(
    here: CommandContext, api: Api, state: State, request: PlanRequest, applied: LastRun | None, recall: Recall | None
) -> Drift:
    """The report, with what is recalled of the last one."""
    from syncer.ops.drift import find_drift

    before = (applied, _unsettled(here))
    if recall is not None:
        return recall.drift(api, here.fetch, here.wanted_whole, state, request, before)
    desired, asked = here.wanted()
    whole = replace(request, removal_requests=asked, salt=state.salt)
    return find_drift(api, here.fetch, desired, state, whole, *before)


def _unsettled(here: CommandContext) -> list[Problem]:
    """What an apply that was cut off may have written is not remembered, and would look like drift."""
    hint = "`syncer apply` settles it; until then it may be reported as drift"
    return [Problem("open-call", text, hint=hint, severity="warning") for _, text in here._open_calls()]


def _save(target: Path, report: Drift) -> None:
    """The document that `--format json` prints, whole or not at all, for its owner only."""
    from syncer.render.drift_json import drift_json

    try:
        replace_file(target, drift_json(report).encode("utf-8"), mode=0o600)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(Problem("report-file", f"the report can't be written to `{target}`: {reason}")) from None


def _show(out: Output, report: Drift, form: str, *, verbose: bool, unmanaged: bool) -> None:
    from syncer.render.drift_json import drift_json
    from syncer.render.drift_markdown import drift_markdown
    from syncer.render.drift_text import render_drift

    if form != "json":
        out.problems(report.problems, summary=False)
    if form == "json":
        out.answer(drift_json(report, ascii_only=not out.terminal.unicode))
    elif form == "markdown":
        out.answer(drift_markdown(report, unicode=out.terminal.unicode))
    else:
        text = render_drift(report, out.terminal, verbose=verbose, unmanaged=unmanaged, in_full=out.in_full)
        out.answer(text)
