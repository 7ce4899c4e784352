"""What a run remembers while it is under way: in its journal at once, in the state now and then; and what is known of a
run that was cut off, here and elsewhere."""

from __future__ import annotations

import itertools
import math
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulation.manifests import Make
from simulation.world import World
from syncer.api.rate_limit import QUOTA
from syncer.fs.disk import RealDisk
from syncer.kinds import KINDS
from syncer.model.diagnostic import InvalidInput, PartlyDone, PlatformError, Problem, Refused
from syncer.plan.safety import Consent
from syncer.state.backends.backend import NOTHING, Backend, BlobChanged
from syncer.state.journal import read_records
from syncer.state.lock import Holder
from syncer.state.state_file import State, backup_of, load

NAMES = [f"r{number:03}" for number in range(60)]


def stored(world: World) -> State:
    """The state file alone."""
    return load(world.state_path, world.environment)


def title(name: str) -> str:
    return Make.reason(name)["spec"]["title"]


def dying_after(world: World, creates: int, crash: type[BaseException]) -> None:
    """The process is gone as the next create goes out."""
    seen = 0

    def before(request: httpx.Request) -> None:
        nonlocal seen
        if request.method == "POST":
            seen += 1
            if seen > creates:
                raise crash

    world.wire.before = before
    with pytest.raises(crash):
        world.apply()
    world.wire.before = lambda request: None


@pytest.fixture
def cut_off(world: World, make: Make, crash: type[BaseException]) -> World:
    """A world in which an apply of 60 creates died after 40 of them."""
    world.put(*[make.reason(name) for name in NAMES])
    dying_after(world, 40, crash)
    return world


def test_the_state_is_saved_in_the_middle_and_the_journal_knows_the_rest(cut_off: World) -> None:
    saved, known = stored(cut_off), cut_off.state()
    assert (len(saved.entries), len(known.entries)) == (31, 40)
    assert (saved.open_runs, known.open_runs) == (("0123abcd",), ())
    assert {entry.declared["title"] for entry in known.entries.values()} == {title(name) for name in NAMES[:40]}
    assert {entry.live_id for entry in known.entries.values()} == {
        each["id"] for each in cut_off.listed("ClosingReason")
    }


def test_a_plan_reads_both_and_writes_nothing(cut_off: World) -> None:
    files = {path: path.read_bytes() for path in cut_off.state_path.parent.iterdir()}
    assert sorted(cut_off.changes()) == [f"ClosingReason/{name}" for name in NAMES[40:]]
    assert {path: path.read_bytes() for path in cut_off.state_path.parent.iterdir()} == files
    place = cut_off.place
    place.load()
    assert place.notes() == [
        "state: an apply was cut off; of 10 addresses its journal knows more, and the next apply saves that"
    ]


def test_the_next_apply_saves_it_and_goes_on(cut_off: World) -> None:
    run = cut_off.apply()
    assert (run.code, len([call for call in run.calls if call.startswith("POST")])) == (0, 20)
    saved = stored(cut_off)
    assert (len(saved.entries), saved.open_runs, cut_off.state()) == (60, (), saved)
    assert read_records(cut_off.journal_path).records == ({"journal": 2},)
    cut_off.converges()


def test_a_state_that_is_gone_is_found_in_the_journal(cut_off: World) -> None:
    cut_off.state_path.unlink()
    known = cut_off.state()
    assert (len(known.entries), known.found) == (40, False)
    assert sorted(cut_off.changes()) == [f"ClosingReason/{name}" for name in NAMES[40:]]
    assert cut_off.apply().code == 0
    cut_off.converges()


def test_a_backup_that_was_put_back_is_made_new_by_the_journal(cut_off: World) -> None:
    before = cut_off.state().entries
    shutil.copy(backup_of(cut_off.state_path), cut_off.state_path)
    assert len(stored(cut_off).entries) < 31
    assert cut_off.state().entries == before


def test_a_state_that_somebody_has_written_since_keeps_its_word(cut_off: World) -> None:
    place = cut_off.place
    known = place.load()
    kept = {address: entry for address, entry in known.entries.items() if address.name != "r007"}
    place.save(State(known.org_id, known.serial, kept, True, salt=known.salt))
    assert cut_off.state().entries == kept
    assert sorted(set(NAMES) - {each.name for each in stored(cut_off).entries})[0] == "r007"


def elsewhere(world: World) -> None:
    """Another machine: the state they share, and no journal."""
    world.journal_path.unlink()


def renamed(world: World) -> str:
    """Somebody gives an object of which the state says nothing another title; its id."""
    unknown = {each["id"] for each in world.listed("ClosingReason")}
    unknown -= {entry.live_id for entry in stored(world).entries.values()}
    id = min(unknown)
    world.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Doch anders"})
    return id


