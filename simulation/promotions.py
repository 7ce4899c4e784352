"""Two organisations, a repository between them, and what `syncer promote` does in one breath; as `World`, for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from simulation.world import SERVER, TOKENS, World
from syncer.api.client import fetch_all
from syncer.kinds import KINDS
from syncer.manifests.environment_entry import with_values
from syncer.manifests.project import read_project
from syncer.ops.apply.state_store import StateStore
from syncer.ops.promote.promote import Promotion, prepare, write_promotion
from syncer.ops.promote.target import PromotionSide
from syncer.ops.pull.cached_reader import CachedReader
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import prepare as prepare_pull
from syncer.ops.pull.pull import write_pull as write_pulled
from syncer.sandbox.seed import seed
from syncer.state.backends.factory import local_place

Json = Any
OTHER = "911042"
PROJECT = """version: 1
manifests: [config]
environments:
  test: {org_id: "739224"}
  other: {org_id: "911042"}
"""


class Two:
    """A new repository between the two organisations of a world: `test` has everything, `other` is to get it."""

    def __init__(self, world: World, folder: Path, project: str = PROJECT) -> None:
        self.world = world
        folder.mkdir(exist_ok=True)
        world.folder = folder
        (folder / "syncer.yaml").write_text(project, "utf-8")
        self.target = httpx.Client(
            transport=httpx.WSGITransport(world.app),
            base_url=SERVER,
            headers={"Authorization": f"Bearer {TOKENS['other']}"},
        )

    def seed(self, document: Json) -> None:
        """Objects that the target has already, with the ids they bring."""
        seed(self.world.app.extensions["sandbox"], OTHER, document, now=self.world.time.moment)

    def within(self, environment: str) -> World:
        """The world, as seen from one of the two."""
        self.world.environment = environment
        return self.world

    def side(self, environment: str, api: Any) -> PromotionSide:
        """One of the two, to be read."""
        world = self.within(environment)
        project = read_project(world.folder / "syncer.yaml")
        order = PullOptions(
            project, project.environments[environment], tuple(KINDS), (), world.env, frozenset(world.env), SERVER,
            world.today,
        )  # fmt: skip
        return PromotionSide(order, CachedReader(api, forgiving=environment == "test"), world.state().entries)

    def promote(self, *patterns: str, tell: Callable[[str], None] = lambda line: None) -> Promotion:
        """Promote from `test` to `other`; what is missing is not written."""
        with self.within("test").api(read_only=True) as one, self.within("other").api(read_only=True) as other:
            promotion = prepare(self.side("test", one), self.side("other", other), patterns, fetch_all)
            if not promotion.missing:
                store = self.store()
                write_promotion(promotion, store.put, tell)
                proven = self.within("test").plan()
                store.put(proven.settled_with({each.new.address for each in promotion.pulled.drafts}))
        return promotion

    def store(self) -> StateStore:
        """What is remembered of the source."""
        world = self.within("test")
        place = local_place(world.state_path, "test", org_id=world.org_id, kinds=KINDS, disk=world.disk)
        return StateStore(place, world._of_org(place.load()))

    def provide(self, promotion: Promotion) -> list[str]:
        """Do what is asked for where ids are missing: each gets one of the target's own."""
        names = [
            found[1]
            for each in promotion.missing
            if (found := re.match(r"`(.+?)` is not among the `ids`", each.message))
        ]
        file = self.world.folder / "syncer.yaml"
        ids = {name: f"other-{number}" for number, name in enumerate(names)}
        file.write_bytes(with_values(file.read_bytes(), file, "other", "ids", ids))
        return names

    def changes(self, environment: str) -> dict[str, list[str]]:
        """The plan of one of the two, in short."""
        return self.within(environment).changes()

    def ask(self, call: str, body: Json = None) -> Json:
        """In the target, as somebody in the portal would."""
        method, path = call.split(" ", 1)
        answer = self.target.request(method, path, json=body)
        assert answer.is_success, f"{call}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def files(self) -> Mapping[str, bytes]:
        """Every file of the repository but state."""
        root = self.world.folder
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".syncer" not in path.parts
        }

    def manifest(self, name: str) -> Json:
        """What a file says, as plain values."""
        import yaml

        return json.loads(json.dumps(yaml.safe_load((self.world.folder / name).read_text("utf-8"))))


def pulled(two: Two) -> None:
    """What `syncer pull -e test` does, where every file is new."""
    with two.within("test").api(read_only=True) as api:
        side = two.side("test", api)
        done = prepare_pull(side.order, side.reader, fetch_all, side.managed)
        store = two.store()
        write_pulled(done, store.put, lambda line: None)
        store.put(done.settled)
