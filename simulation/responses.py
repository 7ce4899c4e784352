"""Hostile replies to every call of every operation (N12 of docs/reliability.md#the-table): real replies of the sandbox,
taken down once and then given again with one of them spoilt. What comes of it may be an error, never a traceback, a
hang or a hunger for memory.
"""

from __future__ import annotations

import json
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import httpx

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY
from simulation.instants import OPERATIONS
from simulation.memory import most_held

Json = Any
SLOW = 2.0
"""Seconds that a run may take on one spoilt reply."""
LARGE = 300
"""Megabytes that the process may ever hold."""
HOLE = "\ufffdhole\ufffd"
"""Stands in a reply where something goes that no JSON library writes."""
VALUES: tuple[Json, ...] = (
    None, True, False, 0, -1, 1.5, 2**53 + 1, "", " ", "x", "true", "null", "0", [], {}, [None], [[]], [{}], {"": None},
    {"id": None}, {"id": 5}, {"id": []}, "..", "../../x", "a/b?c#d", "a" * 5000, "\u202e\x1b[2J", "\ud83d\ude00",
    "::error::x", "2026-13-45T99:99:99Z", "${env.SYNCER_KEY}", {"ref": "x"}, {"secret": "env.X"},
    {"$payload_ref": "http://127.0.0.1:1/"},
)  # fmt: skip
RAW: tuple[str, ...] = (
    "NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "-" + "9" * 5000, '"\\ud800"', '"\\udc00\\ud800"', "'x'", "",
    "[" * 150 + "]" * 150, "[" * 300 + "]" * 300, "[" * 100_000, '{"a":' * 190 + "1" + "}" * 190, '{"a":1,"a":2}',
    "\x00", '"\x1f"', "1,2", "// x\n1", "undefined", "0x10", "01", '{"id":"a","id":"b"}',
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """A reply of the platform."""

    method: str
    path: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Replay(BrokenWorld):
    """A world whose platform gives the replies that were taken down, one of them spoilt."""

    def ready(self) -> None:
        """Nothing taken down yet; the platform answers for itself."""
        self.begin(Random(0))
        self.taken: list[Taken] | None = None
        self.given: list[Taken] | None = None
        self.turn: dict[tuple[str, str], int] = {}
        self.spoilt: tuple[int, bytes] = (-1, b"")
        self.read: Any = None
        self.hit = False

    def wanted(self) -> Any:
        """Read once: manifests are other tests' business."""
        if self.read is None:
            self.read = super().wanted()
        return self.read

    def _happens(
        self, way: str, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]
    ) -> httpx.Response:
        key = (request.method, request.url.raw_path.decode())
        if self.given is not None:
            return self._again(key)
        response = super()._happens(way, request, send)
        if self.taken is not None:
            headers = tuple(response.headers.items())
            self.taken.append(Taken(*key, response.status_code, headers, response.content))
        return response

    def _again(self, key: tuple[str, str]) -> httpx.Response:
        """The reply that this call got when it was made for the n-th time; the last one from then on."""
        assert self.given is not None
        numbers = [number for number, each in enumerate(self.given) if (each.method, each.path) == key]
        if not numbers:
            return httpx.Response(404, json={"message": "not found"})
        turn = self.turn.get(key, 0)
        self.turn[key] = turn + 1
        number = numbers[min(turn, len(numbers) - 1)]
        reply = self.given[number]
        body = reply.body
        if number == self.spoilt[0]:
            body, self.hit = self.spoilt[1], True
        headers = [(name, value) for name, value in reply.headers if name != "content-length"]
        return httpx.Response(reply.status, headers=headers, content=body)


@dataclass(slots=True)
class Scene:
    """An operation of which every reply is known."""

    world: Replay
    files: Any
    replies: list[Taken]