def test_elsewhere_what_it_made_is_found_by_title_and_nothing_is_made_twice(cut_off: World) -> None:
    elsewhere(cut_off)
    assert cut_off.state().open_runs == ("0123abcd",)
    run = cut_off.apply(consent=Consent())
    assert (run.code, len([call for call in run.calls if call.startswith("POST")])) == (0, 20)
    assert (len(cut_off.listed("ClosingReason")), stored(cut_off).open_runs) == (60, ())


def test_elsewhere_nothing_is_made_beside_what_may_be_it_under_another_title(cut_off: World) -> None:
    elsewhere(cut_off)
    renamed(cut_off)
    with pytest.raises(Refused) as refusal:
        cut_off.apply(consent=Consent())
    (problem,) = refusal.value.problems
    assert problem.rule == "first-contact"
    assert problem.message == (
        "an earlier apply was cut off, and the journal that knows what it made last is not here, 21 ClosingReason "
        "would be created, and the organisation holds 1 that no manifest claims"
    )
    with pytest.raises(Refused):  # it is not forgotten by being refused
        cut_off.apply(consent=Consent())
    assert cut_off.apply(consent=Consent(first_contact=True)).code == 0
    assert stored(cut_off).open_runs == ()


def test_elsewhere_an_apply_of_some_addresses_does_not_end_it(cut_off: World) -> None:
    elsewhere(cut_off)
    assert cut_off.apply(only=("ClosingReason/r059",), consent=Consent()).code == 0
    assert stored(cut_off).open_runs == ("0123abcd",)
    place = cut_off.place
    place.load()
    assert place.notes() == [
        "state: an apply that ran elsewhere, or whose journal is gone, was cut off; what it made last is found by key "
        "and title"
    ]


def test_elsewhere_an_apply_with_nothing_to_do_ends_it(world: World, make: Make, crash: type[BaseException]) -> None:
    world.put(*[make.reason(name) for name in NAMES[:3]])
    dying_after(world, 2, crash)
    world.drop(f"ClosingReason/{NAMES[2]}")
    elsewhere(world)
    assert world.apply(consent=Consent()).calls == []
    assert (len(stored(world).entries), stored(world).open_runs) == (2, ())


@dataclass
class FarBlob:
    """An object in a store: saves take their time, and are counted."""

    sleep: Callable[[float], None]
    seconds: float
    text: bytes = b""
    version: int = 0
    saves: list[int] = field(default_factory=list)
    fails: BaseException | None = None

    def get(self) -> tuple[bytes, Any]:
        return (self.text, self.version) if self.version else NOTHING

    def put(self, text: bytes, seen: Any) -> Any:
        if not threading.current_thread().name.startswith("state"):  # beside the run nobody waits for it
            self.sleep(self.seconds)
        if self.fails is not None:
            raise self.fails
        if seen != (self.version or None):
            raise BlobChanged
        self.text, self.version = text, self.version + 1
        self.saves.append(len(text))
        return self.version

    def set_aside(self) -> str:
        raise NotImplementedError


@dataclass
class FarLock:
    """A lock that can be lifted."""

    lifted: bool = False
    asked: int = 0

    def take(self, me: Holder) -> str:
        return ""

    def release(self) -> None:
        pass

    def in_doubt(self) -> bool:
        return False

    def still_in(self) -> bool:
        self.asked += 1
        return not self.lifted

    def holder(self) -> Holder | None:
        return None

    def lift(self, seen: Holder) -> None:
        self.lifted = True


@dataclass
class FarWorld(World):
    """A world whose state is far away; the journal is here."""

    seconds: float = 0.15

    def __post_init__(self) -> None:
        super().__post_init__()
        self.body, self.gate = FarBlob(self.time.sleep, self.seconds), FarLock()

    @property
    def place(self) -> Backend:
        return Backend(
            "far", self.environment, self.body, self.gate, self.org_id, KINDS, journal=self.journal_path, remote=True
        )


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Callable[..., FarWorld]]:
    worlds: list[FarWorld] = []

    def new(seconds: float = 0.15) -> FarWorld:
        worlds.append(FarWorld(tmp_path / f"far-{len(worlds)}", seconds=seconds))
        return worlds[-1]

    yield new
    for each in worlds:
        each.close()


def at_each_create(world: World, do: Callable[[int], None]) -> None:
    """Something happens as the n-th create goes out."""
    numbers, lock = itertools.count(1), threading.Lock()

    def before(request: httpx.Request) -> None:
        if request.method == "POST":
            with lock:
                do(next(numbers))

    world.wire.before = before


def slowly(world: World, number: int, do: Callable[[], None]) -> Callable[[int], None]:
    """Each create takes a second, and with one of them something happens."""

    def each(create: int) -> None:
        world.time.sleep(1.0)
        if create == number:
            do()

    return each


