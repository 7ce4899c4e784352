"""`syncer pull`: a live organisation into manifests, ending in a plan that is empty and says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.options import config_option, environment_option, lock_wait_option, server_option, state_option
from syncer.cli.write_back_options import taking_options
from syncer.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from syncer.model.address import Address
    from syncer.model.diagnostic import Problem
    from syncer.ops.pull.pull import PullPlan
    from syncer.render.output import Output

WHOLE = frozenset({"titles-unseen", "removal-asked"})
"""Warnings that tell of no object without a manifest."""

FEW = 20
"""So many new files are listed without being order to."""


@click.command()
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only this kind. Repeatable.")
@click.option(
    "--name", "patterns", multiple=True, metavar="GLOB", help="Only what has such a name or title: 'Netz*'. Repeatable."
)
@taking_options
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Every new file, and every field that no manifest can say.")
@config_option
@environment_option
@server_option
@state_option
@lock_wait_option
@click.pass_obj
def pull(
    color: str,
    kinds: tuple[str, ...],
    patterns: tuple[str, ...],
    as_patch: bool,
    check: bool,
    complete: tuple[str, ...],
    theirs: bool,
    prune_files: bool,
    dry_run: bool,
    verbose: bool,
    config: Path | None,
    environment: str | None,
    server: str,
    place: str,
    lock_wait: float,
) -> int:
    """Take over what was changed by hand, and write a manifest for every live object that has none.

    Sends nothing that could change the organisation. In files that are there, only what differs is changed: comments,
    order, quotes and variables stay; what a variable feeds is said. Secrets stay where they are: a list says how each
    would be declared. At the end the plan of what was written is made, and must be empty. Exit 5 where something could
    not be written; it is named.
    """
    from syncer.api.client import fetch_all
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.signals import at_once
    from syncer.cli.write_back_options import chosen, end, taken_over, wish_of
    from syncer.fs.change_set import ChangeSet
    from syncer.manifests.variables import allowed_names
    from syncer.ops.apply.state_store import StateStore, linking
    from syncer.ops.pull.cached_reader import CachedReader
    from syncer.ops.pull.options import PullOptions
    from syncer.ops.pull.pull import changes, prepare, prove, what_is_there, write_pull
    from syncer.state.lock import myself

    out = console(color)
    here = world(config, environment, server, place)
    order = PullOptions(
        here.project,
        here.environment,
        tuple(name for name in KINDS if name in kinds or not kinds),
        patterns,
        here.env,
        allowed_names(here.env.get("SYNCER_ALLOW_ENV", "")),
        here.host,
        here.today,
    )

    def tell(note: str) -> None:
        out.talk(f"note: {note}\n")

    with at_once(), here.place.lock(myself(env=here.env), wait=lock_wait, tell=tell):
        known = here.state()
        with here.api(read_only=True) as api:
            reader = CachedReader(api, forgiving=True)
            manifests, desired, dangling = what_is_there(order)
            unfinished = {each.at.file for each in dangling if each.at}  # what they refer to comes with this pull
            sound = [each for each in desired if each.file not in unfinished]
            wish = wish_of(complete, theirs, prune_files, chosen(sound, order.kinds, patterns))
            taken = taken_over(here, reader, known, wish, (manifests, desired))
            code, something = 0, bool(taken.objects or taken.gone or taken.problems)
            if not as_patch:
                code = end(out, here, taken, check=check, dry_run=dry_run, quiet=not (check and something))
            done = prepare(order, reader, fetch_all, known.entries)
            warnings = [*done.left_out, *_unplanned(done, taken.unwritten), *done.mistakes]
            if as_patch:
                both = ChangeSet({**changes(done).files, **taken.changes.files})
                code = end(out, here, replace(taken, changes=both), as_patch=True, check=check)
                out.problems(warnings, summary=False)
                return _code(done, code)
            if check:
                out.problems(warnings, summary=False)
                out.answer(_checked(done, out, verbose=verbose) or ("" if something else "nothing to take over\n"))
                return _code(done, 2 if done.drafts else code)
            if not dry_run:
                store = StateStore(here.place, linking(known, here.environment.org_id))
                write_pull(done, store.put, lambda line: out.show(line))
                out.show("")
                before = len(done.mistakes)
                prove(done)
                warnings += done.mistakes[before:]
                store.put(done.settled)
    out.problems(warnings, summary=False)
    out.answer(_said(done, out, dry_run=dry_run, verbose=verbose))
    return _code(done, code)


def _unplanned(done: PullPlan, told: Collection[Address]) -> list[Problem]:
    """What cannot be planned of what has a manifest, unless it was told already."""
    return [each._replace(severity="warning") for address, each in sorted(done.unread.items()) if address not in told]


def _code(done: PullPlan, code: int) -> int:
    """The exit code: 1 for a bug of ours, 2 where a check finds something to do, 5 where not all could be pulled."""
    if done.mistakes or code == 2:
        return 1 if done.mistakes else 2
    return 5 if done.incomplete else code


def _checked(done: PullPlan, out: Output, *, verbose: bool) -> str:
    """What `--check` says of live objects that have no manifest, after what it said of those that have one."""
    if not done.drafts:
        return ""
    listed = done.drafts if verbose else done.drafts[:FEW]
    lines = [f"  {each.new.address}  has no manifest  ({out.terminal.shown(each.new.live.id)})" for each in listed]
    if len(listed) < len(done.drafts):
        lines.append(f"  and {len(done.drafts) - len(listed):,} more")
    verb = "has no manifest" if len(done.drafts) == 1 else "have no manifest"
    return "\n".join([*lines, f"{_number(len(done.drafts), 'live object')} {verb}"]) + "\n"


def _said(done: PullPlan, out: Output, *, dry_run: bool, verbose: bool) -> str:
    shown, lines = out.terminal.shown, list[str]()
    where = f"{done.order.environment.name} ({done.order.environment.org_id})"
    verb = "would be written" if dry_run else "written"
    if verbose or len(done.drafts) <= FEW:
        lines += [f"  {each.new.address}  {each.file}  ({shown(each.new.live.id)})" for each in done.drafts]
    if verbose:
        lines += [
            f"  {each.new.address}: no word for {shown(', '.join(each.left_out))}"
            for each in done.drafts
            if each.left_out
        ]
    counts = Counter(each.new.address.kind for each in done.drafts)
    what = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    lines.append(f"{_number(len(done.drafts), 'manifest')} {verb} from {where}" + (f": {what}" if what else ""))
    if done.survey.covered:
        lines.append(f"{_number(done.survey.covered, 'live object')} had a manifest already")
    left = [each for each in (*done.survey.skipped, *done.composed.given_up.values()) if each.rule not in WHOLE]
    if left:
        warnings = f"{_number(len(left), 'warning')} above say{'s'[: len(left) == 1]}"
        lines.append(f"not all that is live has a manifest: {warnings} what, and why")
    if done.composed.ids:
        names = ", ".join(f"`{name}`" for name in list(done.composed.ids)[:FEW])
        more = f" and {len(done.composed.ids) - FEW} more" if len(done.composed.ids) > FEW else ""
        lines.append(
            f"{_number(len(done.composed.ids), 'id')} nobody can look up {verb} to `ids` of "
            f"`{done.order.environment.name}` in syncer.yaml: {names}{more}"
        )
    if done.secrets:
        lines.append("secrets that are live and in no file; to manage one, declare it and set its variable:")
        lines += [f"  {address}  {shown(secret.label)}  {secret.variable}" for address, secret in done.secrets]
    others = done.others
    if others:
        listed = ", ".join(map(str, others[:FEW])) + (f" and {len(others) - FEW} more" if len(others) > FEW else "")
        lines.append(f"of what was there before, the plan would change {listed}; `syncer plan` shows how")
    if not done.mistakes:
        links = len(done.planned.plan.links) if done.planned else 0
        all_of_it = "" if not others else " of what was pulled"
        would = " would be" if dry_run else " is"
        lines.append(f"the plan{all_of_it}{would} empty: 0 changes, {_number(links, 'link')}")
    return "\n".join(lines) + "\n"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
