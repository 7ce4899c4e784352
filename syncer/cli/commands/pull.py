"""`syncer pull`: a live organisation into manifests, ending in a plan that is empty and says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from syncer.cli.gc_pause import at_rest
from syncer.cli.options import ContextOptions, environment_options, in_environment, lock_wait_option
from syncer.cli.signals import at_once
from syncer.cli.write_back_options import exit_code, said, show_patch, taking_options
from syncer.kinds import KINDS
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from syncer.model.address import Address
    from syncer.model.diagnostic import Problem
    from syncer.ops.pull.pull import PullPlan
    from syncer.ops.pull.write_back import WriteBackResult
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
@environment_options
@lock_wait_option
@in_environment
def pull(
    given: ContextOptions,
    kinds: tuple[str, ...],
    patterns: tuple[str, ...],
    as_patch: bool,
    check: bool,
    complete: tuple[str, ...],
    theirs: bool,
    prune_files: bool,
    dry_run: bool,
    verbose: bool,
) -> int:
    """Take over what was changed by hand, and write a manifest for every live object that has none.

    Sends nothing that could change the organisation. In files that are there, only what differs is changed: comments,
    order, quotes and variables stay; what a variable feeds is said. Secrets stay where they are: a list says how each
    would be declared. At the end the plan of what was written is made, and must be empty. Exit 5 where something could
    not be written; it is named.
    """
    from syncer.ops.pull.pull import PullRequest  # late: 150 ms that `--help` does without
    from syncer.ops.pull.pull import pull as run_pull

    out, here = given.out, given.open()
    writes = not (as_patch or check or dry_run)
    request = PullRequest(here.pull_options(kinds, patterns), frozenset(complete), theirs, prune_files, writes)
    with at_once(), at_rest():
        taken, done = run_pull(here, request, _Told(out, as_patch, check, writes))
        warnings = [*done.left_out, *_unplanned(done, taken.unwritten), *done.mistakes]
        if as_patch:
            taken = _with_new_files(taken, done)
            out.problems(taken.problems, summary=False)
            show_patch(out, taken.changes, here.project.root)
        out.problems(warnings, summary=False)
        code = exit_code(taken, check=check)
        if check and not as_patch:
            out.answer(_checked(done, out, verbose) or ("" if _says(taken) else "nothing to take over\n"))
            code = 2 if done.drafts else code
        elif not as_patch:
            out.answer(_said(done, out, dry_run, verbose))
        return _code(done, code)


def _with_new_files(taken: WriteBackResult, done: PullPlan) -> WriteBackResult:
    """What was taken over, and what is to be written for objects without a manifest."""
    from dataclasses import replace

    from syncer.fs.change_set import ChangeSet
    from syncer.ops.pull.pull import changes

    return replace(taken, changes=ChangeSet({**changes(done).files, **taken.changes.files}))


class _Told(NamedTuple):
    """What is said of manifests that were there, before those that are new are looked for."""

    out: Output
    as_patch: bool
    check: bool
    writes: bool

    def taken_over(self, taken: WriteBackResult) -> None:
        """Of nothing that was taken over nothing is said, unless it was asked for."""
        if self.as_patch:
            return
        self.out.problems(taken.problems, summary=False)
        if taken.changes or (self.check and _says(taken)):
            self.out.answer(said(self.out, taken, "taken over" if self.writes else "can be taken over"))

    def wrote(self, line: str) -> None:
        """How far it is, at a terminal."""
        self.out.show(line)


def _says(taken: WriteBackResult) -> bool:
    """Whether there is anything to say of manifests that were there."""
    return bool(taken.objects or taken.gone or taken.problems)


def _unplanned(done: PullPlan, told: Collection[Address]) -> list[Problem]:
    """What cannot be planned of what has a manifest, unless it was told already."""
    return [each._replace(severity="warning") for address, each in sorted(done.unread.items()) if address not in told]


def _code(done: PullPlan, code: int) -> int:
    """The exit code: 1 for a bug of ours, 2 where a check finds something to do, 5 where not all could be pulled."""
    if done.mistakes or code == 2:
        return 1 if done.mistakes else 2
    return 5 if done.incomplete else code


def _checked(done: PullPlan, out: Output, verbose: bool) -> str:
    """What `--check` says of live objects that have no manifest, after what it said of those that have one."""
    if not done.drafts:
        return ""
    listed = done.drafts if verbose else done.drafts[:FEW]
    lines = [f"  {each.new.address}  has no manifest  ({out.terminal.shown(each.new.live.id)})" for each in listed]
    if len(listed) < len(done.drafts):
        lines.append(f"  and {len(done.drafts) - len(listed):,} more")
    verb = "has no manifest" if len(done.drafts) == 1 else "have no manifest"
    return "\n".join([*lines, f"{_number(len(done.drafts), 'live object')} {verb}"]) + "\n"


def _listed(done: PullPlan, out: Output, verbose: bool) -> list[str]:
    """The new files, where there are few or it is order to, and what each leaves out."""
    shown, lines = out.terminal.shown, list[str]()
    if verbose or len(done.drafts) <= FEW:
        lines += [f"  {each.new.address}  {each.file}  ({shown(each.new.live.id)})" for each in done.drafts]
    if verbose:
        lines += [
            f"  {each.new.address}: set by the platform, or empty: {shown(', '.join(each.left_out))}"
            for each in done.drafts
            if each.left_out
        ]
    return lines


def _said(done: PullPlan, out: Output, dry_run: bool, verbose: bool) -> str:
    """What came of it: files, what is left, ids, secrets, and what the plan says."""
    shown, lines = out.terminal.shown, _listed(done, out, verbose)
    where = f"{done.order.environment.name} ({done.order.environment.org_id})"
    verb = "would be written" if dry_run else "written"
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
        how = out.in_full("`syncer plan` shows how")
        lines.append(f"of what was there before, the plan would change {listed}; {how}")
    if not done.mistakes:
        links = len(done.planned.plan.links) if done.planned else 0
        all_of_it = "" if not others else " of what was pulled"
        would = " would be" if dry_run else " is"
        lines.append(f"the plan{all_of_it}{would} empty: 0 changes, {_number(links, 'link')}")
    return "\n".join(lines) + "\n"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
