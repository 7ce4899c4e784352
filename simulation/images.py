"""Every disk that a crash may leave (N6 of docs/reliability.md#the-table, docs/catalogue.md#e19): cut off before each
change of it, tried with each image.

Of what was not synced: names in their order up to some point, or any one of the last three missing (a file system may
reorder them); the end of a file as it was, gone, in half, or zeros in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY, aftermath
from simulation.manifests import Make
from simulation.world import scratch


class Before(Fate):
    """The process ends before the n-th change of the disk."""

    def __init__(self, world: BrokenWorld, number: int) -> None:
        self.world, self.left = world, number

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Counted."""
        self.left -= 1
        if self.left == 0:
            raise self.world.crash()
        return ""


@dataclass(frozen=True, slots=True)
class Imaged:
    """Whether the apply had so many changes of the disk, how many images there were, and what is wrong in the end."""

    reached: bool
    images: int
    problems: list[str]


def imaged(number: int) -> Imaged:
    """Every image that a crash before this change of the disk may leave, and an apply after each."""
    problems: list[str] = []
    images = at = 0
    while True:
        with scratch() as folder:
            world = BrokenWorld(Path(folder), env={"SYNCER_KEY": CANARY})
            world.begin(Random(number))
            before = world.texts()
            seen = _crashed_with(world, number, at)
            if seen:
                problems += [f"image {at}: {each}" for each in aftermath(world, before, ())]
            world.close()
        if not seen:
            return Imaged(False, 0, [])
        images, at = seen, at + 1
        if at >= images:
            return Imaged(True, images, problems)


def _crashed_with(world: BrokenWorld, number: int, at: int) -> int:
    """An apply that ends there and leaves the image of that number; how many images there are, 0 if it went well."""
    world.put(Make.reason("won"))
    world.tried(Fate())
    world.put(Make.reason("won", title="Neu"), Make.reason("lost"), Make.bundle("visit"))
    world.committed.clear()
    count = 0

    def lose() -> None:
        nonlocal count
        found = world.memory.images()
        count = len(found)
        world.memory.put(found[at])

    world.power = lose
    world.tried(Before(world, number), workers=1)
    return count
