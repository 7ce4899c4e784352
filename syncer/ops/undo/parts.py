"""What an object that goes back refers to and what was made along with it: made anew where it is gone and known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.lenient_reader import mapping
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Part, Path, Spec, show_path
from syncer.model.kind import Kind
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Managed
from syncer.ops.refresh import Reader


class GoneParts(NamedTuple):
    """Of what is made along with an object, what the object would name and the organisation lacks. `anew`: local key →
    what was declared of it; `names`: id → the part that stands for it; `lost`: ids of which nothing is known."""

    anew: Mapping[str, Spec]
    names: Mapping[str, Part]
    lost: tuple[str, ...]
    withheld: tuple[str, ...] = ()
    """The fields of `anew` that are left out: a secret stood in them."""


def gone_parts(reader: Reader, kind: Kind, goal: Spec, entry: Managed) -> GoneParts:
    """Of the fields that go back (`goal`); `entry`: what state said before the run. PlatformError."""
    wanted = dict.fromkeys(_named(kind, goal))
    if not wanted:
        return GoneParts({}, {}, ())
    there = {id for call in kind.asks_along(wanted).values() for id in _ids(reader.read(kind.service, call))}
    keys = {id: key for key, id in entry.parts.get(kind.made_along, {}).items()}
    declared = mapping(entry.declared.get(kind.made_along))
    gone = [id for id in wanted if id not in there]
    known = {id: keys[id] for id in gone if isinstance(declared.get(keys.get(id, "")), dict)}
    withheld: list[str] = []
    return GoneParts(
        {key: _kept(dict(declared[key]), (kind.made_along, key), withheld) for key in known.values()},
        {id: Part(kind.made_along, key) for id, key in known.items()},
        tuple(id for id in gone if id not in known),
        tuple(withheld),
    )


def _kept(value: Json, path: Path, withheld: list[str]) -> Json:
    """What is remembered of a declared value, less its secrets, of which only a name is; their paths are noted."""
    if isinstance(value, dict):
        names = {name for name, item in value.items() if _is_secret(item)}
        withheld += [show_path((*path, name), "")[1:] for name in sorted(names)]
        return {name: _kept(item, (*path, name), withheld) for name, item in value.items() if name not in names}
    if isinstance(value, list):
        places = {place for place, item in enumerate(value) if _is_secret(item)}
        withheld += [show_path((*path, place), "")[1:] for place in sorted(places)]
        return [_kept(item, (*path, place), withheld) for place, item in enumerate(value) if place not in places]
    return value


def _is_secret(value: Json) -> bool:
    return isinstance(value, dict) and value.keys() == {"secret"} and isinstance(value["secret"], str)


def _named(kind: Kind, goal: Spec) -> Iterator[str]:
    for ref in kind.refs if kind.along else ():
        if ref.to == kind.along:
            yield from (id for _, id in find_all(goal, pattern_steps(ref.path)) if isinstance(id, str) and id)


def _ids(reply: Json) -> Iterator[str]:
    for each in mapping(reply).get("results") or ():
        if isinstance(each, dict) and each.get("id"):
            yield str(each["id"])
