"""The live object with what we declare laid over it: the goal, and the fields in which it differs.

Here ownership is decided (README.md#partial-manifests): a declared field is ours; everything else the live object holds
is carried over, known to us or not. What was declared at the last apply (`last`) tells ours from drift, and lets an
item go that is no longer declared.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from syncer.diff.fingerprint import canonical
from syncer.diff.item_order import in_manifest_order
from syncer.diff.list_keys import called, key_text, match, own_keys
from syncer.diff.list_pairs import exact_key, pair_alike, pair_up
from syncer.diff.remainder import RemainderNode
from syncer.model.field_change import ORDER, Cause, FieldChange, FieldPath, Item, show_field
from syncer.model.field_rules import NOTHING_SAID, ListRule, Shape
from syncer.model.json_values import ABSENT, Json, Secret, same_leaf
from syncer.model.markers import without_secrets
from syncer.model.secret_text import read_written, written

_SCALARS = frozenset({str, int, float, bool, type(None)})


@dataclass(slots=True)
class MergeResult:
    """The outcome: the goal, what changes, paths that are no longer declared, lists of which some items cannot be
    managed (with the key that several share)."""

    goal: Json = None
    changes: list[FieldChange] = field(default_factory=list)
    released: list[FieldPath] = field(default_factory=list)
    refused: list[tuple[FieldPath, str]] = field(default_factory=list)
    reordered: list[FieldPath] = field(default_factory=list)
    """Keyed lists whose items stay in another order than the manifest's."""
    remainder: list[RemainderNode] = field(default_factory=list)
    """What the live object holds beside what is declared."""
    let_go: list[RemainderNode] = field(default_factory=list)
    """The paths of `released`, with what was declared there last."""


def merge(live: Json, want: Json, last: Json, shape: Shape, prune: frozenset[str] = frozenset()) -> MergeResult:
    """Lay `want` over `live`. `last` is what was declared at the last apply (`{}` when nothing is remembered);
    `prune` names the top-level lists that the manifest says are its own whole."""
    merged = MergeResult()
    merged.goal = _mapping(live if isinstance(live, dict) else {}, want, last, shape, (), merged, prune)
    return merged


def merge_anew(live: Json, want: Json, last: Json, shape: Shape) -> MergeResult:
    """The same of an object that was just made of this: its lists stand in the order of `want`."""
    merged = merge(live, want, last, shape)
    merged.goal = in_manifest_order(merged.goal, want, shape)
    return merged


def same(one: Json, other: Json, shape: Shape) -> bool:
    """Whether laying `other` over `one`, and `one` over `other`, would change nothing that matters."""
    return already(one, other, shape) and already(other, one, shape)


def as_new(want: Json, shape: Shape) -> Json:
    """A declared value where there is nothing yet: without the `null`s that only say "empty"."""
    if isinstance(want, dict):
        return {
            name: as_new(value, shape.at(name))
            for name, value in want.items()
            if value is not None or shape.at(name).null_is_data
        }
    if isinstance(want, list):
        return [as_new(item, shape.item()) for item in want]
    return want


def _value(live: Json, want: Json, last: Json, shape: Shape, path: FieldPath, out: MergeResult) -> Json:
    """The value that should stand here; notes in `out` what that changes."""
    if shape.ignored:
        return live if live is not ABSENT else want
    if shape.blank(want) and shape.blank(live):
        return live
    if want is None and not shape.null_is_data:
        return _emptied(live, last, shape, path, out)
    if shape.canon is not None and live is not ABSENT and _equal(shape.canon(live), shape.canon(want)):
        return live
    if isinstance(want, dict) and isinstance(live, dict):
        return _mapping(live, want, last, shape, path, out)
    if isinstance(want, list):
        if isinstance(live, list):
            return _list(live, want, last, shape, path, out)
        if want and shape.rule.form == "keyed" and shape.blank(live):
            return _list([], want, last, shape, path, out)  # so that each new item is judged by itself
    elif _equal(live, want):
        return live
    goal = as_new(want, shape)
    out.changes.append(FieldChange(path, live, goal, cause_of(live, want, last, shape), last))
    return goal


def _emptied(live: Json, last: Json, shape: Shape, path: FieldPath, out: MergeResult) -> Json:
    """What `null` makes of a field: it goes. Of a keyed list each item is named, since each may be a loss."""
    cause = cause_of(live, None, last, shape)
    if isinstance(live, list) and live and shape.rule.form == "keyed":
        out.changes += [
            FieldChange((*path, Item(key_text(item, shape.rule))), item, ABSENT, cause, last) for item in live
        ]
    else:
        out.changes.append(FieldChange(path, live, ABSENT, cause, last))
    return ABSENT


