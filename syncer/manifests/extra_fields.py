"""A manifest beside its JSON Schema and its `metadata.extra`: what the platform is said to know beyond the schema.

A field or word that the schema does not have is an error, for it would go live unnoticed, unless a path of `extra`
covers it. The hint is the line that lists it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from syncer.diff.accepted_paths import place_text
from syncer.diff.extra_paths import covering, entries, every_text, places, yaml_line
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path, Spec
from syncer.model.kind import Kind
from syncer.schema_check import registry
from syncer.schema_check.known_fields import known_fields
from syncer.schema_check.messages import IS_REQUIRED, nearest

_LISTED = frozenset({"unknown-field", "not-allowed-value"})
"""Rules that a path of `extra` lifts."""
MOST = 10
"""Unknown fields of one mapping that are told one by one; of more, the first and their number."""


def check(kind: Kind, document: dict[str, Json], *, strict: bool = False) -> list[Finding]:
    """Everything that the JSON Schema has against a document and `extra` does not cover, as `registry.check`; paths of
    `extra` that cover nothing."""
    spec, paths = document.get("spec"), entries(document.get("metadata"))
    if not isinstance(spec, dict) or not paths:
        return told(registry.check(kind.slug, document, strict=strict), kind, document)
    known = known_fields(kind.slug, spec)
    named = places(spec, kind.shape, paths)
    covers = {place: ways for place in known.unknown if (ways := covering(place, named))}
    rest = _without(spec, [place for place in known.fields if place in covers])
    found = registry.check(kind.slug, {**document, "spec": rest} if covers else document, strict=strict)
    words = {("spec", *place) for place in known.words if place in covers}
    found = [each for each in found if not (each.rule == "not-allowed-value" and each.path in words)]
    used = {path for ways in covers.values() for path in ways}
    return [*told(found, kind, document), *_strays(kind, document, used, known.unknown)]


def told(found: list[Finding], kind: Kind, document: dict[str, Json]) -> list[Finding]:
    """Findings of a document's JSON Schema: with the line for `extra` where one lifts them, and each cause once, with
    the number of its places."""
    spec = document.get("spec")
    if isinstance(spec, dict) and any(each.rule in _LISTED for each in found):
        return list(_told(found, kind, spec))
    return found


def lines(kind: Kind, spec: Spec, listed: Collection[str]) -> list[str]:
    """The paths that a manifest of this spec has to list in `extra` beside those that it lists; one for all items that
    have the same field."""
    unknown = known_fields(kind.slug, spec).unknown
    named = places(spec, kind.shape, listed)
    return list(_paths(kind, spec, [place for place in unknown if not covering(place, named)]))


def covered(kind: Kind, spec: Spec, metadata: Json) -> tuple[str, ...]:
    """What a manifest says and only the platform knows, as a plan writes its path; sorted."""
    named = places(spec, kind.shape, entries(metadata))
    unknown = known_fields(kind.slug, spec).unknown if named else ()
    return tuple(sorted(place_text(spec, place, kind.shape) for place in unknown if covering(place, named)))


def _paths(kind: Kind, spec: Spec, unlisted: Iterable[Path]) -> Iterator[str]:
    groups: dict[str, list[Path]] = {}
    for place in unlisted:
        groups.setdefault(every_text(place), []).append(place)
    for every, members in groups.items():
        one = place_text(spec, members[0], kind.shape)
        yield one if len(members) == 1 and "${" not in one else every


@dataclass(slots=True)
class _Cause:
    """What is found at several places and has one cause. `path`: of them all, as `extra` lists it; `others`: how many
    further fields of the same mapping are unknown, where these are told with it."""

    path: str
    places: list[Finding]
    others: int = 0


def _told(found: Iterable[Finding], kind: Kind, spec: Spec) -> Iterator[Finding]:
    """As `told`, of a document whose spec is a mapping."""
    liftable = {("spec", *place) for place in known_fields(kind.slug, spec).unknown}
    causes: dict[tuple[str, str, str], _Cause] = {}
    crowds: dict[Path, list[_Cause]] = {}
    order: list[Finding | _Cause] = []
    for each in found:
        if each.rule not in _LISTED or each.path not in liftable or each.hint.endswith(IS_REQUIRED):
            order.append(each)
            continue
        path = every_text(each.path[1:])
        cause = causes.setdefault((each.rule, path, each.hint), _Cause(path, []))
        cause.places.append(each)
        if len(cause.places) == 1:
            order.append(cause)
            if each.rule == "unknown-field":
                crowds.setdefault(each.path[:-1], []).append(cause)
    for crowd in crowds.values():
        if len(crowd) > MOST:
            crowd[0].others = len(crowd) - 1
            for cause in crowd[1:]:
                cause.places.clear()
    for one in order:
        if isinstance(one, Finding):
            yield one
        elif one.places:
            yield _one(kind, spec, one)


def _one(kind: Kind, spec: Spec, cause: _Cause) -> Finding:
    """What is said of a cause."""
    first, number = cause.places[0], len(cause.places)
    if cause.others:
        message = f"{first.message}, nor are {cause.others:,} others beside it"
        hint = "if the platform knows them, `syncer fmt --extra` lists them below `metadata.extra`"
        return first._replace(message=message, hint=hint)
    path = cause.path if number > 1 else place_text(spec, first.path[1:], kind.shape)
    line = f"if the platform knows it, add `{yaml_line(path)}` below `metadata.extra`"
    message = f"{first.message}, in {number:,} places" if number > 1 else first.message
    apart = " " if first.hint.endswith("?") else "; "
    return first._replace(message=message, hint=f"{first.hint}{apart}{line}" if first.hint else line)


def _strays(kind: Kind, document: dict[str, Json], used: Collection[str], unknown: Iterable[Path]) -> Iterator[Finding]:
    """Paths of `extra` that cover nothing unknown."""
    spec, listed = document["spec"], document["metadata"]["extra"]
    for index, path in enumerate(listed):
        if not isinstance(path, str) or not path or path in used:
            continue
        where = ("metadata", "extra", index)
        if places(spec, kind.shape, (path,)):
            message = f"`{path}` and all below it is known to syncer"
            yield Finding("extra-path", message, where, "delete the line", "warning")
            continue
        near = nearest(path, [place_text(spec, place, kind.shape) for place in unknown])
        hint = f"did you mean `{near}`?" if near else "delete the line, or correct its path: it begins below `spec`"
        yield Finding("extra-path", f"`{path}` leads to nothing that this manifest says", where, hint, "warning")


def _without(value: Json, gone: Collection[Path]) -> Json:
    """The value without the fields at these places; what has none of them below is shared."""
    if not gone:
        return value
    below: dict[str | int, list[Path]] = {}
    for place in gone:
        below.setdefault(place[0], []).append(place[1:])
    if isinstance(value, list):
        return [_without(item, below.get(index, ())) for index, item in enumerate(value)]
    return {name: _without(item, below.get(name, ())) for name, item in value.items() if () not in below.get(name, ())}
