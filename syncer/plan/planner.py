"""(desired, live, managed) → Plan: the decision what is to be done, field by field. Pure: it asks nobody.

What a kind must know beyond its list (an app's option declarations, the entities of a schema) was asked before and
comes in as answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from syncer.diff.fingerprint import canonical, digest, fingerprint
from syncer.diff.platform_form import forms_of, told_apart
from syncer.diff.required_fields import missing_after, place, wrong_in_new
from syncer.diff.three_way_merge import MergeResult, as_new, merge
from syncer.model.address import Address
from syncer.model.calls import Call
from syncer.model.diagnostic import Finding, PlatformError, Problem
from syncer.model.field_change import FieldChange, FieldPath, part_title
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.kind import Context, Incomplete, Kind, Meaning, PreparedSides, no_asks
from syncer.model.markers import holds_secret
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Managed, Match, problem_of, remembered
from syncer.model.unexpected_reply import UnexpectedReply, another_form, of_known_form
from syncer.plan.agreement import Agreements, ComparedSides, RunAgreements, extent
from syncer.plan.cascade import name_users, taken_along, two_owners
from syncer.plan.dependency_order import order_of
from syncer.plan.document.redaction import withhold
from syncer.plan.goal_check import unsound
from syncer.plan.inputs import ADOPTS, IdIndex, PlanInputs, context_of, memory_of, planned_anew
from syncer.plan.plan import HIDDEN, Change, DifferingObject, Draft, Field, Link, Notice, Release, Task, worst
from syncer.plan.planned_calls import calls_of
from syncer.plan.remainders import note_remainder, remainder_of
from syncer.plan.removals import display_name, refer_to_removed, remove_asked, remove_unnamed
from syncer.plan.secrets.exposure import exposures, unknown_fields
from syncer.plan.secrets.secret_changes import memory_of_secrets, secret_changes, secret_notices, shown, word_of
from syncer.plan.users.part_users import name_part_users

Unread = dict[Address, Problem]
"""Addresses whose live object has a form that its kind cannot read, and what is said of it."""


def draft(
    kinds: Mapping[str, Kind],
    sides: PlanInputs,
    known: IdIndex | None = None,
    unread: Unread | None = None,
    agreements: Agreements | RunAgreements | None = None,
) -> Draft:
    """Decide for every manifest and every remembered address; then put the changes in order. `known`: of these sides,
    where it was needed for `asks_of` already; `agreements`: what need not be decided again.

    PlatformError, with every one of them, where live objects cannot be read: nothing is decided past them. Whoever only
    reports gives `unread`: they are put in there, those that are in there are skipped, and of none of them anything is
    planned.

    In one piece: each step is made of what all before it decided."""
    out, given = Draft(), unread is not None
    unread = {} if unread is None else unread
    known = known or IdIndex(kinds, sides)
    for desired in sorted(sides.desired, key=lambda each: each.address):
        if desired.address in sides.matches[desired.address.kind].undecided or desired.address in unread:
            continue  # of those all is said
        try:  # not `of_known_form`: to enter that takes a quarter as long as to decide
            _decide_once(desired, kinds[desired.address.kind], sides, known, out, agreements)
        except UnexpectedReply as error:
            unread[desired.address] = another_form(str(desired.address), error)
    if unread and not given:
        raise PlatformError(unread.values())
    with of_known_form("what is to be removed"):
        remove_unnamed(kinds, sides, known, out)
        remove_asked(kinds, sides, known, out)
    two_owners(kinds, sides, out)
    taken = taken_along(kinds, sides, out)
    refer_to_removed(kinds, sides, known, taken, out)
    first = name_users(kinds, sides, known, taken, out)
    name_part_users(kinds, sides, known, out)
    calls = _calls(kinds, sides, known, out, unread if given else None)
    writing = {address: task for address, task in out.tasks.items() if task.change.writes}
    order = order_of(kinds, writing, first)
    for address, task in writing.items():
        late = order.late.get(address, frozenset())
        twice = (calls[address][0], *calls[address]) if late else calls[address]
        change = replace(task.change, waits=tuple(sorted(order.waits[address])), calls=twice)
        out.tasks[address] = replace(task, change=change, late=late)
    for address in unread:
        out.tasks.pop(address, None)
    out.unclear += [address for address in unread if address not in out.unclear]
    return out


def _calls(
    kinds: Mapping[str, Kind], sides: PlanInputs, known: IdIndex, out: Draft, unread: Unread | None
) -> dict[Address, tuple[str, ...]]:
    """The calls of each task that writes. One whose body could not be whole is a problem, and one whose object cannot
    be read is put into `unread`: neither is a task. PlatformError for such an object where nobody gave `unread`."""
    calls: dict[Address, tuple[str, ...]] = {}
    for address, task in [(address, task) for address, task in out.tasks.items() if task.change.writes]:
        try:
            with of_known_form(str(address)):
                calls[address] = calls_of(kinds[address.kind], task)
        except Incomplete as lacking:
            out.problems += [problem_of(task.desired, each) for each in lacking.findings]
        except PlatformError as error:
            if unread is None:
                raise
            unread[address] = error.problems[0]
        if address not in calls:
            del out.tasks[address]
    return calls


def asks_of(
    kind: Kind, desired: Desired, sides: PlanInputs, known: IdIndex, unread: Unread | None = None
) -> Mapping[str, Call]:
    """What the kind must know about this resource before it can be compared. A live object that cannot be read is a
    PlatformError, or is put into `unread`."""
    if kind.asks is no_asks:
        return {}
    try:
        context = known.asked[desired.address] = context_of(desired, sides, known)
        return kind.asks(context)
    except UnexpectedReply as error:
        problem = another_form(str(desired.address), error)
        if unread is None:
            raise PlatformError(problem) from None
        unread[desired.address] = problem
        return {}


class _Case(NamedTuple):
    """One manifest beside its live object, in one language: all that deciding about it takes."""

    kind: Kind
    desired: Desired
    found: Match | None
    entry: Managed | None
    """What is remembered of this very object; None makes an update an adoption."""
    prepared: PreparedSides
    known: IdIndex
    answers: Mapping[str, Json]
    as_sent: bool
    """As of `PlanInputs`."""

    def at(self, finding: Finding) -> Problem:
        """The finding with its place in the manifest."""
        return problem_of(self.desired, finding)

    def task(self, change: Change, goal: Spec, changed: Iterable[str]) -> Task:
        """The change with all that carrying it out takes. No guard lets it pass before every meaning is accepted."""
        live, prepared = self.found.live if self.found else None, self.prepared
        parts = prepared.accepted if prepared.meanings else prepared.parts
        return Task(
            change,
            self.desired,
            live,
            prepared.want,
            goal,
            parts,
            prepared.secrets,
            self.answers,
            frozenset(changed),
            self.desired.policy,
            forms=self.entry.forms if self.entry and not self.as_sent else {},
        )


def _decide_once(
    desired: Desired,
    kind: Kind,
    sides: PlanInputs,
    known: IdIndex,
    out: Draft,
    agreements: Agreements | RunAgreements | None,
) -> None:
    """Decide about a manifest, unless it agrees as when that was done last."""
    context = context_of(desired, sides, known)
    if agreements is None or sides.resend_secrets or sides.as_sent:
        return _decide(kind, desired, context, sides, known, out)
    found = known.found.get(desired.address)
    entry = memory_of(desired, found, sides.managed)
    before = extent(out)
    if isinstance(agreements, RunAgreements):
        compared = ComparedSides(context, desired, found, entry)
        if not agreements.settle(compared, out):
            _decide(kind, desired, context, sides, known, out)
            agreements.learn(compared, before, out)
        return None
    digest = agreements.digest(context, desired, found, entry, sides.salt)
    if digest is None or entry is None:
        return _decide(kind, desired, context, sides, known, out)
    if not agreements.settle(digest, entry, out):
        _decide(kind, desired, context, sides, known, out)
        agreements.learn(digest, entry, before, out)
    return None


def _decide(kind: Kind, desired: Desired, context: Context, sides: PlanInputs, known: IdIndex, out: Draft) -> None:
    """What becomes of one manifest. In one piece: each answer rules out what comes after it."""
    found = known.found.get(desired.address)
    entry = memory_of(desired, found, sides.managed)
    prepared = kind.prepare(context)
    case = _Case(kind, desired, found, entry, prepared, known, context.answers, sides.as_sent)
    problems = [case.at(finding) for finding in prepared.findings]
    out.notices += [Notice("kind", text, desired.address) for text in prepared.notices]
    if entry is not None and entry.protect and not desired.protect:
        said = "`protect` was dropped: once this is applied, it may be removed"
        out.notices.append(Notice("guard-lowered", said, desired.address))
    if entry is not None and entry.live_id and entry.address != desired.address:
        said = f"{entry.address} goes on as {desired.address}, as its `aliases` say: both are `{entry.live_id}`"
        out.notices.append(Notice("moved", said, desired.address))
    if any(problem.severity == "error" for problem in problems):
        out.unclear.append(desired.address)
    if found is None:
        if desired.address in sides.matches[kind.name].lost:
            said = planned_anew(desired, kind, sides.managed)
            out.notices.append(Notice("deleted-elsewhere", said, desired.address))
        problems += wrong_in_new(kind, sides.create_schema(kind), desired, prepared.want)
        if _sound(problems, out):
            out.tasks[desired.address] = _create(case)
        return
    last = context.last if prepared.last is None else prepared.last
    merged = merge(prepared.have, prepared.want, last, kind.shape, _prune(desired))
    problems += [_not_ours(case, path, key) for path, key in merged.refused]
    left, kept = told_apart(merged.changes, entry.forms if entry else {}, as_sent=sides.as_sent)
    if kept:
        out.notices.append(_kept_form(case, kept))
    out.notices += [_other_order(case, path) for path in merged.reordered]
    changes = (*left, *prepared.extra)
    secret = secret_changes(prepared, entry, sides.resend_secrets)
    out.notices += secret_notices(desired.address, secret, {str(each.path[0]) for each in changes}, prepared.resent)
    changes += secret.changes
    if merged.refused and desired.address not in out.unclear:
        out.unclear.append(desired.address)
    moved = (*prepared.meanings, *prepared.stopped)
    if changes or moved:
        out.differing[desired.address] = DifferingObject(found.live, entry, changes, prepared, moved)
    rest = remainder_of(merged, prepared.want, entry, kind.shape, sides.salt)
    if rest is not None:
        note_remainder(desired, rest, (found.live, entry, prepared.labels), known, out)
    if changes:
        problems += missing_after(kind, sides.create_schema(kind), desired, prepared.want, left)
        problems += [case.at(finding) for finding in kind.objections(changes, prepared.have, merged.goal)]
        if not merged.refused:  # of which the rest is only a consequence
            problems += [case.at(finding) for finding in unsound(kind, prepared, merged.goal)]
    out.released += [Release(desired.address, known.show(path, prepared.labels)) for path in merged.released]
    out.links.append(Link(desired.address, found.live.id, found.how, entry is None or entry.live_id != found.live.id))
    if not _sound(problems, out):
        return
    if changes or prepared.meanings:
        out.tasks[desired.address] = replace(_update(case, merged, changes), loose=secret.loose)
    if not changes:
        secrets = memory_of_secrets(prepared, entry)
        memory = remembered(desired, found.live.id, prepared.want, prepared.parts, entry, secrets, forms_of(kept))
        if rest is not None:
            memory = memory._replace(undeclared=rest.kept)
        out.settled[desired.address] = entry if entry == memory else memory  # equal ones need not be held twice


def _sound(problems: list[Problem], out: Draft) -> bool:
    """Whether nothing but warnings was found; all of it is kept."""
    out.problems += problems
    return not any(problem.severity == "error" for problem in problems)


def _is_adopted(case: _Case) -> bool:
    """Whether this object is not the one that state knows, or only because somebody said so."""
    entry = case.entry
    return case.found is not None and (entry is None or entry.live_id != case.found.live.id or entry.adopted)


def _prune(desired: Desired) -> frozenset[str]:
    prune = desired.policy.get("prune", ())
    return frozenset(prune) if isinstance(prune, (list, tuple)) else frozenset()


def _kept_form(case: _Case, kept: tuple[FieldChange, ...]) -> Notice:
    """That some fields stand as the platform has made them of what was sent."""
    paths = ", ".join(f"`{case.known.show(each.path, case.prepared.labels)}`" for each in kept)
    said = f"{case.desired.address}: the platform made another value of {paths} than was sent; it is not sent again"
    said += " unless you say `--as-sent`"
    return Notice("platform-form", said, case.desired.address)


def _other_order(case: _Case, path: FieldPath) -> Notice:
    """That the items of a list stand in another order in the organisation, where they stay."""
    text = case.known.show(path, case.prepared.labels)
    said = f"{case.desired.address}: `{text}` has another order in the organisation, and an apply leaves it so"
    return Notice("other-order", said, case.desired.address)


def _not_ours(case: _Case, path: FieldPath, key: str) -> Problem:
    at = place(case.prepared.want, path, case.kind.shape)
    text = case.known.show(path, case.prepared.labels)
    return Problem(
        "live-duplicates",
        f"{case.desired.address}: the live list `{text}` has another number of items with {key} than the manifest",
        case.desired.where(at),
        f"$.spec.{text}",
        "rename or delete them in the organisation, or write as many; syncer does not guess which one is meant",
    )


def _create(case: _Case) -> Task:
    kind, want, labels = case.kind, case.prepared.want, case.prepared.labels
    goal: Spec = as_new(want, kind.shape)
    risk = kind.create_risk(want)
    fields = tuple(_new_field(case, name, case.known.named(value, labels)) for name, value in goal.items())
    doubts = [reason for each in fields for reason in _doubts(case, each.path, each.after)]
    secrets = case.prepared.secrets.items()
    fields += tuple(Field(label, ABSENT, shown(secret), "ours", word="set") for label, secret in secrets)
    change = Change(
        address=case.desired.address,
        action="create",
        level=worst([*((risk.level,) if risk else ()), *(each.level for each in fields)]),
        reasons=tuple(dict.fromkeys([*((risk.reason,) if risk else ()), *doubts])),
        fields=fields,
        calls=(),
        waits=(),
        fingerprint=digest(canonical(want)),
        live_id="",
        name=display_name(kind, want, case.desired.address),
    )
    return case.task(change, goal, want)


def _new_field(case: _Case, path: str, value: Json) -> Field:
    """A field of a new object; a secret in it makes it risky, and what syncer does not know."""
    doubts = _doubts(case, path, value)
    return Field(path, ABSENT, value, "ours", "risky" if doubts else "safe", "; ".join(doubts))


def _doubts(case: _Case, path: str, value: Json) -> tuple[str, ...]:
    """Where secrets in it go, and what of it syncer does not know."""
    return (*exposures(value, path), *unknown_fields(case.desired.extra, path))


def _update(case: _Case, merged: MergeResult, changes: tuple[FieldChange, ...]) -> Task:
    kind, live_id = case.kind, case.found.live.id if case.found else ""
    fields = tuple(_field(case, change, merged.goal) for change in changes)
    fields += tuple(_meant(case, meaning) for meaning in case.prepared.meanings)
    reasons = [each.reason for each in fields if each.reason]
    reasons += [reason for change in changes for reason in _exposed(case, change)]
    levels = [each.level for each in fields]
    if changes and _is_adopted(case):
        levels.append("risky")
        reasons.append(ADOPTS)
    change = Change(
        address=case.desired.address,
        action="accept" if not changes else kind.version_move(changes) or "update",
        level=worst(levels),
        reasons=tuple(dict.fromkeys(reasons)),
        fields=fields,
        calls=(),
        waits=(),
        fingerprint=fingerprint(case.prepared.have, kind.shape),
        live_id=live_id,
        name=display_name(kind, merged.goal, case.desired.address),
    )
    return case.task(change, merged.goal, (str(each.path[0]) for each in changes))


def _field(case: _Case, change: FieldChange, goal: Spec) -> Field:
    """The change as a reviewer sees it. What is or was a secret is hidden, and the whole value that it stands in."""
    risk, labels = case.kind.risk(change, case.prepared.have, goal), case.prepared.labels
    hidden = change.before is not ABSENT and (holds_secret(change.after) or holds_secret(change.last))
    before, after = (case.known.named(side, labels) for side in (change.before, change.after))
    if case.kind.suspicious is not None and not hidden:
        words = tuple(step for step in change.path if isinstance(step, str))
        before = withhold(before, (), case.kind.shape, case.kind.suspicious, words)
    if before == after:  # a part that is given another id keeps its local key: only the ids show a difference
        before, after = change.before, change.after
    exposed, path = _exposed(case, change), case.known.show(change.path, labels)
    unknown = unknown_fields(case.desired.extra, path)
    return Field(
        path,
        HIDDEN if hidden else before,
        after,
        change.cause,
        worst([*((risk.level,) if risk else ()), *(("risky",) if exposed or unknown else ())]),
        "; ".join(((risk.reason,) if risk else exposed) + unknown),
        risk.item if risk else "",
        word_of(change, case.prepared),
        part_title(change.path, case.prepared.want, case.entry.declared if case.entry else {}, case.prepared.have),
    )


def _meant(case: _Case, meaning: Meaning) -> Field:
    """The meaning as a reviewer sees it."""
    labels, (level, reason, item) = case.prepared.labels, meaning.risk
    before, after = (case.known.named(side, labels) for side in (meaning.before, meaning.after))
    return Field(case.known.show(meaning.path, labels), before, after, meaning.cause, level, reason, item)


def _exposed(case: _Case, change: FieldChange) -> tuple[str, ...]:
    """Where the secrets go that the change puts into a field which is not meant for them."""
    if change.path[0] in case.prepared.secrets:
        return ()
    return exposures(change.after, case.known.show(change.path, case.prepared.labels))
