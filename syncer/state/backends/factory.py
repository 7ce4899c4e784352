"""From an address to a place; what an object store or a database needs is loaded only for one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncer.fs.disk import DISK, Disk
from syncer.fs.permissions import own_name
from syncer.model.state_location import LOCAL, STORES, StateLocation
from syncer.state.backends.backend import Backend, BackendLock, Blob
from syncer.state.backends.local import FileBlob, FileLock

if TYPE_CHECKING:
    from syncer.state.lock import Holder


def local_place(
    path: Path, environment: str, *, org_id: str = "", kinds: Collection[str] | None = None, disk: Disk = DISK
) -> Backend:
    """The file at `path`."""
    gate, body = FileLock(path.with_suffix(".lock"), environment), FileBlob(path, disk)
    journal = path.with_suffix(".journal")
    return Backend(own_name(path), environment, body, gate, org_id, kinds, journal=journal, disk=disk)


def open_place(
    where: StateLocation, environment: str, path: Path, env: Mapping[str, str], *,
    org_id: str = "", kinds: Collection[str] | None = None, journal: bool = True,
) -> Backend:  # fmt: skip
    """The place of an environment's state. `path`: the local file, beside which the journal lies in any case;
    `journal`: whether to lock that too where the state lives elsewhere.

    InvalidInput where a library is missing; nothing is read and nothing sent yet.
    """
    near = FileLock(path.with_suffix(".lock"), environment)
    body: Blob
    gate: BackendLock
    if where.scheme == LOCAL:
        address, body, gate = own_name(path), FileBlob(path), near
    elif where.scheme in STORES:
        from syncer.state.backends.object_store import ObjectBlob, ObjectLock, bucket

        key = "/".join([*where.path, f"{environment}.json"])
        address = f"{where.scheme}://{where.host}/{key}"
        store = bucket(where, env)
        far = ObjectLock(store, f"{key.removesuffix('.json')}.lock", environment, address)
        body, gate = ObjectBlob(store, key, far), LockPair(near, far) if journal else far
    else:
        from syncer.state.backends.postgres import RowBlob, RowLock, Session

        name = "/".join([*where.path[1:], environment])
        address = f"{StateLocation(where.scheme, where.host, where.path[:1], where.user, where.port)}/{name}"
        session = Session(where, name, env)
        row = RowLock(session, environment, address)
        body, gate = RowBlob(session), LockPair(near, row) if journal else row
    beside, remote = path.with_suffix(".journal"), where.scheme != LOCAL
    return Backend(address, environment, body, gate, org_id, kinds, journal=beside, remote=remote)


@dataclass(frozen=True, slots=True)
class LockPair:
    """The lock of the working copy, which guards its journal, and that of the place far away."""

    near: FileLock
    far: BackendLock

    def take(self, me: Holder) -> str:
        """As `BackendLock`."""
        note = self.near.take(me)
        try:
            return "; ".join(filter(None, (note, self.far.take(me))))
        except BaseException:
            self.near.release()
            raise

    def release(self) -> None:
        """As `BackendLock`."""
        try:
            self.far.release()
        finally:
            self.near.release()

    def still_in(self) -> bool:
        """As `BackendLock`: the near one cannot be lifted while this process lives."""
        return self.far.still_in()

    def in_doubt(self) -> bool:
        """As `BackendLock`."""
        return self.far.in_doubt()

    def holder(self) -> Holder | None:
        """As `BackendLock`: the far one is the one that counts."""
        return self.far.holder()

    def lift(self, seen: Holder) -> None:
        """As `BackendLock`."""
        self.far.lift(seen)
