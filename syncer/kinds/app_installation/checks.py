"""Checks an app's option values, by themselves and against what the app declares
(docs/platform.md#options-of-an-app)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from syncer.kinds import secret_scan
from syncer.kinds.app_installation.secret_options import owners
from syncer.kinds.app_installation.versions import component_title
from syncer.kinds.lenient_reader import mappings, repeated, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import ABSENT, Json, Path, Secret, show_path

RULES = {
    **secret_scan.RULES,
    "app-duplicate-component": "Each `component_id` stands once in `option_values`.",
    "app-duplicate-option": "Each `key` stands once in a component's `options`.",
    "app-mixed-entries": "The entries of a repeated option are all of one form.",
    "app-unknown-component": "A `component_id` names a component of the app in the version wanted.",
    "app-unknown-option": "A `key` names an option of its component; a field of an object is one the option declares.",
    "app-option-type": "A value has the type that its option declares; nothing is converted.",
    "app-required-option": "Every required option has a value, or the app stays disabled.",
}
ACCEPTABLE = frozenset({"app-duplicate-component", "app-duplicate-option", "app-mixed-entries"})
"""What the option values of a live app may break, whatever the app declares."""
ACCEPTABLE_BESIDE_LIVE = frozenset({
    "app-unknown-component", "app-unknown-option", "app-option-type", "app-required-option",
})  # fmt: skip
"""The same against what it declares."""

TYPES = {"text": "text", "secret": "text", "number": "a number", "boolean": "true or false", "object": "an object"}


def check_app(spec: Mapping[str, Json]) -> list[Finding]:
    """What is wrong with an installation's option values whatever the app declares; paths begin at the spec."""
    return list(_app(spec))


def _app(spec: Mapping[str, Json]) -> Iterator[Finding]:
    components = list(_named(spec, "option_values", "component_id"))
    for again, first in repeated(name for _, name, _ in components):
        path, name, _ = components[again]
        hint = f"`{show_path(components[first][0], 'spec')}` has it already; put all its options there"
        yield Finding("app-duplicate-component", f"component `{name}` stands twice", (*path, "component_id"), hint)
    for place, _, component in components:
        options = list(_named(component, "options", "key", place))
        for again, first in repeated(name for _, name, _ in options):
            path, name, _ = options[again]
            hint = f"`{show_path(options[first][0], 'spec')}` has it already; keep one value"
            yield Finding("app-duplicate-option", f"option `{name}` stands twice", (*path, "key"), hint)
        for path, name, option in options:
            yield from _mixed(name, option.get("value"), (*path, "value"))


def _named(
    holder: Mapping[str, Json], field: str, key: str, at: Path = ()
) -> Iterator[tuple[Path, str, Mapping[str, Json]]]:
    """(place, name, item) of every item of a list that has a name there."""
    for index, item in mappings(holder.get(field)):
        if (name := text(item.get(key))) is not None:
            yield (*at, field, index), name, item


def _mixed(name: str, value: Json, path: Path) -> Iterator[Finding]:
    if not isinstance(value, list):
        return
    forms = [(index, _form(entry)) for index, entry in enumerate(value)]
    known = [(index, form) for index, form in forms if form]
    for index, form in known:
        if form != known[0][1]:
            message = f"an entry of option `{name}` is {form}, the first is {known[0][1]}"
            hint = "write all as `{value: …}` of one type, or all as objects with the option's fields"
            yield Finding("app-mixed-entries", message, (*path, index), hint)
            return


def _form(entry: Json) -> str:
    """What an entry of a list is, in words; "" if that is not known yet."""
    if not isinstance(entry, Mapping):
        return f"{_said(entry)} without `value`"
    if "value" not in entry:
        return "an object"
    value = entry["value"]
    if value is None or _open(value):
        return ""
    return f"a `value` that is {'text' if isinstance(value, Secret) else _said(value)}"


def check_option_values(
    values: Json,
    components: Sequence[Mapping[str, Json]],
    *,
    path: Path = ("option_values",),
    already: Json = (),
    required: bool = True,
    hidden: Collection[tuple[str, str]] = (),
) -> list[Finding]:
    """Option values against the components of the version wanted, as the API describes them.

    `required`: whether a missing required option is an error; `already`, `hidden`: as in `missing_values`.
    """
    findings = list(_values(values, _declared(components), path))
    if required:
        findings += missing_values(values, components, path=path, already=already, hidden=hidden)
    return findings


def _declared(components: Sequence[Mapping[str, Json]]) -> dict[str, Mapping[str, Json]]:
    return {str(component["id"]): component for component in components if "id" in component}


def _values(values: Json, declared: Mapping[str, Mapping[str, Json]], path: Path) -> Iterator[Finding]:
    for index, component in mappings(values):
        name, place = text(component.get("component_id")), (*path, index)
        if name is None:
            continue
        if name not in declared:
            message = f"`{name}` is no component of this version of the app"
            yield Finding("app-unknown-component", message, (*place, "component_id"), _component_hint(name, declared))
            continue
        options = _options(declared[name])
        for number, option in mappings(component.get("options")):
            key, spot = text(option.get("key")), (*place, "options", number)
            if key is None:
                continue
            if key not in options:
                message = f"`{key}` is no option of component `{component_title(declared[name])}`"
                yield Finding("app-unknown-option", message, (*spot, "key"), suggestion(key, list(options)))
            elif "value" in option:
                yield from _option(key, options[key], option["value"], (*spot, "value"))


