"""Ids of the entries of repeatable options: the platform's own, of one organisation; asks nobody
(docs/platform.md#options-of-an-app)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncer.kinds.lenient_reader import mapping, mappings
from syncer.model.json_values import Json

Place = tuple[str, str]
"""(component, option)."""


def without_entry_ids(values: Json, components: Json) -> list[Json]:
    """Option values as a manifest says them: an entry is known by what it says."""
    return _filtered(values, components, lambda place, id: False)


def own_entry_ids(values: Json, live: Json, components: Json) -> list[Json]:
    """Option values less each id that none of the option's live entries has: it is another organisation's, or of an
    entry that is gone."""
    known = {(place, str(mapping(each).get("id"))) for place, value in _lists(live) for each in value}
    return _filtered(values, components, lambda place, id: (place, str(id)) in known)


def _filtered(values: Json, components: Json, kept: Callable[[Place, Json], bool]) -> list[Json]:
    """The values, of which the entries have those ids that are `kept`. An option that itself declares a field `id` has
    none of the platform's."""
    repeatable = {
        (str(component.get("id")), str(option.get("key")))
        for _, component in mappings(components)
        for _, option in mappings(component.get("options"))
        if option.get("repeatable") is True
        and "id" not in {each.get("key") for _, each in mappings(option.get("fields"))}
    }

    def entry_of(place: Place, entry: Json) -> Json:
        if not isinstance(entry, dict) or "id" not in entry or kept(place, entry["id"]):
            return entry
        return {name: item for name, item in entry.items() if name != "id"}

    def option_of(component: Json, option: Json) -> Json:
        place = (str(component), str(mapping(option).get("key")))
        if place not in repeatable or not isinstance(option.get("value"), list):
            return option
        return {**option, "value": [entry_of(place, each) for each in option["value"]]}

    return [
        {**each, "options": [option_of(each.get("component_id"), option) for option in each["options"]]}
        if isinstance(each, dict) and isinstance(each.get("options"), list)
        else each
        for each in values or ()
    ]


def _lists(values: Json) -> Iterator[tuple[Place, list[Json]]]:
    for _, each in mappings(values):
        for _, option in mappings(each.get("options")):
            if isinstance(value := option.get("value"), list):
                yield (str(each.get("component_id")), str(option.get("key"))), value
