"""What a live object holds beside what its manifest declares: told by keyed digests, so that a state can remember what
was there without a value of it, and a later look says what somebody has changed since."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from syncer.diff.fingerprint import canonical, normal
from syncer.diff.list_keys import NO_KEY, key_text, twice
from syncer.model.field_change import FieldPath, Item, show_field
from syncer.model.field_rules import Shape
from syncer.model.json_values import ABSENT, Json
from syncer.model.markers import holds_secret
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Remainder

SIZE = 6
"""Bytes of a digest: one in 2^48 changes goes unseen."""

How = Literal["new", "changed", "gone"]
Digests = dict[str, dict[str, str]]
"""Text of an item's path → text of a field in it → digest; "" for the object itself."""


class RemainderNode(NamedTuple):
    """A value that nobody declares: where, what, what its kind says of such a place, and whether it is an item of a
    list to which others may add."""

    path: FieldPath
    value: Json
    shape: Shape
    added: bool = False


class RemainderChange(NamedTuple):
    """What somebody has changed of what nobody declares. `text`: its path in live ids; `value`: what is there now,
    ABSENT where nothing is; `added`: it is an item of a list to which others may add, or lies in one."""

    text: str
    how: How
    value: Json
    added: bool
    path: FieldPath = ()
    """The same as steps; () of what is gone, of which only the text is known."""


@dataclass(frozen=True, slots=True)
class RemainderDiff:
    """The fields that a remainder was compared in. `changes`; `kept`: what is remembered, without what is declared by
    now; `now`: what there is."""

    changes: tuple[RemainderChange, ...]
    kept: Remainder
    now: Remainder


def digests_of(nodes: Iterable[RemainderNode], salt: str) -> Digests:
    """The digest of every field in the nodes, by item. Nothing for what equals absent, and for what is never sent."""
    found: Digests = {}
    key = salt.encode("utf-8", "surrogatepass")[:64]
    for node in nodes:
        for path, value, shape, _ in _fields(node):
            item, name = _texts(path)
            found.setdefault(item, {})[name] = _digest(value, shape, f"{item}\0{name}", key)
    return found


def compared(
    nodes: Sequence[RemainderNode],
    known: Remainder,
    salt: str,
    *,
    released: Sequence[RemainderNode] = (),
    moved: Collection[FieldPath] = (),
    declared: RemainderNode,
) -> RemainderDiff:
    """The nodes beside what is remembered of them. `released`: what was declared last and is no longer, which is
    remembered as it was declared; `moved`: declared fields that differ, below which nothing can be told; `declared`:
    the manifest's own spec, since what it has come to declare is not gone."""
    now = digests_of(nodes, salt)
    if not released and now == known.digests:
        return RemainderDiff((), known, known)
    expected = _expected(known, released, now, salt)
    if now == expected:
        return RemainderDiff((), Remainder(now), Remainder(now))
    index = _Paths(_texts_of(expected))
    changes = [change for node in nodes for change in _changed(node, index, expected, now)]
    changes += _gone(
        expected, now, [show_field(path) for path in moved], _Paths(_declared(declared.value, declared.shape, ()))
    )
    kept = {item: fields for item, fields in expected.items() if fields}
    return RemainderDiff(tuple(changes), Remainder(kept), Remainder(now))


def _expected(known: Remainder, released: Sequence[RemainderNode], now: Digests, salt: str) -> Digests:
    """What is remembered, and what was let go of as it was declared; of a secret, as it is."""
    expected = {item: dict(fields) for item, fields in known.digests.items()}
    for node in released:
        text = show_field(node.path)
        then = now if holds_secret(node.value) else digests_of([node], salt)
        for item, fields in then.items():
            for name, digest in fields.items():
                if within(_joined(item, name), text):
                    expected.setdefault(item, {})[name] = digest
    return expected


def _gone(expected: Digests, now: Digests, moved: Sequence[str], declared: _Paths) -> list[RemainderChange]:
    """What is remembered and no longer there; what the manifest declares by now is taken out of `expected`."""
    here = _Paths(_texts_of(now))
    gone: dict[str, RemainderChange] = {}
    for item, name in [(item, name) for item, fields in expected.items() for name in fields]:
        text = _joined(item, name)
        if name in now.get(item, ()) or any(within(text, each) for each in moved):
            continue
        if declared.holds(text) or declared.covers(text):
            del expected[item][name]
        elif not here.holds(text):
            whole = text if not item or here.holds(item) or declared.holds(item) else item
            gone[whole] = RemainderChange(whole, "gone", ABSENT, whole == item)
    return list(gone.values())


