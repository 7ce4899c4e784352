"""Secret option values: where an app declares them, taken out of a plan and put back into a body; asks nobody.

They are write-only: encrypted at rest, and given back not at all, empty or masked (docs/platform.md#secret-options). An
option may be a secret as a whole, each entry of it where it is repeatable, or a field of an object.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from syncer.kinds.app_installation.versions import APP_LEVEL
from syncer.kinds.lenient_reader import mapping, mappings
from syncer.model.json_values import Json, Secret, WriteOnlyValue
from syncer.model.markers import clone
from syncer.model.named_tuple import NamedTuple
from syncer.model.slugs import piece_of, plain_name

WHOLE = ""
"""Stands for the option itself where others name a field of it."""

_LABEL = re.compile(r"option_values\[(.*?)\]\.options\[(.*?)\](?:\[(\d+)\])?(?:\.(.+))?", re.DOTALL)

Declared = dict[tuple[str, str], tuple[str, ...]]
"""(component, option) → its secret fields, or `(WHOLE,)`."""


def secrets_declared(components: Json) -> Declared:
    """The places of a version's components whose values no reply shows: secrets, and of the app as a whole all that is
    sensitive, of an object each field."""
    found: Declared = {}
    for component, option in _options(components):
        of_app = component == APP_LEVEL or option.get("lifted") is True
        fields = [(str(each.get("key")), each.get("type") == "secret") for _, each in mappings(option.get("fields"))]
        secret = option.get("type") == "secret"
        if secret or (of_app and option.get("sensitive") is True and not fields):
            found[component, str(option.get("key"))] = (WHOLE,)
        elif any(hidden for _, hidden in fields) or (of_app and option.get("sensitive") is True):
            kept = of_app and fields
            found[component, str(option.get("key"))] = tuple(name for name, hidden in fields if hidden or kept)
    return found


def openly_declared(components: Json) -> dict[tuple[str, str], tuple[str, ...]]:
    """(component, option) of what is sensitive without being a secret as a whole → its fields, or `(WHOLE,)`, that are
    no secrets: a manifest may say those openly, though no reply shows them."""
    declared, found = secrets_declared(components), {}
    for component, option in _options(components):
        place = (component, str(option.get("key")))
        if option.get("type") == "secret" or place not in declared:
            continue
        secret = [str(each.get("key")) for _, each in mappings(option.get("fields")) if each.get("type") == "secret"]
        if component == APP_LEVEL or option.get("lifted") is True:
            found[place] = tuple(each for each in declared[place] if each not in secret)
    return found


def options_declared(components: Json) -> set[tuple[str, str]]:
    """Every (component, option) of a version."""
    return {(component, str(option.get("key"))) for component, option in _options(components)}


def _options(components: Json) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for _, component in mappings(components):
        for _, option in mappings(component.get("options")):
            yield str(component.get("id")), option


def owners(components: Json) -> dict[tuple[str, str], tuple[str, str]]:
    """(component, option) that is another's in truth → that other: one declared for the app as a whole is folded back
    into its components, and one of a component is listed with those of the app
    (docs/platform.md#options-of-an-app)."""
    own = {str(option.get("key")): name for name, option in _options(components) if _is_own(name, option)}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for component, option in _options(components):
        key = str(option.get("key"))
        owner = own.get(key, "") if component == APP_LEVEL else APP_LEVEL if option.get("lifted") is True else ""
        if owner:
            found[component, key] = (owner, key)
    return found


def _is_own(component: str, option: Mapping[str, Json]) -> bool:
    return component != APP_LEVEL and option.get("lifted") is not True


def label(component: str, key: str, index: int | None = None, field: str = WHOLE) -> str:
    """What a secret is called in plans and in state: `option_values[…].options[api_key]`."""
    place = "" if index is None else f"[{index}]"
    return f"{option_label(component, key)}{place}" + (f".{field}" if field else "")


def option_label(component: str, key: str) -> str:
    """The same of the option in which a secret stands."""
    return f"option_values[{component}].options[{key}]"


def set_times(components: Json, installed: Json) -> dict[str, str | None]:
    """Label of each option with secrets of a version's components → when its value was set last, as the `installed`
    components tell: "" where there is none, None where they do not tell."""
    told: dict[tuple[str, str], str | None] = {}
    for component, option in _options(installed):
        configured, time = option.get("configured"), option.get("value_updated_at")
        if isinstance(configured, bool):
            told[component, str(option.get("key"))] = str(time or "unknown") if configured else ""
    return {option_label(*place): told.get(place) for place in secrets_declared(components)}


def take_out(
    values: Json, declared: Declared, openly: Mapping[tuple[str, str], Collection[str]] = {}
) -> tuple[list[Json], dict[str, Secret]]:
    """The option values without what is declared a secret, and the secrets by their labels. What stands in a secret's
    place without being one (a mask, a plain text, which another check refuses) is dropped, unless it may be said
    `openly`."""
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
                elif field in openly.get(place, ()) and isinstance(value, str | int | float):
                    secrets[label(*place, index, field)] = WriteOnlyValue(field or place[1], value)
            if fields == (WHOLE,) or place in openly:
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
    `option_values` show, unless fewer are sent than live: which of them went cannot be known, so none gets the id of
    another, and the platform gives new ones."""
    sent = _entries_sent(secrets)
    whole: list[Json] = clone(values if isinstance(values, list) else [])
    for name, secret in secrets.items():
        component, key, index, field = _parsed(name)
        option = _option(whole, component, key)
        if index is None and field == WHOLE:
            option["value"] = secret
            continue
        holder = option
        if index is not None:
            entries = option.get("value")
            if not isinstance(entries, list):
                entries = option["value"] = []
            while len(entries) <= index:
                entries.append(_entry_id(live, (component, key), len(entries), sent[component, key]))
            holder = entries[index]
        elif not isinstance(option.get("value"), dict):
            holder = option["value"] = {}
        else:
            holder = option["value"]
        holder[field or "value"] = secret
    return whole


def renewed_entries(secrets: Mapping[str, Secret], live: Json) -> Iterator[str]:
    """In words, of which options saving gives all entries new ids (see `put_back`)."""
    sent = _entries_sent(secrets)
    for _, each in mappings(mapping(live).get("option_values")):
        for _, option in mappings(each.get("options")):
            entries, number = option.get("value"), sent[str(each.get("component_id")), str(option.get("key"))]
            if (
                isinstance(entries, list)
                and 0 < number < len(entries)
                and any(mapping(one).get("id") for one in entries)
            ):
                yield (
                    f"option `{option.get('key')}` has {len(entries)} entries and the manifest {number}: which of them "
                    "go is not known, so all that stay get new ids"
                )


def _entries_sent(secrets: Mapping[str, Secret]) -> Counter[tuple[str, str]]:
    """(component, option) → how many entries with a secret are declared."""
    return Counter(
        (component, key) for component, key, index in {_parsed(name)[:3] for name in secrets} if index is not None
    )


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


def _entry_id(live: Json, place: tuple[str, str], index: int, sent: int) -> dict[str, Json]:
    for _, each in mappings(live):
        for _, option in mappings(each.get("options")):
            if (each.get("component_id"), option.get("key")) == place and isinstance(option.get("value"), list):
                entries = option["value"]
                known = mapping(entries[index]).get("id") if index < len(entries) <= sent else None
                return {"id": known} if known else {}
    return {}


class UnmanagedSecret(NamedTuple):
    """A secret that may be set in the organisation and that no manifest holds. `entry`: which one of a repeatable
    option, counted from 0; None for the whole of it."""

    component: str
    key: str
    field: str = WHOLE
    entry: int | None = None


def unmanaged_secrets(
    installed: Json,
    target: Json,
    live: Json,
    goal: Json,
    secrets: Mapping[str, Secret],
    loose: Collection[str] = (),
) -> list[UnmanagedSecret]:
    """The secrets that would be lost if `goal`, the option values without secrets, were saved together with `secrets`.

    `installed` and `target` are the components of the installed version and of the one that is saved for; `live` are
    the option values as the platform shows them. A secret that it does not show may be set all the same, unless it says
    that there is none, or the secret is `loose`. What the target no longer declares goes with the version, whatever is
    saved. One option that stands at several places is looked at once.
    """
    owner, times = {**owners(installed), **owners(target)}, set_times(installed, installed)
    sensitive = openly_declared(installed)
    given: dict[tuple[str, str], set[tuple[int | None, str]]] = {}
    for name in secrets:
        component, key, index, field = _parsed(name)
        given.setdefault(owner.get((component, key), (component, key)), set()).add((index, field))
    kept, shown, wanted = options_declared(target), _values(live), _values(goal)
    found: list[UnmanagedSecret] = []
    for place, fields in secrets_declared(installed).items():
        if owner.get(place, place) != place or kept.isdisjoint((place, (APP_LEVEL, place[1]))):
            continue
        if times[option_label(*place)] == "":
            continue
        have, want = shown.get(place), wanted.get(place)
        if place in sensitive and fields != (WHOLE,):
            lost = _lost_sensitive(fields, given.get(place, set()))
        elif fields == (WHOLE,):
            lost = _lost_whole(have, want, given.get(place, set()))
        elif have is None and not _only_secrets(installed, place):
            lost = []  # not even its open fields are shown: there is no such object yet
        else:
            lost = _lost_fields(have, want, fields, given.get(place, set()))
        found += [UnmanagedSecret(*place, field, entry) for entry, field in lost]
    return [each for each in found if not _is_loose(each, loose)]


def _is_loose(lost: UnmanagedSecret, loose: Collection[str]) -> bool:
    """Whether it is loose, or all of the option is; one that is lost whole may be so by its entries."""
    names = {label(lost.component, lost.key, lost.entry, lost.field), option_label(lost.component, lost.key)}
    if not names.isdisjoint(loose):
        return True
    entries = f"{option_label(lost.component, lost.key)}["
    return lost.entry is None and lost.field == WHOLE and any(each.startswith(entries) for each in loose)


Lost = list[tuple[int | None, str]]
"""(entry, field) of secrets that would not be sent."""


def _lost_whole(have: Json, want: Json, given: Collection[tuple[int | None, str]]) -> Lost:
    """`want` is a value only where the target declares no secret any more: then it is sent openly."""
    if want is not None:
        return []
    if not given:
        return [(None, WHOLE)]
    entries = len(have) if isinstance(have, list) else 0
    return [(entry, WHOLE) for entry in range(len(given), entries)]


def _lost_sensitive(fields: Sequence[str], given: Collection[tuple[int | None, str]]) -> Lost:
    """Of an object that no reply shows: all of it, or the fields that each of its entries lacks."""
    entries = sorted({entry for entry, _ in given}, key=str)
    return [(entry, field) for entry in entries for field in fields if (entry, field) not in given] or [
        (None, field) for field in fields if not given
    ]


def _lost_fields(have: Json, want: Json, fields: Sequence[str], given: Collection[tuple[int | None, str]]) -> Lost:
    """Of an object, or of each entry that is there already: one that is sent without an id is new, where the live ones
    have ids, and has no secret yet."""
    if not isinstance(want, list):
        return [(None, field) for field in fields if (None, field) not in given and field not in mapping(want)]
    numbered = all(mapping(each).get("id") for each in have) if isinstance(have, list) else False
    return [
        (index, field)
        for index, entry in enumerate(want)
        if mapping(entry).get("id") or not numbered
        for field in fields
        if (index, field) not in given and field not in mapping(entry)
    ]


def _only_secrets(components: Json, place: tuple[str, str]) -> bool:
    """Whether all fields of an object are secrets: what hides those may hide the object."""
    options = (
        option
        for _, component in mappings(components)
        for _, option in mappings(component.get("options"))
        if (str(component.get("id")), str(option.get("key"))) == place
    )
    return all(each.get("type") == "secret" for option in options for _, each in mappings(option.get("fields")))


def _values(values: Json) -> dict[tuple[str, str], Json]:
    """(component, option) → its value; None stands for none."""
    return {
        (str(each.get("component_id")), str(option.get("key"))): option.get("value")
        for _, each in mappings(values)
        for _, option in mappings(each.get("options"))
    }


def _parsed(name: str) -> tuple[str, str, int | None, str]:
    """(component, option, entry, field) of a label. ValueError for anything else."""
    found = _LABEL.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} is no option of an app")
    component, key, index, field = found.groups()
    return component, key, None if index is None else int(index), field or WHOLE


def declaration(title: str, component: str, key: str, field: str = WHOLE) -> tuple[str, str]:
    """(variable, line) by which a manifest would declare the secret of an app of that title."""
    words = " ".join(filter(None, (title, key, field)))
    variable = f"SYNCER_{(plain_name(words, '_') or piece_of(component + key)).upper()}"
    value = f'"${{env.{variable}}}"'
    return variable, f"{{key: {key}, value: {f'{{{field}: {value}}}' if field else value}}}"
