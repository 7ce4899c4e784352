"""One seed, so many steps between two organisations and a repository: pulls and promotions that are committed, thrown
away or reverted, manifests edited, objects changed by hand, applies; and after every step what must be true (N27 of
docs/reliability.md#the-table). The same seed is the same walk.

The repository is its files: a commit keeps them, and no git is run.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from simulation.promotions import OTHER, Two, pulled
from simulation.world import ORG, World
from syncer.model.diagnostic import InvalidInput, PartlyDone, SyncerError
from syncer.plan.plan import REMOVALS

Json = Any
ORGS = {"test": ORG, "other": OTHER}
PROJECT = """version: 1
manifests: [config]
environments:
  test: {org_id: "739224"}
  other: {org_id: "911042"}
"""
INVARIANTS = {
    1: "nothing is removed that no apply ever managed",
    2: "no command but apply changes an organisation",
    3: "the state loads, and knows an object under one name",
    4: "a pull that was thrown away leaves drift as it was, and says the same again",
    5: "both organisations can be planned",
    6: "after an apply the plan is empty",
}
MAY_STOP = frozenset(
    {
        "ambiguous",
        "claimed-twice",
        "lookup",
        "unknown-reference",
        "refers-to-removed",
        "key-changed",
        "nothing-selected",
    }
)
"""Rules under which people must decide first: titles that hands made twice, references to what hands took away, and
patterns of what is not there."""
PARTS: tuple[tuple[str, ...], ...] = ((), *(("site", "Preis*", "Umzug"), ("site",), ("Preis*", "Nur *")) * 2)
"""What is pulled: everything, the platform's own schemas too, or what has such a name."""
PROMOTED: tuple[tuple[str, ...], ...] = ((), *(("ClosingReason/*",), ("EntitySchema/site",)) * 3)


@dataclass(slots=True)
class Review:
    """What came of one seed."""

    seed: int
    steps: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    """Rule → how often a command said that people must decide first."""
    violations: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


def review(asked: tuple[int, int]) -> Review:
    """The walk of (seed, steps); it ends at the first violation."""
    seed, steps = asked
    with tempfile.TemporaryDirectory(prefix="syncer-sim-") as folder:
        world = World(Path(folder) / "world")
        walk = Reviewing(Two(world, Path(folder) / "between", PROJECT), Random(f"review {seed}"), Review(seed))
        try:
            walk.begin()
            walk.go(steps)
        finally:
            world.close()
        return walk.came


