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


APP_LEVEL = "$app"
"""Stands for a component where an option is declared for the app as a whole."""


def declarations(version: Json) -> Iterator[tuple[str, Json]]:
    """Every option that a version declares, with its component's id; those of the app as a whole first."""
    for option in version.get("options") or ():
        yield APP_LEVEL, option
    for component in version["components"]:
        for option in component.get("options") or ():
            yield component["id"], option


def missing(version: Json, values: Values) -> list[str]:
    """The required options that have no value yet. Older readers may have set one of the app as a whole at a component,
    into whose options it is folded back."""
    return [
        f"{component}/{option['key']}"
        for component, option in declarations(version)
        if option.get("required")
        and all(
            held.get(option["key"]) in (None, "", [], {})
            for id, held in [(component, values.get(component, {})), *values.items()]
            if component in (id, APP_LEVEL)
        )
    ]


def folded_back(version: Json) -> list[Json]:
    """The version's components as they are shown: with the options of the app as a whole that they use, marked as
    `lifted`; with all of them where a component does not say which it uses."""
    options = version.get("options") or ()

    def used(component: Json) -> list[Json]:
        wanted = component.get("uses_options")
        return [{**each, "lifted": True} for each in options if wanted is None or each["key"] in wanted]

    return [
        {**each, "options": [*(each.get("options") or ()), *used(each)]} if options else each
        for each in version["components"]
    ]


def with_entry_ids(version: Json, values: Values, before: Values, new_id: Callable[[], str]) -> Values:
    """The values with an id for every entry of a repeatable option: its own if the option had an entry of that id
    `before`, else a new one."""
    repeatable = {(component, option["key"]) for component, option in _settable(version) if option.get("repeatable")}

    def entries(value: list[Json], old: Json) -> list[Json]:
        free = {str(each["id"]) for each in old} if isinstance(old, list) else set[str]()
        made = []
        for each in value:
            given = each if isinstance(each, dict) else {"value": each}
            known = str(given.get("id")) in free
            free.discard(str(given.get("id")))
            made.append(given if known else {**given, "id": new_id()})
        return made

    return {
        component: {
            key: entries(value, before.get(component, {}).get(key))
            if (component, key) in repeatable and isinstance(value, list)
            else value
            for key, value in options.items()
        }
        for component, options in values.items()
    }


def _settable(version: Json) -> Iterator[tuple[str, Json]]:
    """Every place that takes a value: declared options, and those folded back into components."""
    yield from declarations(version)
    for component in folded_back(version):
        for option in component.get("options") or ():
            if option.get("lifted"):
                yield component["id"], option


def wrong(version: Json, values: Values) -> Iterator[str]:
    """What the declarations object to: unknown components and keys, and values of another type."""
    declared = {(component, option["key"]): option for component, option in _settable(version)}
    known = {APP_LEVEL, *(component["id"] for component in version["components"])}
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


def sensitive(component: str, option: Json) -> bool:
    """Whether no reply shows any of the option's value: only the app as a whole has such options besides secrets."""
    whole, fields = secret_paths(option)
    return whole or (component == APP_LEVEL and bool(option.get("sensitive") or fields))


Sealing = Callable[[Json], Json]


def sealed(version: Json, values: Values, seal: Sealing) -> Values:
    """The values with `seal` of each secret, also in the entries of a repeatable one and in objects."""
    declared = {(component, option["key"]): secret_paths(option) for component, option in _settable(version)}

    def of(value: Json, whole: bool, names: set[str]) -> Json:
        if isinstance(value, list):
            return [of(each, whole, names) for each in value]
        if not isinstance(value, dict):
            return seal(value) if whole else value
        return {key: seal(each) if key in names or (whole and key == "value") else each for key, each in value.items()}

    return {
        component: {
            key: of(value, *declared.get((component, key), (False, set[str]()))) for key, value in options.items()
        }
        for component, options in values.items()
    }


def without_secrets(version: Json, values: Values, masked: bool) -> Values:
    """The values as they may be read: secrets left out, or masked; also inside objects and repeatable entries."""
    declared = {(component, option["key"]): (component, option) for component, option in _settable(version)}
    for component in folded_back(version):
        for option in component.get("options") or ():
            if option.get("lifted"):
                declared[component["id"], option["key"]] = (APP_LEVEL, option)

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
            about = declared.get((component, key))
            if about is None or not sensitive(*about):
                names = secret_paths(about[1])[1] if about else set[str]()
                shown[component][key] = fields_hidden(value, names) if names else value
            elif masked:
                shown[component][key] = MASK
    return shown


MASK = "********"
