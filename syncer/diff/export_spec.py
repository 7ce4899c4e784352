"""A live object in the language of manifests: what `pull` writes, and what a manifest would say of a live value.

The way back of everything that is done on sending: ids become references, parts get local keys, and what need not be
said is left out. It knows no file and asks nobody: what live ids are called is given to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from syncer.diff.required_fields import CreateSchema
from syncer.model.calls import Parts
from syncer.model.field_rules import Shape, find_all, pattern_steps
from syncer.model.json_values import ABSENT, Json, Path, Spec
from syncer.model.kind import Kind, RefField
from syncer.model.markers import clone
from syncer.model.pulled_spec import PulledSpec
from syncer.model.slugs import piece_of, plain_name


class NamedIds:
    """The `ids` of an environment: what stands in syncer.yaml, and what a pull adds to it."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._names = dict(known)
        self._by_id: dict[tuple[str, str], str] = {}
        for name, id in sorted(known.items(), reverse=True):
            self._by_id[name.partition(".")[0], id] = name
        self._anywhere = {id: name for name, id in sorted(known.items(), reverse=True)}
        self.new: dict[str, str] = {}

    def variable(self, family: str, id: str, said: str = "") -> str:
        """`${id.journey.offer}` for an id; `said` is what people call it, from which a name is made where there is
        none yet."""
        name = self._by_id.get((family, id)) or self._anywhere.get(id)
        if name is None:
            name = f"{family}.{plain_name(said, '_') or plain_name(id, '_') or piece_of(id)}"
            if name in self._names:
                name = f"{name}_{piece_of(id)}"
            self._names[name] = self.new[name] = id
            self._by_id[family, id] = self._anywhere[id] = name
        return f"${{id.{name}}}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NameIndex:
    """What live ids are called. `manifests`: (kind, live id or enforced key) → the manifest's name; `titles`: (kind,
    live id, scope) → a title that exactly this object has; `words`: (kind, live id) → its title, however many have it.
    """

    manifests: Mapping[tuple[str, str], str]
    titles: Mapping[tuple[str, str, str], str]
    words: Mapping[tuple[str, str], str]
    ids: NamedIds = field(default_factory=lambda: NamedIds({}))


def spec_of(
    kind: Kind,
    schema: CreateSchema,
    live: Json,
    names: NameIndex,
    known: Parts | None = None,
    answers: Mapping[str, Json] | None = None,
) -> PulledSpec:
    """What a manifest says of a live object, so that a plan finds nothing to do.

    Left out: what the platform sets, what is never sent, and what equals absent. What a create needs by the `schema` is
    said whatever it is, for the manifest makes the object elsewhere too. `known`: the parts that state remembers of it,
    whose local keys are kept; `answers`: the replies to what the kind asks about it. Fields that
    nobody here knows are still in: they are the JSON Schema's business. UnexpectedReply for a live object of a form
    that its kind cannot read. In one piece: each step takes what the one before has left.
    """
    have = kind.spec_of(live)
    if kind.pull is None:
        pulled = PulledSpec(clone(have), parts=known or {})
    else:
        pulled = kind.pull(clone(have), live, known or {}, answers or {})
    spec: Spec = all_escaped(pulled.spec)
    for each in kind.refs:
        scope = pulled.spec.get(each.scope) if each.scope else ""
        _refer(spec, each, names, pulled.hints, scope if isinstance(scope, str) else "")
    for pattern, family in kind.named_ids:
        for path, value in find_all(spec, pattern_steps(pattern)):
            if isinstance(value, str) and _ID.match(value):
                _put(spec, path, names.ids.variable(family, value, pulled.hints.get(value, "")))
    for literal in pulled.literals:
        _put(spec, literal.path, f"${{env.{literal.variable}}}")
    keep = _tree((*kind.words, *filter(None, (kind.title, kind.key_field))))
    bare = _bare(spec, kind.shape, keep, lambda path: schema.needed_at(spec, path))
    for word in kind.words:  # left to its default live, and to be said all the same
        if word not in bare and (default := kind.shape.at(word).default) is not ABSENT:
            bare[word] = default
    return replace(pulled, spec=bare)


_ID: Final = re.compile(r"[A-Za-z0-9_-]+\Z")


def escaped(text: str) -> str:
    """A text as it stands in a manifest: `${` would be a variable there."""
    return text.replace("${", "$${") if "${" in text else text


def unescaped(text: str) -> str:
    """The text that `escaped` was given."""
    return text.replace("$${", "${") if "$${" in text else text


def all_escaped(value: Json) -> Json:
    """The value with every text as `escaped` writes it."""
    if isinstance(value, dict):
        return {name: all_escaped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [all_escaped(item) for item in value]
    return escaped(value) if isinstance(value, str) else value


def _refer(spec: Spec, each: RefField, names: NameIndex, hints: Mapping[str, str], scope: str) -> None:
    for path, value in find_all(spec, pattern_steps(each.path)):
        id = value.get("id") if each.form == "item" and isinstance(value, dict) and len(value) == 1 else value
        if isinstance(id, str) and id:
            reference = _reference(each, id, scope, names, hints)
            item = each.form == "item" and isinstance(reference, str)
            _put(spec, path, {"id": reference} if item else reference)


def _reference(each: RefField, id: str, scope: str, names: NameIndex, hints: Mapping[str, str]) -> Json:
    """The best way to name an object: a manifest, a key that is the same everywhere, a title, an id of `ids`."""
    manifest = names.manifests.get((each.to, id))
    if manifest is not None:
        return {"ref": manifest}
    if each.plain or ":" in id:  # slugs, and ids that are the same everywhere such as `purpose:vertrag`
        return id
    title = names.titles.get((each.to, id, scope))
    if title is not None:
        return {"lookup": escaped(title)}
    said = names.words.get((each.to, id)) or hints.get(id, "")
    return names.ids.variable(_family(each.to), id, said)


def _family(kind: str) -> str:
    """`ClosingReason` → `closing_reason`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def _put(value: Json, path: Path, item: Json) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = item


_Tree = dict[str, "_Tree"]
_END: Final = ""


def _tree(patterns: Sequence[str]) -> _Tree:
    root: _Tree = {}
    for pattern in patterns:
        node = root
        for step in pattern_steps(pattern):
            node = node.setdefault(step, {})
        node[_END] = {}
    return root


def _bare(value: Json, shape: Shape, keep: _Tree, needed: Callable[[Path], Collection[str]], path: Path = ()) -> Json:
    """The value without what need not be said; what stands in `keep`, or is `needed` of the mapping at its path, is
    said even so."""
    if shape.canon is not None:
        value = shape.canon(value)
    if isinstance(value, dict):
        made: dict[str, Json] = {}
        for name, item in value.items():
            below, kept = shape.at(name), keep.get(name) or keep.get("*") or {}
            blank = below.blank(item)
            if below.ignored or (item is None and blank):
                continue
            if blank and _END not in kept and name not in needed(path):
                continue
            bare = _bare(item, below, kept, needed, (*path, name))
            if bare != {} or not isinstance(item, dict) or _END in kept or name in needed(path):
                made[name] = bare
        return made
    if isinstance(value, list):
        below, kept = shape.item(), keep.get("[]") or {}
        return [_bare(item, below, kept, needed, (*path, index)) for index, item in enumerate(value)]
    return value
