"""What somebody would have typed into a manifest after a change by hand: the manifest's spec, with live values where
they moved since the last apply.

Counterpart of `three_way_merge`: the same walk over what is declared, but it is the manifest that gives way. Variables,
references, secrets and files stay in the form in which they are written; what cannot be taken over is said. It knows
no text and no file: `raw` is the spec as it is written, `said` the live object in the language of manifests.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from syncer.diff.export_spec import all_escaped, escaped
from syncer.diff.item_order import in_live_order, live_place, moved_live, with_keys
from syncer.diff.list_keys import called, key_text, match, own_keys
from syncer.diff.list_pairs import pair_up
from syncer.diff.manifest_values import first_variable, is_file, is_leaf
from syncer.diff.three_way_merge import already, cause_of
from syncer.model.field_rules import Shape
from syncer.model.json_values import ABSENT, Json, Lookup, Path, Ref
from syncer.model.markers import holds_secret
from syncer.model.named_tuple import NamedTuple

_CHOOSES = frozenset({"type", "task_type", "mode", "origin", "frequency"})
"""Fields that choose which others there are: where one changes, its companions come along."""

Why = Literal["variable", "secret", "pending", "undeclared", "unclear", "unsound"]


class KeptField(NamedTuple):
    """What was not taken over: where in the raw spec, why, the live value (ABSENT where it must not be shown), and what
    it is about: the variable, the key of an item, or what a check has against it."""

    path: Path
    why: Why
    live: Json = ABSENT
    name: str = ""


class FieldEdit(NamedTuple):
    """A place of the raw spec that says something else now; ABSENT for what goes or comes."""

    path: Path
    before: Json
    after: Json

    @property
    def which(self) -> tuple[Path, bool]:
        """Which of the edits of one pass it is: at a place of a list an item may come while another is changed."""
        return self.path, self.before is ABSENT


class Sides(NamedTuple):
    """One value from all sides: as the manifest writes it, as it asks for it, as it did at the last apply, as it is
    live, and as a manifest would say that."""

    raw: Json
    want: Json
    last: Json
    have: Json
    said: Json


@dataclass(frozen=True, slots=True)
class WriteBackRules:
    """How far it goes.

    `remembered`: whether anything is known of the last apply; without it, and with `everything`, the live object wins
    wherever the two differ. `complete`: whether what the manifest does not say at a place of the live spec is added.
    `prune`: top-level lists that are the manifest's own whole. `is_plain`: whether a text at this place of the live
    spec may be a key that is used as it is; `comes_along`: whether a field at this place of it is taken over though the
    manifest never spoke of it. `parts`: local keys → the live ids they had at the last apply. `withheld`: edits
    (`FieldEdit.which`) that are not made, and why.
    """

    remembered: bool = True
    everything: bool = False
    complete: Callable[[Path], bool] = lambda at: False
    prune: frozenset[str] = frozenset()
    is_plain: Callable[[Path], bool] = lambda path: False
    comes_along: Callable[[Path], bool] = lambda path: False
    parts: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[tuple[Path, bool], str] = field(default_factory=dict)


class WriteBack(NamedTuple):
    """The spec as one would have typed it, of which the parts that stay are the given ones; what it says otherwise now,
    and what was left. `texts`: file → its new text, of texts that stand in files of their own."""

    spec: Json
    taken: list[FieldEdit]
    left: list[KeptField]
    texts: dict[str, str]


def write_back(sides: Sides, shape: Shape, rules: WriteBackRules) -> WriteBack:
    """The manifest's spec, with live values where they moved since the last apply."""
    walk = _Walk(rules)
    return WriteBack(walk.mapping(sides, shape, (), ()), walk.taken, walk.left, walk.texts)


