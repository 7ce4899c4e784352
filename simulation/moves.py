"""What people do between two commands (N7 of docs/reliability.md#the-table): edit manifests, rename them, change the
organisation by hand.

Knows the model's part of the truth: which objects are others', which were ever ours; judges nothing.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from simulation.apps import METER
from simulation.broken import BrokenWorld
from simulation.findings import STORED, called, linked
from simulation.parts import HOUSE, PLOT, manifests
from simulation.repositories import GUARDED, removals, repository

Json = Any
Key = tuple[str, str]
_TITLED = ("flow", "closing_reason")
KEPT = ("guarded", "foreign", HOUSE.partition("/")[2])
"""Names of manifests that are never renamed."""


class Hands:
    """A repository and an organisation in the hands of people, by dice."""

    def __init__(self, world: BrokenWorld, dice: Random) -> None:
        self.world, self.dice = world, dice
        self.before: dict[Key, str] = dict(world.texts())
        """Others' objects as they must be: as they were, or as somebody changed them by hand."""
        self.claimed: set[Key] = set()
        """Ever ours, or given to us by a `Removed` document."""
        self.names: dict[str, list[str]] = {}
        """Name that the dice know → all names that the manifest has had since, the present one last."""
        self.numbers = 0

    @property
    def managed(self) -> list[str]:
        """Addresses in state, in order."""
        return sorted(map(str, self.world.state().entries))

    def edit(self) -> str:
        """Other manifests; for some of those that go a `Removed` document says what becomes of their objects."""
        world, dice = self.world, self.dice
        had = tuple(address for address in world.manifests if not address.startswith("Removed/"))
        documents = [self._by_its_name(each) for each in repository(dice, had)]
        here = {f"{each['kind']}/{each['metadata']['name']}" for each in documents}
        asked = removals(dice, [address for address in had if address not in (*here, HOUSE, PLOT, METER)])
        world.only_these(*documents, *self._with_parts(), *asked)
        keys = {each.get("key") for document in asked for each in document["spec"]["objects"]}
        self.claimed |= {key for key, text in self.before.items() if called(key[0], text) in keys}
        self.claimed |= {key for key in self.before if self.declares(*key)}
        return f"{len(documents)} manifests, {len(asked)} Removed"

    def _with_parts(self) -> list[Json]:
        """The flow and the schema whose parts are edited one by one, as they are or as they begin; the app."""
        there = [self.world.manifests[each] for each in (HOUSE, PLOT) if each in self.world.manifests]
        app = [self.world.manifests[METER]] if METER in self.world.manifests else []
        return [*(there or manifests()), *app]

    def rename(self) -> str:
        """A flow's or reason's manifest gets another name, with the old one among its aliases."""
        known = {
            name: now for name, now in self._named().items() if name not in ("guarded", "foreign", "house-connection")
        }
        if not known:
            return "nothing to rename"
        name = self.dice.choice(sorted(known))
        old, self.numbers = known[name], self.numbers + 1
        new = f"{name}-{self.numbers}"
        self.names.setdefault(name, []).append(new)
        documents = [json.loads(json.dumps(each)) for each in self.world.manifests.values()]
        for each in documents:
            if each["metadata"]["name"] == old:
                each["metadata"] |= {"name": new, "aliases": [name, *self.names[name][:-1]]}
        self.world.only_these(*(_refers(each, old, new) for each in documents))
        return f"{old} → {new}"

    def change_ours(self) -> str:
        """Somebody changes or deletes one of our objects in the UI; never the guarded one."""
        world = self.world
        texts, owners = world.texts(), linked(world)
        ours = sorted(key for key, owner in owners.items() if owner != GUARDED and key in texts)
        if not ours:
            return "nothing is ours"
        kind, id = self.dice.choice(ours)
        if kind in _TITLED and self.dice.random() < 0.25:
            world.ask(f"DELETE /v2/{'flows/templates' if kind == 'flow' else 'workflows/closing-reasons'}/{id}")
            return f"{kind} {id} deleted by hand"
        world.stored(kind, id, lambda body: _by_hand(kind, body, self.dice))
        return f"{kind} {id} changed by hand"

    def change_others(self) -> str:
        """Somebody makes or changes an object that is none of ours."""
        world, texts = self.world, self.world.texts()
        mine = {*linked(world), *self.claimed}
        others = sorted(key for key in self.before if key in texts and key not in mine and key[0] in _TITLED)
        if others and self.dice.random() < 0.5:
            kind, id = self.dice.choice(others)
            world.stored(kind, id, lambda body: {**body, "x_by_hand": self.dice.randint(0, 9)})
            self.before[kind, id] = world.texts()[kind, id]
            return f"{kind} {id} of others changed"
        self.numbers += 1
        id = world.ask("POST /v1/workflows/closing-reasons", {"title": f"Von Hand {self.numbers}"})["id"]
        self.before["closing_reason", id] = world.texts()["closing_reason", id]
        return f"closing_reason {id} made by hand"

    def declares(self, kind: str, id: str) -> bool:
        """Whether a manifest names a live object by a key or its title, so that the next plan finds it."""
        text = self.world.texts().get((kind, id), "{}")
        body = json.loads(text)
        keys = {"schema": body.get("slug"), "installation": body.get("app_id"), "retention": body.get("type")}
        mine = keys.get(kind) or called(kind, text)
        return any(
            STORED.get(each["kind"]) == kind
            and mine in {each["spec"].get(name) for name in ("slug", "app_id", "type", "title", "name")}
            for each in self.world.manifests.values()
        )

    def lets_go(self, kind: str, id: str) -> bool:
        """Whether an object was given up on purpose: switched off, or a `Removed` document says to forget its like."""
        body = json.loads(self.world.texts()[kind, id])
        gone = self.world.manifests.get("Removed/gone", {"spec": {"objects": []}})["spec"]["objects"]
        forgotten = {STORED[each["address"].partition("/")[0]] for each in gone if each["action"] == "forget"}
        return body.get("status") == "INACTIVE" or body.get("enabled") is False or kind in forgotten

    def _named(self) -> dict[str, str]:
        """Name that the dice know → present name, of the manifests that may be renamed."""
        found = {}
        back = {names[-1]: name for name, names in self.names.items()}
        for address in self.world.manifests:
            kind, _, name = address.partition("/")
            if kind in ("ClosingReason", "FlowTemplate"):
                found[back.get(name, name)] = name
        return found

    def _by_its_name(self, document: Json) -> Json:
        """A document of the dice under its present name, and what it refers to under theirs."""
        name = document["metadata"]["name"]
        if name in self.names and document["kind"] in ("ClosingReason", "FlowTemplate"):
            *former, now = self.names[name]
            document["metadata"] |= {"name": now, "aliases": [name, *former]}
        for old, names in self.names.items():
            document = _refers(document, old, names[-1])
        return document


def _refers(document: Json, old: str, now: str) -> Json:
    text = json.dumps(document, ensure_ascii=False).replace(f'{{"ref": "{old}"}}', f'{{"ref": "{now}"}}')
    return json.loads(text)


def _by_hand(kind: str, body: Json, dice: Random) -> Json:
    """One field that a manifest declares, or one that it doesn't, changed as the UI would."""
    if dice.random() < 0.3:
        return {**body, "x_by_hand": dice.randint(0, 9)}
    match kind:
        case "closing_reason":
            return {**body, "title": f"{body['title']} (Hand)"}
        case "flow":
            return {**body, "enabled": not body["enabled"], "description": "von Hand"}
        case "schema":
            items = [{**each, "label": f"{each.get('label', '')} (Hand)"} for each in body.get("attributes", [])]
            return {**body, "attributes": items}
        case "retention":
            return {**body, "enabled": not body["enabled"]}
        case "automation":
            return {**body, "flow_name": f"{body['flow_name']} (Hand)"}
    return body
