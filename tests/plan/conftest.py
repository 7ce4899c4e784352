"""A library: two kinds no platform has, with everything a kind may be, so that plan is tested without the real ones.

A `Shelf` is recognised by its slug and holds a keyed list; shelves may refer to each other. A `Book` is found by its
title, stands on a shelf, has a secret and ribbons, which go with it and which other books may use as their marks. A
`Loan` refers to a book.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.calls import Call, Listing, Step, Steps, StepsResult, Write
from syncer.model.diagnostic import Finding, Location
from syncer.model.field_change import FieldChange, Item
from syncer.model.field_rules import AS_SET, compile_shape, keyed
from syncer.model.json_values import ABSENT, Json, Path, Ref, Secret, Spec
from syncer.model.kind import CascadedObject, CascadeQuery, Context, Incomplete, Kind, PreparedSides, RefField, Risk
from syncer.model.resource import Desired, Live, Managed, Use

LISTING = Listing("/things", "things")


def spec_of(live: Json) -> Spec:
    return {name: value for name, value in live.items() if name != "id"}


def write(write: Write) -> Steps:
    if write.goal.get("torn"):
        raise Incomplete([Finding("torn", "a page would be lost", ("torn",), "mend it")])
    if write.live_id:
        yield Step("look", Call("GET", f"/things/{write.live_id}"))
    yield Step("put", Call("PUT", f"/things/{write.live_id or '…'}?x=1", dict(write.goal)), pretend={"id": "…"})
    return StepsResult(write.live_id, dict(write.goal))


def remove(write: Write) -> Steps:
    yield Step("delete", Call("DELETE", f"/things/{write.live_id}"))
    return StepsResult("", None)


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    match change.path:
        case ("boards", Item(key=name)) if change.after is ABSENT:
            return Risk("destructive", f"board `{name}` falls", name)
        case ("status",):
            return Risk("risky", "readers will ask")
        case ("ribbons",):
            return Risk("destructive", "a ribbon is cut", "ribbons")
    return None


def ribbons(taking: CascadeQuery) -> tuple[CascadedObject, ...]:
    """A book's ribbons go with it, and those that are cut out; the ones that its manifest brought are its own."""
    own = {id: key for key, id in taking.parts.get("ribbons", {}).items()}
    kept = taking.goal.get("ribbons", []) if taking.goal else []
    item, users = "" if taking.goal is None else "ribbons", tuple(taking.answers.get("readers", ()))
    return tuple(
        CascadedObject("Ribbon", each, own.get(each, ""), item, sure=each in own, users=users)
        for each in taking.have.get("ribbons", [])
        if each not in kept
    )


def objections(changes: tuple[FieldChange, ...], have: Spec, goal: Spec) -> list[Finding]:
    return [Finding("chained", "chained books stay", each.path[:1]) for each in changes if each.path == ("chained",)]


def prepare(context: Context) -> PreparedSides:
    """A book's `pin` is write-only; `extra: true` asks for a change nobody sees, `warn`/`err` complain."""
    want = {name: value for name, value in context.want.items() if name not in ("pin", "warn", "err", "extra")}
    secrets = {"locks[pin]": context.want["pin"]} if isinstance(context.want.get("pin"), Secret) else {}
    findings = [Finding("err", "it is wrong", ("err",))] if "err" in context.want else []
    findings += [Finding("warn", "it looks odd", ("warn",), severity="warning")] if "warn" in context.want else []
    return PreparedSides(
        want,
        spec_of(context.live) if context.live else {},
        parts={**context.parts, "today": {"is": context.today}},
        secrets=secrets,
        findings=tuple(findings),
        notices=("its cover is faded",) if context.answers.get("faded") else (),
        extra=(FieldChange(("enabled",), False, True, "drift"),) if context.want.get("extra") and context.live else (),
        labels={"part-1": "first"},
    )