def accepted(found: RemainderDiff, paths: Sequence[str]) -> Remainder:
    """What is remembered, with what is there now for every field at or below one of these paths."""

    def below(text: str) -> bool:
        return any(within(text, path) for path in paths)

    made = {item: dict(fields) for item, fields in found.kept.digests.items()}
    for item, fields in found.kept.digests.items():
        for name in fields:
            if below(_joined(item, name)):
                del made[item][name]
    for item, fields in found.now.digests.items():
        for name, digest in fields.items():
            if below(_joined(item, name)):
                made.setdefault(item, {})[name] = digest
    return Remainder({item: fields for item, fields in made.items() if fields})


def _fields(node: RemainderNode) -> Iterator[RemainderNode]:
    """The fields in a node, each a value that is told as one."""
    if node.shape.ignored or node.shape.blank(node.value):
        return
    node = _spelled(node)
    parts = parts_of(node)
    if parts is None:
        yield node
    for part in parts or ():
        yield from _fields(part)


def _spelled(node: RemainderNode) -> RemainderNode:
    """The node in the one spelling of its value."""
    canon = node.shape.canon
    return node if canon is None else node._replace(value=canon(node.value))


def parts_of(node: RemainderNode) -> list[RemainderNode] | None:
    """The parts of a value that is told part by part: a mapping, a list whose items have keys; None of any other."""
    path, value, shape, added = node
    if isinstance(value, dict):
        return [RemainderNode((*path, name), item, shape.at(name), added) for name, item in value.items()]
    if isinstance(value, list) and shape.rule.form == "keyed":
        keys = [key_text(item, shape.rule) for item in value]
        if NO_KEY not in keys and not twice(value, shape.rule):
            adds, below = added or not shape.rule.whole, shape.item()
            return [RemainderNode((*path, Item(key)), item, below, adds) for key, item in zip(keys, value, strict=True)]
    return None


def _digest(value: Json, shape: Shape, place: str, key: bytes) -> str:
    text = f"{place}\0{canonical(normal(value, shape))}"
    made = blake2b(text.encode("utf-8", "surrogatepass"), key=key, digest_size=SIZE)
    return urlsafe_b64encode(made.digest()).decode()


def _texts(path: FieldPath) -> tuple[str, str]:
    """(the innermost item, what lies in it) as texts."""
    at = next((index for index in reversed(range(len(path))) if isinstance(path[index], Item)), -1) + 1
    return show_field(path[:at]), show_field(path[at:])


def _joined(item: str, name: str) -> str:
    return f"{item}.{name}" if item and name and not name.startswith("[") else item + name


def within(text: str, path: str) -> bool:
    """Whether a path's text is another's, or lies below it."""
    return text.startswith(path) and (len(text) == len(path) or not path or text[len(path)] in ".[")


def _texts_of(digests: Digests) -> Iterator[str]:
    return (_joined(item, name) for item, fields in digests.items() for name in fields)


class _Paths:
    """Paths of fields, and whether any of them lies somewhere."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted(texts)

    def holds(self, text: str) -> bool:
        """Whether a field is at this path, or below it."""
        return any(self._begins(each, exactly=each is text) for each in (text, f"{text}.", f"{text}["))

    def covers(self, text: str) -> bool:
        """Whether a field is at this path, or this path lies below one."""
        ends = [index for index, character in enumerate(text) if character in ".["]
        return any(self._begins(text[:end], exactly=True) for end in (*ends, len(text)))

    def _begins(self, text: str, *, exactly: bool) -> bool:
        at = bisect_left(self._texts, text)
        found = self._texts[at] if at < len(self._texts) else None
        return found is not None and (found == text if exactly else found.startswith(text))


def _changed(node: RemainderNode, index: _Paths, expected: Digests, now: Digests) -> Iterator[RemainderChange]:
    """What is new or other in a node: of a part of which nothing is remembered, the part as a whole."""
    text = show_field(node.path)
    if next(_fields(node), None) is None:
        return
    if not index.holds(text):
        yield RemainderChange(text, "new", node.value, node.added, node.path)
        return
    parts = parts_of(_spelled(node))
    for part in parts or ():
        yield from _changed(part, index, expected, now)
    if parts is None:
        item, name = _texts(node.path)
        then = expected.get(item, {}).get(name)
        if then != now[item][name]:
            yield RemainderChange(text, "new" if then is None else "changed", node.value, node.added, node.path)


def _declared(value: Json, shape: Shape, path: FieldPath) -> Iterator[str]:
    """The paths of all that a manifest says, also of what equals absent; of an empty list to which others may add it
    says nothing."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _declared(item, shape.at(name), (*path, name))
    elif isinstance(value, list) and (value or (shape.rule.form == "keyed" and not shape.rule.whole)):
        keyed = shape.rule.form == "keyed"
        for index, item in enumerate(value):
            yield from _declared(item, shape.item(), (*path, Item(key_text(item, shape.rule)) if keyed else index))
    else:
        yield show_field(path)
