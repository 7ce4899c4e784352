"""Fills an organisation: with what every organisation has from the start, and with a seed document's objects."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from syncer.sandbox.app import catalogue, installations
from syncer.sandbox.body_schema import BodySchema, body_schema
from syncer.sandbox.data_governance import retention
from syncer.sandbox.data_governance.retention import UPSERT
from syncer.sandbox.entity import entities, schemas, taxonomies, views
from syncer.sandbox.entity.bodies import CLASSIFICATION, SCHEMA, TAXONOMY, VIEW
from syncer.sandbox.options import Options
from syncer.sandbox.request_scope import Clock, Refusal, RequestScope
from syncer.sandbox.store import Json, Store, encode
from syncer.sandbox.workflow import automations, closing_reasons, flows, workflow_definitions
from syncer.sandbox.workflow.bodies import AUTOMATION, DEFINITION, REASON

NAMESPACE = uuid.UUID("6a1f5a0e-7c39-4a53-9f0e-3f5b8f7f2d11")
MARKETPLACE = "100001"
"""The organisation that owns the public apps; nobody has a token for it."""

Loader = Callable[[RequestScope, Json], object]


def _now() -> datetime:
    return datetime.now(UTC)


def seed(
    db: str | Store, org_id: str, document: Mapping[str, Json], *, now: Callable[[], datetime] = _now
) -> dict[str, int]:
    """Load a document's objects into an organisation; how many of each section.

    `db` is the sandbox's file, or the store of an application in this process (`app.extensions["sandbox"]`). Objects
    keep the ids they bring; others get ids that depend on organisation and content only, so loading a document again
    changes no id. Raises ValueError, and loads nothing, where a section is unknown or an object is not sound.
    """
    if unknown := sorted(set(document) - set(_SECTIONS)):
        raise ValueError(f"unknown section `{unknown[0]}` in the seed document; known are {', '.join(_SECTIONS)}")
    if wrong := sorted(section for section, items in document.items() if not isinstance(items, list | tuple)):
        raise ValueError(f"section `{wrong[0]}` is no list")
    store = Store(db) if isinstance(db, str) else db
    counts: dict[str, int] = {}
    clock = Clock(now)
    scopes = _Scopes(store, org_id, clock)
    try:
        with store.work(writing=True):
            found_organisation(store, org_id, now)
            for section, (shape, load) in _SECTIONS.items():
                for index, item in enumerate(document.get(section, ())):
                    _load(scopes.of(section, item), f"{section}[{index}]", item, shape, load)
                    counts[section] = index + 1
    finally:
        if isinstance(db, str):
            store.close()
    return counts


def reset(db: str | Store, org_id: str | None, *, now: Callable[[], datetime] = _now) -> None:
    """Take an organisation (all of them without a name) back to what it had from the start."""
    store = Store(db) if isinstance(db, str) else db
    try:
        with store.work(writing=True):
            for org in store.organisations() if org_id is None else [org_id]:
                store.clear(org)
                found_organisation(store, org, now)
    finally:
        if isinstance(db, str):
            store.close()


def found_organisation(store: Store, org_id: str, now: Callable[[], datetime]) -> None:
    """Give an organisation its built-in objects, a day old, unless it has been set up before."""
    clock = Clock(lambda: now() - timedelta(days=1))
    if not store.add_organisation(org_id):
        return
    built_in = json.loads(files("syncer.sandbox").joinpath("builtin.json").read_text("utf-8"))
    scopes = _Scopes(store, org_id, clock)
    for section, items in built_in.items():
        for item in items:
            _BUILT_IN[section](scopes.of(section, item), item)


def private_app_id(org_id: str) -> str:
    """The id of the one private app that an organisation owns from the start."""
    return str(uuid.uuid5(NAMESPACE, f"{org_id}/private app"))


class _Scopes:
    """Makes a scope for every object, whose ids follow from the organisation and the object's content."""

    def __init__(self, store: Store, org: str, clock: Clock) -> None:
        self._store, self._org, self._clock = store, org, clock
        self._options = replace(Options(), schema_references_checked=False, flow_most_enforced=False)
        self._seen: Counter[str] = Counter()

    def of(self, section: str, item: Json) -> RequestScope:
        """The scope for one object; a second one of the same content gets ids of its own."""
        content = f"{self._org}/{section}/{hashlib.sha256(encode(item).encode()).hexdigest()}"
        self._seen[content] += 1
        ids = (str(uuid.uuid5(NAMESPACE, f"{content}/{self._seen[content]}/{n}")) for n in itertools.count())
        return RequestScope(self._org, f"user-{self._org}", self._store, self._options, self._clock, lambda: next(ids))


