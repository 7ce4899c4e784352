"""What agreed when it was last decided about, by digest: an object of which nothing differed and nothing was said needs
no second decision as long as everything that the decision sees is the same.

All that deciding about one manifest and its live object sees, and where it stands in the digest:

| input | in the digest |
| --- | --- |
| what the manifest says, variables put in, references as the ids they stand for now | `Context.want` |
| the live object, whole | `Context.live` |
| what is remembered: what was declared, ids of parts | `Context.last`, `Context.parts` |
| the rest of what is remembered: live id, protection, aliases, policy, whether it was linked by hand | the entry |
| what the platform made of values, what was live and undeclared, whether the manifest is whole | the entry |
| what the digests of undeclared values are keyed with | the state's salt |
| what was asked beside the lists | `Context.answers` |
| `metadata.policy`, address, and day if its kind looks at it | `Context.policy`, `Context.address`, `Context.today` |
| `metadata.protect` and `aliases`, the environment's `protect` | the manifest |
| by what the live object was found | the match |
| environment, organisation, server; this syncer's own code and libraries | the key of the digest |

What other manifests and objects have to do with it is in the ids of its references and in the match: nothing else of
them is handed to a decision. What is looked at over all of them (objects claimed twice, ids that nobody knows,
removals) is decided anew in every run.

A manifest that holds a secret, or of which a secret is remembered, has no digest, so none is ever made of one. Values
cannot be read from a digest: it is keyed with random bytes.
"""

from __future__ import annotations

from hashlib import blake2b

from syncer.model.address import Address
from syncer.model.kind import Context
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Managed, Match
from syncer.plan.plan import Draft, Link

SIZE = 16
"""Bytes of a digest."""
_HIDDEN = "Secret("
"""How a `Secret` shows itself; a text that holds the same is taken for one, which costs only time."""


class Agreements:
    """The digests of one environment. `key`: secret of the digests, at most 64 bytes, made of all that is the same for
    every object; `known`: those of earlier runs; `checking`: these are believed in nothing, and what they would have
    been wrong in is in `wrong`."""

    def __init__(self, key: bytes, known: frozenset[bytes] = frozenset(), *, checking: bool = False) -> None:
        self._key = key
        self._known = known
        self._checking = checking
        self.now: dict[Address, bytes] = {}
        """The digests of what agrees in this run."""
        self.wrong: list[Address] = []
        """What a known digest said that it agrees, and it did not."""

    def digest(
        self, context: Context, desired: Desired, found: Match | None, entry: Managed | None, salt: str
    ) -> bytes | None:
        """The digest of all that is decided from, `salt` as of the state; None where there is nothing to agree: no
        object, none that state knows under this name, or a secret."""
        if found is None or entry is None or entry.live_id != found.live.id or entry.address != desired.address:
            return None
        if entry.secrets:
            return None
        rest = (
            *(entry.protect, entry.aliases, entry.policy, entry.adopted, entry.forms, entry.secret_times),
            *(entry.undeclared, entry.whole, salt),
        )
        text = repr((tuple(context), rest, desired.protect, desired.aliases, desired.titles, found.how, entry.live_id))
        if _HIDDEN in text:
            return None
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=SIZE).digest()

    def settle(self, digest: bytes, entry: Managed, out: Draft) -> bool:
        """Whether it is known to agree, and then the draft says so: as deciding about it would."""
        if self._checking or digest not in self._known:
            return False
        out.links.append(_link(entry))
        out.settled[entry.address] = entry
        self.now[entry.address] = digest
        return True

    def learn(self, digest: bytes, entry: Managed, before: Extent, out: Draft) -> None:
        """It was decided about; `before`: the draft's extent until then. It agrees where nothing came of that but the
        link that is known and the memory that there is."""
        tasks, links, settled, *rest = before
        if (
            extent(out) == (tasks, links + 1, settled + 1, *rest)
            and out.links[-1] == _link(entry)
            and out.settled.get(entry.address) is entry
        ):
            self.now[entry.address] = digest
        elif digest in self._known:
            self.wrong.append(entry.address)


class ComparedSides(NamedTuple):
    """All that deciding about one manifest and its live object sees."""

    context: Context
    desired: Desired
    found: Match | None
    entry: Managed | None


class RunAgreements:
    """What agreed in an earlier draft of this run. Its values are kept as they are, so no digest is made of them: they
    are the same where the manifest's digest and the live object are, and all else is equal."""

    def __init__(self) -> None:
        self._agreed: dict[Address, tuple[ComparedSides, Link, Managed]] = {}

    def __contains__(self, address: object) -> bool:
        """Whether nothing differed and nothing was said."""
        return address in self._agreed

    def settle(self, sides: ComparedSides, out: Draft) -> bool:
        """Whether these very sides agreed, and then the draft says so: as deciding about them would."""
        known = self._agreed.get(sides.desired.address)
        if known is None or not _same(known[0], sides):
            return False
        out.links.append(known[1])
        out.settled[sides.desired.address] = known[2]
        return True

    def learn(self, sides: ComparedSides, before: Extent, out: Draft) -> None:
        """It was decided about; `before`: the draft's extent until then."""
        tasks, links, settled, *rest = before
        address = sides.desired.address
        self._agreed.pop(address, None)
        if extent(out) == (tasks, links + 1, settled + 1, *rest):
            self._agreed[address] = sides, out.links[-1], out.settled[address]


def _same(one: ComparedSides, other: ComparedSides) -> bool:
    """Whether nothing that a decision sees differs. Of equal values `1` and `true` are two: hence the digest of what
    the manifest says, and the reply itself."""
    mine, theirs = one.desired, other.desired
    return (
        mine.digest == theirs.digest != ""
        and one.context.live is other.context.live
        and one.entry is other.entry
        and one.context == other.context
        and one.found == other.found
        and (mine.protect, mine.aliases, mine.titles) == (theirs.protect, theirs.aliases, theirs.titles)
    )


Extent = tuple[int, ...]
"""How much a draft has of everything; of tasks, links and settled addresses first."""


def extent(draft: Draft) -> Extent:
    """How much is decided and said already."""
    first = (draft.tasks, draft.links, draft.settled)
    rest = (draft.released, draft.notices, draft.problems, draft.differing, draft.unclear, draft.forgotten)
    return tuple(map(len, (*first, *rest, draft.undeclared)))


def _link(entry: Managed) -> Link:
    return Link(entry.address, entry.live_id, "link", False)