class Reviewing:
    """A walk under way: what may come next, and what must be true after it."""

    def __init__(self, two: Two, dice: Random, came: Review) -> None:
        self.two, self.dice, self.came = two, dice, came
        self.commits: list[Mapping[str, bytes]] = [two.files()]
        self.managed: set[tuple[str, str, str]] = set()
        """(environment, kind, id) of what an apply made, or whose manifest it saw."""
        self.declared: set[tuple[str, str, str]] = set()
        """(environment, slug, attribute) that an apply saw in a manifest."""
        self.numbers = 0
        self.moves: dict[str, tuple[int, Callable[[], object]]] = {
            # step: how often, what it does
            "pull": (14, self.pull),
            "promote": (10, self.promote),
            "pull, thrown away": (8, self.pull_thrown_away),
            "commit": (14, self.commit),
            "discard": (12, self.discard),
            "revert": (8, self.revert),
            "apply": (16, self.apply),
            "edit": (6, self.edit),
            "manifest taken away": (5, self.take_away),
            "changed by hand": (10, self.change_by_hand),
            "made by hand": (6, self.make_by_hand),
            "deleted by hand": (3, self.delete_by_hand),
        }

    def begin(self) -> None:
        """Both organisations have something of their own, some of it under the same titles."""
        (self.two.world.folder / "config").mkdir()
        for environment in ORGS:
            for title in ("Preis", "Umzug"):
                self._reason(environment, title)
            self._put_schema(environment, "site", ["street", "count"])
        self._reason("test", "Nur hier")
        self._reason("other", "Nur dort")

    def go(self, steps: int) -> None:
        """So many steps, each followed by what must be true."""
        while self.came.steps.total() < steps and not self.came.violations:
            names, weights = [*self.moves], [often for often, _ in self.moves.values()]
            self.step(self.dice.choices(names, weights)[0])

    def step(self, name: str) -> None:
        """One step, and what must be true after it."""
        before = {environment: self.live(environment) for environment in ORGS}
        try:
            said = self.moves[name][1]()
            self.came.story.append(f"{name}: {said}")
            if name != "apply" and not name.endswith("by hand"):
                for environment in ORGS:
                    if self.live(environment) != before[environment]:
                        self.wrong(2, f"`{name}` changed `{environment}`")
            for environment in ORGS:
                self._plan(environment)
        except Exception as error:  # whatever comes up is a finding of this step
            self.wrong(0, f"{type(error).__name__}: {error}")
        self.came.steps[name] += 1

    def wrong(self, invariant: int, what: str) -> None:
        """A violation; the step that led to it is the story's last."""
        self.came.violations.append(f"{INVARIANTS.get(invariant, 'an error came up')}: {what}")

    # --- commands

    def pull(self) -> str:
        """Of one of the two; some of it everything that is live."""
        environment = self._environment()
        patterns, complete = self.dice.choice(PARTS), self._complete()
        done = self._tried(lambda: pulled(self.two, environment, patterns, complete=complete))
        return f"{environment} {patterns} {sorted(complete)} {done}"

    def promote(self) -> str:
        """From `test` to `other`, all of it or a part."""
        patterns = self.dice.choice(PROMOTED)
        return f"{patterns} {self._tried(lambda: self.two.promote(*patterns))}"

    def pull_thrown_away(self) -> str:
        """From what is committed: pulled, discarded, and pulled again."""
        self.discard()
        environment, patterns = self._environment(), self.dice.choice(PARTS)
        before = self._drift(environment)
        if (said := self._tried(lambda: pulled(self.two, environment, patterns))) != "done":
            return said
        first = self.two.files()
        self.discard()
        after = self._drift(environment)
        if lost := before - after:
            self.wrong(4, f"`{environment}`: no drift any more: {sorted(lost)}")
        again = self._tried(lambda: pulled(self.two, environment, patterns))
        if again != "done" or self.two.files() != first:
            differing = sorted({*first.items()} ^ {*self.two.files().items()})
            self.wrong(4, f"`{environment}`: pulled again it is {again}: {differing}")
        self.discard()
        return environment

    def commit(self) -> str:
        """The review says yes."""
        self.commits.append(self.two.files())
        return f"{len(self.commits)} commits"

    def discard(self) -> str:
        """The review says no: `git checkout . && git clean`."""
        self._check_out(self.commits[-1])
        return ""

    def revert(self) -> str:
        """`git revert HEAD`, of a clean tree: what the last commit did is taken back by another one."""
        if len(self.commits) > 1:
            self._check_out(self.commits[-2])
            self.commits.append(self.two.files())
        return f"{len(self.commits)} commits"

    def apply(self) -> str:
        """Of what stands in the working copy, with every consent."""
        environment = self._environment()
        before = self.live(environment)
        try:
            run = self.two.view(environment).apply()
        except SyncerError as error:
            return self._stopped(error)
        after = self.live(environment)
        self._hold_to_managed(environment, before, after)
        self.managed |= {(environment, *key) for key in after if key not in before}
        if run.code == 0:
            self._saw_manifests(environment, after)
            if changes := self.two.view(environment).changes():
                self.wrong(6, f"`{environment}`: {changes}")
        return f"{environment} {run.code}"

    # --- hands

    def edit(self) -> str:
        """A label or title in some manifest becomes another."""
        files = sorted(path for path in (self.two.world.folder / "config").rglob("*.yaml"))
        if not files:
            return "no manifest"
        path, self.numbers = self.dice.choice(files), self.numbers + 1
        text = path.read_text("utf-8")
        for word in ("label: Street", "title: Preis", "name: Site"):
            if word in text:
                path.write_text(text.replace(word, f"{word} {self.numbers}", 1), "utf-8")
                return f"{path.name}: {word}"
        return f"{path.name}: nothing"

    def take_away(self) -> str:
        """A manifest goes."""
        files = sorted(path for path in (self.two.world.folder / "config").rglob("*.yaml"))
        if not files:
            return "no manifest"
        path = self.dice.choice(files)
        path.unlink()
        return path.name

    def change_by_hand(self) -> str:
        """A reason is switched, or a schema gets another label or one more attribute."""
        environment, self.numbers = self._environment(), self.numbers + 1
        reasons = [key for key in self.live(environment) if key[0] == "closing_reason"]
        if reasons and self.dice.random() < 0.4:
            _, id = self.dice.choice(sorted(reasons))
            status = self.dice.choice(["ACTIVE", "INACTIVE"])
            self._ask(environment, f"PATCH /v2/workflows/closing-reasons/{id}", {"status": status})
            return f"{environment} {id} {status}"
        if ("schema", "site") not in self.live(environment):
            self._put_schema(environment, "site", ["street"])
        body = self._ask(environment, "GET /v1/entity/schemas/site")
        if self.dice.random() < 0.5:
            body["attributes"][0]["label"] = f"Von Hand {self.numbers}"
        else:
            name = f"hand_{self.numbers}"
            body["attributes"].append({"id": name, "name": name, "label": name, "type": "string"})
        self._ask(environment, "PUT /v1/entity/schemas/site", body)
        return f"{environment} site"

    def make_by_hand(self) -> str:
        """A reason that nobody describes."""
        environment, self.numbers = self._environment(), self.numbers + 1
        return f"{environment} {self._reason(environment, f'Von Hand {self.numbers}')}"

    def delete_by_hand(self) -> str:
        """A reason is gone."""
        environment = self._environment()
        reasons = sorted(key for key in self.live(environment) if key[0] == "closing_reason")
        if not reasons:
            return "nothing"
        _, id = self.dice.choice(reasons)
        self._ask(environment, f"DELETE /v2/workflows/closing-reasons/{id}")
        return f"{environment} {id}"

    # --- what is true

    def live(self, environment: str) -> dict[tuple[str, str], str]:
        """(the sandbox's kind, id) → each object of ours or others, byte for byte."""
        store = self.two.world.app.extensions["sandbox"]
        found = {}
        for kind in ("closing_reason", "schema"):
            for text in store.texts(ORGS[environment], kind):
                body = json.loads(text)
                found[kind, str(body.get("slug") or body["id"])] = text
        return found

    def _plan(self, environment: str) -> None:
        """It can be made, and removes nothing that was never ours."""
        here = self.two.view(environment)
        try:
            here.state()
        except InvalidInput as error:
            self.wrong(3, f"`{environment}`: {error.problems[0].message}")
            return
        try:
            planned = here.plan()
        except SyncerError as error:
            self._stopped(error)
            return
        for change in planned.plan.changes:
            kind = {"ClosingReason": "closing_reason", "EntitySchema": "schema"}[change.address.kind]
            id = change.live_id if kind == "closing_reason" else change.address.name
            if change.action in REMOVALS and (environment, kind, id) not in self.managed:
                self.wrong(1, f"`{environment}`: the plan would {change.action} {change.address}")

    def _hold_to_managed(
        self, environment: str, before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]
    ) -> None:
        """What an apply took away was ours."""
        for key, text in before.items():
            then, now = json.loads(text), json.loads(after.get(key, "{}"))
            switched_off = then.get("status") == "ACTIVE" and now.get("status") != "ACTIVE"
            if (not now or switched_off) and (environment, *key) not in self.managed and not self._declares(then):
                self.wrong(1, f"`{environment}`: {key} is gone or off")
            names, left = ({each["name"] for each in side.get("attributes", ())} for side in (then, now))
            for name in names - left if now else ():
                if (environment, key[1], name) not in self.declared:
                    self.wrong(1, f"`{environment}`: attribute {name} of {key[1]} is gone")

    def _declares(self, body: Json) -> bool:
        """Whether a manifest, as it is now, names a reason: then what becomes of it is asked for."""
        return any(each["spec"].get("title") == body.get("title") for each in self._manifests())

    def _saw_manifests(self, environment: str, live: Mapping[tuple[str, str], str]) -> None:
        """An apply has come to its end: what the manifests describe is ours."""
        titles = {json.loads(text).get("title"): key for key, text in live.items() if key[0] == "closing_reason"}
        for each in self._manifests():
            if environment not in each["metadata"].get("environments", [*ORGS]):
                continue
            if each["kind"] == "ClosingReason" and each["spec"]["title"] in titles:
                self.managed.add((environment, *titles[each["spec"]["title"]]))
            if each["kind"] == "EntitySchema":
                slug = each["spec"]["slug"]
                self.managed.add((environment, "schema", slug))
                attributes = each["spec"].get("attributes", ())
                self.declared |= {(environment, slug, attribute["name"]) for attribute in attributes}

    def _manifests(self) -> list[Json]:
        folder = self.two.world.folder
        files = sorted(str(path.relative_to(folder)) for path in (folder / "config").rglob("*.yaml"))
        return [self.two.manifest(name) for name in files]

    def _drift(self, environment: str) -> set[str]:
        """What a drift report says of objects that have a manifest, or had one; nothing where it cannot be made."""
        try:
            found = self.two.view(environment).drift()
        except SyncerError as error:
            self._stopped(error)
            return set()
        return {f"{each.address} {field.path} {field.after}" for each in found.objects for field in each.fields}

    # --- means

    def _environment(self) -> str:
        return self.dice.choice([*ORGS])

    def _complete(self) -> frozenset[str]:
        described = any(each["kind"] == "EntitySchema" for each in self._manifests())
        return frozenset({"EntitySchema/site"} if described and self.dice.random() < 0.3 else ())

    def _tried(self, command: Callable[[], object]) -> str:
        """`done`, or the rules that ended it."""
        try:
            command()
        except SyncerError as error:
            return self._stopped(error)
        return "done"

    def _stopped(self, error: SyncerError) -> str:
        """The rules that ended a command; those by which nobody must decide anything are a finding."""
        rules = sorted({each.rule for each in error.problems if each.severity == "error"})
        self.came.stopped.update(rules)
        if isinstance(error, InvalidInput | PartlyDone) and not MAY_STOP.intersection(rules):
            self.wrong(5, f"{rules}: {error.problems[0].message}")
        return " ".join(rules)

    def _check_out(self, files: Mapping[str, bytes]) -> None:
        root = self.two.world.folder
        for name in self.two.files():
            if name not in files:
                (root / name).unlink()
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)

    def _ask(self, environment: str, call: str, body: Json = None) -> Json:
        return self.two.ask(call, body) if environment == "other" else self.two.world.ask(call, body)

    def _reason(self, environment: str, title: str) -> str:
        made = self._ask(environment, "POST /v1/workflows/closing-reasons", {"title": title, "status": "ACTIVE"})
        return str(made["id"])

    def _put_schema(self, environment: str, slug: str, names: list[str]) -> None:
        attributes = [{"id": name, "name": name, "label": name.capitalize(), "type": "string"} for name in names]
        body = {"slug": slug, "name": slug.capitalize(), "plural": f"{slug}s", "published": True}
        self._ask(environment, f"PUT /v1/entity/schemas/{slug}", {**body, "capabilities": [], "attributes": attributes})
