"""(desired, live, managed) → Plan: the decision what is to be done, field by field. Pure: it asks nobody.

What a kind must know beyond its list (an app's option declarations, the entities of a schema) was asked before and comes
in as answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from syncer.core.address import Address
from syncer.core.fingerprint import canonical, digest, fingerprint
from syncer.core.graph import Order, order_of
from syncer.core.identity import Matches, link_of
from syncer.core.kind import Call, Context, Kind, Level, Prepared, Spec, Step, Steps, Write
from syncer.core.merge import FieldChange, FieldPath, Item, Merged, merge, show_field
from syncer.core.plan import HIDDEN, Change, Field, Link, Notice, Released, Task, Verb, worst
from syncer.core.problem import Finding, Problem, located
from syncer.core.references import bind
from syncer.core.resource import Desired, Found, Live, Managed
from syncer.core.secrets import same_secret
from syncer.core.shape import find_all, pattern_steps
from syncer.core.values import ABSENT, Json, Lookup, Part, Ref, Secret


@dataclass(frozen=True, slots=True)
class Sides:
    """All that a plan is made of. `live` by kind; `answers` by address; `lookups` by (kind, title, scope)."""

    desired: Sequence[Desired]
    live: Mapping[str, Sequence[Live]]
    managed: Mapping[Address, Managed]
    matches: Mapping[str, Matches]
    answers: Mapping[Address, Mapping[str, Json]]
    lookups: Mapping[tuple[str, str, str], str]
    today: str
    resend_secrets: bool = False
    removable: Callable[[Address], bool] = lambda address: True
    """Whether a managed address that no manifest names may be planned away (`--only` and `--except` say no)."""


@dataclass(slots=True)
class Draft:
    """A plan before its id: what was decided, and every problem that stands in its way."""

    tasks: dict[Address, Task] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    released: list[Released] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    settled: dict[Address, Managed] = field(default_factory=dict)
    """What state will say of each address that needs no change."""
    forgotten: list[Address] = field(default_factory=list)
    """Addresses state may drop: nobody wants them and they are gone already."""


def draft(kinds: Mapping[str, Kind], sides: Sides) -> Draft:
    """Decide for every manifest and every remembered address; then put the changes in order."""
    out = Draft()
    known = Known(kinds, sides)
    for desired in sides.desired:
        _one(kinds[desired.address.kind], desired, sides, known, out)
    for address, entry in sorted(sides.managed.items()):
        if address not in known.wanted and sides.removable(address) and address.kind in kinds:
            _removal(kinds[address.kind], entry, sides, out)
    order = order_of(kinds, out.tasks, {desired.address: desired for desired in sides.desired})
    for address, task in out.tasks.items():
        late = order.late.get(address, frozenset())
        calls = _calls(kinds[address.kind], task)
        twice = (calls[0], *calls) if late else calls
        change = replace(task.change, waits=tuple(sorted(order.waits[address])), calls=twice)
        out.tasks[address] = replace(task, change=change, late=late)
    return out


class Known:
    """Names and ids of everything found: how references become ids, and ids become names again."""

    def __init__(self, kinds: Mapping[str, Kind], sides: Sides) -> None:
        self.found: dict[Address, Found] = {}
        for matches in sides.matches.values():
            self.found.update(matches.found)
        self.wanted: set[Address] = set()
        for desired in sides.desired:
            link = link_of(desired, sides.managed)
            self.wanted.update({desired.address} | ({link.address} if link else set()))
        self._lookups = sides.lookups
        self._names = {
            found.live.id: Ref(*address) for address, found in self.found.items() if kinds[address.kind].title
        }

    def resolve(self, leaf: Ref | Lookup | Part) -> Json:
        """The id a marker stands for; the marker itself while it has none."""
        if isinstance(leaf, Ref):
            found = self.found.get(Address(leaf.kind, leaf.name))
            return found.live.id if found else leaf
        if isinstance(leaf, Lookup):
            return self._lookups.get((leaf.kind, leaf.title, leaf.scope), leaf)
        return leaf

    def named(self, value: Json, labels: Mapping[str, str]) -> Json:
        """The value with ids of managed objects as references and ids of parts as local keys, for people."""
        if isinstance(value, dict):
            return {name: self.named(item, labels) for name, item in value.items()}
        if isinstance(value, list):
            return [self.named(item, labels) for item in value]
        if isinstance(value, str):
            return self._names.get(value) or labels.get(value, value)
        return value

    def show(self, path: FieldPath, labels: Mapping[str, str]) -> str:
        """A field's path with names in place of ids."""
        return show_field(tuple(Item(self._word(step.key, labels)) if isinstance(step, Item) else step for step in path))

    def _word(self, key: str, labels: Mapping[str, str]) -> str:
        return self._names[key].name if key in self._names else labels.get(key, key)