@cache
def scene(operation: str) -> Scene:
    """Taken down once in each process, with one object of the operation's."""
    asked = OPERATIONS[operation]
    folder = tempfile.TemporaryDirectory(prefix="syncer-sim-")
    _FOLDERS.append(folder)
    world = Replay(Path(folder.name), dict(asked.switches), env={"SYNCER_KEY": CANARY})
    world.ready()
    if first := asked.before()[:1]:
        world.put(*first)
        assert world.tried(Fate())[0] == 0, world.said
    world.only_these(*asked.after()[:1])
    files = world.memory.files()
    world.read = None
    world.taken = []
    code, _ = world.tried(Fate())
    assert code == 0, (operation, world.said)
    replies, world.taken = world.taken, None
    return Scene(world, files, replies)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a spoilt reply."""

    seed: int
    call: str
    code: int
    seconds: float
    megabytes: float
    problem: str


def heard(seed: int) -> Heard:
    """One operation, one of its replies spoilt, all by the seed."""
    _held_before()
    dice = Random(seed)
    found = scene(dice.choice(list(OPERATIONS)))
    world = found.world
    number = dice.randrange(len(found.replies))
    reply = found.replies[number]
    world.memory.put(found.files)
    world.given, world.turn, world.hit = found.replies, {}, False
    world.spoilt = (number, spoilt(reply.body, dice))
    world.said.clear()
    world.late.clear()
    began = time.perf_counter()
    problem, code = "", 1
    try:
        code, _ = world.tried(Fate())
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__} in {frame.name} at {Path(frame.filename).name}:{frame.lineno}"
    world.given = None
    took = time.perf_counter() - began
    held = most_held() - _held_before()
    if not problem and code in (1, 2):
        problem = f"exit code {code}"
    if not problem and took > SLOW:
        problem = f"it took {took:.1f} s"
    if not problem and held > LARGE:
        problem = f"the process took {held:.0f} MB more"
    if not problem and any(CANARY in each for each in world.said):
        problem = "the secret was said"
    return Heard(seed, f"{reply.method} {reply.path.partition('?')[0]}", code, took, held, problem)


@cache
def _held_before() -> float:
    """What it held before the first reply: whoever runs this beside other things is not judged by those."""
    return most_held()


def spoilt(body: bytes, dice: Random) -> bytes:
    """The body with one thing wrong, mostly within the grammar of JSON and of the reply."""
    try:
        value = json.loads(body)
    except ValueError:
        return dice.choice(RAW).encode()
    if dice.random() < 0.05:
        return _bytes(body, dice)
    parts = list(_parts(value))
    for _ in range(dice.choice([1, 1, 1, 1, 2, 3])):
        holder, key = dice.choice(parts)
        _spoil(holder, key, dice)
    text = json.dumps(parts[0][0]["reply"])
    while (mark := json.dumps(HOLE)) in text:
        text = text.replace(mark, dice.choice(RAW), 1)
    return text.encode("utf-8", "surrogatepass")


def _bytes(body: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(body) + 1)
    return dice.choice(
        [body[:at], body[:at] + bytes([dice.randrange(256)]) + body[at:], b"\xef\xbb\xbf" + body, body + body,
         body.decode("utf-8", "replace").encode("utf-16"), b"", b"null", b"[]", b"{}", b'"x"', b"\xff\xfe"]
    )  # fmt: skip


def _parts(value: Json) -> Iterator[tuple[Json, Any]]:
    """(holder, key) of every value, the reply itself first."""
    waiting: list[tuple[Json, Any]] = [({"reply": value}, "reply")]
    while waiting:
        holder, key = waiting.pop(0)
        yield holder, key
        inner = holder[key]
        keys: Any = inner if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
        waiting += [(inner, each) for each in list(keys)]


def _spoil(holder: Json, key: Any, dice: Random) -> None:
    """Replace, remove, rename, double, or leave a hole for what is no JSON."""
    if (isinstance(holder, dict) and key not in holder) or (isinstance(holder, list) and key >= len(holder)):
        return  # an earlier change took it away
    how = dice.random()
    if how < 0.5:
        holder[key] = json.loads(json.dumps(dice.choice(VALUES)))
    elif how < 0.65 and key != "reply":
        holder.pop(key)
    elif how < 0.72 and isinstance(holder, dict) and key != "reply":
        holder[dice.choice([key.upper(), f"{key}_", "id", "type", "items"])] = holder.pop(key)
    elif how < 0.82 and isinstance(holder[key], list):
        holder[key] = holder[key] * dice.choice([0, 2, 30])
    elif how < 0.9:
        holder[key] = [holder[key]] if dice.random() < 0.5 else {"value": holder[key]}
    else:
        holder[key] = HOLE
