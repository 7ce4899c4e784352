"""`syncer promote`: configuration of one organisation into git, as the wish for another one too; and what that means
there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from syncer.cli.options import (
    ContextOptions,
    config_option,
    in_environment,
    lock_wait_option,
    server_option,
    state_option,
)
from syncer.cli.plan_output import show_plan
from syncer.cli.signals import at_once
from syncer.model.json_values import show_path

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.ops.promote.promote import PromotionResult
    from syncer.ops.promote.promotion import Promotion
    from syncer.render.output import Output

FEW = 20
"""So many files and variables are listed without being order to."""


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--from", "source", required=True, metavar="ENV", help="The environment that has what is wanted.")
@click.option("--to", "target", required=True, metavar="ENV", help="The environment that is to get it.")
@click.option(
    "-o", "--out", "saved", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, for `apply FILE`."
)
@click.option("--dry-run", is_flag=True, help="Say what would be written and what is missing, and write nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Every field of the plan, every link.")
@config_option
@server_option
@state_option
@lock_wait_option
@in_environment
def promote(
    given: ContextOptions,
    addresses: tuple[str, ...],
    source: str,
    target: str,
    saved: Path | None,
    dry_run: bool,
    verbose: bool,
) -> int:
    """Write what is live in one environment into manifests that are for the other one too, and plan that one.

    ADDRESS is KIND/NAME, and * stands for anything; what an address refers to comes along. Both organisations are only
    read. Every pair of ids is shown, and how it was found; as long as the target lacks something, that is said and
    nothing is written. Afterwards `syncer apply -e ENV` does the rest. Exit 5 where something was not promoted; it is
    named.
    """
    from syncer.ops.promote.promote import PromoteOptions  # late, as the next: 200 ms that `--help` does without
    from syncer.ops.promote.promote import promote as run_promote
    from syncer.state.plan_file import save_plan

    here, there, told = given.open(source), given.open(target), _Told(given, dry_run)
    options = PromoteOptions(here.pull_options(), there.pull_options(), addresses, dry_run)
    with at_once():
        done = run_promote(here, there, options, told)
    if done is None:
        return told.code
    planned = done.planned
    given.advise_for(there)
    if saved is not None:
        save_plan(saved, planned.plan, planned.problems)
    show_plan(given.out, planned.plan, "text", verbose, there.environment.pace, done.needs, planned.problems)
    return _end(given.out, done, saved) or told.code


@dataclass(slots=True)
class _Told:
    """What is said of a promotion while it is made. `code`: the exit code, as far as it is known."""

    given: ContextOptions
    dry_run: bool
    code: int = 0

    def show(self, promotion: Promotion) -> None:
        """What is not promoted, and which id is which; where it ends here, why."""
        from syncer.render.id_map_text import render_pairs

        out = self.given.out
        out.problems(promotion.left, summary=False)
        out.answer(render_pairs(promotion.pairs, promotion.here.name, promotion.there.name, out.terminal))
        self.code = 5 if promotion.incomplete else 0
        if not promotion.missing and not promotion.chosen:
            out.answer("nothing to promote\n")
        elif not promotion.missing and self.dry_run:
            out.answer(_said(promotion, out, "would be"))

    def wrote(self, line: str) -> None:
        """How far it is, at a terminal."""
        self.given.out.show(line)

    def written(self, promotion: Promotion) -> None:
        """What stands in the files now."""
        self.wrote("")
        self.given.out.answer(_said(promotion, self.given.out, "were"))

    def again(self, environment: str, *, secretless: bool) -> CommandContext:
        """As the promoted syncer.yaml describes it."""
        return self.given.open(environment, secretless=secretless)


def _end(out: Output, done: PromotionResult, saved: Path | None) -> int:
    """What the source's plan says of it, and the next command."""
    source, target = done.promotion.here.name, done.promotion.there.name
    if done.wrong:
        out.talk(f"the plan of `{source}` is not empty ({_listed(done.wrong)}): please report this bug of syncer\n")
        return 1
    if done.waiting:
        out.talk(f"not applied to `{source}` yet, and wanted for `{target}` all the same: {_listed(done.waiting)}\n")
    else:
        out.answer(f"what was promoted leaves the plan of `{source}` empty\n")
    if done.planned.plan.changes:
        only = "".join(f" --only {quote(each)}" for each in done.patterns)
        command = f"syncer apply {quote(str(saved))}" if saved is not None else f"syncer apply -e {target}{only}"
        out.answer(f"next: review and commit the manifests, then `{command}`\n")
    return 0


def _listed(words: Sequence[object]) -> str:
    return ", ".join(map(str, words[:FEW])) + (f" and {len(words) - FEW} more" if len(words) > FEW else "")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _said(promotion: Promotion, out: Output, verb: str) -> str:
    """What is written: manifests, variables, ids; and which secrets stand in no file."""
    shown, lines = out.terminal.shown, list[str]()
    drafts, edited = promotion.pulled.drafts, promotion.changes.files
    if len(drafts) + len(edited) <= FEW:
        lines += [f"  {each.file}  new" for each in drafts] + [f"  {shown(name)}  changed" for name in edited]
    for each in promotion.variables:
        values = (json.dumps(value, ensure_ascii=False) for value in (each.source, each.target))
        lines.append(f"  ${{var.{each.name}}}: {shown(' here, '.join(values))} there, for {each.address}")
    for name, value in promotion.found.values.items():
        lines.append(f"  ${{var.{name}}}: {shown(json.dumps(value, ensure_ascii=False))} there, as it is live")
    if drafts or edited:
        counts = f"{_number(len(drafts), 'new manifest')} and {_number(len(edited), 'changed file')}"
        lines.append(f"{counts} {verb} written: they are for `{promotion.there.name}` too")
    else:
        lines.append(f"nothing to write: the manifests are for `{promotion.there.name}` too already")
    ids = {**promotion.found.ids, **promotion.pulled.composed.ids}
    if ids:
        named = _listed([f"`{name}`" for name in ids])
        lines.append(f"`ids` of `{promotion.here.name}` that syncer.yaml gets: {named}")
    if promotion.pulled.secrets:
        lines.append("secrets that are live and in no file; to manage one, declare it and set its variable:")
        lines += [f"  {address}  {shown(each.label)}  {each.variable}" for address, each in promotion.pulled.secrets]
    if promotion.secrets:
        lines.append("live values that look like secrets; the manifest has a variable in place of each, to be set:")
        lines += [
            f"  {address}  {shown(show_path(each.path, '')[1:])}  ${{env.{each.variable}}}"
            for address, some in sorted(promotion.secrets.items())
            for each in some
        ]
    return "\n".join(lines) + "\n"
