"""The organisation that has what is wanted: its manifests as they will be, old and new, and what of them is promoted.

It reads and decides; what would be written is proven by the plan that the source would have of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

from syncer.diff.export_spec import NameIndex
from syncer.diff.extra_paths import entries
from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Replacement
from syncer.fs.change_set import ChangeSet, FileChange
from syncer.kinds import KINDS, REMOVED
from syncer.manifests.cross_checks import together
from syncer.manifests.envelope import RawManifest
from syncer.manifests.extra_fields import lines
from syncer.manifests.loader import of_text
from syncer.manifests.resolution import Manifests, lives_in, resolve
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PlatformError, Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, replaced
from syncer.model.resource import Desired, Managed
from syncer.model.unexpected_reply import unreadable
from syncer.ops.promote.dependencies import bundled_spec, dependencies, with_parts
from syncer.ops.promote.promotion import PromoteRequest, Promotion, PromotionScope
from syncer.ops.pull.acceptance import accepting
from syncer.ops.pull.first_draft import taken_over, what_is_there
from syncer.ops.pull.inventory import Inventory, names_of
from syncer.ops.pull.pull import prepare as prepare_pull
from syncer.ops.pull.write_back import WriteBackOptions
from syncer.ops.refresh import read_sides
from syncer.ops.selection import PlanRequest, Selection, select
from syncer.plan.id_map import made_along
from syncer.plan.identity_match import plain_title
from syncer.plan.planner import Unread, draft


def read_source(request: PromoteRequest, scope: PromotionScope) -> Promotion:
    """What is live, beside the manifests that are there, and what of it is chosen. InvalidInput where these are not
    sound or a pattern fits nothing; PlatformError."""
    source, mine = request.source, request.source.environment
    values = {each.name: each.source for each in scope.variables.values()}
    here = mine._replace(vars={**mine.vars, **values}, ids={**mine.ids, **scope.ids})
    order = replace(source.order, environment=here, environments=(here.name, request.target.environment.name))
    there, desired, _ = what_is_there(order)
    wish = WriteBackOptions(only=_only(scope, request.selection, desired))
    taken = taken_over(order, source.reader, request.fetch, source.managed, (there, desired), wish)
    refine = partial(_refined, request, scope)
    pulled = prepare_pull(order, source.reader, request.fetch, source.managed, refine)
    if pulled.planned is None:
        raise InvalidInput(Problem("not-promoted", f"`{here.name}` could not be planned; please report this"))
    sides, selection, unfit = pulled.planned.sides, request.selection, pulled.composed.given_up
    picked = {each.address: each for each in select(pulled.composed.desired, unfit, selection)}
    wanted = {*picked} | {address for address in unfit if selection.takes(address)}
    live = {address for matches in sides.matches.values() for address in matches.found}
    elsewhere = _elsewhere(request, there, [each for address, each in sorted(picked.items()) if address in live])
    unread = {address: each for address, each in sorted(pulled.unread.items()) if address in wanted}
    unwritten = wanted & {*taken.unwritten}
    lost = sorted(wanted - live - {*unfit}) if selection.partial else []
    left = [
        *pulled.left_out,
        *taken.problems,
        *(unreadable(each) for address, each in unread.items() if address not in unwritten),
        *(_not_live(each, here.name) for each in lost),
        *(_not_for(address, each, request.target.environment.name) for address, each in elsewhere.items()),
    ]
    # of a part that was asked for, what else is live in the source is no loss
    incomplete = bool(unread or unwritten or lost or pulled.unfit) or (pulled.incomplete and not selection.partial)
    chosen = frozenset((wanted & live) - {*elsewhere, *unread, *unwritten})
    found = replace(scope, exactly=frozenset(wanted) if selection.partial else None)
    edited = frozenset(each.address for each in taken.objects)
    return Promotion(
        request, scope, found, here, there, pulled, sides, chosen, left, incomplete, taken.changes, edited=edited,
        elsewhere=elsewhere,
    )  # fmt: skip


def edit_manifests(given: Promotion) -> Promotion:
    """With the edits of the chosen manifests that are there, beyond what was taken over: where they live, what they
    bundle, what becomes a variable; with what of a bundle is unknown, or against a rule and live all the same."""
    there, pulled, before = given.manifests, given.pulled, given.changes
    files, ids = dict(before.files), dict(given.scope.ids)
    taken = {Address(raw.kind, raw.name): raw for raw in _as_changed(there, before)}
    wanted = {each.address: each for each in given.source.desired}
    known = dependencies(given.request, pulled.survey)
    secrets = {each.new.address: [*each.pulled.literals] for each in pulled.drafts}
    written = [each.new for each in pulled.drafts]  # what gets no manifest has no name to refer to
    names = names_of(pulled.survey, pulled.composed.desired, written, given.here.ids)
    for address, raw in given.promoted:
        if not lives_in(raw, given.here.name):
            continue
        found = bundled_spec(known, taken[address], wanted[address], given.source, names)
        bundled, literals = found if found is not None else (None, ())
        secrets[address] = [*secrets.get(address, ()), *literals]
        ids |= _named_in(bundled[KINDS[raw.kind].made_along], names) if bundled is not None else {}
        edits = _edits(given, taken[address], bundled)
        if edits:
            now = files.get(raw.file, FileChange(raw.content, raw.content))
            files[raw.file] = FileChange(now.before, edit(now.after or b"", raw.document.index, edits, raw.file))
    here = given.here._replace(ids={**given.here.ids, **ids, **pulled.composed.ids})
    changes = ChangeSet({name: each for name, each in files.items() if each.before != each.after})
    changes = accepting(there, here, changes).changes
    drafts = pulled.composed.manifests.all[len(there.all) :] if pulled.composed.manifests else ()
    return replace(
        given,
        found=replace(given.found, ids=ids),
        here=here,
        manifests=there._replace(all=(*_as_changed(there, changes), *drafts)),
        changes=changes,
        secrets={address: tuple(each) for address, each in secrets.items() if each},
    )


def prove_source(given: Promotion) -> Promotion:
    """With the ids of what is made along, as the source's plan of these manifests knows them. InvalidInput where what
    would be written is not sound, or is not what is live: that plan must not hold more than before. PlatformError where
    something of it cannot be read."""
    source, pulled = given.request.source, given.pulled
    env = {**source.order.env, **{each.variable: each.value for some in given.secrets.values() for each in some}}
    desired, problems = resolve(given.manifests, given.here, env, allowed=source.order.allowed)
    errors = [each for each in (*problems, *together(desired)) if each.severity == "error"]
    if errors:
        raise InvalidInput(errors)
    managed = {**source.managed}
    for each in pulled.drafts:
        managed[each.new.address] = Managed(each.new.address, each.new.live.id, parts=each.pulled.parts)
    unread: Unread = {}
    plan = PlanRequest(source.order.target)
    sides, known, _, _ = read_sides(source.reader, given.request.fetch, desired, managed, plan, unread)
    made = draft(KINDS, sides, known, unread)
    if blind := [unread[address] for address in sorted(unread) if address in given.chosen]:
        raise PlatformError(blind)
    before = {each.address for each in pulled.planned.plan.changes} if pulled.planned else set()
    written = [address for address, task in sorted(made.tasks.items()) if task.change.writes]
    wrong = [address for address in written if address in given.chosen and address not in before]
    if wrong:
        said = ", ".join(f"{address} ({made.tasks[address].change.fields[0].path})" for address in wrong[:3])
        message = f"what would be written is not what is live in `{given.here.name}`: {said}; this is a bug of syncer"
        raise InvalidInput(Problem("pull-differs", message, hint="please report it; nothing was written"))
    return replace(given, parts=made_along(KINDS, made))


def fitting_patterns(patterns: Sequence[str], addresses: Collection[Address]) -> tuple[str, ...]:
    """Those that fit at least one of these."""
    return tuple(each for each in patterns if any(fnmatchcase(str(address), each) for address in addresses))


def _only(scope: PromotionScope, selection: Selection, desired: Sequence[Desired]) -> frozenset[Address] | None:
    """Which of the manifests that are there take over what was changed by hand; None for all."""
    if scope.exactly is not None or not selection.partial:
        return scope.exactly
    fitting = fitting_patterns(selection.only, [each.address for each in desired])
    return frozenset(each.address for each in select(desired, (), Selection(only=fitting))) if fitting else frozenset()


def _refined(request: PromoteRequest, scope: PromotionScope, found: Inventory) -> Inventory:
    """Only what is chosen, with what it must bundle and the variables it gets."""
    known = dependencies(request, found)
    new = [with_parts(known, each) for each in found.new if scope.exactly is None or each.address in scope.exactly]
    return replace(found, new=tuple(replace(each, variables=scope.written(each.address)) for each in new))


def _elsewhere(request: PromoteRequest, there: Manifests, wanted: Sequence[Desired]) -> dict[Address, Desired]:
    """Manifests that are not for the target, which has another one for the same object: that stays the wish."""
    found: dict[Address, Desired] = {}
    theirs, _ = resolve(there, request.target.environment, None)
    claimed = {(each.address.kind, _key(each)): each for each in theirs}
    for each in wanted:
        other = claimed.get((each.address.kind, _key(each)))
        if other is not None and other.address != each.address:
            found[each.address] = other
    return found


def _not_for(address: Address, other: Desired, environment: str) -> Problem:
    message = f"{address} is not promoted: in `{environment}` {other.address} describes it"
    hint = f"to promote it all the same, take {environment} out of the other's environments"
    return Problem("manifest-elsewhere", message, other.where(()), hint=hint, severity="warning")


def _key(desired: Desired) -> str:
    """What the live object of a manifest is found by."""
    kind = KINDS[desired.address.kind]
    return plain_title(str(desired.spec[kind.title])) if kind.title else kind.key(desired.spec)


def _not_live(address: Address, environment: str) -> Problem:
    message = f"{address} is not promoted: `{environment}` has no such object"
    hint = f"apply it there first: `syncer apply -e {environment}`"
    return Problem("not-live", message, hint=hint, severity="warning")


def _named_in(bundle: Json, names: NameIndex) -> dict[str, str]:
    """The new ids that a bundle names."""
    said = json.dumps(bundle)
    return {name: id for name, id in names.ids.new.items() if f"${{id.{name}}}" in said}


def _edits(given: Promotion, raw: RawManifest, bundled: dict[str, Json] | None) -> list[Replacement]:
    """What changes in a manifest that is there."""
    spec = raw.spec if bundled is None else bundled
    for path, variable in given.scope.written(Address(raw.kind, raw.name)).items():
        spec = replaced(spec, path, variable)
    found, metadata = [Replacement(("spec",), spec)] if spec is not raw.spec else [], dict(raw.metadata)
    if not lives_in(raw, given.there.name):
        metadata["environments"] = [*raw.metadata["environments"], given.there.name]
    if bundled is not None and (extra := lines(KINDS[raw.kind], bundled, entries(raw.metadata))):
        metadata["extra"] = [*entries(raw.metadata), *extra]
    return [*found, Replacement(("metadata",), metadata)] if metadata != raw.metadata else found


def _as_changed(manifests: Manifests, changes: ChangeSet) -> list[RawManifest]:
    """The manifests as they will be read, texts of files beside them put in."""
    texts = {name: each.after.decode() for name, each in changes.files.items() if each.after is not None}
    new: list[RawManifest] = []
    done: set[str] = set()
    for raw in manifests.all:
        if raw.file not in texts:
            new.append(_with_texts(raw, texts))
        elif raw.file not in done:
            done.add(raw.file)
            said = of_text(texts[raw.file].encode(), raw.file, (*KINDS, REMOVED)).manifests
            new += [_with_texts(each, texts) for each in said if each.kind != REMOVED]
    return new


def _with_texts(raw: RawManifest, texts: Mapping[str, str]) -> RawManifest:
    """The manifest with the new text of files beside it in place of their names."""
    spec = raw.spec
    for pattern in KINDS[raw.kind].texts if texts else ():
        for path, value in find_all(raw.spec, pattern_steps(pattern)):
            if isinstance(value, dict) and value.get("file") in texts:
                spec = replaced(spec, path, texts[value["file"]].removeprefix("\ufeff"))
    return raw if spec is raw.spec else raw._replace(spec=spec)
