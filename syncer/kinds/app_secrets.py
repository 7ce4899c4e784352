"""Secret option values: where an app declares them, taken out of a plan and put back into a body; asks nobody.

They are write-only: encrypted at rest, and given back not at all, empty or masked (app.md 4). An option may be a secret
as a whole, each entry of it where it is repeatable, or a field of an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from syncer.core.references import clone
from syncer.core.values import Json, Secret
from syncer.kinds.lenient import mapping, mappings

WHOLE = ""
"""Stands for the option itself where others name a field of it."""

_LABEL = re.compile(r"option_values\[(.*?)\]\.options\[(.*?)\](?:\[(\d+)\])?(?:\.(.+))?", re.DOTALL)

Declared = dict[tuple[str, str], tuple[str, ...]]
"""(component, option) → its secret fields, or `(WHOLE,)`."""


def secrets_declared(components: Json) -> Declared:
    """The secret places of a version's components."""
    found: Declared = {}
    for _, component in mappings(components):
        for _, option in mappings(component.get("options")):
            fields = tuple(
                str(each.get("key")) for _, each in mappings(option.get("fields")) if each.get("type") == "secret"
            )
            if option.get("type") == "secret":
                fields = (WHOLE,)
            if fields:
                found[str(component.get("id")), str(option.get("key"))] = fields
    return found


def options_declared(components: Json) -> set[tuple[str, str]]:
    """Every (component, option) of a version."""
    return {
        (str(component.get("id")), str(option.get("key")))
        for _, component in mappings(components)
        for _, option in mappings(component.get("options"))
    }


def label(component: str, key: str, index: int | None = None, field: str = WHOLE) -> str:
    """What a secret is called in plans and in state: `option_values[…].options[api_key]`."""
    place = "" if index is None else f"[{index}]"
    return f"option_values[{component}].options[{key}]{place}" + (f".{field}" if field else "")


def take_out(values: Json, declared: Declared) -> tuple[list[Json], dict[str, Secret]]:
    """The option values without what is declared a secret, and the secrets by their labels. What stands in a secret's
    place without being one (a mask, a plain text, which another check refuses) is dropped."""
    secrets: dict[str, Secret] = {}
    kept: list[Json] = []
    for _, component in mappings(clone(values)):
        options: list[Json] = []
        for _, option in mappings(component.get("options")):
            place = (str(component.get("component_id")), str(option.get("key")))
            fields = declared.get(place, ())
            for index, field, value in _leaves(option.get("value"), fields):
                if isinstance(value, Secret):
                    secrets[label(*place, index, field)] = value
            if fields == (WHOLE,):
                continue
            options.append({**option, "value": _less(option.get("value"), fields)} if fields else option)
        kept.append({**component, "options": options})
    return kept, secrets


def _leaves(value: Json, fields: Sequence[str]) -> Iterator[tuple[int | None, str, Json]]:
    entries: list[tuple[int | None, Json]] = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    for index, entry in entries:
        for field in fields:
            if field:
                yield index, field, mapping(entry).get(field)
            else:
                yield index, field, entry if index is None else mapping(entry).get("value")


def _less(value: Json, fields: Sequence[str]) -> Json:
    if isinstance(value, list):
        return [_less(each, fields) for each in value]
    return {name: each for name, each in value.items() if name not in fields} if isinstance(value, dict) else value


def put_back(values: Json, secrets: Mapping[str, Secret], live: Json) -> list[Json]:
    """The option values with the secrets in their places. Entries of a repeatable secret keep the ids that the live
    `option_values` show."""
    whole: list[Json] = clone(values if isinstance(values, list) else [])
    for name, secret in secrets.items():
        found = _LABEL.fullmatch(name)
        if found is None:
            raise ValueError(f"{name} is no option of an app")
        component, key, index, field = found.groups()
        option = _option(whole, component, key)
        if index is None and field is None:
            option["value"] = secret
            continue
        holder = option
        if index is not None:
            entries = option.get("value")
            if not isinstance(entries, list):
                entries = option["value"] = []
            while len(entries) <= int(index):
                entries.append(_entry_id(live, component, key, len(entries)))
            holder = entries[int(index)]
        elif not isinstance(option.get("value"), dict):
            holder = option["value"] = {}
        else:
            holder = option["value"]
        holder[field or "value"] = secret
    return whole


def _option(values: list[Json], component: str, key: str) -> dict[str, Json]:
    holder = next((each for each in values if each.get("component_id") == component), None)
    if holder is None:
        holder = {"component_id": component, "options": []}
        values.append(holder)
    option: dict[str, Json] | None = next((each for each in holder["options"] if each.get("key") == key), None)
    if option is None:
        option = {"key": key}
        holder["options"].append(option)
    return option


def _entry_id(live: Json, component: str, key: str, index: int) -> dict[str, Json]:
    for _, each in mappings(live):
        for _, option in mappings(each.get("options")):
            if (each.get("component_id"), option.get("key")) == (component, key) and isinstance(
                option.get("value"), list
            ):
                entries = option["value"]
                known = mapping(entries[index]).get("id") if index < len(entries) else None
                return {"id": known} if known else {}
    return {}


def unknown_secrets(
    target: Declared, installed: Declared, have: Json, secrets: Mapping[str, Secret]
) -> list[tuple[str, str, str]]:
    """(component, option, field) of the secrets that may be set and that no manifest holds: the installed version
    declares them too, so saving the options without them would wipe them."""
    shown = {
        (each.get("component_id"), option.get("key"))
        for _, each in mappings(have)
        for _, option in mappings(each.get("options"))
    }
    return [
        (component, key, field)
        for (component, key), fields in target.items()
        for field in fields
        if field in installed.get((component, key), ())
        and (field == WHOLE or (component, key) in shown)
        and not any(_is_at(name, component, key, field) for name in secrets)
    ]


def _is_at(name: str, component: str, key: str, field: str) -> bool:
    found = _LABEL.fullmatch(name)
    return found is not None and (found[1], found[2], found[4] or WHOLE) == (component, key, field)
