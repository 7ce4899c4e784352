"""Every use case that changes what is remembered takes the lock itself: while another run holds it, nothing is asked
and nothing is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulation.manifests import Make
from simulation.world import SERVER, World
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.model.diagnostic import Refused
from syncer.ops.adopt import adopt
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.pull import PullRequest, pull
from syncer.ops.pull.write_back import WriteBackResult
from syncer.ops.state import forget, rebuild, rename


class Silent:
    def taken_over(self, taken: WriteBackResult) -> None:
        pass

    def wrote(self, line: str) -> None:
        pass


def pulled(world: World) -> object:
    project = read_project(world.folder / "syncer.yaml")
    environment = project.environments["test"]
    order = PullOptions(project, environment, tuple(KINDS), (), {}, frozenset(), SERVER, world.today)
    return pull(world, PullRequest(order), Silent())


USE_CASES: dict[str, Callable[[World], object]] = {
    "apply": lambda world: world.apply(),
    "adopt": lambda world: adopt(world, "ClosingReason/won", ""),
    "pull": pulled,
    "state rebuild": lambda world: rebuild(world, lambda problems: None, lambda name: None),
    "state rm": lambda world: forget(world, ["ClosingReason/won"]),
    "state mv": lambda world: rename(world, "ClosingReason/won", "ClosingReason/lost"),
}


@pytest.mark.parametrize("name", USE_CASES)
def test_one_run_at_a_time(world: World, name: str) -> None:
    world.put(Make.reason("won"))
    assert world.apply().code == 0
    asked, state = len(world.requests()), world.state_path.read_bytes()
    with world.locked(), pytest.raises(Refused, match="state is locked by"):
        USE_CASES[name](world)
    assert (len(world.requests()), world.state_path.read_bytes()) == (asked, state)
    USE_CASES[name](world)
    with world.locked():  # given back
        pass
