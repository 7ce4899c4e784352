"""From an address to a place; what an object store or a database needs is loaded only for one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncer.adapters.disk import DISK, Disk
from syncer.adapters.effects import Effects
from syncer.adapters.places.local import FileBody, FileGate
from syncer.adapters.places.place import Body, Gate, Place
from syncer.adapters.places.place_name import LOCAL, STORES, PlaceName

if TYPE_CHECKING:
    from syncer.adapters.lock import Holder


def local_place(
    path: Path, environment: str, *, org_id: str = "", kinds: Collection[str] | None = None, disk: Disk = DISK
) -> Place:
    """The file at `path`."""
    gate = FileGate(path.with_suffix(".lock"), environment)
    return Place(str(path), environment, FileBody(path, disk), gate, org_id, kinds)


def open_place(
    where: PlaceName, environment: str, path: Path, env: Mapping[str, str], *,
    org_id: str = "", kinds: Collection[str] | None = None, effects: Effects | None = None, journal: bool = True,
) -> Place:  # fmt: skip
    """The place of an environment's state. `path`: the local file, beside which the journal lies in any case;
    `journal`: whether to lock that too where the state lives elsewhere.

    InvalidInput where a library is missing; nothing is read and nothing sent yet.
    """
    near = FileGate(path.with_suffix(".lock"), environment)
    body: Body
    gate: Gate
    if where.scheme == LOCAL:
        address, body, gate = str(path), FileBody(path), near
    elif where.scheme in STORES:
        from syncer.adapters.places.objects import ObjectBody, ObjectGate, bucket

        key = "/".join([*where.path, f"{environment}.json"])
        address = f"{where.scheme}://{where.host}/{key}"
        store = bucket(where, env)
        far = ObjectGate(store, f"{key.removesuffix('.json')}.lock", environment, address)
        body, gate = ObjectBody(store, key, far), Both(near, far) if journal else far
    else:
        from syncer.adapters.places.postgres import RowBody, RowGate, Session

        name = "/".join([*where.path[1:], environment])
        address = f"{PlaceName(where.scheme, where.host, where.path[:1], where.user, where.port)}/{name}"
        session = Session(where, name, env)
        row = RowGate(session, environment, address)
        body, gate = RowBody(session), Both(near, row) if journal else row
    return Place(address, environment, body, gate, org_id, kinds, effects or Effects())


@dataclass(frozen=True, slots=True)
class Both:
    """The lock of the working copy, which guards its journal, and that of the place far away."""

    near: FileGate
    far: Gate

    def take(self, me: Holder) -> str:
        """As `Gate`."""
        note = self.near.take(me)
        try:
            return "; ".join(filter(None, (note, self.far.take(me))))
        except BaseException:
            self.near.release()
            raise

    def release(self) -> None:
        """As `Gate`."""
        try:
            self.far.release()
        finally:
            self.near.release()

    def holder(self) -> Holder | None:
        """As `Gate`: the far one is the one that counts."""
        return self.far.holder()

    def lift(self, seen: Holder) -> None:
        """As `Gate`."""
        self.far.lift(seen)