def _component_hint(name: str, declared: Mapping[str, Mapping[str, Json]]) -> str:
    titled = {component_title(component): id for id, component in declared.items()}
    if name in titled:
        return f"that is its name; its id is `{titled[name]}`"
    return suggestion(name, list(declared))


def _options(component: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    return {str(option["key"]): option for _, option in mappings(component.get("options")) if "key" in option}


def _option(key: str, option: Mapping[str, Json], value: Json, path: Path) -> Iterator[Finding]:
    """A whole option: its one value, or, where it is repeatable, each entry's."""
    kind = str(option.get("type"))
    if option.get("repeatable") is not True:
        yield from _single(key, option, value, path)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            place = (*path, index)
            if not isinstance(entry, Mapping):
                wanted = "the option's fields" if kind == "object" else "`value: …`"
                message = f"an entry of option `{key}` is {_said(entry)}"
                yield Finding("app-option-type", message, place, f"write a mapping with {wanted}")
            elif kind == "object":
                fields = {name: item for name, item in entry.items() if name != "id"}
                yield from _single(key, option, fields, place)
            elif "value" in entry:
                yield from _single(key, option, entry["value"], (*place, "value"))
    elif value is not None and not _open(value):
        message = f"option `{key}` takes a list, not {_said(value)}"
        yield Finding("app-option-type", message, path, "write a list of entries, `- value: …`")


def _single(key: str, option: Mapping[str, Json], value: Json, path: Path) -> Iterator[Finding]:
    kind = str(option.get("type"))
    if value is None or kind not in TYPES:
        return
    if kind == "object" and isinstance(value, Mapping):
        yield from _fields(key, option, value, path)
    elif kind == "secret" and isinstance(value, str | int | float) and not (isinstance(value, bool) or _open(value)):
        message = f"option `{key}` is a secret, but its value stands here in plain text"
        yield Finding("secret-literal", message, path, secret_scan.HINT)
    elif not _fits(kind, value):
        message = f"option `{key}` takes {TYPES[kind]}, not {_said(value)}"
        yield Finding("app-option-type", message, path, _type_hint(kind, value))


def _fields(key: str, option: Mapping[str, Json], value: Mapping[str, Json], path: Path) -> Iterator[Finding]:
    fields = {str(item["key"]): item for _, item in mappings(option.get("fields")) if "key" in item}
    if not fields:
        return
    for name, item in value.items():
        if name not in fields:
            message = f"`{name}` is no field of option `{key}`"
            yield Finding("app-unknown-option", message, (*path, name), suggestion(name, list(fields)))
        else:
            yield from _single(f"{key}.{name}", fields[name], item, (*path, name))
    for name, item in fields.items():
        if item.get("required") and value.get(name) is None:
            yield Finding("app-required-option", f"field `{name}` of option `{key}` is required", path, f"add `{name}`")


def missing_values(
    values: Json,
    components: Sequence[Mapping[str, Json]],
    *,
    path: Path = ("option_values",),
    already: Json = (),
    hidden: Collection[tuple[str, str]] = (),
) -> Iterator[Finding]:
    """Each required option that has no value, or an empty one. `already`: the `option_values` that stand beside those
    of the manifest after the change; `hidden`: (component, option) that may have a value although none is shown."""
    declared = _declared(components)
    owner = owners(components)
    has = {
        owner.get(held := (str(component.get("component_id")), str(option.get("key"))), held)
        for source in (values, already or ())
        for _, component in mappings(source)
        for _, option in mappings(component.get("options"))
        if not is_empty(option.get("value")) and text(component.get("component_id")) and text(option.get("key"))
    }
    places = {component.get("component_id"): index for index, component in mappings(values)}
    for name, component in declared.items():
        for key, option in _options(component).items():
            if option.get("required") and (name, key) not in {*has, *hidden, *owner}:
                place = (*path, places[name], "options") if name in places else path
                message = f"option `{key}` of component `{component_title(component)}` is required and has no value"
                hint = f"add it under `component_id: {name}`, or allow the app to stay disabled with `allow_disabled`"
                yield Finding("app-required-option", message, place, hint)


def is_empty(value: Json) -> bool:
    """Whether the platform takes it for no value (docs/platform.md#installation-of-an-app)."""
    return value is None or value is ABSENT or (isinstance(value, str | list | dict) and not value)


def _open(value: Json) -> bool:
    """Whether a string still refers to a variable, so that its type isn't known."""
    return isinstance(value, str) and text(value) is None


def _fits(kind: str, value: Json) -> bool:
    if _open(value):
        return True
    if kind in ("text", "secret"):
        return isinstance(value, str | Secret)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool) if kind == "boolean" else isinstance(value, Mapping)


def _said(value: Json) -> str:
    """A value's type in words; never the value, which may be a secret."""
    if isinstance(value, Secret):
        return "text from the environment"
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (str, "text"),
    )
    names += ((Mapping, "an object"), (list, "a list"))
    return next((name for form, name in names if isinstance(value, form)), "null")


def _type_hint(kind: str, value: Json) -> str:
    if isinstance(value, str) and kind in ("number", "boolean"):
        return "write it without quotes"
    if kind in ("text", "secret") and isinstance(value, int | float):
        return "put it in quotes"
    if isinstance(value, Secret):
        return "variables of the environment are text; take it from `${var.NAME}`"
    return "write it as the option declares it"
