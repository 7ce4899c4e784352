"""What of apps may stand in a recording: option values without secrets, declarations of versions, who uses an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from syncer.kinds.app_installation.secret_options import options_declared, secrets_declared, take_out
from syncer.kinds.app_installation.versions import components_of, version_key
from syncer.kinds.lenient_reader import mapping, mappings
from syncer.kinds.redaction import withheld
from syncer.model.calls import Call
from syncer.model.json_values import Json, Spec
from syncer.model.recording_rules import Foreseen, RecordedRead, RecordingRules, pick, rows
from syncer.model.unexpected_reply import field_of, object_at

_FIELD = pick("key", "type", "required", "label")
_MARKS = pick("repeatable", "sensitive", "lifted", "configured", "value_updated_at")
_SAID = pick("app_id", "version", "latest_version", "deprecated_at", "is_beta", "pending", "name")


def installation(live: Json) -> Spec:
    """An installation: values of secret options are left out, as the installed version declares them; a value that no
    declaration names may be anything."""
    values, _ = take_out(object_at(live).get("option_values"), secrets_declared(components_of(live)))
    declared = options_declared(components_of(live))
    for component in values:
        for option in component["options"]:
            if (str(component.get("component_id")), str(option.get("key"))) not in declared and "value" in option:
                option["value"] = withheld("the value of an option that no component declares")
    return {
        **pick("app_id", "installed_version", "enabled")(live),
        "option_values": values,
        "components": components(live.get("components")),
        **_of_the_app(live),
    }


def components(value: Json) -> list[Json]:
    """Components with the declarations of their options; not where they call, and with which headers."""
    return [
        {**pick("id", "name")(component), "options": [_option(each) for _, each in mappings(component.get("options"))]}
        for _, component in mappings(value)
    ]


def _listed(value: Json) -> Spec:
    """The versions that a page lists, by their numbers or as they are offered."""
    versions = mapping(value).get("versions")
    if not isinstance(versions, list):
        return {}
    return {"versions": [configuration(each) if isinstance(each, dict) else each for each in versions]}


def _of_the_app(version: Json) -> Spec:
    """The options that are declared for the app as a whole."""
    options = [_option(each) for _, each in mappings(version.get("options"))]
    return {"options": options} if options else {}


def _option(option: Json) -> Json:
    kept = {**_FIELD(option), **_MARKS(option)}
    if "fields" in option:
        kept["fields"] = [_FIELD(each) for _, each in mappings(option["fields"])]
    return kept


def configuration(value: Json) -> Spec:
    """A version of an app as it is offered."""
    pricing = mapping(object_at(value).get("pricing"))
    return {
        **_SAID(value),
        **_listed(value),
        "components": components(value.get("components")),
        **_of_the_app(value),
        "role": {
            "grants": [
                pick("action", "resource")(each) for _, each in mappings(mapping(value.get("role")).get("grants"))
            ]
        },
        "pricing": pick("pricing_type")(pricing),
        **({"blueprint_ref": True} if value.get("blueprint_ref") else {}),
    }


def _schema(value: Json) -> Spec:
    return {
        **pick("slug")(value),
        "capabilities": [pick("app_id")(each) for _, each in mappings(object_at(value).get("capabilities"))],
    }


def foresee(lists: Mapping[str, Sequence[Json]]) -> Foreseen:
    """What is offered of each installed app, and every version newer than the installed one."""
    installed = {str(field_of(live, "app_id")): str(live.get("installed_version")) for live in lists["AppInstallation"]}
    paths = [(app, quote(app, safe="")) for app in sorted(installed)]
    replies = yield [
        Call("GET", path)
        for _, app in paths
        for path in (f"/v1/app-configurations/public/{app}", f"/v1/app-configurations/{app}")
    ]
    calls = []
    for place, (app, quoted) in enumerate(paths):
        for version in sorted({each for reply in replies[2 * place : 2 * place + 2] for each in _versions(reply)}):
            if version_key(version) > version_key(installed[app]):
                wanted = quote(version, safe="")
                calls.append(Call("GET", f"/v1/app-configurations/public/{quoted}?version={wanted}"))
                calls.append(Call("GET", f"/v1/app-configurations/{quoted}/versions/{wanted}"))
    yield calls


def _versions(reply: Json) -> list[str]:
    found = mapping(reply)
    listed = found.get("versions")
    named = [mapping(each).get("version", each) for each in listed] if isinstance(listed, list) else []
    return [each for each in (*named, found.get("latest_version"), found.get("version")) if isinstance(each, str)]


RECORDED = RecordingRules(
    installation,
    (
        RecordedRead("app", "GET /v1/app-configurations/public/{id}", configuration),
        RecordedRead("app", "GET /v1/app-configurations/{id}", configuration),
        RecordedRead("app", "GET /v1/app-configurations/{id}/versions/{version}", configuration),
        RecordedRead("entity", "GET /v2/entity/schemas", rows("results", _schema)),
    ),
    foresee,
)
