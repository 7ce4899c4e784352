"""The lock of an environment's state: one run at a time on this machine, and a clear word about who has it.

The file says who, where and since when; the system's own lock on it says whether that run still lives, so a dead run's
file is taken over. What runs elsewhere, no local file can know: the platform is read again before each write for that.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import json
import os
import socket
import stat
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from syncer.fs.permissions import own_name
from syncer.model.diagnostic import InvalidInput, Location, Problem, Refused
from syncer.model.json_values import Json

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_BUSY: Final = frozenset({errno.EAGAIN, errno.EACCES})
_MOST: Final = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. `boot`: tells a process id from one before a restart; "" where the system has none.
    `since`: seconds since 1970. `run`: the job of continuous integration that it is, as a URL; "" elsewhere. `space`:
    the process-number space that `pid` is of (each container has its own), `started`: when the process began, in the
    kernel's ticks since the boot; both "" where the system does not say."""

    owner: str
    host: str
    pid: int
    boot: str
    since: float
    run: str = ""
    space: str = ""
    started: str = ""


def myself(now: float | None = None, env: Mapping[str, str] | None = None) -> Holder:
    """This process as a holder; with the variables of the process also which job it is."""
    try:
        owner = getpass.getuser()
    except (KeyError, OSError):
        owner = str(os.getuid())
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        boot = ""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    pid, since = os.getpid(), time.time() if now is None else now
    return Holder(owner, socket.gethostname(), pid, boot, since, _job(env or {}), space, _process(pid)[1])


def _job(env: Mapping[str, str]) -> str:
    """Where a person can look at this job: a runner's name and process tell nobody anything."""
    if env.get("GITHUB_RUN_ID"):
        base = f"{env.get('GITHUB_SERVER_URL', '')}/{env.get('GITHUB_REPOSITORY', '')}"
        return f"{base}/actions/runs/{env['GITHUB_RUN_ID']}"
    return env.get("CI_JOB_URL") or env.get("BUILD_URL") or ""


class Lock:
    """Held from `take` to `release`; use it in a `with`. `note` says whose dead lock was taken over.

    Refused (exit 4) while another run holds it, naming owner, age and how to lift it. InvalidInput for a link, FIFO or
    folder in its place, and for a folder that cannot be written.
    """

    def __init__(self, path: Path, me: Holder, lift: str = "") -> None:
        """`lift`: how to lift it, if there is a better way than to delete the file."""
        self._path = path
        self._me = me
        self._lift = lift or f"if that run is surely over, delete `{own_name(path)}`"
        self._handle = -1
        self.note = ""

    def __enter__(self) -> Lock:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lock. Refused, naming who has it, where another run does; InvalidInput where its file cannot
        be made."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for _ in range(10):
                if self._try():
                    return
        except OSError as error:
            what = errno.errorcode.get(error.errno or 0, "the disk failed")
            hint = "its place must be a plain file in a folder that can be written"
            raise InvalidInput(self._problem(f"lock cannot be taken: {what}", hint)) from None
        raise Refused(self._problem("lock changes hands too fast", "run it again when the other runs are over"))

    def release(self) -> None:
        """Give it back; nothing happens if it isn't held."""
        if self._handle < 0:
            return
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._handle)
        self._handle = -1

    def _try(self) -> bool:
        """One try; False if the file was removed under our hands and another must be made."""
        handle, fresh = self._opened()
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            alive = _is_locked(handle)
            if not self._is_current(handle):
                return False
            if alive or not fresh:  # another may have locked the file between our making and our locking it
                self._judge(os.pread(handle, _MOST, 0), alive)
            os.ftruncate(handle, 0)
            os.pwrite(handle, said(self._me), 0)
            os.fsync(handle)
            self._handle = handle
        finally:
            if self._handle != handle:
                os.close(handle)
        return True

    def _opened(self) -> tuple[int, bool]:
        """The file, and whether we made it."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            return os.open(self._path, flags | os.O_CREAT | os.O_EXCL, 0o600), True
        except FileExistsError:
            return os.open(self._path, flags | os.O_CREAT, 0o600), False

    def _is_current(self, handle: int) -> bool:
        """Whether the path still names the file that was opened: its holder may have released it in between."""
        ours = os.fstat(handle)
        try:
            there = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)

    def _judge(self, content: bytes, alive: bool | None) -> None:
        """Refused unless the holder of this file, which was there before, is dead. `alive`: what the system's lock
        says, None where the file system has none."""
        holder = holder_in(content)
        if alive or (holder is None and alive is None):
            raise Refused(self._refusal(holder))
        if holder is None:
            self.note = "took over a lock that says nothing about its holder"
            return
        here = holder.host == self._me.host or (holder.boot != "" and holder.boot == self._me.boot)
        dead = here and (alive is False or not _runs(holder, self._me))
        if not dead:
            raise Refused(self._refusal(holder))
        self.note = f"took over the lock of a dead run: {who(holder)}, {age(holder, self._me)} old"

    def _refusal(self, holder: Holder | None) -> Problem:
        by = f"{who(holder)} for {age(holder, self._me)}" if holder else "another run"
        return self._problem(f"state is locked by {by}", f"wait for it; {self._lift}")

    def _problem(self, message: str, hint: str) -> Problem:
        return Problem("locked", message, Location(own_name(self._path), 1, 1), hint=hint)


def peek(path: Path) -> tuple[Holder | None, bool]:
    """Who a lock file names, and whether that run is alive as far as the system's lock tells; nothing is changed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None, False
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None, False
        return holder_in(os.pread(handle, _MOST, 0)), _is_locked(handle) is True
    finally:
        os.close(handle)


