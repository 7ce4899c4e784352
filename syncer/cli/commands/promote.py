"""`syncer promote`: configuration of one organisation into git, as the wish for another one too; and what that means
there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.options import config_option, lock_wait_option, server_option, state_option

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.ops.plan import PlanResult
    from syncer.ops.promote.promote import Promotion
    from syncer.ops.promote.target import PromotionSide
    from syncer.plan.planner import Unread
    from syncer.render.output import Output
    from syncer.state.state_file import State

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
@click.pass_obj
def promote(
    color: str,
    addresses: tuple[str, ...],
    source: str,
    target: str,
    saved: Path | None,
    dry_run: bool,
    verbose: bool,
    config: Path | None,
    server: str,
    place: str,
    lock_wait: float,
) -> int:
    """Write what is live in one environment into manifests that are for the other one too, and plan that one.

    ADDRESS is KIND/NAME, and * stands for anything; what an address refers to comes along. Both organisations are only
    read. Every pair of ids is shown, and how it was found; as long as the target lacks something, that is said and
    nothing is written. Afterwards `syncer apply -e ENV` does the rest. Exit 5 where something was not promoted; it is
    named.
    """
    from syncer.api.client import fetch_all
    from syncer.cli.command_context import world
    from syncer.cli.console import console
    from syncer.cli.plan_output import show_plan, situation
    from syncer.cli.signals import at_once
    from syncer.model.diagnostic import InvalidInput
    from syncer.ops.apply.state_store import StateStore
    from syncer.ops.promote.promote import fitting_patterns, prepare, write_promotion
    from syncer.plan.safety import Consent, refusals
    from syncer.render.id_map_text import render_pairs
    from syncer.state.lock import myself

    out = console(color)
    here, there = world(config, source, server, place), world(config, target, server, place)
    _must_be_two(here, there)

    def tell(note: str) -> None:
        out.talk(f"note: {note}\n")

    with at_once(), here.place.lock(myself(env=here.env), wait=lock_wait, tell=tell):
        mine, theirs = here.state(), there.state()
        with here.api(read_only=True) as one, there.api(read_only=True) as other:
            other.confirm()  # before a word about the first, which is read first
            sides = _side(here, mine, one, forgiving=True), _side(there, theirs, other, forgiving=False)
            promotion = prepare(*sides, addresses, fetch_all)
            out.problems(promotion.left, summary=False)
            out.answer(render_pairs(promotion.pairs, source, target, out.terminal))
            if promotion.missing:
                raise InvalidInput(promotion.missing)
            part = 5 if promotion.incomplete else 0
            if not promotion.chosen:
                out.answer("nothing to promote\n")
                return part
            if dry_run:
                out.answer(_said(promotion, out, "would be"))
                return part
            store = StateStore(here.place, replace(mine, org_id=here.environment.org_id))
            write_promotion(promotion, store.put, lambda line: out.show(line))
            out.show("")
            out.answer(_said(promotion, out, "were"))
            here, there = world(config, source, server, place), world(config, target, server, place)
            proven = _planned(here, sides[0], store.state, unread={})  # what cannot be read was not promoted
            store.put(proven.settled_with({each.new.address for each in promotion.pulled.drafts}))
            addresses = fitting_patterns(addresses, promotion.chosen)
            planned = _planned(there, sides[1], theirs, addresses)
            needs = refusals(planned.plan, situation(planned, theirs, there, other), Consent())
        if saved is not None:
            from syncer.state.plan_file import save_plan

            save_plan(saved, planned.plan, planned.problems)
        show_plan(out, planned.plan, "text", verbose, there.environment.pace, needs, planned.problems)
        return _end(out, promotion, proven, planned, saved, addresses) or part


def _must_be_two(here: CommandContext, there: CommandContext) -> None:
    """Refused where both are one organisation."""
    from syncer.model.diagnostic import Problem, Refused

    if here.environment.org_id == there.environment.org_id:
        names = sorted({here.environment.name, there.environment.name})
        said = " and ".join(f"`{name}`" for name in names)
        message = f"{said} {'are' if len(names) > 1 else 'is'} one organisation, `{here.environment.org_id}`"
        hint = "--from and --to name environments of two organisations"
        raise Refused(Problem("same-organisation", message, hint=hint))


def _side(here: CommandContext, state: State, api: Any, *, forgiving: bool) -> PromotionSide:
    from syncer.kinds import KINDS
    from syncer.manifests.variables import allowed_names
    from syncer.ops.cached_reader import CachedReader
    from syncer.ops.promote.target import PromotionSide
    from syncer.ops.pull.options import PullOptions

    allowed = allowed_names(here.env.get("SYNCER_ALLOW_ENV", ""))
    order = PullOptions(here.project, here.environment, tuple(KINDS), (), here.env, allowed, here.host, here.today)
    return PromotionSide(order, CachedReader(api, forgiving=forgiving), state.entries)


def _planned(
    here: CommandContext,
    side: PromotionSide,
    state: State,
    addresses: tuple[str, ...] = (),
    unread: Unread | None = None,
) -> PlanResult:
    """The plan of what stands in the files now, made of what was read. `unread`: as of `make_plan`."""
    from syncer.ops.selection import Selection

    reader: Any = side.reader
    return here.planned(reader, state, Selection(only=addresses), resend_secrets=False, unread=unread)


def _end(
    out: Output,
    promotion: Promotion,
    proven: PlanResult,
    planned: PlanResult,
    saved: Path | None,
    addresses: tuple[str, ...],
) -> int:
    """What the source's plan says of it, and the next command."""
    from shlex import quote

    source, target = promotion.source.environment.name, promotion.target.environment.name
    new = {each.new.address for each in promotion.pulled.drafts}
    changed = [each.address for each in proven.plan.changes if each.writes]
    wrong, waiting = [each for each in changed if each in new], [each for each in changed if each in promotion.chosen]
    if wrong:
        out.talk(f"the plan of `{source}` is not empty ({_listed(wrong)}): please report this bug of syncer\n")
        return 1
    if waiting:
        out.talk(f"not applied to `{source}` yet, and wanted for `{target}` all the same: {_listed(waiting)}\n")
    else:
        out.answer(f"what was promoted leaves the plan of `{source}` empty\n")
    if planned.plan.changes:
        only = "".join(f" --only {quote(each)}" for each in addresses)
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
    target = promotion.target.environment.name
    drafts, edited = promotion.pulled.drafts, promotion.changes.files
    if len(drafts) + len(edited) <= FEW:
        lines += [f"  {each.file}  new" for each in drafts] + [f"  {shown(name)}  changed" for name in edited]
    for each in promotion.variables:
        values = (json.dumps(value, ensure_ascii=False) for value in (each.source, each.target))
        lines.append(f"  ${{var.{each.name}}}: {shown(' here, '.join(values))} there, for {each.address}")
    if drafts or edited:
        counts = f"{_number(len(drafts), 'new manifest')} and {_number(len(edited), 'changed file')}"
        lines.append(f"{counts} {verb} written: they are for `{target}` too")
    else:
        lines.append(f"nothing to write: the manifests are for `{target}` too already")
    ids = {**promotion.ids, **promotion.pulled.composed.ids}
    if ids:
        named = _listed([f"`{name}`" for name in ids])
        lines.append(f"`ids` of `{promotion.source.environment.name}` that syncer.yaml gets: {named}")
    if promotion.pulled.secrets:
        lines.append("secrets that are live and in no file; to manage one, declare it and set its variable:")
        lines += [f"  {address}  {shown(each.label)}  {each.variable}" for address, each in promotion.pulled.secrets]
    return "\n".join(lines) + "\n"
