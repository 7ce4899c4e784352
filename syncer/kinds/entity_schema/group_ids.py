"""Which live group and which live condition each declared one is: by the id remembered with what the manifest calls it,
by an id on both sides, then by what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from syncer.diff.part_links import DeclaredPart, PartLinks, link
from syncer.kinds.lenient_reader import by_id, items, listed
from syncer.model.calls import Parts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Spec
from syncer.model.unexpected_reply import word_at

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
"""An id that says nothing to people."""
GROUPS, CONDITIONS = "groups", "conditions"
"""Under which state remembers their ids."""


@dataclass(slots=True)
class GroupIds:
    """What was decided. `words`: what a manifest may call a group → its live id; `parts`: for state; `labels`: live ids
    → what the manifest calls them; `findings`: groups that could be several live ones; `notices`: what a reviewer
    should know."""

    words: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def identify_groups(have: Spec, want: Spec, known: Parts, last: Spec) -> GroupIds:
    """Give each declared group and condition of `want`, changed in place, the id of the live one that it is. A new
    group keeps its own, or its label: a group's id is never changed, for its attributes and roles' grants hang on it.
    A condition's id tells a rename from a removal."""
    ids = GroupIds()
    _groups(have, want, known.get(GROUPS, {}), last, ids)
    _conditions(have, want, known.get(CONDITIONS, {}), last, ids)
    return ids


def called_groups(spec: Spec) -> dict[str, str]:
    """Label or id of a group → its id; an id wins over another group's label."""
    groups = [group for group in items(spec.get("group_settings")) if group.get("id")]
    labels: dict[str, str] = {}
    for group in groups:
        if group.get("label"):
            labels.setdefault(str(group["label"]), str(group["id"]))
    return {**labels, **{str(group["id"]): str(group["id"]) for group in groups}}


def _groups(have: Spec, want: Spec, known: Mapping[str, str], last: Spec, ids: GroupIds) -> None:
    ours, theirs = items(want.get("group_settings")), items(have.get("group_settings"))
    _ids_must_be_words(theirs, "group_settings")
    live, keys = by_id(theirs), [str(each.get("id") or each.get("label") or "") for each in ours]
    links = _linked(ours, keys, live, by_id(last.get("group_settings")), known, "label")
    renamed: dict[str, str] = {}
    for at, group in enumerate(ours):
        said, id = group.get("id"), links.found.get(at) or links.gone.get(at)
        if at in links.unclear:
            ids.findings.append(_unclear(keys[at], group, links.unclear[at], at))
        alike = any(each.get("label") == group.get("label") for each in theirs)
        if id is not None:
            group["id"] = id
        elif said is None and not alike:
            group["id"] = group.get("label")  # an id of our own: whether the platform makes one is not known
        if group.get("id") and keys[at]:
            _put(ids, GROUPS, keys[at], str(group["id"]))
            renamed[keys[at]] = str(group["id"])
    ids.words = {**called_groups(have), **called_groups(want), **renamed}
    for at, group in enumerate(ours):
        ids.notices += _lost(links, at, group, keys[at], known, have)


def _linked(
    ours: list[dict[str, Json]],
    keys: list[str],
    live: Mapping[str, dict[str, Json]],
    then: Mapping[str, dict[str, Json]],
    known: Mapping[str, str],
    name: str,
) -> PartLinks:
    """`name`: the field by which two look alike."""
    parts = [DeclaredPart(key, firm=isinstance(each.get("id"), str)) for key, each in zip(keys, ours, strict=True)]

    def called_so(side: Mapping[str, dict[str, Json]]) -> Callable[[int, str], bool]:
        return lambda at, id: id in side and bool(ours[at].get(name)) and bool(side[id].get(name) == ours[at][name])

    return link(parts, live, known, (called_so(then), called_so(live)))


def _put(ids: GroupIds, noun: str, key: str, id: str) -> None:
    ids.parts.setdefault(noun, {})[key] = id
    if UUID.match(id):  # any other word may be a value as well
        ids.labels[id] = key


def _unclear(key: str, group: Mapping[str, Json], candidates: list[str], at: int) -> Finding:
    """That nobody knows which of several live groups of its label is meant; a third one is not made unasked."""
    label = group.get("label")
    return Finding(
        "parts-unclear",
        f"group `{key}` could be {len(candidates)} live ones of the label `{label}`: {listed(candidates)}",
        ("group_settings", at),
        "give the group in the manifest the live id that is meant, or tell them apart by label in the organisation",
    )


def _lost(
    links: PartLinks, at: int, group: Mapping[str, Json], key: str, known: Mapping[str, str], have: Spec
) -> Iterator[str]:
    """That a group which was remembered is gone, with what still says that it stands there; and that another one has
    its label."""
    gone = known.get(key)
    if at not in links.gone or gone is None:
        return
    inside = [
        str(each.get("name"))
        for holder in (have, *items(have.get("capabilities")))
        for each in items(holder.get("attributes"))
        if each.get("group") == gone
    ]
    said = f"group `{group.get('label') or key}` (`{gone}`) was deleted in the organisation"
    said += f", and {listed(inside)} still {'stands' if len(inside) == 1 else 'stand'} in it" if inside else ""
    taken = set(links.found.values())
    twins = [
        str(each["id"])
        for each in items(have.get("group_settings"))
        if each.get("id") and each.get("label") == group.get("label") and (each["id"] not in taken or at in links.found)
    ]
    if at in links.found:
        yield f"{said}; `{links.found[at]}`, which has its label, is taken for it"
    elif twins:
        yield f"{said}; {listed(twins)} has its label and is another group"
    else:
        yield said


def _conditions(have: Spec, want: Spec, known: Mapping[str, str], last: Spec, ids: GroupIds) -> None:
    ours, theirs = items(want.get("conditions")), items(have.get("conditions"))
    _ids_must_be_words(theirs, "conditions")
    keys = [str(each.get("id") or each.get("name") or "") for each in ours]
    links = _linked(ours, keys, by_id(theirs), by_id(last.get("conditions")), known, "name")
    for at, condition in enumerate(ours):
        id = links.found.get(at) or (links.gone.get(at) if isinstance(condition.get("id"), str) else None)
        if id is not None:
            condition["id"] = id
        if condition.get("id") and keys[at]:
            _put(ids, CONDITIONS, keys[at], str(condition["id"]))


def _ids_must_be_words(live: list[dict[str, Json]], name: str) -> None:
    """UnexpectedReply where an id is no single value."""
    for at, item in enumerate(live):
        word_at(item.get("id"), (name, at, "id"))
