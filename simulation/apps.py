"""An app with secrets of every sort, and what people and the platform do to it and to automations: in manifests, by
hand, by releases and by stops of the platform's own (N7 of docs/reliability.md#the-table). Knows the sandbox's store
and the shape of manifests, no engine."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from simulation.broken import BrokenWorld
from simulation.findings import CANARY
from simulation.manifests import document
from simulation.world import ORG

Json = Any
METER = "AppInstallation/meter-data"
APP = "7f0c2a4e-5b1d-4c3e-9a8f-2d6b1e0c4a55"
COMPONENT = "0b6f3d18-92c4-4f7a-8e21-c5a9d7b30e64"
OWNER = "100001"
"""Another organisation: what is private there is nobody else's."""
LEVELS = ("$app", COMPONENT)
SECRETS = {"code": "$app", "api_key": COMPONENT, "pin": COMPONENT, "keys": COMPONENT, "erp": COMPONENT}
"""Option → where it is declared; `keys` has entries, `erp` is an object with a secret in it."""
RELEASES = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0")
STOP = {"disabled_by": "system", "disabled_at": "2026-11-01T00:00:00Z"}


def configuration(number: int = 0) -> Json:
    """The app and its versions as they are at first: of the newest, one is not reviewed yet, one is private."""
    marks: dict[str, Json] = {"1.3.0": {"pending": True}, "1.4.0": {"visibility": "private"}}
    versions = [_version(each) | {"visibility": "public"} | marks.get(each, {}) for each in RELEASES]
    return {"app_id": APP, "name": "Zählerdaten", "owner_org_id": OWNER, "versions": versions}


def _version(number: str) -> Json:
    fields = [{"key": "host", "type": "text"}, {"key": "passwort", "type": "secret"}]
    options: list[Json] = [
        {"key": "region", "type": "text", "required": True},
        {"key": "api_key", "type": "secret"},
        {"key": "pin", "type": "secret"},
        {"key": "keys", "type": "secret", "repeatable": True},
        {"key": "erp", "type": "object", "fields": fields},
    ]
    component = {"id": COMPONENT, "component_type": "API_PROXY", "name": {"de": "Zähler"}, "options": options}
    return {
        "version": number,
        "components": [component],
        "options": [{"key": "mandant", "type": "text"}, {"key": "code", "type": "secret"}],
    }


def meter(dice: Random, held: Json = None, care: float = 0.6) -> Json:
    """A manifest of the app; where it is `held`, with that chance with every secret that is set there."""
    careful = held is not None and dice.random() < care
    there = {key for key, *_ in secrets_of(held)} if careful else set()
    given: dict[str, dict[str, Json]] = {each: {} for each in LEVELS}
    given[COMPONENT]["region"] = dice.choice(["DE-NW", "DE-BY"])
    if dice.random() < 0.5:
        given["$app"]["mandant"] = dice.choice(["nord", "süd"])
    for key, level in SECRETS.items():
        if key in there or dice.random() < 0.5:
            given[level][key] = _declared(key, dice, held if careful else None)
    values = [
        {"component_id": level, "options": [{"key": key, "value": value} for key, value in options.items()]}
        for level, options in given.items()
        if options
    ]
    policy: Json = {"version": dice.choice(["pin", "minimum", "track"]), "allow_downgrade": True}
    if dice.random() < 0.2:
        policy["allow_disabled"] = True
    spec: Json = {"app_id": APP, "option_values": values}
    if policy["version"] != "track":
        spec["version"] = dice.choice(["1.0.0", "1.1.0"])
    return document("AppInstallation", "meter-data", spec, policy=policy)


def _declared(key: str, dice: Random, held: Json) -> Json:
    one = dice.choice(["${env.SYNCER_KEY}", "${env.SYNCER_OTHER}"])
    if key == "erp":
        return {"host": dice.choice(["erp", "erp2"]), "passwort": one}
    if key == "keys":
        there = len(((held or {"values": {}})["values"].get(COMPONENT) or {}).get("keys") or ())
        return [{"value": one} for _ in range(there or dice.randint(1, 3))]
    return one


def secrets_of(held: Json) -> Iterator[tuple[str, str, str]]:
    """(option, which one of it, seal) of every secret that the platform keeps of an installation."""
    for options in (held or {"values": {}})["values"].values():
        for key, value in options.items():
            if isinstance(value, str) and value.startswith("sealed:"):
                yield key, "", value
            elif isinstance(value, list):
                yield from ((key, str(each.get("id")), each["value"]) for each in value if each.get("value"))
            elif isinstance(value, dict) and value.get("passwort"):
                yield key, "passwort", value["passwort"]


