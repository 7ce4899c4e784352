"""What an app installation's request looks like, and which option values an app's components ask for
(docs/platform.md#options-of-an-app)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncer.sandbox.body_schema import body_schema
from syncer.sandbox.store import Json

REQUEST = body_schema("app", "request")

Values = dict[str, dict[str, Json]]
"""Option values by component id and key."""


def by_component(option_values: Json) -> Values:
    """A request's option values as a table; what is said twice counts as said last."""
    return {each["component_id"]: {one["key"]: one["value"] for one in each["options"]} for each in option_values}


def declarations(components: Json) -> Iterator[tuple[str, Json]]:
    """Every option that the components declare, with its component's id."""
    for component in components:
        for option in component.get("options") or ():
            yield component["id"], option


def missing(components: Json, values: Values) -> list[str]:
    """The required options that have no value yet."""
    return [
        f"{component}/{option['key']}"
        for component, option in declarations(components)
        if option.get("required") and values.get(component, {}).get(option["key"]) in (None, "", [], {})
    ]


def with_entry_ids(components: Json, values: Values, new_id: Callable[[], str]) -> Values:
    """The values with an id for every entry of a repeatable option that came without one."""
    repeatable = {
        (component, option["key"]) for component, option in declarations(components) if option.get("repeatable")
    }

    def entry(value: Json) -> Json:
        if not isinstance(value, dict):
            return {"id": new_id(), "value": value}
        return value if value.get("id") else {"id": new_id(), **value}

    return {
        component: {
            key: [entry(each) for each in value]
            if (component, key) in repeatable and isinstance(value, list)
            else value
            for key, value in options.items()
        }
        for component, options in values.items()
    }


def wrong(components: Json, values: Values) -> Iterator[str]:
    """What the declarations object to: unknown components and keys, and values of another type."""
    declared = {(component, option["key"]): option for component, option in declarations(components)}
    known = {component["id"] for component in components}
    for component, options in values.items():
        if component not in known:
            yield f"component {component} is not part of this version"
            continue
        for key, value in options.items():
            option = declared.get((component, key))
            if option is None:
                yield f"component {component} has no option {key}"
            elif not _fits(option, value):
                yield f"option {key} of component {component} must be {option['type']}"


_TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "secret": str,
    "boolean": bool,
    "number": (int, float),
    "object": dict,
}


def _fits(option: Json, value: Json) -> bool:
    kind = _TYPES[option["type"]]
    if not option.get("repeatable"):
        return isinstance(value, kind) and (option["type"] != "number" or not isinstance(value, bool))
    return isinstance(value, list)


def secret_paths(option: Json) -> tuple[bool, set[str]]:
    """Whether an option is a secret as a whole, and which fields of an object are."""
    fields = {each["key"] for each in option.get("fields") or () if each["type"] == "secret"}
    return option["type"] == "secret", fields


def without_secrets(components: Json, values: Values, masked: bool) -> Values:
    """The values as they may be read: secrets left out, or masked; also inside objects and repeatable entries."""
    declared = {(component, option["key"]): option for component, option in declarations(components)}

    def fields_hidden(value: Json, names: set[str]) -> Json:
        if isinstance(value, list):
            return [fields_hidden(each, names) for each in value]
        if not isinstance(value, dict):
            return value
        return {key: MASK if key in names else each for key, each in value.items() if masked or key not in names}

    shown: Values = {}
    for component, options in values.items():
        shown[component] = {}
        for key, value in options.items():
            option = declared.get((component, key))
            secret, names = secret_paths(option) if option else (False, set[str]())
            if not secret:
                shown[component][key] = fields_hidden(value, names) if names else value
            elif masked:
                shown[component][key] = MASK
    return shown


MASK = "********"
