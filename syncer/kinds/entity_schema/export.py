"""A live schema as a manifest says it: groups by their labels where their ids say nothing to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from syncer.kinds.entity_schema.group_ids import UUID
from syncer.kinds.lenient_reader import mappings
from syncer.model.calls import Parts
from syncer.model.json_values import Json, Spec
from syncer.model.pulled_spec import PulledSpec
from syncer.model.unexpected_reply import word_at

HIDDEN = "an empty `enable_setting` hides it from everybody, which no manifest may say"
FROZEN = "it is frozen: this version is what everybody is served, and what is applied later is not until it is unfrozen"


def as_manifest(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> PulledSpec:
    """The schema; of a group whose id is a UUID, and whose label no other has, the label stands for it everywhere."""
    groups = [each for _, each in mappings(spec.get("group_settings"))]
    labels = Counter(str(each.get("label")) for each in groups) + Counter(str(each.get("id")) for each in groups)
    words = {
        str(each["id"]): str(each["label"])
        for each in groups
        if UUID.match(str(each.get("id"))) and each.get("label") and labels[str(each["label"])] == 1
    }
    for each in groups:
        if str(each.get("id")) in words:
            del each["id"]  # type: ignore[attr-defined]
    for name in ("attributes", "group_headlines"):
        _by_label(spec.get(name), words)
    for _, capability in mappings(spec.get("capabilities")):
        _by_label(capability.get("attributes"), words)
    hidden = spec.get("enable_setting") == []
    frozen = (FROZEN,) if live.get("frozen") is True else ()
    return PulledSpec(spec, unsaid=(HIDDEN,) if hidden else (), notes=frozen)


def _by_label(holders: Json, words: Mapping[str, str]) -> None:
    for _, each in mappings(holders):
        if word_at(each.get("group"), ("group",)) in words:
            each["group"] = words[each["group"]]  # type: ignore[index]