def _one(kind: Kind, desired: Desired, sides: Sides, known: Known, out: Draft) -> None:
    address = desired.address
    if any(problem.message.startswith(f"{address}:") for problem in sides.matches[kind.name].problems):
        return  # ambiguous: said already
    found = sides.matches[kind.name].found.get(address)
    entry = link_of(desired, sides.managed)
    want = bind(desired.spec, known.resolve)
    context = Context(
        address,
        want,
        found.live.object if found else None,
        entry.parts if entry else {},
        desired.policy,
        sides.answers.get(address, {}),
        dict(entry.declared) if entry and found else {},
        sides.today,
    )
    prepared = kind.prepare(context)
    problems = [_at(desired, finding) for finding in prepared.findings]
    out.notices += [Notice("kind", text, address) for text in prepared.notices]
    if found is None:
        if address in sides.matches[kind.name].lost:
            out.notices.append(
                Notice("deleted-elsewhere", f"{address} was deleted in the organisation and is planned anew", address)
            )
        problems += _missing(kind, desired, prepared.want)
        out.problems += problems
        if not any(problem.severity == "error" for problem in problems):
            out.tasks[address] = _create(kind, desired, prepared, sides, known)
        return
    merged = merge(prepared.have, prepared.want, context.last, kind.shape, _prune(desired))
    problems += [_not_ours(desired, path, twice) for path, twice in merged.refused]
    changes = (*merged.changes, *prepared.extra, *_secret_changes(prepared, entry, sides, out, address))
    if changes:
        problems += _missing(kind, desired, merged.goal)
        problems += [_at(desired, finding) for finding in kind.objections(changes, prepared.have, merged.goal)]
    out.problems += problems
    out.released += [Released(address, known.show(path, prepared.labels)) for path in merged.released]
    out.links.append(Link(address, found.live.id, found.how, entry is None or entry.live_id != found.live.id))
    if any(problem.severity == "error" for problem in problems):
        return
    if changes:
        out.tasks[address] = _update(kind, desired, found, entry, prepared, merged, changes, sides, known)
    else:
        out.settled[address] = remembered(desired, found.live.id, prepared.want, prepared.parts, entry, {})


def remembered(
    desired: Desired, live_id: str, want: Spec, parts: Mapping[str, Mapping[str, str]], entry: Managed | None,
    secrets: Mapping[str, str],
) -> Managed:
    """What state will say of a manifest that stands as it was asked for."""
    from syncer.core.references import without_secrets

    return Managed(
        desired.address,
        live_id,
        without_secrets(want),
        {group: dict(ids) for group, ids in parts.items()},
        desired.protect,
        desired.aliases,
        dict(desired.policy),
        {**(entry.secrets if entry else {}), **secrets},
    )


def _prune(desired: Desired) -> frozenset[str]:
    prune = desired.policy.get("prune", ())
    return frozenset(prune) if isinstance(prune, (list, tuple)) else frozenset()


def _at(desired: Desired, finding: Finding) -> Problem:
    return located(replace(finding, path=("spec", *finding.path)), desired.where(finding.path))