def kind(name: str, **own: Any) -> Kind:
    given: dict[str, Any] = {
        "slug": name.lower(),
        "service": "library",
        "listing": LISTING,
        "shape": compile_shape(),
        "key": lambda spec: "",
        "live_key": lambda live: "",
        "live_id": lambda live: str(live["id"]),
        "spec_of": spec_of,
        "prepare": prepare,
        "read": lambda id, live: Call("GET", f"/things/{id}"),
        "create": write,
        "update": write,
        "remove": remove,
        "removal": lambda policy: "delete",
        "risk": risk,
        "create_risk": lambda spec: Risk("risky", "it is dear") if spec.get("dear") else None,
        "remove_reason": "it is gone for good",
        "check": lambda spec: [],
        "objections": objections,
    }
    return Kind(name=name, **{**given, "by_day": True, **own})


BOOK = kind(
    "Book",
    title="title",
    shape=compile_shape(defaults={"status": "ACTIVE"}, lists={"tags": AS_SET}),
    removal=lambda policy: "deactivate" if policy.get("removal") == "deactivate" else "delete",
    already_removed=lambda live: live.get("status") == "INACTIVE",
    version_move=lambda changes: "upgrade" if any(change.path == ("edition",) for change in changes) else "",
    refs=(RefField("shelf", "Shelf", plain=True), RefField("sequel", "Book"), RefField("marks[]", "Ribbon")),
    made_along="ribbons",
    takes_along=ribbons,
    asks=lambda context: {"faded": Call("GET", f"/covers/{context.want['title']}")},
)
SHELF = kind(
    "Shelf",
    key=lambda spec: str(spec["slug"]),
    live_key=lambda live: str(live["slug"]),
    live_id=lambda live: str(live["slug"]),
    key_field="slug",
    shape=compile_shape(lists={"boards": keyed("name", "number"), "notes": keyed("name", whole=True)}),
    refs=(RefField("beside", "Shelf", plain=True, late=True),),
    without=lambda spec, keys: {name: value for name, value in spec.items() if value not in keys},
    removal_asks=lambda slug: {"books": Call("GET", f"/shelves/{slug}/books")},
    removal_objection=lambda slug, answers: (
        "it holds the house" if slug == "wall" else "books stand on it" if answers.get("books") else ""
    ),
    never_removed=lambda slug: slug == "wall",
    removal_reasons=lambda live, answers: ("the wall shows",) if answers.get("wall") else (),
)
LOAN = kind(
    "Loan",
    key=lambda spec: str(spec["number"]),
    live_key=lambda live: str(live["number"]),
    refs=(RefField("book", "Book"),),
)


@pytest.fixture(scope="session")
def kinds() -> Mapping[str, Kind]:
    """The library's kinds by name."""
    return {each.name: each for each in (BOOK, SHELF, LOAN)}


def where(path: Path) -> Location:
    """Line 10 is `spec`; a step further down is a line further down."""
    return Location("library.yaml", 10 + len(path), 1)


@pytest.fixture(scope="session")
def desired() -> Callable[..., Desired]:
    """`desired("Book/a", title="A")`: a manifest; every `Ref` in its spec is a use."""

    def make(address: str, late: bool = False, **spec: Json) -> Desired:
        kind_name, name = address.split("/")
        own = {word: spec.pop(word) for word in ("aliases", "titles", "policy", "protect") if word in spec}
        uses = tuple(Use((field,), value, late) for field, value in spec.items() if isinstance(value, Ref))
        return Desired(
            Address(kind_name, name),
            spec,
            own.get("policy", {}),
            own.get("protect", False),
            tuple(own.get("aliases", ())),
            tuple(own.get("titles", ())),
            uses,
            where,
            f"digest of {address}",
        )

    return make


@pytest.fixture(scope="session")
def live() -> Callable[..., Live]:
    """`live(BOOK, id="b1", title="A")`."""
    from syncer.plan.identity_match import live_of

    def make(kind_of: Kind, **fields: Json) -> Live:
        return live_of(kind_of, [fields])[0]

    return make


@pytest.fixture(scope="session")
def managed() -> Callable[..., dict[Address, Managed]]:
    """`managed({"Book/a": ("b1", {"title": "A"})})`: what state remembers."""

    def make(entries: Mapping[str, Any]) -> dict[Address, Managed]:
        found = {}
        for text, (live_id, declared, *rest) in entries.items():
            address = Address(*text.split("/"))
            found[address] = Managed(address, live_id, declared, **(rest[0] if rest else {}))
        return found

    return make
