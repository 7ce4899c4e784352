"""The saved view of a retention config: who is deleted depends on its filters, which are no field of the config.

State remembers a digest of those that were accepted; what they are now is held against it (docs/applying.md#guards).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from syncer.diff.fingerprint import canonical, digest
from syncer.kinds.lenient_reader import mapping
from syncer.model.calls import Call, segment
from syncer.model.diagnostic import Finding
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.kind import Context, Meaning, Risk
from syncer.model.unexpected_reply import inner_at, object_at


def view_call(view: str) -> Call:
    return Call("GET", f"/v1/entity/view/{segment(view)}", service="entity")


def filters_of(view: Mapping[str, Json]) -> str:
    """The digest of a saved view's filters; a recording holds nothing else of them."""
    said = view.get("filters_digest")
    if isinstance(said, str):
        return said
    return digest(canonical(inner_at(view.get("ui_config"), ("ui_config",)).get("filters")))


NO_FILTERS = frozenset(digest(form) for form in ("null", "{}", "[]"))
"""The digests of a saved view that filters nothing."""


def seen(view: Mapping[str, Json]) -> dict[str, str]:
    """What state remembers of a saved view: which it is, and the digest of what it filters."""
    return {"id": str(view.get("id")), "filters": filters_of(view)}


def viewed(want: Spec, have: Spec) -> Json:
    """The saved view that a config names; what a manifest leaves out is as it is live."""
    return {**mapping(have.get("query")), **mapping(want.get("query"))}.get("saved_view_id")


def is_enabled(want: Spec, have: Spec) -> bool:
    """Whether it deletes once this is applied; a config is enabled unless it says otherwise."""
    return {"enabled": True, **have, **want}["enabled"] is True


def unfiltered(context: Context, view: Mapping[str, Json]) -> Iterator[str]:
    if is_enabled(context.want, {}) and filters_of(view) in NO_FILTERS:
        schema = context.want.get("entity_schema")
        yield f"the saved view `{view.get('name')}` filters nothing: every `{schema}` is in it"


def dormant(meanings: Iterable[Meaning]) -> Iterator[str]:
    """Of a config that deletes nothing it is only said: it is accepted when the config is enabled."""
    for each in meanings:
        if each.cause == "drift":
            yield f"{each.risk.reason.partition(';')[0]}, once this config is enabled, which will ask for it"


def meanings_of(context: Context, view: Mapping[str, Json]) -> Iterator[Meaning]:
    """What the saved view stands for, where that is not what was accepted: who is deleted depends on it."""
    last, now = context.parts.get("saved_view", {}), seen(view)
    name, schema = view.get("name"), context.want.get("entity_schema")
    every = f"; it filters nothing: every `{schema}` is in it" if now["filters"] in NO_FILTERS else ""
    way_out = f"{every}; `enabled: false` in the manifest stops the deletion"
    if not last:
        said = f"what the saved view `{name}` filters is not remembered: whether it is what was meant is not known"
        risk = Risk("risky", said + way_out, "query")
        yield Meaning(FILTERS, ABSENT, _shown(now["filters"]), "unverified", risk)
    elif last.get("id") != now["id"]:
        said = f"another saved view, `{name}`, than the one that was accepted: other entities are deleted"
        risk = Risk("destructive", said + way_out, "query")
        yield Meaning(FILTERS[:-1], str(last.get("id")), now["id"], "drift", risk)
    elif last.get("filters") != now["filters"] and not {last.get("filters"), now["filters"]} <= NO_FILTERS:
        said = f"the saved view `{name}` filters otherwise than was accepted: other entities are deleted"
        risk = Risk("destructive", said + way_out, "query")
        yield Meaning(FILTERS, _shown(str(last.get("filters"))), _shown(now["filters"]), "drift", risk)


FILTERS = ("query", "saved_view_id", "filters")
"""Where a saved view's filters are shown: no field of a config, but what one of its fields means."""


def _shown(filters: str) -> str:
    """Filters quote values of entities, so people see that they are others, by a digest, and where there are none."""
    return "none" if filters in NO_FILTERS else f"digest {filters[:8]}"


def judged(context: Context) -> Iterator[Finding]:
    if "view" not in context.answers:
        return
    view, path = context.answers["view"], ("query", "saved_view_id")
    if not isinstance(view, dict):
        yield Finding("no-such-view", "the saved view does not exist, or the token may not see it", path)
        return
    schema = context.want.get("entity_schema")
    slugs = view.get("slug")
    if schema not in (slugs if isinstance(slugs, list) else [slugs]):
        yield Finding("wrong-view", f"the saved view `{view.get('name')}` is not a view of `{schema}`", path)
    if not view.get("shared"):
        yield Finding(
            "private-view",
            f"the saved view `{view.get('name')}` is not shared: its owner can change or delete it unseen",
            path,
            "share the view in the organisation",
            "error" if context.want.get("enabled") is True else "warning",
        )


def view_kept(view: Json) -> Json:
    """Of a saved view: which it is, and of what it filters a digest. Filters quote values of entities, and what else a
    view holds is how somebody likes their table."""
    kept = {name: view[name] for name in ("id", "name", "slug", "shared") if name in object_at(view)}
    return {**kept, "filters_digest": filters_of(view)}