def test_a_slow_place_costs_no_pace_few_saves_and_few_bytes(far: Callable[..., FarWorld]) -> None:
    """400 creates at the platform's pace, 150 ms a save, against a place that takes no time."""
    took = {}
    for seconds in (0.0, 0.15):
        world = far(seconds)
        world.put(*[Make.reason(f"r{number:03}") for number in range(400)])
        at_each_create(world, lambda _, sleep=world.time.sleep: sleep(60 / QUOTA))  # type: ignore[misc]
        began = world.time.clock()
        assert world.apply(workers=8).code == 0
        took[seconds] = world.time.clock() - began
        saves, final = world.body.saves, len(world.body.text)
        assert len(world.state().entries) == 400
        assert len(saves) <= 12 + math.log(400, 1.25)
        assert sum(saves) <= 8 * final
    assert took[0.0] / took[0.15] >= 0.98


def test_a_place_that_is_gone_in_the_middle_loses_nothing(far: Callable[..., FarWorld]) -> None:
    world = far()
    world.put(*[Make.reason(name) for name in NAMES])
    gone = PlatformError(Problem("state-store", "object store of `far` cannot be reached"))
    at_each_create(world, slowly(world, 30, lambda: setattr(world.body, "fails", gone)))
    with pytest.raises(PartlyDone) as caught:
        world.apply()
    first, *lost = caught.value.problems
    made = world.listed("ClosingReason")
    assert (first.rule, len(made) < 60) == ("state-store", True)
    saved = set(world.body.text.decode().split('"live_id": "'))
    unsaved = [each for each in made if not any(part.startswith(each["id"]) for part in saved)]
    assert {each.message for each in lost} == {
        f"ClosingReason/{name} is `{each['id']}`, which is not in the state"
        for each in unsaved
        for name in NAMES
        if title(name) == each["title"]
    }
    world.wire.before, world.body.fails = lambda request: None, None
    assert len(world.state().entries) == len(made)
    run = world.apply()
    assert (run.code, len([call for call in run.calls if call.startswith("POST")])) == (0, 60 - len(made))
    assert len(world.listed("ClosingReason")) == 60


def test_a_lifted_lock_stops_the_run_also_where_nothing_is_to_be_saved(far: Callable[..., FarWorld]) -> None:
    world = far()
    world.put(*[Make.reason(name) for name in NAMES])
    world.apply()
    world.put(*[Make.reason(f"n{number}") for number in range(14)])  # fewer than the state is saved for midway
    at_each_create(world, slowly(world, 3, lambda: setattr(world.gate, "lifted", True)))
    with pytest.raises(PartlyDone) as caught:
        world.apply()
    assert caught.value.problems[0].rule == "state-changed"
    assert len(world.listed("ClosingReason")) < 74


class FullDisk(RealDisk):
    """No room for the journal from its n-th record of entries on."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.full = False

    def fsync(self, handle: int) -> None:
        pass

    def write(self, handle: int, data: bytes) -> None:
        if b'{"entries":' in data:
            self.left -= 1
            self.full = self.full or self.left == 0
        if self.full and (b'{"entries":' in data or b'{"intent":' in data):
            raise OSError(28, "No space left on device")
        super().write(handle, data)


def test_a_journal_that_breaks_in_the_middle_of_updates_is_stood_in_for_by_the_state(world: World, make: Make) -> None:
    """No call is journalled there, so nobody else would stop the run."""
    slugs = [f"s{number}" for number in range(6)]
    world.put(*[make.schema(slug, make.text("a")) for slug in slugs])
    world.apply()
    world.put(*[make.schema(slug, make.text("a"), make.text("b")) for slug in slugs])
    quick, world.disk = world.disk, FullDisk(3)
    with pytest.raises(PartlyDone, match="journal can no longer be written"):
        world.apply()
    world.disk = quick
    written = [each for each in stored(world).entries.values() if len(each.declared["attributes"]) == 2]
    assert len(written) == 3
    assert len(world.changes()) == 3
    assert world.apply().code == 0
    world.converges()


def test_a_journal_made_by_hand_is_refused_by_every_reader(cut_off: World) -> None:
    raw = cut_off.journal_path.read_bytes()
    cut_off.journal_path.write_bytes(raw[:200] + b"x" + raw[201:])
    for reads in (cut_off.state, cut_off.plan, cut_off.apply):
        with pytest.raises(InvalidInput, match="journal is damaged"):
            reads()
    cut_off.journal_path.write_bytes(raw)
    assert len(cut_off.state().entries) == 40


@pytest.mark.parametrize("step", [37])
def test_a_journal_cut_off_anywhere_is_read_as_far_as_it_goes(cut_off: World, step: int) -> None:
    raw, last = cut_off.journal_path.read_bytes(), 0
    for end in range(0, len(raw), step):
        cut_off.journal_path.write_bytes(raw[:end])
        known = len(cut_off.state().entries)
        assert 40 >= known >= max(last, 31)
        last = known
    cut_off.journal_path.write_bytes(raw)
    assert len(cut_off.state().entries) == 40