def _mapping(
    live: dict[str, Json],
    want: dict[str, Json],
    last: Json,
    shape: Shape,
    path: FieldPath,
    out: MergeResult,
    prune: frozenset[str] = frozenset(),
) -> dict[str, Json]:
    goal = dict(live)
    remembered = last if isinstance(last, dict) else {}
    for name, value in want.items():
        have = live.get(name, ABSENT)
        if have.__class__ is value.__class__ and value.__class__ in _SCALARS and have == value:
            continue  # most fields of most plans: whatever their shape says, the live value stays
        below = shape.at(name)
        if name in prune:
            below = below.whole()
        merged = _value(have, value, remembered.get(name, ABSENT), below, (*path, name), out)
        if merged is ABSENT:
            goal.pop(name, None)
        else:
            goal[name] = merged
    if not live.keys() <= want.keys():
        out.remainder += [
            RemainderNode((*path, name), value, shape.at(name)) for name, value in live.items() if name not in want
        ]
    for name, value in remembered.items():
        if name not in want and name in live:
            below = shape.at(name)
            if not (below.ignored or below.blank(value) or below.blank(live[name])):
                out.released.append((*path, name))
                out.let_go.append(RemainderNode((*path, name), value, below))
    return goal


def _list(
    live: list[Json], want: list[Json], last: Json, shape: Shape, path: FieldPath, out: MergeResult
) -> list[Json]:
    if shape.rule.form == "keyed":
        return _keyed(live, want, last, shape, path, out)
    if shape.rule.form == "set":
        return _set(live, want, last, shape, path, out)
    return _ordered(live, want, last, shape, path, out)


def _keyed(
    live: list[Json], want: list[Json], memory: Json, shape: Shape, path: FieldPath, out: MergeResult
) -> list[Json]:
    """Item by item, by key. Live order, new ones last; our order only where the list is ours whole. What cannot be told
    apart is refused, and stays as it is live. In one piece, for each item is placed by what is known of those before.
    """
    rule, last = shape.rule, memory if isinstance(memory, list) else []
    wanted, unclear = match(live, want, rule)
    held = _held(live, unclear, rule, path, out)
    remembered, _ = match(live, last, rule)
    goal: list[tuple[int | None, Json]] = []
    for index, item in enumerate(live):
        before = last[remembered[index]] if index in remembered else ABSENT
        if index in wanted:
            declared = want[wanted[index]]
            below = (*path, Item(key_text(declared, rule)))
            said = len(out.changes)
            goal.append((wanted[index], _value(item, declared, before, shape.item(), below, out)))
            if before is ABSENT and memory is not ABSENT:
                out.changes[said:] = [_made_by_both(each) for each in out.changes[said:]]
        elif index not in held and (rule.whole or before is not ABSENT):
            cause: Cause = "drift" if before is ABSENT and memory is not ABSENT else "ours"
            out.changes.append(FieldChange((*path, Item(key_text(item, rule))), item, ABSENT, cause, before))
        else:
            goal.append((None, item))
            out.remainder.append(RemainderNode((*path, Item(key_text(item, rule))), item, shape.item(), added=True))
    in_our_order = rule.ordered and rule.whole
    if in_our_order:
        _order([position for position, _ in goal if position is not None], want, last, shape, path, out)
    there = set(wanted.values())
    once = {key_text(item, rule): item for item in last}
    for position, item in enumerate(want):
        if position not in there and position not in unclear:
            key, new = key_text(item, rule), as_new(item, shape.item())
            gone_by_hand: Cause = "drift" if key in once else "ours"
            out.changes.append(FieldChange((*path, Item(key)), ABSENT, new, gone_by_hand, once.get(key, ABSENT)))
            goal.append((position, new))
    if in_our_order:
        goal.sort(key=lambda each: -1 if each[0] is None else each[0])
    else:
        positions = [position for position, _ in goal if position is not None]
        if (rule.ordered or rule.shown) and positions != sorted(positions):
            out.reordered.append(path)
    return [item for _, item in goal]


def _made_by_both(change: FieldChange) -> FieldChange:
    """The change of an item that is new in the manifest and is live already: what stands there somebody else wrote."""
    return change if change.before is ABSENT or change.cause != "ours" else replace(change, cause="conflict")


