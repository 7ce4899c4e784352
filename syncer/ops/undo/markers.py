"""Markers put into a spec that nobody wrote: references to what is made anew, and the secrets of the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.diff.list_keys import match
from syncer.model.address import Address
from syncer.model.field_rules import Shape, find_all, pattern_steps
from syncer.model.json_values import ABSENT, Json, Ref, Secret, Spec, leaves_at
from syncer.model.kind import Kind
from syncer.model.markers import holds_secret
from syncer.model.resource import Use


def named(value: Json, names: Mapping[str, Json]) -> Json:
    """The value with what `names` has for each text that is one of its keys."""
    if isinstance(value, dict):
        return {name: named(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [named(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def uses(kind: Kind, spec: Spec, keys: Mapping[tuple[str, str], Address]) -> Iterator[Use]:
    """Every reference in the spec, and where it stands: those to what has no id yet, and those by an enforced key
    (`keys`: kind and key of what the same plan is about)."""
    yield from (Use(path, value) for path, value in leaves_at(spec) if isinstance(value, Ref))
    for each in kind.refs:
        if each.plain:
            for path, value in find_all(spec, pattern_steps(each.path)):
                address = keys.get((each.to, value)) if isinstance(value, str) else None
                if address is not None:
                    yield Use(path, Ref(*address), each.late)


def with_secrets(spec: Json, git: Json, now: Json, shape: Shape) -> Json:
    """The spec with those secrets of the manifest that the live object does not show: what is saved whole would wipe
    them else."""
    if isinstance(git, Secret):
        return git if now is ABSENT else spec
    if not holds_secret(git):
        return spec
    if isinstance(git, dict):
        made = dict(spec) if isinstance(spec, dict) else {}
        for name, item in git.items():
            there = now.get(name, ABSENT) if isinstance(now, dict) else now
            value = with_secrets(made.get(name, ABSENT), item, there, shape.at(name))
            if value is not ABSENT:
                made[name] = value
        return made if made or spec is not ABSENT else ABSENT
    if not isinstance(git, list) or shape.rule.form != "keyed":
        return spec
    items, live = (list(side) if isinstance(side, list) else [] for side in (spec, now))
    ours, theirs = (
        {position: index for index, position in match(side, git, shape.rule)[0].items()} for side in (items, live)
    )
    for position, item in enumerate(git):
        there = live[theirs[position]] if position in theirs else ABSENT
        if position in ours:
            items[ours[position]] = with_secrets(items[ours[position]], item, there, shape.item())
        elif holds_secret(item):
            bare = {name: item[name] for name in shape.rule.keys if name in item}
            whole = with_secrets(bare, item, there, shape.item())
            items += [whole] if whole != bare else []
    return items if items or spec is not ABSENT else ABSENT
