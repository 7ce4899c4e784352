"""Fields of a live object that nobody here knows, on their way into a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from syncer.diff.extra_paths import entries
from syncer.diff.restrictions import widens
from syncer.diff.write_back import FieldEdit, WriteBack
from syncer.documents.core_schema import MAX_INTEGER
from syncer.documents.edit.operations import Replacement
from syncer.kinds import KINDS
from syncer.manifests.envelope import RawManifest
from syncer.manifests.extra_fields import lines
from syncer.model.json_values import ABSENT, Json, Path, leaves_at, show_path, value_at
from syncer.model.kind import Kind
from syncer.schema_check.known_fields import KnownFields


def unwritable(kind: Kind, known: KnownFields) -> tuple[list[Path], list[str], list[str]]:
    """Unknown fields whose value no file can hold: the places of those that can be left out, what is said of them, and
    what is said of the others, which restrict the object."""
    places, said, held = list[Path](), list[str](), list[str]()
    for place in known.fields:
        why = next(_reasons(value_at(known.spec, place)), "")
        if why:
            words = f"`{show_path(place, '').lstrip('.')}`: {why}"
            (held if widens(kind, known.spec, place) else said).append(words)
            places.append(place)
    return places, said, held


def metadata_edits(raw: RawManifest, policy: Mapping[str, Json], found: WriteBack) -> list[Replacement]:
    """What a manifest's metadata must say beside what is taken over into its spec: what it allows, for the object to
    stay as it is, and what of it syncer does not know. It is noted as taken over. What the policy allows is ABSENT
    where it is no longer needed."""
    made, kind = dict(raw.metadata), KINDS[raw.kind]
    if policy:
        whole = {**_mapping(made.get("policy")), **policy}
        made["policy"] = {name: value for name, value in whole.items() if value is not ABSENT}
        if not made["policy"]:
            del made["policy"]
    if extra := lines(kind, found.spec, entries(raw.metadata)) if found.taken else ():
        made["extra"] = [*entries(raw.metadata), *extra]
    then, now = ({name: each.get(name) or ABSENT for name in (*raw.metadata, *made)} for each in (raw.metadata, made))
    changed = [name for name in then if then[name] != now[name]]
    found.taken.extend(FieldEdit(("metadata", name), then[name], now[name]) for name in changed)
    return [Replacement(("metadata",), made)] if changed else []


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _reasons(value: Json) -> Iterator[str]:
    """Why a file cannot hold a value, or would not hold the same."""
    for path, leaf in leaves_at(value):
        if isinstance(leaf, int) and abs(leaf) > MAX_INTEGER:
            yield "a whole number beyond 2^53, which JSON readers round"
        elif isinstance(leaf, float) and not isfinite(leaf):
            yield "a number that is none"
        elif any("\ud800" <= letter <= "\udfff" for text in (leaf, *path) if isinstance(text, str) for letter in text):
            yield "half a character"