def _held(
    live: list[Json], unclear: dict[int, str], rule: ListRule, path: FieldPath, out: MergeResult
) -> frozenset[int]:
    """The live items that stay as they are, for which of them is meant cannot be told: that is refused."""
    if not unclear:
        return frozenset()
    keys = {*unclear.values()}
    out.refused += [(path, key) for key in dict.fromkeys(unclear.values())]
    return frozenset(index for index, item in enumerate(live) if not keys.isdisjoint(called(item, rule)))


def _order(
    positions: list[int], want: list[Json], last: list[Json], shape: Shape, path: FieldPath, out: MergeResult
) -> None:
    """Note it where the items that stay do not stand in our order: `positions` in `want`, in live order."""
    if positions != sorted(positions):
        have, wish = ([key_text(want[each], shape.rule) for each in order] for order in (positions, sorted(positions)))
        then = [key for item in last if (key := key_text(item, shape.rule)) in wish]
        cause: Cause = "ours" if not last or then == have else "drift" if then == wish else "conflict"
        out.changes.append(FieldChange((*path, ORDER), have, wish, cause, then))


def _set(live: list[Json], want: list[Json], last: Json, shape: Shape, path: FieldPath, out: MergeResult) -> list[Json]:
    """Whole and without order; what is named twice is there once."""
    below = shape.item()
    once: dict[str, Json] = {}
    for item in want:
        once.setdefault(exact_key(item, below), item)
    want = list(once.values())
    pairs = pair_up(live, want, below, lambda one, other: already(one, other, below))
    known = sorted((pair, position) for position, pair in enumerate(pairs) if pair is not None)
    kept = {exact_key(live[pair], below) for pair, _ in known}
    if len(known) == len(want) and all(exact_key(item, below) in kept for item in live):
        if rest := [node for pair, at in known for node in _probe(live[pair], want[at], below).remainder]:
            _beside_a_set(rest, path, out)
        return live
    alike = pair_alike(live, want, pairs, shape, already)
    if len(shape.rule.keys) > 1 and len(live) == len(want) and None not in alike:
        return _changed_in_a_set(live, want, last, alike, shape, path, out)
    standing = sorted((pair, position) for position, pair in enumerate(alike) if pair is not None)
    carried = [_overlay(live[pair], want[position], below) for pair, position in standing]
    carried += [as_new(item, below) for item, pair in zip(want, alike, strict=True) if pair is None]
    out.changes.append(FieldChange(path, live, carried, cause_of(live, want, last, shape), last))
    return carried


def _changed_in_a_set(
    live: list[Json],
    want: list[Json],
    last: Json,
    pairs: list[int | None],
    shape: Shape,
    path: FieldPath,
    out: MergeResult,
) -> list[Json]:
    """The same items, of which some differ inside: their fields are named, at the place where the manifest has them."""
    below, goal = shape.item(), list(live)
    rows = last if isinstance(last, list) else []
    then = pair_alike(rows, want, pair_up(rows, want, below, lambda a, b: already(a, b, below)), shape, already)
    for position, pair in enumerate(pairs):
        if pair is not None:
            before = then[position]
            memory = ABSENT if before is None else rows[before]
            goal[pair] = _value(live[pair], want[position], memory, below, (*path, position), out)
    return goal


def _ordered(
    live: list[Json], want: list[Json], last: Json, shape: Shape, path: FieldPath, out: MergeResult
) -> list[Json]:
    """Whole and in our order. Where the items stand as before and only differ inside, their fields are named."""
    below = shape.item()
    if shape.rule.keys and (keys := own_keys(live, shape.rule)) and (wanted := own_keys(want, shape.rule)):
        return _paired(dict(zip(keys, live, strict=True)), dict(zip(wanted, want, strict=True)), last, shape, path, out)

    def alike(one: Json, other: Json) -> bool:
        return already(one, other, below)

    if len(live) == len(want):
        probes = [_probe(live[index], item, below, (*path, index)) for index, item in enumerate(want)]
        differing = [index for index, probe in enumerate(probes) if probe.changes or probe.refused]
        if not differing:
            out.remainder += [node for probe in probes for node in probe.remainder]
            return live
        old, new = [live[index] for index in differing], [want[index] for index in differing]
        inside = all(isinstance(item, dict) for item in (*old, *new))
        if inside and not any(pair is not None for pair in pair_up(old, new, below, alike)):
            memory = last if isinstance(last, list) and len(last) == len(want) else [ABSENT] * len(want)
            return [
                _value(have, item, memory[index], below, (*path, index), out)
                for index, (have, item) in enumerate(zip(live, want, strict=True))
            ]
    pairs = pair_up(live, want, below, alike)
    carried = [
        as_new(item, below) if pair is None else _overlay(live[pair], item, below)
        for item, pair in zip(want, pairs, strict=True)
    ]
    out.changes.append(FieldChange(path, live, carried, cause_of(live, want, last, shape), last))
    return carried


