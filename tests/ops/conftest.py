"""Fixtures around `simulation.world`: manifests in a folder, an organisation in the sandbox, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from simulation.manifests import Make
from simulation.world import World
from tests.support.part_identity import MANIFESTS, Bench, Part


class Crash(BaseException):
    """The process dies here: nothing may catch it."""


@pytest.fixture
def make() -> type[Make]:
    """Manifests to begin with."""
    return Make


@pytest.fixture
def crash() -> type[Crash]:
    """What is raised where the process dies."""
    return Crash


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """A world with switches of the sandbox: `make_world(flow_export=False)`."""
    worlds: list[World] = []

    def new(**switches: Any) -> World:
        worlds.append(World(tmp_path / f"world-{len(worlds)}", switches, env={"SYNCER_KEY": "hush-hush-1"}))
        return worlds[-1]

    yield new
    for each in worlds:
        each.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with the sandbox as it comes."""
    return make_world()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[Part], Bench]]:
    """A bench with the manifest that has such a part."""
    worlds: list[World] = []

    def new(part: Part) -> Bench:
        worlds.append(World(tmp_path, {"quota_per_minute": None}, env={"SYNCER_KEY": "hush-hush-1"}))
        return Bench(worlds[0], MANIFESTS[part.kind])

    yield new
    for each in worlds:
        each.close()
