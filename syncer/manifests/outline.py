"""Manifests of files that are not reported on, as far as the others need them: names and keys of all, the whole of few.

What a manifest is found wrong for depends on others in four ways: one has the same address or describes the same
object, one is named in it, one names it, or references go in a circle through it. Only those few are read whole.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from syncer.documents.yaml_reader import Document, Plain
from syncer.kinds import KINDS
from syncer.manifests.envelope import RawManifest
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json
from syncer.model.kind import Kind

Whole = Callable[[str], Sequence[RawManifest]]
"""(file) → its manifests, read whole."""


def outline_of(documents: Sequence[Document], manifests: Sequence[RawManifest]) -> Plain | None:
    """The documents with nothing of their specs but texts, numbers and the like at its top; None where that does not
    tell which object is meant, or one of the documents is none of the manifests."""
    if len(manifests) != sum(document.value is not None for document in documents):
        return None
    if any(raw.kind not in KINDS or key_of(raw) != key_of(raw, _top(raw.spec)) for raw in manifests):
        return None
    return [(_outlined(document.value), document.start) for document in documents]


def _outlined(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    spec = value.get("spec")
    return {**value, "spec": _top(spec)} if isinstance(spec, dict) else value


def _top(spec: Mapping[str, Json]) -> dict[str, Json]:
    return {name: item for name, item in spec.items() if not isinstance(item, (dict, list))}


def key_of(raw: RawManifest, spec: dict[str, Json] | None = None) -> tuple[str, str] | None:
    """What tells which live object a manifest describes: its kind, and its title or enforced key; None where nothing
    does. `spec`: another than its own."""
    kind, spec = KINDS[raw.kind], raw.spec if spec is None else spec
    try:
        key = spec[kind.title] if kind.title else kind.key(spec)
    except KeyError:
        return None
    return (kind.name, unicodedata.normalize("NFC", key)) if isinstance(key, str) and key else None


def needed_files(
    manifests: Sequence[RawManifest], outlined: Mapping[str, bytes], only: Collection[str], whole: Whole
) -> set[str]:
    """Those files of `outlined` (file → its values as JSON text) whose manifests matter to what is found in the files
    `only`, as the module says; all of them where that is not certain."""
    mine = [raw for raw in manifests if raw.file in only]
    if not mine:
        return set()
    said = _Said(mine)
    if said.uncertain:
        return set(outlined)
    needed: set[str] = set()
    by_name: dict[tuple[str, str], set[str]] = {}
    for raw in manifests:
        if raw.file not in outlined:
            continue
        key = key_of(raw)
        for word in (raw.name, *_enforced(raw)):
            by_name.setdefault((raw.kind, word), set()).add(raw.file)
        if key in said.keys or raw.name in said.texts or (key is not None and key[1] in said.texts):
            needed.add(raw.file)
    needed.update(file for file, text in outlined.items() if any(word in text for word in said.quoted))
    return needed | _reached(mine, needed, by_name, whole)


def _reached(
    mine: Iterable[RawManifest],
    needed: Collection[str],
    by_name: Mapping[tuple[str, str], Collection[str]],
    whole: Whole,
) -> set[str]:
    """The files to which references lead that can't be left out at first, over however many manifests."""
    found: set[str] = set()
    waiting = [*mine, *(raw for file in sorted(needed) for raw in whole(file))]
    while waiting:
        raw = waiting.pop()
        for target in _waits_for(raw):
            for file in by_name.get(target, ()):
                if file not in found and file not in needed:
                    found.add(file)
                    waiting.extend(whole(file))
    return found


def _waits_for(raw: RawManifest) -> Iterator[tuple[str, str]]:
    """(kind, name or enforced key) of what a manifest refers to and must be there before it."""
    for ref in KINDS[raw.kind].refs if raw.kind in KINDS else ():
        if ref.late or ref.to not in KINDS:
            continue
        for _, value in find_all(raw.spec, pattern_steps(ref.path)):
            word = value.get("ref") if isinstance(value, dict) else value
            if isinstance(word, str):
                yield ref.to, word


def _enforced(raw: RawManifest) -> Iterator[str]:
    kind: Kind = KINDS[raw.kind]
    found = None if kind.title else key_of(raw)
    if found is not None:
        yield found[1]


class _Said:
    """What some manifests say: their own keys, every text in them, and what others would call them by."""

    def __init__(self, mine: Sequence[RawManifest]) -> None:
        self.texts: set[str] = set()
        for raw in mine:
            self._gather(raw.document.value)
        described = [raw for raw in mine if raw.kind in KINDS]
        self.keys = {found for raw in described if (found := key_of(raw)) is not None}
        words = {raw.name for raw in mine} | {word for raw in described for word in _enforced(raw)}
        self.quoted = tuple(json.dumps(word, ensure_ascii=False).encode("utf-8") for word in sorted(words) if word)
        self.uncertain = (
            len(described) < len(mine)
            or any("${" in text for text in self.texts)
            or any(key_of(raw) != key_of(raw, _top(raw.spec)) for raw in described)
        )
        """Whether what they are called, or name, is not what stands there: a variable decides it, or a reference."""

    def _gather(self, value: Json) -> None:
        if isinstance(value, str):
            self.texts.add(value)
        elif isinstance(value, dict):
            self.texts.update(value)
            for item in value.values():
                self._gather(item)
        elif isinstance(value, list):
            for item in value:
                self._gather(item)
