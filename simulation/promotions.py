"""Two organisations, a repository between them, and what `syncer promote` does in one breath; as `World`, for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from simulation.world import SERVER, TOKENS, World
from syncer.kinds import KINDS
from syncer.manifests.environment_entry import with_values
from syncer.manifests.project import read_project
from syncer.model.diagnostic import InvalidInput
from syncer.ops.promote.promote import PromoteOptions, promote
from syncer.ops.promote.promotion import Promotion
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullRequest, pull
from syncer.ops.pull.write_back import WriteBackResult
from syncer.sandbox.seed import seed

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

    def options(self, environment: str) -> PullOptions:
        """How one of the two is read."""
        world = self.world
        project = read_project(world.folder / "syncer.yaml")
        return PullOptions(
            project, project.environments[environment], tuple(KINDS), (), world.env, frozenset(world.env), SERVER,
            world.today,
        )  # fmt: skip

    def view(self, environment: str) -> World:
        """The world as one of the two, whatever it is for others meanwhile."""
        found = copy(self.world)
        found.environment = environment
        return found

    def promote(self, *patterns: str, tell: Callable[[str], None] = lambda line: None) -> Promotion:
        """Promote from `test` to `other`; what is missing is not written."""
        options = PromoteOptions(self.options("test"), self.options("other"), patterns)
        operator = _Operator(self, tell)
        try:
            promote(self.view("test"), self.view("other"), options, operator)
        except InvalidInput:
            if operator.promotion is None or not operator.promotion.missing:
                raise
        assert operator.promotion is not None
        return operator.promotion

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


@dataclass
class _Operator:
    """Who promotes between two worlds, or pulls in one, and keeps what was decided."""

    two: Two
    wrote: Callable[[str], None]
    promotion: Promotion | None = None

    def show(self, promotion: Promotion) -> None:
        self.promotion = promotion

    def written(self, promotion: Promotion) -> None:
        pass

    def again(self, environment: str, *, secretless: bool) -> World:
        found = self.two.view(environment)
        if secretless:
            found.secretless = True
        return found

    def taken_over(self, taken: WriteBackResult) -> None:
        pass


def pulled(
    two: Two,
    environment: str = "test",
    patterns: tuple[str, ...] = (),
    *,
    complete: frozenset[str] = frozenset(),
    writes: bool = True,
) -> WriteBackResult:
    """What `syncer pull -e test` does, with what it took over; no manifest says what is not live. `patterns`: those of
    `--name` that fit something, if any does; `writes`: whether anything is."""
    order = two.options(environment)
    request = PullRequest(replace(order, patterns=patterns), complete, writes=writes)
    taken, done = pull(two.view(environment), request, _Operator(two, lambda line: None))
    assert done.mistakes == []
    return taken