def installed(world: BrokenWorld) -> Json:
    """The app as the platform keeps it; None where it is not installed."""
    return world.app.extensions["sandbox"].get(ORG, "installation", APP)


# --- what happens to it


def by_hand(world: BrokenWorld, dice: Random, number: int) -> str:
    """Somebody sets, changes or removes a secret or an option, or moves the app, in the portal."""
    if (held := installed(world)) is None:
        if dice.random() < 0.4:
            world.ask(f"POST /v1/app/{APP}", {"version": "1.0.0", "option_values": portal()})
            return "installed by hand"
        return "not installed"
    what = dice.choice(["a secret set", "a secret set", "a secret removed", "an option", "a version", "off"])
    if what == "a version":
        version = dice.choice(_public(world))
        world.ask(f"POST /v1/app/{APP}/promote-to/{version}")
        return f"moved to {version} by hand"
    if what == "off":
        world.stored("installation", APP, lambda body: {**body, "saved": False})
        return "waits to be saved"
    key = dice.choice(sorted(SECRETS))
    level = SECRETS[key]
    held = copy.deepcopy(held)
    options, time = held["values"].setdefault(level, {}), f"2026-04-01T00:00:00.{number:03}Z"
    if what == "an option":
        held["values"].setdefault(COMPONENT, {})["region"] = "von Hand"
    elif what == "a secret removed":
        options.pop(key, None)
        held.setdefault("changed", {}).pop(f"{level}/{key}", None)
    else:
        options[key] = _sealed(key, number)
        held.setdefault("changed", {})[f"{level}/{key}"] = time
    world.stored("installation", APP, lambda _: held)
    return f"{what}: {key}"


def _sealed(key: str, number: int) -> Json:
    seal = f"sealed:by hand {number}"
    if key == "keys":
        return [{"id": f"hand-{number}", "value": seal}]
    return {"host": "von Hand", "passwort": seal} if key == "erp" else seal


def portal() -> Json:
    """The option values that somebody types in the portal."""
    return [{"component_id": COMPONENT, "options": [{"key": "region", "value": "DE-NW"}, {"key": "pin", "value": "9"}]}]


def released(world: BrokenWorld, dice: Random) -> str:
    """The owner of the app publishes, deprecates or withdraws a version, or the platform moves the app by itself."""
    if installed(world) is not None and dice.random() < 0.3:
        version = dice.choice(_public(world))
        world.ask(f"POST /v1/app/{APP}/promote-to/{version}")
        return f"the platform moves the app to {version}"
    store = world.app.extensions["sandbox"]
    app = copy.deepcopy(store.get(OWNER, "app_configuration", APP))
    one = dice.choice(app["versions"][2:])
    match dice.choice(["publish", "deprecate", "withdraw", "review"]):
        case "publish":
            one["visibility"] = "public"
            one.pop("pending", None)
            one.pop("deprecated_at", None)
        case "deprecate":
            one["deprecated_at"] = "2026-03-01T00:00:00Z"
        case "withdraw":
            one["visibility"] = "private"
        case "review":
            one["pending"] = True
    store.put(OWNER, "app_configuration", APP, app, mark="public")
    marks = {name: one[name] for name in ("visibility", "pending", "deprecated_at") if name in one}
    return f"version {one['version']} is {marks}"


def _public(world: BrokenWorld) -> list[str]:
    versions = world.app.extensions["sandbox"].get(OWNER, "app_configuration", APP)["versions"]
    return [each["version"] for each in versions if each["visibility"] == "public" and not each.get("pending")]


def automation_stopped(world: BrokenWorld, dice: Random) -> str:
    """The platform switches an automation off that runs hot; somebody may have looked, and switches one on again."""
    found = {id: json.loads(text) for (kind, id), text in world.texts().items() if kind == "automation"}
    on = sorted(id for id, each in found.items() if each.get("enabled"))
    off = sorted(id for id, each in found.items() if each.get("disable_details"))
    if off and (not on or dice.random() < 0.3):
        id = dice.choice(off)
        body = {name: value for name, value in found[id].items() if name != "disable_details"}
        world.stored("automation", id, lambda _: {**body, "enabled": True})
        return f"automation {id} switched on by hand"
    if not on:
        return "none is on"
    id = dice.choice(on)
    world.stored("automation", id, lambda body: {**body, "enabled": False, "disable_details": STOP})
    return f"automation {id} stopped by the platform"


def rotated(world: BrokenWorld, number: int, dice: Random) -> str:
    """A variable has another value from now on."""
    name = dice.choice(["SYNCER_KEY", "SYNCER_OTHER"])
    world.env[name] = f"{CANARY}-{number}"
    return f"{name} has another value"
