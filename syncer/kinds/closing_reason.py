"""Closing reason: why a flow was closed.

Listed and created under v1, read and changed under v2 (docs/platform.md#closing-reason-calls): v2 has no list and no
create. The platform gives the ids and allows two reasons of one title, so the title names it only at first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from syncer.kinds.lenient_reader import listed, mappings
from syncer.kinds.users import DEFINITIONS, FLOWS, called, results
from syncer.model.calls import (
    Call,
    Listing,
    Seek,
    Step,
    Steps,
    StepsResult,
    Write,
    delete,
    has_id,
    is_there,
    segment,
    without,
)
from syncer.model.diagnostic import Finding
from syncer.model.field_rules import compile_shape
from syncer.model.json_values import Json, Spec
from syncer.model.kind import Context, DateFields, Kind, PreparedSides, Risk
from syncer.model.unexpected_reply import field_of, object_at

if TYPE_CHECKING:
    from syncer.model.field_change import FieldChange
    from syncer.model.recording_rules import RecordingRules

SERVICE = "workflow"
LISTING = Listing("/v1/workflows/closing-reasons?includeInactive=true", "reasons")
"""Without `includeInactive` the INACTIVE ones are hidden, and would be created again."""

USERS: Mapping[str, Call] = {"flows": FLOWS, "definitions": DEFINITIONS}
"""The lists of flows, newer and older ones, whose items name their closing reasons
(docs/platform.md#closing-reason-calls)."""

SERVER_SET = ("id", "creationTime", "lastUpdateTime")


def spec_of(live: Json) -> Spec:
    """The live reason without what the platform sets."""
    return without(object_at(live), *SERVER_SET)


def asks(context: Context) -> Mapping[str, Call]:
    """Before a reason is switched off: who lists it."""
    if context.live and not already_removed(context.live) and context.want.get("status") == "INACTIVE":
        return USERS
    return {}


def prepare(context: Context) -> PreparedSides:
    """Both sides speak the same language already; what switching it off means for flows is said."""
    live = context.live
    said = list(users(str(live["id"]), context.answers)) if live and context.answers else []
    if live and already_removed(live) and "status" not in context.want:
        said.append(
            "it is INACTIVE, and the manifest does not say `status`: it stays so; write `status: ACTIVE` to revive it"
        )
    return PreparedSides(context.want, spec_of(live) if live else {}, notices=tuple(said))


def users(live_id: str, answers: Mapping[str, Json]) -> tuple[str, ...]:
    """The flows, of both generations, that list the reason now: a plan may be about to change some of them."""
    lists: tuple[tuple[str, str], ...] = (("closing_reasons", "flows"), ("closingReasons", "definitions"))
    found = [
        called(flow)
        for field_name, name in lists
        for flow in results(answers.get(name))
        if any(each.get("id") == live_id for _, each in mappings(flow.get(field_name)))
    ]
    return (f"flows of the organisation list it: {listed(found)}",) if found else ()


def _body(spec: Spec) -> Json:
    """Title and status always go together, for one generation of the API requires both; and what nobody here knows."""
    return {**without(spec, *SERVER_SET), "title": spec["title"], "status": spec.get("status") or "ACTIVE"}


def _read(id: str) -> Call:
    return Call("GET", f"/v2/workflows/closing-reasons/{segment(id)}")


def create(write: Write) -> Steps:
    """POST under v1; the same title twice makes two, so it is sent once."""
    body = _body(write.goal)
    made = yield Step(
        "create",
        Call("POST", "/v1/workflows/closing-reasons", body),
        once=True,
        complaint=has_id,
        pretend={**body, "id": "…"},
        seek=Seek(LISTING, "title", str(body["title"])),
    )
    live = yield Step("read back", _read(made["id"]), complaint=is_there("the new closing reason"))
    return StepsResult(made["id"], live)


def update(write: Write) -> Steps:
    """PATCH under v2: it answers with the object, where v1 answers 202 and nothing."""
    path = f"/v2/workflows/closing-reasons/{segment(write.live_id)}"
    yield Step("change", Call("PATCH", path, _body(write.goal)))
    live = yield Step("read back", _read(write.live_id), complaint=is_there("the closing reason"))
    return StepsResult(write.live_id, live)


def remove(write: Write) -> Steps:
    """INACTIVE, which can be taken back; `policy.removal: delete` erases, and flows that list it keep a dead id."""
    path = f"/v2/workflows/closing-reasons/{segment(write.live_id)}"
    if removal(write.policy) == "delete":
        return (yield from delete(Call("DELETE", path), _read(write.live_id), "the closing reason"))
    yield Step("deactivate", Call("PATCH", path, {"title": field_of(write.goal, "title"), "status": "INACTIVE"}))
    live = yield Step("read back", _read(write.live_id), complaint=_is_inactive)
    return StepsResult(write.live_id, live)


def _is_inactive(live: Json) -> str:
    return "" if live is None or already_removed(live) else "it is still ACTIVE when it is read back"


def already_removed(live: Json) -> bool:
    """Whether it is INACTIVE."""
    return bool(object_at(live).get("status") == "INACTIVE")


def removal(policy: Mapping[str, Json]) -> Literal["delete", "deactivate"]:
    """`metadata.policy.removal`: deactivate unless it says delete."""
    return "delete" if policy.get("removal") == "delete" else "deactivate"


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """Nobody can choose an INACTIVE reason any more."""
    if change.path == ("status",) and goal.get("status") == "INACTIVE":
        return Risk("risky", "users can no longer choose it")
    return None


def check(spec: Spec) -> list[Finding]:
    """Its JSON Schema says all."""
    return []


def _recorded() -> RecordingRules:
    """Reasons whole; for the lists of those who use them, flow templates speak."""
    from syncer.model.recording_rules import RecordingRules  # late: only `record` asks

    return RecordingRules(lambda live: {"id": live["id"], **spec_of(live)})


KIND = Kind(
    name="ClosingReason",
    slug="closing-reason",
    service=SERVICE,
    listing=LISTING,
    title="title",
    key=lambda spec: "",
    live_key=lambda live: "",
    live_id=lambda live: str(field_of(live, "id")),
    shape=compile_shape(defaults={"status": "ACTIVE"}),
    spec_of=spec_of,
    asks=asks,
    prepare=prepare,
    read=lambda id, live: _read(id),
    create=create,
    update=update,
    remove=remove,
    removal=removal,
    risk=risk,
    create_risk=lambda spec: None,
    remove_reason="users can no longer choose it; running flows keep it",
    removal_asks=lambda id: USERS,
    removal_reasons=lambda live, answers: users(str(live["id"]), answers),
    recorded=_recorded,
    already_removed=already_removed,
    dated=DateFields("creationTime", changed_at="lastUpdateTime"),
    check=check,
    folder="reasons",
    restrictions=("status",),
)