def _paired(
    live: dict[str, Json], want: dict[str, Json], last: Json, shape: Shape, path: FieldPath, out: MergeResult
) -> list[Json]:
    """Whole and in our order, by the key that each item has of its own: no item is told as another that it became."""
    below, rows = shape.item(), last if isinstance(last, list) else []
    before = dict(zip(own_keys(rows, shape.rule), rows, strict=False))
    goal = []
    for key, item in want.items():
        once = before.get(key, ABSENT)
        if key in live:
            goal.append(_value(live[key], item, once, below, (*path, Item(key)), out))
            continue
        goal.append(as_new(item, below))
        cause: Cause = "ours" if once is ABSENT else "drift"
        out.changes.append(FieldChange((*path, Item(key)), ABSENT, goal[-1], cause, once))
    for key, item in live.items():
        if key not in want:
            once = before.get(key, ABSENT)
            by_hand: Cause = "drift" if once is ABSENT and last is not ABSENT else "ours"
            out.changes.append(FieldChange((*path, Item(key)), item, ABSENT, by_hand, once))
    have, wish = [key for key in live if key in want], [key for key in want if key in live]
    if have != wish:
        then = [key for key in before if key in have]
        moved: Cause = "ours" if not last or then == have else "drift" if then == wish else "conflict"
        out.changes.append(FieldChange((*path, ORDER), have, wish, moved, then))
    return goal


def already(live: Json, want: Json, shape: Shape) -> bool:
    """Whether the live value already is what is asked for."""
    probe = _probe(live, want, shape)
    return not probe.changes and not probe.refused


def _probe(live: Json, want: Json, shape: Shape, path: FieldPath = ()) -> MergeResult:
    """What laying the one over the other comes to, where nothing is remembered."""
    probe = MergeResult()
    _value(live, want, ABSENT, shape, path, probe)
    return probe


def _beside_a_set(rest: list[RemainderNode], path: FieldPath, out: MergeResult) -> None:
    """What the items of a set hold beside what is declared, as one value: which is which says nobody."""
    beside = [{show_field(each.path): each.value} for each in rest if not each.shape.blank(each.value)]
    if beside:
        out.remainder.append(RemainderNode((*path, Item("*")), sorted(beside, key=canonical), NOTHING_SAID))


def _overlay(live: Json, want: Json, shape: Shape) -> Json:
    return _value(live, want, ABSENT, shape, (), MergeResult())


def _equal(live: Json, want: Json) -> bool:
    if isinstance(live, dict) and isinstance(want, dict):
        return live.keys() == want.keys() and all(_equal(live[name], want[name]) for name in want)
    if isinstance(live, list) and isinstance(want, list):
        return len(live) == len(want) and all(map(_equal, live, want))
    if isinstance(live, (dict, list)) or isinstance(want, (dict, list)):
        return False
    return same_leaf(live, want)


def cause_of(live: Json, want: Json, last: Json, shape: Shape) -> Cause:
    """Who moved the field: the manifest since the last apply (ours), somebody live (drift), or both (conflict).
    Of a secret only the name is remembered, and the text around it, so a new value of it is taken for ours."""
    if last is ABSENT:
        return "ours"
    if isinstance(want, Secret):
        then = _as_remembered(last)
        if then is None or then.may_be(live):
            return "ours"
        return "drift" if written(then) == written(want) else "conflict"
    if same(last, without_secrets(want), shape):
        return "drift"
    return "ours" if already(live, last, shape) else "conflict"


def _as_remembered(last: Json) -> Secret | None:
    """The secret that was declared, without its value; None where none was, or nobody wrote it down so."""
    if not (isinstance(last, dict) and last.keys() == {"secret"} and isinstance(last["secret"], str)):
        return None
    try:
        return read_written(last["secret"])
    except ValueError:
        return None
