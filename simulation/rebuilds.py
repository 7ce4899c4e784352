"""People at work on the parts of a flow and a schema, in manifests, by hand and both at once, and pulls that take over
what was done by hand (N7 of docs/reliability.md#the-table): invariants 12 and 13 of
docs/reliability.md#the-invariants."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Sequence
from random import Random
from typing import Any

from simulation.app_walks import Apps
from simulation.commands import MAY_STOP, Walk
from simulation.findings import STORED
from simulation.gauges import GaugedWorld
from simulation.parts import HOUSE, MARK, PLOT, SORTS, edited, parts_of, with_key, with_what_goes
from simulation.world import SERVER
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.model.address import parse_address
from syncer.model.diagnostic import InvalidInput, Problem, SyncerError
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullRequest, pull
from syncer.ops.pull.write_back import WriteBackResult
from syncer.render.problems import problems_text
from syncer.render.terminal import Terminal

Json = Any
Place = tuple[str, str, str]
"""(live id of the object, group of parts, local key)."""
RESERVED = ("none-met-", "exit-loop-", "loop-edge-")
REKEYED = {"tasks": "nodes", "phases": "nodes", "conditions": "conditions", "additional_triggers": "triggers"}
"""Sort → under which state remembers its keys; of those that have `aliases`."""


class Rebuilds(Apps):
    """Steps of a walk, and what each part is known by."""

    def __init__(self, world: GaugedWorld, dice: Random, came: Walk) -> None:
        super().__init__(world, dice, came)
        self.known: dict[Place, str] = {}
        """Where state has a part → its id, as long as it is remembered."""

    # --- steps

    def edit_parts(self) -> object:
        """In a manifest; some parts get another key."""
        address = self.dice.choice([HOUSE, PLOT])
        if (manifest := self.world.manifests.get(address)) is None:
            return "none there"
        before = manifest["spec"]
        if address == HOUSE and self.dice.random() < 0.25:
            name, spec = self._another_key(manifest)
        else:
            name, spec = edited(before, self.dice, self._key, lambda after: self._valid(manifest, after))
        self._put({**manifest, "spec": with_what_goes(before, spec)})
        self.came.edits[name] += 1
        return f"{address} {name}"

    def parts_by_hand(self) -> object:
        """In the organisation, as the UI does it; unknown fields come with some."""
        live = self._live()
        if not live:
            return "none there"
        address, body = self.dice.choice(live)
        stored = STORED[address.partition("/")[0]]
        if self.dice.random() < 0.2:
            name, after = "marked", _marked(body)
        else:
            name, after = edited(body, self.dice, self._id, lambda after: self._sound(address, after))
        id = body["slug"] if stored == "schema" else body["id"]
        self.world.stored(stored, id, lambda _: after)
        self.came.edits[f"by hand {name}"] += 1
        return f"{address} {name} by hand"

    def parts_both(self) -> object:
        """In a manifest and by hand before anybody applies."""
        return f"{self.edit_parts()}, {self.parts_by_hand()}"

    def take_over(self) -> object:
        """`syncer pull` of both."""
        world = self.world
        world.land(everything=True)
        patterns = tuple(body.get("slug") or f"{body['name']}*" for _, body in self._live())
        if not patterns:
            return "none there"
        calm = not self.journalled()[1]
        before = self._by_hand_alone() if calm else []
        order = PullOptions(
            read_project(world.folder / "syncer.yaml"),
            read_project(world.folder / "syncer.yaml").environments[world.environment],
            ("FlowTemplate", "EntitySchema"), patterns, world.env, frozenset(world.env), SERVER,
            world.today,
        )  # fmt: skip
        try:
            taken, done = pull(world, PullRequest(order), _Puller())
        except SyncerError as error:
            world.said.append(problems_text(error.problems, Terminal()))
            for each in error.problems:
                if calm and each.rule not in MAY_STOP and any(name in str(each) for name in (HOUSE, PLOT)):
                    self.wrong(13, f"a pull ends with {each.rule}: {each.message}")
            return error.problems[0].rule
        world.said.append(problems_text(taken.problems, Terminal()))
        self._reload()
        self._all_of_it(taken, done.mistakes, before)
        return f"{len(taken.objects)} taken over, {len(taken.unwritten)} held back"

    # --- what is true

    def parts_kept(self) -> None:
        """12: a key has the id that it had, and a part the one that somebody wrote into it."""
        now = self._remembered()
        self.known = {place: id for place, id in self.known.items() if place[0] in {each for each, *_ in now}}
        for place, id in now.items():
            was = self.known.get(place)
            if was is not None and was != id and not _reshaped(was, id):
                self.wrong(12, f"{place[1]} `{place[2]}` was `{was}` and is `{id}`")
            self.known[place] = id
        for address, body in self._live():
            for sort, part in parts_of(body):
                key = part.get(SORTS[sort][0])
                mark = part.get(MARK, key)
                if mark != key and not _reshaped(str(mark), str(key)):
                    self.wrong(12, f"{address}: {sort} `{key}` was `{mark}`")

    def names_kept(self) -> None:
        """12, after an apply in which nothing went wrong: what a manifest calls by a key is called so live."""
        known = self._remembered()
        for address, body in self._live():
            manifest = self.world.manifests.get(address)
            ids = {(group, key): id for (live, group, key), id in known.items() if live == body.get("id")}
            there = {part.get("id"): part for _, part in parts_of(body)}
            for sort, part in parts_of(manifest["spec"]) if manifest else ():
                if (group := REKEYED.get(sort)) and (group, part["id"]) in ids:
                    name, live = SORTS[sort][1], there.get(ids[group, part["id"]], {})
                    if live.get(name) != self._meant(part.get(name)):
                        self.wrong(12, f"{address}: {sort} `{part['id']}` is {live.get(name)!r} live")

    def _meant(self, said: Json) -> Json:
        """What stands live for a value of a manifest: a schema that it refers to is named by its slug."""
        if not (isinstance(said, dict) and said.keys() == {"ref"}):
            return said
        schema = self.world.manifests.get(f"EntitySchema/{said['ref']}")
        return schema["spec"]["slug"] if schema else said["ref"]

    def _all_of_it(self, taken: WriteBackResult, mistakes: Sequence[Problem], before: Sequence[str]) -> None:
        """13: nothing that was done by hand is left, but what was said to be."""
        held = {str(each) for each in taken.unwritten}
        for mistake in mistakes:
            self.wrong(13, f"a bug of a pull: {mistake.message}")
        for address in before:
            if address in held:
                said = [one.message for one in taken.problems]
                self.wrong(13, f"{address} is sound live and no manifest was edited, yet it is held back: {said}")
        try:
            changes = self.world.plan().plan.changes
        except SyncerError as error:
            self.wrong(13, f"no plan after a pull: {error}")
            return
        spoken = {
            str(each.address) for each in taken.objects for one in each.left if one.why not in ("undeclared", "pending")
        }
        for change in changes:
            address = str(change.address)
            if address in (HOUSE, PLOT) and address not in held | spoken:
                rest = [f"{one.path} ({one.cause})" for one in change.fields if one.cause != "ours"]
                rest = rest or ([f"{one.path} ({one.cause})" for one in change.fields] if address in before else [])
                if rest:
                    self.wrong(13, f"after a pull the plan of {address} has {rest[:4]}")

    # --- means

    def _by_hand_alone(self) -> list[str]:
        """Of which a plan says by-hand changes alone, and which is sound as it is live."""
        try:
            planned = self.world.plan().plan
        except SyncerError:
            return []
        sound = {address for address, body in self._live() if self._sound(address, body)}
        ours = {str(each.address) for each in planned.changes if any(one.cause != "drift" for one in each.fields)}
        acts = {str(each.address) for each in planned.changes if each.action != "update"}
        return sorted(sound - ours - acts)

    def _live(self) -> list[tuple[str, Json]]:
        """(address, live object) of both, as far as the state knows them."""
        found, texts = [], self.world.texts()
        entries = self.world.state().entries
        for address in (HOUSE, PLOT):
            entry = entries.get(parse_address(address))  # type: ignore[arg-type]
            id = "plot" if address == PLOT else entry.live_id if entry else ""
            text = texts.get((STORED[address.partition("/")[0]], id))
            if entry is not None and text is not None:
                found.append((address, json.loads(text)))
        return found

    def _remembered(self) -> dict[Place, str]:
        found: dict[Place, str] = {}
        for address in (HOUSE, PLOT):
            entry = self.world.state().entries.get(parse_address(address))  # type: ignore[arg-type]
            if entry is None:
                continue
            for group in ("nodes", "conditions", "triggers", "edges", "groups"):
                ids = entry.parts.get(group, {})
                named = {key: id for key, id in ids.items() if not key.isdecimal() and "|" not in key}
                found |= {(entry.live_id, group, key): id for key, id in named.items()}
        return found

    def _another_key(self, manifest: Json) -> tuple[str, Json]:
        """A part stays the same under another key, its old one among its `aliases`, whatever else changes."""
        spec = copy.deepcopy(manifest["spec"])
        found = [(sort, part) for sort, part in parts_of(spec) if sort in REKEYED]
        sort, part = self.dice.choice(found)
        old, new = part["id"], self._key()
        part["aliases"] = [*part.get("aliases", ()), old]
        if self.dice.random() < 0.5:
            part[SORTS[sort][1]] = (
                f"{part.get(SORTS[sort][1], '')} {new}" if sort != "additional_triggers" else "calendar"
            )
        aliases = part["aliases"]
        part["aliases"] = []
        spec = with_key(spec, old, new)
        next(each for _, each in parts_of(spec) if each["id"] == new)["aliases"] = aliases
        if not self._valid(manifest, spec):
            return "nothing", manifest["spec"]
        for (live, group, key), id in list(self.known.items()):
            if (group, key) == (REKEYED[sort], old):
                del self.known[live, group, key]
                self.known[live, group, new] = id
        return "another key", spec

    def _valid(self, manifest: Json, spec: Json) -> bool:
        """Whether the repository would be valid with it."""
        self._put({**manifest, "spec": spec})
        try:
            self.world.wanted()
        except InvalidInput:
            return False
        finally:
            self._put(manifest)
        return True

    def _sound(self, address: str, body: Json) -> bool:
        """Whether a live object breaks no rule of its kind."""
        kind = KINDS[address.partition("/")[0]]
        return not any(each.severity == "error" for each in kind.check(kind.spec_of(body)))

    def _put(self, manifest: Json) -> None:
        self.world.put(manifest)

    def _reload(self) -> None:
        """What stands in the files by now."""
        for address in (HOUSE, PLOT):
            path = self.world.folder / "config" / f"{address.replace('/', '-')}.json"
            if path.exists():
                self.world.manifests[address] = json.loads(path.read_text("utf-8"))

    def _key(self) -> str:
        self.hands.numbers += 1
        return f"k-{self.hands.numbers}"

    def _id(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))


class _Puller:
    """Who pulls and only looks."""

    def taken_over(self, taken: object) -> None:
        pass

    def wrote(self, line: str) -> None:
        pass


def _marked(body: Json) -> Json:
    """Every part has its own id in a field that nobody knows."""
    body = copy.deepcopy(body)
    for sort, part in parts_of(body):
        if part.get(SORTS[sort][0]):
            part[MARK] = part[SORTS[sort][0]]
    return body


def _reshaped(one: str, other: str) -> bool:
    """Whether one of the ids has a shape that the other has not: what the part is has changed, and its id with it."""
    shapes = [next((each for each in RESERVED if id.startswith(each)), "") for id in (one, other)]
    return shapes[0] != shapes[1]