def _is_locked(handle: int) -> bool | None:
    """Whether another process holds the system's lock; if not, we do from now on. None: this file system has none."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return True if error.errno in _BUSY else None
    return False


def _runs(holder: Holder, me: Holder) -> bool:
    """Whether a process of this machine that wrote the lock may still run; only asked where flock does not work."""
    if holder.boot and me.boot and holder.boot != me.boot:
        return False
    if holder.space != me.space and holder.space and me.space:
        return True  # its number means nothing here
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def is_gone(holder: Holder, me: Holder) -> bool:
    """Whether the holder's process has certainly ended: on this host, since the same boot, with numbers of the same
    space, none has its number, or another one that began at another time."""
    here = (holder.host, holder.boot, holder.space) == (me.host, me.boot, me.space)
    if not (here and holder.boot and holder.space and holder.started):
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass  # another user's: it is there
    status, started = _process(holder.pid)
    return bool(started) and (status in "ZX" or started != holder.started)


def _process(pid: int) -> tuple[str, str]:
    """A process's status letter and when it began, in ticks since the boot; ("", "") where nobody says."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, ValueError, IndexError):
        return "", ""


def said(holder: Holder, **more: Json) -> bytes:
    """What a lock says of its holder, as JSON; `holder_in` reads it."""
    known = {name: value for name, value in asdict(holder).items() if value or name not in ("run", "space", "started")}
    return json.dumps({**known, **more}).encode("ascii")


def holder_in(content: bytes) -> Holder | None:
    """The holder that a lock names in its JSON; None where it says nothing."""
    try:
        found: Json = json.loads(content)
        holder = Holder(
            str(found["owner"]),
            str(found["host"]),
            int(found["pid"]),
            str(found["boot"]),
            float(found["since"]),
            str(found.get("run", "")),
            str(found.get("space", "")),
            str(found.get("started", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    return holder if holder.pid > 0 else None


def who(holder: Holder) -> str:
    """Name, host and process for people, without anything unprintable."""
    run = f", {holder.run}" if holder.run else ""
    plain = f"{holder.owner} on {holder.host} (process {holder.pid}{run})"
    return "".join(each if each.isprintable() else "?" for each in plain)[:300]


def age(holder: Holder, me: Holder) -> str:
    """How long the lock has been held, in its greatest unit."""
    seconds = max(0.0, me.since - holder.since)
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number > 1 else ''}"
    return "less than a minute"
