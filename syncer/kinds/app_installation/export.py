"""A live installation as a manifest says it: no secret, but a word where each would stand."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.kinds.app_installation.entry_ids import without_entry_ids
from syncer.kinds.app_installation.secret_options import declaration, option_label, owners, secrets_declared, set_times
from syncer.kinds.app_installation.versions import components_of, one_language
from syncer.kinds.lenient_reader import mappings
from syncer.model.calls import Parts
from syncer.model.json_values import Json, Spec
from syncer.model.pulled_spec import PulledSecret, PulledSpec
from syncer.model.unexpected_reply import objects_at, text_at


def as_manifest(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> PulledSpec:
    """The installation at its version. A secret is write-only and comes in no reply: the manifest does not speak of
    it, so its live value stays, and `secrets` says how it would be declared. One that is switched off stays so. A value
    that is left of an earlier version, of which the installed one declares nothing, has no effect and is only noted.
    UnexpectedReply where a component has no id, or it or an option is no object: nobody could say it."""
    for at, each in enumerate(objects_at(live.get("option_values"), ("option_values",))):
        text_at(each.get("component_id"), ("option_values", at, "component_id"))
        objects_at(each.get("options"), ("option_values", at, "options"))
    notes: list[str] = []
    values = [_declared(each, live, notes) for each in spec.get("option_values") or []]
    spec["option_values"] = without_entry_ids([each for each in values if each.get("options")], components_of(live))
    if not spec["option_values"]:
        del spec["option_values"]
    policy = {"allow_disabled": True} if live.get("enabled") is False else {}
    return PulledSpec(spec, policy=policy, secrets=tuple(_secrets(live)), notes=tuple(notes))


def _declared(values: dict[str, Json], live: Json, notes: list[str]) -> dict[str, Json]:
    """The options of one component, less those that its version no longer has."""
    components = {str(each.get("id")): each for each in components_of(live)}
    name = str(values.get("component_id"))
    if name not in components and (name.startswith("$") or not components):  # an older platform lists none of those
        return values
    known = {str(each.get("key")) for _, each in mappings(components.get(name, {}).get("options"))}
    stale = [str(each.get("key")) for _, each in mappings(values.get("options")) if str(each.get("key")) not in known]
    notes += [f"option `{key}` of component `{name}` is left out: this version of the app has none" for key in stale]
    left = [each for _, each in mappings(values.get("options")) if str(each.get("key")) in known]
    return {**values, "options": left}


def _secrets(live: Json) -> list[PulledSecret]:
    title = called(live)
    found = []
    components = components_of(live)
    other, times = owners(components), set_times(components, components)
    for (component, key), fields in secrets_declared(components).items():
        for name in fields if (component, key) not in other and times[option_label(component, key)] != "" else ():
            variable, line = declaration(title, component, key, name)
            label = f"{key}.{name}" if name else key
            found.append(PulledSecret(label, variable, f"component_id: {component}", line))
    return found


def called(live: Json) -> str:
    """The app's name, as the organisation sees it."""
    components = (component for _, component in mappings(live.get("components")))
    names = (one_language(each.get("name")) for each in (live, *components))
    return next((name for name in names if isinstance(name, str) and name), "")