def _not_ours(desired: Desired, path: tuple[object, ...], twice: str) -> Problem:
    text = show_field(path)  # type: ignore[arg-type]
    return Problem(
        "live-duplicates",
        f"{desired.address}: the live list `{text}` has two items with {twice}",
        desired.where(path[:1]),  # type: ignore[arg-type]
        f"$.spec.{text}",
        "rename or delete one of them in the organisation; syncer does not guess which one is meant",
    )


def _missing(kind: Kind, desired: Desired, goal: Spec) -> list[Problem]:
    """What the platform requires and neither the manifest nor the live object has."""
    problems = []
    for pattern in kind.required:
        steps = pattern_steps(pattern)
        for path, holder in find_all(goal, steps[:-1]):
            if isinstance(holder, dict) and holder.get(steps[-1]) in (None, ABSENT):
                where = show_field(tuple(path)) or "spec"
                name = holder.get("name") or holder.get("id") or ""
                what = f"`{name}` in {where.partition('[')[0]}" if name and path else kind.name
                problems.append(
                    Problem(
                        "missing-for-create",
                        f"{desired.address}: {what} is new and needs `{steps[-1]}`",
                        desired.where(path),
                        "$.spec" + (f".{where}" if path else ""),
                        f"add `{steps[-1]}:`; it may only be left out of an object that exists",
                    )
                )
    return problems


def _secret_changes(
    prepared: Prepared, entry: Managed | None, sides: Sides, out: Draft, address: Address
) -> Iterator[FieldChange]:
    """Write-only values: sent when they changed or when it was asked for; unknown ones are left alone and said."""
    for label, secret in prepared.secrets.items():
        known = entry.secrets.get(label) if entry else None
        if known is None and not sides.resend_secrets:
            out.notices.append(
                Notice("secret-unverified", f"{address}: whether {label} is up to date is not known; it is not sent", address)
            )
        elif sides.resend_secrets or not same_secret(secret, known or ""):
            yield FieldChange((label,), HIDDEN, secret)


def _create(kind: Kind, desired: Desired, prepared: Prepared, sides: Sides, known: Known) -> Task:
    risk = kind.create_risk(prepared.want)
    level: Level = risk.level if risk else "safe"
    fields = tuple(
        Field(name, ABSENT, known.named(value, prepared.labels), "ours") for name, value in prepared.want.items() if value is not None
    )
    fields += tuple(Field(label, ABSENT, secret, "ours") for label, secret in prepared.secrets.items())
    change = Change(
        desired.address, "create", level, (risk.reason,) if risk else (), fields, (), (),
        digest(canonical(prepared.want)), "", _name(kind, prepared.want, desired.address),
    )
    return Task(
        change, desired, None, prepared.want, prepared.want, prepared.parts, prepared.secrets,
        sides.answers.get(desired.address, {}), frozenset(prepared.want), desired.policy,
    )


def _update(
    kind: Kind, desired: Desired, found: Found, entry: Managed | None, prepared: Prepared, merged: Merged,
    changes: tuple[FieldChange, ...], sides: Sides, known: Known,
) -> Task:
    fields = tuple(_field(kind, change, prepared, merged.goal, known) for change in changes)
    reasons = [each.reason for each in fields if each.reason]
    levels = [each.level for each in fields]
    if entry is None:
        levels.append("risky")
        reasons.append("takes over an object nobody here made")
    verb: Verb = "upgrade" if kind.upgrade(changes) else "update"
    change = Change(
        desired.address, verb, worst(levels), tuple(dict.fromkeys(reasons)), fields, (), (),
        fingerprint(prepared.have, kind.shape), found.live.id, _name(kind, merged.goal, desired.address),
    )
    return Task(
        change, desired, found.live, prepared.want, merged.goal, prepared.parts, prepared.secrets,
        sides.answers.get(desired.address, {}), frozenset(str(each.path[0]) for each in changes), desired.policy,
    )


