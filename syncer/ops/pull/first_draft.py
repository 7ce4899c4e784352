"""What a pull reads first: the manifests that are there, each once, and the draft of a plan of them.

Both comparisons of a pull are made of it: what was changed by hand is looked for where the draft finds that something
differs, and where nothing is written over or added, the plan that ends the pull is this draft's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from syncer.fs.change_set import ChangeSet
from syncer.kinds import KINDS
from syncer.manifests.cross_checks import together
from syncer.manifests.resolution import Manifests, read_manifests, resolve
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Managed
from syncer.ops.plan import DraftResult
from syncer.ops.pull.acceptance import manifests_after
from syncer.ops.pull.completion import address_text, fields_chosen
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult, take_over
from syncer.ops.refresh import Fetch, Reader, read_sides
from syncer.ops.selection import PlanRequest
from syncer.plan.agreement import RunAgreements
from syncer.plan.inputs import PlanInputs
from syncer.plan.planner import Unread, draft


class FirstDraft(NamedTuple):
    """The manifests of the environment, and what was decided of them and of what is live. It speaks of no documents of
    kind `Removed`, which no manifest gives way to."""

    existing: Manifests
    desired: list[Desired]
    dangling: list[Problem]
    """References that lead nowhere yet."""
    agreements: RunAgreements
    """What no draft of this run need decide again."""
    result: DraftResult | None = None
    """None where it was not made, or could not be: whoever needs one makes it, and hears why not."""
    unread: Unread = {}  # noqa: RUF012  never changed in place
    """Addresses whose object it could not read."""


def what_is_there(order: PullOptions) -> tuple[Manifests, list[Desired], list[Problem]]:
    """The manifests that are there, and references of theirs that lead nowhere yet: of a pull that was cut off, this
    one brings what they name. InvalidInput where they are not sound otherwise. A folder that is not there is empty."""
    there = tuple(each for each in order.project.manifests if each.exists())
    existing = read_manifests(order.project._replace(manifests=there))
    return existing, *_wanted(order, existing)


def _wanted(order: PullOptions, existing: Manifests) -> tuple[list[Desired], list[Problem]]:
    desired, problems = resolve(existing, order.environment, order.env, allowed=order.allowed)
    errors = [each for each in (*existing.problems, *problems, *together(desired)) if each.severity == "error"]
    dangling = [each for each in errors if each.rule == "unknown-reference"]
    if len(errors) > len(dangling):
        raise InvalidInput(errors)
    return desired, dangling


def undrafted(order: PullOptions) -> FirstDraft:
    """The manifests as `what_is_there` has them, with nothing decided of them."""
    return FirstDraft(*what_is_there(order), RunAgreements())


def changed(order: PullOptions, first: FirstDraft, changes: ChangeSet) -> FirstDraft:
    """The same after these changes were written: what stands in other files was read, and is not read again.
    InvalidInput as of `what_is_there`."""
    existing = manifests_after(first.existing, changes)
    desired, dangling = _wanted(order, existing)
    return FirstDraft(existing, desired, dangling, first.agreements)


def _drafted(
    order: PullOptions, reader: Reader, fetch: Fetch, managed: Mapping[Address, Managed], first: FirstDraft
) -> tuple[FirstDraft, _Read]:
    """The same with a draft, and what was read for it. PlatformError where the organisation cannot be read; what cannot
    be decided of it is left to who asks next."""
    unread: Unread = {}
    request = PlanRequest(order.target, salt=order.salt)
    sides, known, problems, looked_at = read_sides(reader, fetch, first.desired, managed, request, unread)
    read = _Read(sides, looked_at, dict(unread))
    try:
        made = draft(KINDS, sides, known, unread, first.agreements)
    except PlatformError:  # only of what no manifest describes: taking over asks nothing of it
        return first, read
    return first._replace(result=DraftResult(sides, problems, made), unread=unread), read


class _Read(NamedTuple):
    """What was read: the sides, every object of the kinds in which something is looked up, what could not be read."""

    sides: PlanInputs
    looked_at: Mapping[str, Sequence[Json]]
    unread: Unread


def taken_over(
    order: PullOptions,
    reader: Reader,
    fetch: Fetch,
    managed: Mapping[Address, Managed],
    there: tuple[Manifests, Sequence[Desired]],
    wish: WriteBackOptions,
) -> WriteBackResult:
    """Read what is live of the manifests that are `there`, and decide. InvalidInput where `complete` names none of
    them; PlatformError."""
    manifests, desired = there
    first = FirstDraft(manifests, list(desired), [], RunAgreements())
    return with_draft(order, reader, fetch, managed, first, wish)[0]


def with_draft(
    order: PullOptions,
    reader: Reader,
    fetch: Fetch,
    managed: Mapping[Address, Managed],
    first: FirstDraft,
    wish: WriteBackOptions,
) -> tuple[WriteBackResult, FirstDraft]:
    """As `taken_over`, and the draft that it was decided by."""
    _must_be_there(wish.complete, first.desired)
    first, read = _drafted(order, reader, fetch, managed, first)
    taken = take_over(
        first.existing,
        order.environment,
        read.sides,
        read.looked_at,
        replace(wish, only=_differing(first, wish)),
        unread=read.unread,
        unseen=getattr(reader, "unread", {}),
    )
    return taken, first


def _differing(first: FirstDraft, wish: WriteBackOptions) -> frozenset[Address]:
    """Those of the chosen manifests to which there may be something to do: all but what agrees, unless everything live
    is to be declared."""
    return frozenset(
        each.address
        for each in first.desired
        if (wish.only is None or each.address in wish.only)
        and (each.address not in first.agreements or fields_chosen(wish.complete, each.address))
    )


def _must_be_there(complete: frozenset[str], desired: Sequence[Desired]) -> None:
    """InvalidInput for an address that no manifest has."""
    addresses = {str(each.address) for each in desired}
    if unknown := sorted({address_text(each) for each in complete} - addresses):
        near = get_close_matches(unknown[0], sorted(addresses), 1)
        hint = f"did you mean `{near[0]}`?" if near else "an address is KIND/NAME, as the plan shows it"
        raise InvalidInput(Problem("nothing-selected", f"no manifest is called `{unknown[0]}`", hint=hint))


def chosen(desired: Sequence[Desired], order: PullOptions) -> frozenset[Address]:
    """The manifests of the chosen kinds whose name or title fits one of the patterns; any where there is none."""

    def words(each: Desired) -> tuple[str, str]:
        return each.address.name, str(each.spec.get(KINDS[each.address.kind].title) or "")

    return frozenset(
        each.address
        for each in desired
        if each.address.kind in order.kinds
        and (not order.patterns or any(fnmatchcase(word, glob) for word in words(each) for glob in order.patterns))
    )
