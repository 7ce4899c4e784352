"""What a manifest must bring along because the target organisation has none of it: a flow's automations.

What both organisations have under one title is referred to by that title. What only the source has, and only one
object of the source uses, becomes a part of that object's manifest. It reads what the kinds ask for, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from syncer.diff.export_spec import NameIndex, spec_of
from syncer.kinds import KINDS, lookup_kinds
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Lookup, Path
from syncer.model.kind import Kind
from syncer.model.markers import clone
from syncer.model.resource import Desired, Live
from syncer.model.slugs import unique_names
from syncer.model.unexpected_reply import UnexpectedReply, of_known_form
from syncer.ops.pull.inventory import Inventory, UnmanagedObject
from syncer.ops.refresh import Reader


@dataclass(frozen=True, slots=True)
class BundledSpec:
    """A spec that bundles what it referred to: by local key, the live ids of the source."""

    spec: dict[str, Json]
    ids: Mapping[str, str]


class Dependencies:
    """What may be bundled, decided once for a survey of the source. `target`: the other organisation."""

    def __init__(self, found: Inventory, source: Reader, target: Reader) -> None:
        self._source, self._target = source, target
        self._users: Counter[str] = Counter()
        self._titles: dict[str, dict[str, str]] = {}
        self._there: dict[str, Counter[str]] = {}
        for name, live in found.live.items():
            kind = KINDS[name]
            for each in live if kind.along else ():
                self._users.update(set(used_by(kind, each)))
            if kind.along and kind.along in found.looked_at:
                field_name = lookup_kinds()[kind.along].titles[0]
                objects = found.looked_at[kind.along]
                self._titles[kind.along] = {
                    str(each["id"]): str(each.get(field_name) or "") for each in objects if each.get("id")
                }

    def parts(
        self, kind: Kind, ids: Sequence[str], known: Mapping[str, str], covered: frozenset[str]
    ) -> dict[str, str]:
        """Local key → live id of those that are to be bundled. `known`: keys that some have; `covered`: ids that the
        target has an answer for already."""
        wanted = [id for id in ids if id not in covered and self._users[id] == 1 and not self._found(kind, id)]
        titles = {id: self._titles.get(kind.along, {}).get(id, "") for id in wanted}
        keys = {id: key for key, id in known.items()}
        new = unique_names({id: title for id, title in titles.items() if id not in keys}, "automation", {*known}, "_")
        return {keys.get(id) or new[id]: id for id in wanted}

    def _found(self, kind: Kind, id: str) -> bool:
        """Whether a lookup of its title finds one object on either side."""
        titles = self._titles.get(kind.along, {})
        title = titles.get(id, "")
        if not title or list(titles.values()).count(title) > 1:
            return False
        if kind.along not in self._there:
            lookup = lookup_kinds()[kind.along]
            objects = self._target.list(lookup.service, lookup.listing)
            self._there[kind.along] = Counter(str(each.get(lookup.titles[0])) for each in objects)
        return self._there[kind.along][title] > 0  # several: the lookup says so

    def answers(self, kind: Kind, ids: Sequence[str]) -> dict[str, Json]:
        """What the kind must know to bundle these."""
        asked = kind.asks_along(sorted(ids)) if ids else {}
        return {name: self._source.read(kind.service, call) for name, call in asked.items()}

    def new(self, each: UnmanagedObject) -> UnmanagedObject:
        """A live object whose manifest is to be written, with what it bundles."""
        kind = KINDS[each.address.kind]
        ids = used_by(kind, each.live) if kind.along else []
        parts = self.parts(kind, ids, {}, frozenset()) if ids else {}
        if not parts:
            return each
        return replace(each, parts={kind.made_along: parts}, answers=self.answers(kind, list(parts.values())))

    def existing(
        self,
        raw: Mapping[str, Json],
        one: Desired,
        live: Live,
        known: Mapping[str, str],
        lookups: Mapping[tuple[str, str, str], str],
        answered: Callable[[Json], bool],
        names: NameIndex,
    ) -> BundledSpec | None:
        """The spec of a manifest that refers to what the target has not, bundling it; None where it need not.

        `raw`: as it is written; `lookups`: what the source's lookups found; `answered`: whether a written value has an
        answer in the target, as an entry of `ids` has."""
        kind = KINDS[one.address.kind]
        places: dict[str, list[Path]] = {}
        covered: set[str] = set()
        for ref in kind.refs if kind.along else ():
            if ref.to != kind.along:
                continue
            for path, value in find_all(dict(raw), pattern_steps(ref.path)):
                marker = _at(one.spec, path)
                id = lookups.get((marker.kind, marker.title, marker.scope)) if isinstance(marker, Lookup) else marker
                if isinstance(id, str) and id in used_by(kind, live):
                    places.setdefault(id, []).append(path)
                    covered |= {id} if answered(value) else set()
        parts = self.parts(kind, list(places), known, frozenset(covered))
        if not parts:
            return None
        answers = self.answers(kind, list(parts.values()))
        with of_known_form(str(one.address)):
            said = spec_of(kind, live.object, names, {kind.made_along: parts}, answers)
        bundle = {key: each for key, each in (said.spec.get(kind.made_along) or {}).items() if key in parts}
        spec: dict[str, Json] = clone(dict(raw))
        for key in bundle:
            for path in places[parts[key]]:
                _put(spec, path, {"automation": key})
        if not bundle:
            return None
        spec[kind.made_along] = {**(spec.get(kind.made_along) or {}), **bundle}
        return BundledSpec(spec, {key: parts[key] for key in bundle})


def used_by(kind: Kind, live: Live) -> list[str]:
    """The ids that a live object has where what is made along may be named; of one that cannot be read, all of them."""
    spec = kind.spec_of(live.object)
    if kind.pull is not None:
        with suppress(UnexpectedReply):
            spec = kind.pull(clone(spec), live.object, {}, {}).spec
    paths = [pattern_steps(ref.path) for ref in kind.refs if ref.to == kind.along]
    found = [value for steps in paths for _, value in find_all(spec, steps)]
    return list(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def _at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


def _put(value: Json, path: Path, item: Json) -> None:
    _at(value, path[:-1])[path[-1]] = item