def _field(kind: Kind, change: FieldChange, prepared: Prepared, goal: Spec, known: Known) -> Field:
    risk, labels = kind.risk(change, prepared.have, goal), prepared.labels
    hidden = isinstance(change.after, Secret)
    before = HIDDEN if hidden and change.before is not ABSENT else known.named(change.before, labels)
    return Field(
        known.show(change.path, labels), before, known.named(change.after, labels), change.cause,
        risk.level if risk else "safe", risk.reason if risk else "", risk.item if risk else "",
    )


def _removal(kind: Kind, entry: Managed, sides: Sides, out: Draft) -> None:
    live = next((each for each in sides.live.get(kind.name, ()) if each.id == entry.live_id), None)
    if live is None or (kind.removal(entry.policy) == "deactivate" and kind.already_removed(live.object)):
        out.forgotten.append(entry.address)
        return
    answers = sides.answers.get(entry.address, {})
    objection = kind.removal_objection(live.id, answers)
    if objection:
        out.problems.append(
            Problem("cannot-remove", f"{entry.address}: {objection}", hint="put the manifest back, or let go of it with "
                    f"`syncer state rm {entry.address}`")
        )
        return
    verb: Verb = kind.removal(entry.policy)
    have = kind.spec_of(live.object)
    change = Change(
        entry.address, verb, "risky" if verb == "deactivate" else "destructive", (kind.remove_reason,), (), (), (),
        fingerprint(have, kind.shape), live.id, _name(kind, have, entry.address),
    )
    out.tasks[entry.address] = Task(
        change, None, live, {}, have, entry.parts, {}, answers, frozenset(), entry.policy,
    )


def _name(kind: Kind, spec: Spec, address: Address) -> str:
    value = spec.get(kind.title or "name") or kind.key(spec) or address.name
    return value if isinstance(value, str) else address.name


def write_of(task: Task, goal: Spec, want: Spec, live: Json, names: Callable[[str, str], Mapping[str, Json]]) -> Write:
    """What the kind is handed to write this task."""
    return Write(
        task.change.address, want, goal, live, task.change.live_id, task.changed, task.policy, task.parts, task.secrets,
        task.answers, names,
    )


def steps_of(kind: Kind, task: Task, write: Write) -> Steps:
    """The generator of the task's steps."""
    match task.change.action:
        case "create":
            return kind.create(write)
        case "update" | "upgrade":
            return kind.update(write)
        case _:
            return kind.remove(write)


def _calls(kind: Kind, task: Task) -> tuple[str, ...]:
    """The writing calls the change will make: its steps, run with the replies each one pretends."""
    live = task.live.object if task.live else None
    steps = steps_of(kind, task, write_of(task, task.goal, task.want, live, lambda kind, id: {}))
    calls: list[str] = []
    reply: Json = None
    try:
        step: Step = next(steps)
        while True:
            if step.call.method != "GET":
                calls.append(step.call.title.replace(quote("…"), "…"))
            reply = step.pretend
            step = steps.send(reply)
    except StopIteration:
        return tuple(calls)


def asks_of(kind: Kind, desired: Desired, sides: Sides, known: Known) -> Mapping[str, Call]:
    """What the kind must know about this resource before it can be compared."""
    entry = link_of(desired, sides.managed)
    found = known.found.get(desired.address)
    want = bind(desired.spec, known.resolve)
    context = Context(
        desired.address, want, found.live.object if found else None, entry.parts if entry else {},
        desired.policy, {}, dict(entry.declared) if entry and found else {}, sides.today,
    )
    return kind.asks(context)


def gone(sides: Sides, kinds: Collection[str]) -> list[Managed]:
    """Remembered addresses that no manifest names and that may be planned away."""
    wanted = Known({}, replace(sides, matches={})).wanted
    return [
        entry for address, entry in sorted(sides.managed.items())
        if address not in wanted and address.kind in kinds and sides.removable(address)
    ]


__all__ = ["Draft", "Order", "Sides", "asks_of", "draft", "gone", "remembered", "steps_of", "write_of"]