@dataclass(slots=True)
class _Walk:
    """One pass over a spec, with what was found on the way."""

    rules: WriteBackRules
    taken: list[FieldEdit] = field(default_factory=list)
    left: list[KeptField] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    # --- one value

    def _value(self, it: Sides, shape: Shape, path: Path, at: Path) -> Json:
        if shape.ignored or it.want is ABSENT:
            return it.raw
        if shape.blank(it.want) and shape.blank(it.have) and not self.rules.complete(at):
            return it.raw
        if not is_leaf(it.raw):
            if isinstance(it.raw, dict) and isinstance(it.want, dict) and isinstance(it.have, dict):
                canon = shape.canon
                if canon is None or canon(it.have) != canon(it.want):
                    return self.mapping(it, shape, path, at)
                return it.raw
            if isinstance(it.raw, list) and isinstance(it.want, list):
                if isinstance(it.have, list):
                    return self._list(it, shape, path, at)
                if it.want and shape.rule.form == "keyed" and shape.blank(it.have):
                    before = len(self.taken)
                    made = self._list(it._replace(have=[], said=[]), shape, path, at)
                    if made or shape.blank([]):
                        return made
                    del self.taken[before:]
                    return self._take(path, it.raw, ABSENT)  # it went as a whole
        return it.raw if already(it.have, it.want, shape) else self._leaf(it, shape, path, at)

    def _leaf(self, it: Sides, shape: Shape, path: Path, at: Path) -> Json:
        """Another value, unless the manifest says that it comes from elsewhere."""
        if holds_secret(it.want) or holds_secret(it.last):
            self._leave(path, "secret", ABSENT, first_variable(it.raw))
            return it.raw
        if self._is_ours(it, shape):
            self._leave(path, "pending")
            return it.raw
        if variable := first_variable(it.raw):
            self._leave(path, "variable", it.have, variable)
            return it.raw
        if it.have is ABSENT:
            return self._take(path, it.raw, ABSENT)
        if is_file(it.raw) and isinstance(it.have, str):
            self.texts[it.raw["file"]] = it.have
            return self._take(path, it.raw, it.raw)
        return self._take(path, it.raw, self._written(it, at))

    def _written(self, it: Sides, at: Path) -> Json:
        """The live value as the manifest writes such a one."""
        said = it.said if it.said is not ABSENT else all_escaped(it.have)
        if isinstance(it.raw, str) and isinstance(said, dict) and isinstance(it.have, str) and self.rules.is_plain(at):
            return escaped(it.have)
        return said

    def _is_ours(self, it: Sides, shape: Shape) -> bool:
        """Whether it is the manifest that changed since the last apply: that is for the next one."""
        if self.rules.everything or not self.rules.remembered or isinstance(it.want, (Ref, Lookup)):
            return False
        return cause_of(it.have, it.want, it.last, shape) == "ours"

    # --- mappings

    def mapping(self, it: Sides, shape: Shape, path: Path, at: Path) -> dict[str, Json]:
        last = it.last if isinstance(it.last, dict) else {}
        said = it.said if isinstance(it.said, dict) else {}
        made: dict[str, Json] = {}
        chosen = False
        for name, raw in it.raw.items():
            below = shape.at(name)
            if not path and name in self.rules.prune:
                below = below.whole()
            sides = Sides(
                raw,
                it.want.get(name, ABSENT),
                last.get(name, ABSENT),
                it.have.get(name, ABSENT),
                said.get(name, ABSENT),
            )
            value = self._value(sides, below, (*path, name), (*at, name))
            chosen = chosen or (name in _CHOOSES and value is not raw)
            if value is not ABSENT:
                made[name] = value
        missing = [name for name in said if name not in it.raw and not shape.at(name).blank(said[name])]
        if path and "id" in it.raw and made.get("id") is it.raw["id"] and it.want.get("id") != it.have.get("id"):
            missing = []  # another part is to take this place: what the one there has is not its
        complete = self.rules.complete
        old = last.keys() - it.want.keys()  # what the manifest no longer says; what it only implied is said now
        new = [
            name
            for name in missing
            if chosen or complete((*at, name)) or (name not in old and self.rules.comes_along((*at, name)))
        ]
        for name in new:
            if not chosen and complete((*at, name)):
                said = {**said, name: _chosen(said[name], (*at, name), complete)}
        new = [name for name in new if self._take((*path, name), ABSENT, said[name]) is not ABSENT]
        if not path:
            for name in (each for each in missing if each not in new):
                self._leave((name,), "undeclared", ABSENT)
        return with_keys(made, {name: said[name] for name in new}, list(said)) if new else made

    # --- lists

    def _list(self, it: Sides, shape: Shape, path: Path, at: Path) -> list[Json]:
        partners = _partners(it.raw, it.want, shape.rule.keys)
        if partners is None:
            if already(it.have, it.want, shape):
                return list(it.raw)
            self._leave(path, "unclear", ABSENT)
            return list(it.raw)
        form = shape.rule.form
        if form == "keyed":
            return self._keyed(it, partners, shape, path, at)
        if already(it.have, it.want, shape):
            return list(it.raw)
        if form == "ordered" and len(it.have) == len(it.want) and self._only_inside(it, shape):
            return [
                it.raw[r]
                if w is None
                else self._value(self._item(it, r, w, w, shape), shape.item(), (*path, r), (*at, w))
                for r, w in enumerate(partners)
            ]
        if self._is_ours(it, shape):
            self._leave(path, "pending", ABSENT)
            return list(it.raw)
        return self._unkeyed(it, partners, shape, path, at)

    def _item(self, it: Sides, r: int, w: int, h: int, shape: Shape) -> Sides:
        memory = it.last if isinstance(it.last, list) and len(it.last) == len(it.want) else None
        return Sides(it.raw[r], it.want[w], memory[w] if memory else ABSENT, it.have[h], _said_item(it, h, shape))

    def _only_inside(self, it: Sides, shape: Shape) -> bool:
        below, rule = shape.item(), shape.rule
        if rule.keys and own_keys(it.have, rule) != own_keys(it.want, rule):
            return False
        pairs = [(have, want) for have, want in zip(it.have, it.want, strict=True) if not already(have, want, below)]
        if not all(isinstance(side, dict) for pair in pairs for side in pair):
            return False
        old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        return not any(each is not None for each in pair_up(old, new, below, lambda a, b: already(a, b, below)))

    def _unkeyed(self, it: Sides, partners: Sequence[int | None], shape: Shape, path: Path, at: Path) -> list[Json]:
        """A list that is one value: what both have stays as it is written, in the live order where order counts."""
        below = shape.item()
        pairs = pair_up(it.have, it.want, below, lambda one, other: already(one, other, below))
        written = {hit: it.raw[r] for r, w in enumerate(partners) if w is not None and (hit := pairs[w]) is not None}
        gained = [h for h in range(len(it.have)) if h not in written]
        lost = [r for r, w in enumerate(partners) if w is not None and pairs[w] is None]
        for r in lost:
            variable = first_variable(it.raw[r])
            if variable and (gained or not variable.startswith("id.")):
                self._leave((*path, r), "variable", [it.have[h] for h in gained], variable)
                return list(it.raw)
        if any(holds_secret(it.want[w]) for r in lost if (w := partners[r]) is not None):
            self._leave(path, "secret")
            return list(it.raw)
        new = {h: self._new(it, h, shape, (*at, h)) for h in gained}
        if shape.rule.form == "ordered":
            made = [written[h] if h in written else new[h] for h in range(len(it.have))]
        else:
            kept = {id(item) for item in written.values()}
            made = [item for r, item in enumerate(it.raw) if r not in lost or id(item) in kept]
            made += [new[h] for h in gained]
        taken: list[Json] = self._take(path, it.raw, made)
        return taken

    def _new(self, it: Sides, h: int, shape: Shape, at: Path) -> Json:
        """A live item as the manifest writes such items."""
        like = next((raw for raw in it.raw if isinstance(raw, str)), ABSENT)
        return self._written(Sides(like, ABSENT, ABSENT, it.have[h], _said_item(it, h, shape)), at)

    def _keyed(self, it: Sides, partners: Sequence[int | None], shape: Shape, path: Path, at: Path) -> list[Json]:
        rule, last = shape.rule, it.last if isinstance(it.last, list) else []
        wanted, unclear = match(it.have, it.want, rule)
        for key in dict.fromkeys(unclear.values()):
            self._leave(path, "unclear", ABSENT, key)
        held = {*unclear.values()}
        then, _ = match(it.have, last, rule)
        once = {key_text(item, rule) for item in last}
        live_of = {w: h for h, w in wanted.items()}
        made: list[tuple[int | None, Json]] = []
        for r, raw in enumerate(it.raw):
            w = partners[r]
            if w is None or w in unclear:
                made.append((None, raw))
            elif w in live_of:
                h = live_of[w]
                before = last[then[h]] if h in then else ABSENT
                sides = Sides(raw, it.want[w], before, it.have[h], _said_item(it, h, shape))
                value = self._value(sides, shape.item(), (*path, r), (*at, h))
                made.append((h, value))
            elif self._item_is_ours(once & {key_text(it.want[w], rule), self._former(raw, rule.keys)}):
                self._leave((*path, r), "pending", ABSENT, key_text(it.want[w], rule))
                made.append((None, raw))
            elif self._take((*path, r), raw, ABSENT) is not ABSENT:
                made.append((None, raw))
        if rule.ordered and rule.whole and self.rules.everything | moved_live(made, then):
            made = in_live_order(made)
        for h in range(len(it.have)):
            if h in wanted or not held.isdisjoint(called(it.have[h], rule)):
                continue
            if self._takes_over(it, h, h in then, shape, path, (*at, h)):
                item = self._new(it, h, shape, (*at, h))
                if self._take((*path, h), ABSENT, item) is not ABSENT:
                    made.insert(live_place(h, made), (h, item))
        return [item for _, item in made]

    def _item_is_ours(self, declared_before: Collection[str]) -> bool:
        """Whether an item that is not live is new in the manifest, rather than deleted by hand."""
        return self.rules.remembered and not self.rules.everything and not declared_before

    def _former(self, raw: Json, keys: Sequence[str]) -> str:
        """The live id that an item had at the last apply."""
        local = raw.get(keys[0]) if isinstance(raw, dict) and keys else None
        return self.rules.parts.get(local, "") if isinstance(local, str) else ""

    def _takes_over(self, it: Sides, h: int, before: bool, shape: Shape, path: Path, at: Path) -> bool:
        """Whether a live item that the manifest does not name belongs into it: where the list is the manifest's whole.
        What is left out is noted."""
        newly_ours = it.last is ABSENT and self.rules.remembered  # the whole list is new in the manifest
        if (before or (shape.rule.whole and newly_ours)) and not self.rules.everything:
            self._leave(path, "pending", ABSENT, key_text(it.have[h], shape.rule))
            return False
        if before or shape.rule.whole or self.rules.complete(at):
            return True
        self._leave(path, "undeclared", ABSENT, key_text(it.have[h], shape.rule))
        return False

    # --- notes

    def _take(self, path: Path, before: Json, after: Json) -> Json:
        """What stands there from now on."""
        edit = FieldEdit(path, before, after)
        if why := self.rules.withheld.get(edit.which):
            self._leave(path, "unsound", ABSENT, why)
            return before
        self.taken.append(edit)
        return after

    def _leave(self, path: Path, why: Why, live: Json = ABSENT, name: str = "") -> None:
        self.left.append(KeptField(path, why, live, name))