def _load(scope: RequestScope, where: str, item: Json, shape: BodySchema | None, load: Loader) -> None:
    if shape and (wrong := shape.mistakes(item)):
        raise ValueError(f"{where}: {wrong[0]}")
    try:
        load(scope, json.loads(encode(item)))
    except Refusal as refusal:
        raise ValueError(f"{where}: {refusal.message}") from None


def _schema(scope: RequestScope, item: Json) -> None:
    """A schema's first or next version, with the `comment` and `source` that the platform gives some of them."""
    schemas.write(scope, item, about={name: item[name] for name in ("comment", "source") if name in item})


def _view(scope: RequestScope, item: Json) -> None:
    views.new_view(scope, item, item.get("id"))


def _reason(scope: RequestScope, item: Json) -> None:
    closing_reasons.new_reason(scope, item, item.get("id") or scope.short_id(21))


def _automation(scope: RequestScope, item: Json) -> None:
    automations.new_automation(scope, item, item.get("workflow_context"), item.get("id"))


def _flow(scope: RequestScope, item: Json) -> None:
    """A flow whose closing reasons may also be named by title."""
    unnamed = [each for each in item.get("closing_reasons", ()) if "id" not in each]
    if unnamed:
        titles = {reason["title"]: reason["id"] for reason in scope.all("closing_reason")}
        for each in unnamed:
            if each.get("title") not in titles:
                raise Refusal(400, f"closing reason with title {each.get('title')} does not exist")
            each["id"] = titles[each["title"]]
    if wrong := flows.shape(scope).mistakes(item):
        raise Refusal(400, wrong[0])
    id = item.get("id") or scope.short_id(8)
    flows.write(scope, item, scope.get("flow", id), id)


def _definition(scope: RequestScope, item: Json) -> None:
    workflow_definitions.write(scope, item, None, item.get("id"))


def _app(scope: RequestScope, item: Json) -> None:
    catalogue.new_app(scope, item)


def _installation(scope: RequestScope, item: Json) -> None:
    version = catalogue.version(scope, item["app_id"], item.get("version") or item.get("installed_version"))
    if version is None:
        raise Refusal(404, f"app {item['app_id']} is not available in that version")
    installations.new_installation(scope, version, item, scope.get("installation", item["app_id"]))


def _retention(scope: RequestScope, item: Json) -> None:
    slug = item["entity_schema"]
    retention.new_config(scope, slug, item, retention.held(scope, slug, item), item.get("id"))


def _taxonomy(scope: RequestScope, item: Json) -> None:
    taxonomies.new_taxonomy(scope, item)


def _classification(scope: RequestScope, item: Json) -> None:
    taxonomies.new_classification(scope, item.get("taxonomy") or item["id"].partition(":")[0], item)


def _entity(scope: RequestScope, item: Json) -> None:
    if scope.text("schema", item["_schema"]) is None:
        raise Refusal(404, f"schema {item['_schema']} does not exist")
    entities.new_entity(scope, item["_schema"], item, item.get("_id") or scope.new_id())


_SECTIONS: dict[str, tuple[BodySchema | None, Loader]] = {
    "taxonomies": (TAXONOMY, _taxonomy),
    "classifications": (CLASSIFICATION, _classification),
    "schemas": (SCHEMA, _schema),
    "saved_views": (VIEW, _view),
    "closing_reasons": (REASON, _reason),
    "automations": (AUTOMATION, _automation),
    "flow_templates": (None, _flow),
    "workflow_definitions": (DEFINITION, _definition),
    "app_configurations": (body_schema("seed", "public_app"), _app),
    "apps": (body_schema("seed", "app"), _installation),
    "retention_configs": (UPSERT, _retention),
    "entities": (body_schema("seed", "entity"), _entity),
}


def _built_in_schema(scope: RequestScope, item: Json) -> None:
    schemas.write(scope, item, built_in=True)


def _marketplace_app(scope: RequestScope, item: Json) -> None:
    catalogue.new_app(scope, {"owner_org_id": MARKETPLACE, **item})


def _private_app(scope: RequestScope, item: Json) -> None:
    catalogue.new_app(scope, {**item, "app_id": private_app_id(scope.org)})


_BUILT_IN: dict[str, Loader] = {
    "taxonomies": _taxonomy,
    "classifications": _classification,
    "schemas": _built_in_schema,
    "saved_views": _view,
    "marketplace": _marketplace_app,
    "private_apps": _private_app,
}
