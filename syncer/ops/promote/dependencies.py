"""What a manifest must bring along because the target organisation has none of it: a flow's automations.

What both organisations have under one title is referred to by that title. What only the source has, and only one
object of the source uses, becomes a part of that object's manifest. It reads what the kinds ask for, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace

from syncer.diff.export_spec import NameIndex, spec_of
from syncer.kinds import KINDS, lookup_kinds
from syncer.manifests.create_schema import create_schema
from syncer.manifests.envelope import RawManifest
from syncer.manifests.variables import substitute
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Lookup, Path, value_at
from syncer.model.kind import Kind
from syncer.model.markers import clone
from syncer.model.pulled_spec import PulledLiteral
from syncer.model.resource import Desired, Live
from syncer.model.slugs import unique_names
from syncer.model.unexpected_reply import UnexpectedReply, of_known_form
from syncer.ops.promote.promotion import PromoteRequest
from syncer.ops.pull.inventory import Inventory, UnmanagedObject
from syncer.plan.inputs import PlanInputs
from syncer.schema_check.known_fields import known_fields


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What is made along with objects of the source. `users`: live id → how many objects use it; `titles`: kind → live
    id → its title."""

    request: PromoteRequest
    users: Counter[str]
    titles: Mapping[str, Mapping[str, str]]


def dependencies(request: PromoteRequest, found: Inventory) -> Dependencies:
    """Of a survey of the source."""
    users: Counter[str] = Counter()
    titles: dict[str, dict[str, str]] = {}
    for kind, live in ((KINDS[name], live) for name, live in found.live.items() if KINDS[name].along):
        users.update(used for each in live for used in used_by(kind, each))
        title = lookup_kinds()[kind.along].titles[0]
        objects = found.looked_at.get(kind.along, ())
        titles[kind.along] = {str(each["id"]): str(each.get(title) or "") for each in objects if each.get("id")}
    return Dependencies(request, users, titles)


def with_parts(known: Dependencies, new: UnmanagedObject) -> UnmanagedObject:
    """A live object whose manifest is to be written, with what it bundles."""
    kind = KINDS[new.address.kind]
    parts = _parts(known, kind, used_by(kind, new.live), {}, frozenset()) if kind.along else {}
    if not parts:
        return new
    return replace(new, parts={kind.made_along: parts}, answers=_answers(known, kind, parts))


def bundled_spec(
    known: Dependencies, raw: RawManifest, one: Desired, sides: PlanInputs, names: NameIndex
) -> tuple[dict[str, Json], tuple[PulledLiteral, ...]] | None:
    """The spec of a manifest that refers to what the target has not, bundling it, and the variables in it that stand
    for secrets; None where it need not. `sides`: of the source."""
    kind = KINDS[raw.kind]
    if not kind.along:
        return None
    live, entry = sides.matches[kind.name].found[one.address].live, sides.managed.get(one.address)
    places = _places(kind, raw, one, live, sides)
    covered = {id for id, paths in places.items() if any(_answered(known, value_at(raw.spec, each)) for each in paths)}
    parts = _parts(known, kind, [*places], entry.parts.get(kind.made_along, {}) if entry else {}, covered)
    if not parts:
        return None
    answers = _answers(known, kind, parts)
    with of_known_form(str(one.address)):
        said = spec_of(kind, create_schema(kind), live.object, names, {kind.made_along: parts}, answers)
    bundle = {key: each for key, each in (said.spec.get(kind.made_along) or {}).items() if key in parts}
    if not bundle:
        return None
    spec: dict[str, Json] = clone(dict(raw.spec))
    for key in bundle:
        for path in places[parts[key]]:
            value_at(spec, path[:-1])[path[-1]] = {"automation": key}
    spec[kind.made_along] = {**(spec.get(kind.made_along) or {}), **bundle}
    literals = tuple(each for each in said.literals if each.path[1] in bundle)
    return dict(known_fields(kind.slug, spec).spec), literals


def used_by(kind: Kind, live: Live) -> list[str]:
    """The ids that a live object has where what is made along may be named; of one that cannot be read, all of them."""
    spec = kind.spec_of(live.object)
    if kind.pull is not None:
        with suppress(UnexpectedReply):
            spec = kind.pull(clone(spec), live.object, {}, {}).spec
    paths = [pattern_steps(ref.path) for ref in kind.refs if ref.to == kind.along]
    found = [value for steps in paths for _, value in find_all(spec, steps)]
    return list(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def _places(kind: Kind, raw: RawManifest, one: Desired, live: Live, sides: PlanInputs) -> dict[str, list[Path]]:
    """Live id → where the manifest, as it is written, refers to it."""
    places: dict[str, list[Path]] = {}
    used = used_by(kind, live)
    for steps in (pattern_steps(ref.path) for ref in kind.refs if ref.to == kind.along):
        for path, _ in find_all(raw.spec, steps):
            id = value_at(one.spec, path)
            if isinstance(id, Lookup):
                id = sides.lookups.get((id.kind, id.title, id.scope))
            if isinstance(id, str) and id in used:
                places.setdefault(id, []).append(path)
    return places


def _answered(known: Dependencies, value: Json) -> bool:
    """Whether a written value has its answer in the target: an entry of its `ids`."""
    found = substitute(value, known.request.target.environment.variables())
    return bool(found.fed) and not found.findings


def _parts(
    known: Dependencies, kind: Kind, ids: Sequence[str], keys: Mapping[str, str], covered: Set[str]
) -> dict[str, str]:
    """Local key → live id of those that are to be bundled. `keys`: local key → live id of those that have one;
    `covered`: ids that the target has an answer for already."""
    wanted = [id for id in ids if id not in covered and known.users[id] == 1 and not _is_there(known, kind, id)]
    named = {id: key for key, id in keys.items()}
    titles = {id: known.titles[kind.along].get(id, "") for id in wanted if id not in named}
    new = unique_names(titles, "automation", {*keys}, "_")
    return {named.get(id) or new[id]: id for id in wanted}


def _is_there(known: Dependencies, kind: Kind, id: str) -> bool:
    """Whether a lookup of its title finds one object on either side."""
    titles = known.titles[kind.along]
    title = titles.get(id, "")
    if not title or [*titles.values()].count(title) > 1:
        return False
    lookup = lookup_kinds()[kind.along]
    theirs = known.request.target.reader.list(lookup.service, lookup.listing)
    return any(str(each.get(lookup.titles[0])) == title for each in theirs)  # several: the lookup says so


def _answers(known: Dependencies, kind: Kind, parts: Mapping[str, str]) -> dict[str, Json]:
    """What the kind must know to bundle these."""
    asked = kind.asks_along(sorted(parts.values()))
    return {name: known.request.source.reader.read(kind.service, call) for name, call in asked.items()}