def _chosen(value: Json, at: Path, complete: Callable[[Path], bool]) -> Json:
    """The value without what is not to be added."""
    if isinstance(value, dict):
        return {name: _chosen(item, (*at, name), complete) for name, item in value.items() if complete((*at, name))}
    if isinstance(value, list):
        return [_chosen(item, (*at, h), complete) for h, item in enumerate(value) if complete((*at, h))]
    return value


def _partners(raw: list[Json], want: list[Json], keys: Sequence[str]) -> list[int | None] | None:
    """For each item as it is written, which of those that are asked for it became; None for one that was taken out
    (a secret). None altogether where that cannot be told."""
    if len(raw) == len(want):
        return list(range(len(raw)))
    found: list[int | None] = []
    for item in raw:
        key = next((name for name in keys if isinstance(item, dict) and name in item), None)
        hits = [
            index for index, each in enumerate(want) if key and isinstance(each, dict) and each.get(key) == item[key]
        ]
        if not key or len(hits) > 1:
            return None
        found.append(hits[0] if hits else None)
    return found if len([each for each in found if each is not None]) == len(want) else None


def _said_item(it: Sides, h: int, shape: Shape) -> Json:
    """What a manifest says of the live item at `h`."""
    if not isinstance(it.said, list):
        return ABSENT
    if len(it.said) == len(it.have):
        return it.said[h]
    keys = shape.rule.keys
    key = next((name for name in keys if isinstance(it.have[h], dict) and name in it.have[h]), None)
    hits = [each for each in it.said if key and isinstance(each, dict) and each.get(key) == it.have[h][key]]
    return hits[0] if len(hits) == 1 else ABSENT
