"""State and journal cut off at every byte (N5 of docs/reliability.md#the-table, docs/catalogue.md#e06 and #e07):
refused, or a whole prefix; never taken for empty, never a traceback."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from simulation.broken import BrokenWorld, Fate, SimulatedCrash
from simulation.findings import CANARY, aftermath
from simulation.manifests import Make
from simulation.world import scratch
from syncer.model.diagnostic import InvalidInput
from syncer.state.journal import Journal, read_records

Files = dict[Path, bytes]
What = Literal["state", "journal"]


@dataclass(slots=True)
class Cuts:
    """So many images of one file, how many were refused, how many gave their whole records; how many of them an apply
    was run on; and what is wrong."""

    what: What
    size: int
    images: int = 0
    refused: int = 0
    prefixes: int = 0
    applied: int = 0
    problems: list[str] = field(default_factory=list)


class _Dies(Fate):
    """When the journal has something of every sort in it: calls that are settled, and one that is not."""

    def __init__(self, world: BrokenWorld) -> None:
        self.world = world
        self.kept: Files = {}

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Before the outcome of the flow's import is written."""
        if call == "write" and b'{"settled":' in data and len(self.world.committed) > 50:
            self.kept = self.world.memory.files()
            raise self.world.crash()
        return ""


def cuts(what: What, step: int = 1, every: int = 250) -> Cuts:
    """Each `step`-th cut of the file; on each `every`-th of them a whole apply is run."""
    with scratch() as folder:
        world, files = _world(Path(folder))
        path = world.state_path if what == "state" else world.journal_path
        size = len(files[path])
        world.close()
        found = Cuts(what, size)
        for length in range(0, size, step):
            image = {**files, path: files[path][:length]}
            found.images += 1
            world.memory.put(image)
            problem = _state_is_refused(world, found) if what == "state" else _journal_is_a_prefix(world, files, found)
            found.problems += [f"{what} cut at {length}: {each}" for each in problem]
    for length in range(0, size, step * every):
        with scratch() as folder:
            found.problems += [f"{what} cut at {length}: {each}" for each in _applied(Path(folder), what, length)]
            found.applied += 1
    return found


def _world(folder: Path) -> tuple[BrokenWorld, Files]:
    """An apply that was cut off, and the files it left."""
    world = BrokenWorld(folder, env={"SYNCER_KEY": CANARY})
    world.begin(Random(5))
    world.put(*[Make.reason(f"r{number}") for number in range(30)], Make.schema("site", Make.text("a")))
    world.tried(Fate())
    world.put(*[Make.reason(f"s{number}") for number in range(24)], Make.bundle("visit"), Make.flow("call"))
    fate = _Dies(world)
    world.tried(fate)
    return world, fate.kept


def _state_is_refused(world: BrokenWorld, found: Cuts) -> list[str]:
    """InvalidInput that names the ways out."""
    try:
        state = world.state()
    except InvalidInput as refusal:
        found.refused += 1
        hints = " ".join(each.hint for each in refusal.problems)
        return [] if "backup" in hints and "state rebuild" in hints else [f"no way out is named: {refusal}"]
    except Exception as error:  # the very thing that is looked for
        return [f"{type(error).__name__}: {error}"]
    return [f"it is taken for a state of {len(state.entries)} entries"]


def _journal_is_a_prefix(world: BrokenWorld, files: Files, found: Cuts) -> list[str]:
    """The records that are whole, and a note where something was dropped."""
    path = world.journal_path
    raw = world.disk.read(path)
    whole = raw[: raw.rfind(b"\n") + 1]
    try:
        records = read_records(path, world.disk)
        with Journal(path, world.disk) as journal:
            note = journal.note
        after = read_records(path, world.disk)
    except SimulatedCrash:
        raise
    except Exception as error:  # the very thing that is looked for
        return [f"{type(error).__name__}: {error}"]
    found.prefixes += 1
    problems = []
    if len(records.records) != whole.count(b"\n"):
        problems.append(f"{len(records.records)} of {whole.count(10)} whole records are read")
    if bool(note) != (raw != whole):
        problems.append(f"the note says `{note}`")
    if after.note:
        problems.append("it is still torn after it was opened")
    return problems


def _applied(folder: Path, what: What, length: int) -> list[str]:
    """An apply on the cut file: refused unless it is the journal, then all converges."""
    world, files = _world(folder)
    path = world.state_path if what == "state" else world.journal_path
    world.memory.put({**files, path: files[path][:length]})
    world.requests()
    done = len(world.committed)
    if what == "journal":
        before = {key: text for key, text in world.texts().items() if key[0] == "schema" and key[1] != "site"}
        problems = aftermath(world, before, ())
    else:
        code, _ = world.tried(Fate())
        problems = [] if code == 3 else [f"exit code {code}"]
        problems += ["something was written"] if len(world.committed) != done else []
    world.close()
    return problems
