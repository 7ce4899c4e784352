"""Calls as values: what is sent, how a list is read, and the steps of a change with what their replies must show.

A kind yields steps one after the other and is given each reply; the engine sends them, journals them and reads back.
The plan runs the same generators with the replies each step pretends, so the calls it announces are the calls that
will be made.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Final, Literal

from syncer.model.address import Address
from syncer.model.json_values import Json, Secret, Spec
from syncer.model.named_tuple import NamedTuple

Parts = Mapping[str, Mapping[str, str]]
"""Local keys to live ids, by group: `{"nodes": {"check": "a81…"}, "automations": {"mail": "b0d…"}}`."""

NO_PARTS: Parts = {}


class Call(NamedTuple):
    """A request below a service's base URL. `path` has its ids percent-encoded; `service` names one of `SERVICES`."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: Json = None
    service: str = ""

    @property
    def title(self) -> str:
        """`PUT /v1/entity/schemas/contact`, without a query."""
        return f"{self.method} {self.path.partition('?')[0]}"


class Listing(NamedTuple):
    """How a whole kind is listed: where the objects stand in the reply, and how one page leads to the next.

    `paging`: `none`, `page` (page/pageSize with `pagination.total`), `cursor` (limit/cursor), `from` (from/size until
    as many as `total` says, or an empty page). A POST listing (a search) sends from/size in its body.
    """

    path: str
    items: str
    paging: Literal["none", "page", "cursor", "from"] = "none"
    method: Literal["GET", "POST"] = "GET"
    body: Mapping[str, Json] | None = None
    size: int = 100
    total: str = "hits"
    service: str = ""


class Seek(NamedTuple):
    """How the object a lost answer may have made is found: in this listing, by a field's exact value."""

    listing: Listing
    field: str
    value: str
    id: str = "id"


class Objection(Exception):
    """What a kind finds wrong after a reply: the change stops here. The text is for people and holds no secret."""


def content(reply: Json) -> str:
    """No complaint: any reply will do."""
    return ""


def own_id(reply: Json) -> str:
    """The id in a create's reply, or nothing."""
    value = reply.get("id") if isinstance(reply, dict) else None
    return value if isinstance(value, str) else ""


def itself(found: Json) -> Json:
    """A found object is what the create would have answered."""
    return found


FAILED: Final = "(failed)"
"""The reply of a step that was refused and `may_fail`."""


class Step(NamedTuple):
    """One call of a change, with what its reply must show. A kind yields it and does nothing itself."""

    name: str
    """What people read while it runs, and in the journal (docs/applying.md#named-steps). Nothing is decided by it."""
    call: Call
    """What is sent. GET is a read; anything else is taken for a write."""
    once: bool = False
    """Whether sending it twice would make two: it is journalled then and never sent again blindly. Not for calls that
    are merely expensive."""
    complaint: Callable[[Json], str] = content
    """What is wrong with a reply, or nothing. It judges the reply alone: what the plan wanted is compared elsewhere."""
    pretend: Json = None
    """The reply while planning. Never taken for one of the platform's: nothing of it is remembered."""
    seek: Seek | None = None
    """How what a lost answer made is found; of steps that are sent `once` only."""
    adopt: Callable[[Json], Json] = itself
    """A found object → the reply that it stands for."""
    id_of: Callable[[Json], str] = own_id
    """The id of what was made, in the reply of a step that is sent `once`; "" where the reply names none."""
    part: tuple[str, str] | None = None
    """The step makes a part of the resource (an automation), remembered under (group, key). None: the resource
    itself."""
    may_lack: bool = False
    """A platform may not have this endpoint: the kind is given None then and goes another way. Never for an object that
    may be missing."""
    may_fail: bool = False
    """What was done before it stands where the platform refuses this one: that is said, and the kind is given FAILED
    and goes on. Not for a first step."""
    reread: Call | None = None
    """What to read after a lost answer, if not the resource itself."""
    achieved: Callable[[Json], bool] | None = None
    """Whether what was read then shows that this step was done. None: the resource is compared with what was wanted."""


class StepsResult(NamedTuple):
    """What a change left behind: the live id, ids of parts, the object as last read, what the platform remarked."""

    live_id: str
    live: Json
    parts: Parts = NO_PARTS
    notices: tuple[str, ...] = ()
    secrets_sent: bool = False
    """Whether the secrets went along, all of them."""
    secret_times: Mapping[str, str] = {}
    """What the platform says of them by now, as `Managed.secret_times`."""


Steps = Generator[Step, Json, StepsResult]


class Write(NamedTuple):
    """All a kind needs to write a change; references are ids by now, secrets still `Secret`."""

    address: Address
    want: Spec
    goal: Spec
    live: Json
    live_id: str
    changed: frozenset[str]
    policy: Mapping[str, Json]
    parts: Parts
    secrets: Mapping[str, Secret]
    answers: Mapping[str, Json]
    names: Callable[[str, str], Mapping[str, Json]]
    """(kind, live id) → the live object as last seen, or `{}`: a flow sends its reasons' titles."""
    loose: frozenset[str] = frozenset()
    """Fields of secrets, or labels, that may be left out: they hold nothing, or are meant to go."""


def segment(text: str) -> str:
    """A text as one path segment: everything that could end or climb out of the segment is percent-encoded."""
    from urllib.parse import quote  # late: a `validate` calls nobody

    encoded = quote(text, safe="")
    return encoded.replace(".", "%2E") if set(text) <= {"."} else encoded


def has_id(reply: Json) -> str:
    """A create's reply must carry the id that the platform gave."""
    if isinstance(reply, dict) and isinstance(reply.get("id"), str) and reply["id"]:
        return ""
    return "the reply names no id"


def is_there(what: str) -> Callable[[Json], str]:
    """A read must find the object."""
    return lambda reply: "" if isinstance(reply, dict) else f"{what} is not there when it is read back"


def is_gone(what: str) -> Callable[[Json], str]:
    """A read after a removal must find nothing."""
    return lambda reply: "" if reply is None else f"{what} is still there when it is read back"


def delete(call: Call, look: Call, what: str, name: str = "delete") -> Steps:
    """The steps by which something goes for good: the call, then a look that must find nothing."""
    yield Step(name, call)
    yield Step("read back", look, complaint=is_gone(what))
    return StepsResult("", None)


def without(spec: dict[str, Json], *names: str) -> dict[str, Json]:
    """The mapping less these fields."""
    return {name: value for name, value in spec.items() if name not in names}


Outcome = Literal["NOT_SENT", "REJECTED", "APPLIED", "AMBIGUOUS"]
"""NOT_SENT: the platform never saw it. REJECTED: it said no and did nothing. APPLIED: it said yes, readably.
AMBIGUOUS: anything else; the object must be read before anybody decides.

It is about one call. APPLIED is no change that is done: that takes a read back. Whether a write may be sent again, it
doesn't say: `again` of `api.outcomes` does."""
