"""What a plan or a drift report takes from the last one: that everything is as it was when nothing differed, or, where
something has moved, which objects are. An apply takes nothing: what it carries out is decided anew.

A whole run in which nothing differed and nothing was said is remembered by all that it was made of:

| input | where it stands |
| --- | --- |
| syncer.yaml, and the name and bytes of every manifest file | `WholeAgreement.files` |
| the state, whole; environment, organisation, server, the day if a kind looks at it | `WholeAgreement.rest` |
| what was listed, every object whole and in its order | `WholeAgreement.lists` |
| what was read beside the lists | `WholeAgreement.reads` |
| this program: version, sources, schemas, its Python and libraries | `agreement_file.program_digest` |
| values of the process's environment, texts that stand in files of their own | where a manifest takes one, nothing |
| `Removed` documents, `--only`, `--except`, `--resend-secrets`, `--as-sent` | where there is one, nothing |
| calls that were left open, guards that ask for less, who applies | said anew in every run |

Nothing of a plan is kept. Everything agreed where the plan that can be made of the state alone is the plan that was
made; so the next one is made of the state alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from syncer.manifests.discovery import find, read_bytes, shown
from syncer.manifests.project import Project
from syncer.model.calls import Call
from syncer.model.diagnostic import InvalidInput, Problem, SyncerError
from syncer.model.json_values import Lookup
from syncer.state.agreement_file import SALT, AgreementFile, AgreementRecord, WholeAgreement

# What decides is imported late: this stands before the process parts in two, one of which reads the manifests.
if TYPE_CHECKING:
    from syncer.model.kind import Kind, LookupKind
    from syncer.model.resource import Desired, Live
    from syncer.ops.plan import PlanResult
    from syncer.ops.refresh import Fetch, Reader
    from syncer.ops.reply_log import ReplyLog
    from syncer.ops.selection import PlanRequest
    from syncer.plan.agreement import Agreements
    from syncer.plan.document.timestamps import LastRun
    from syncer.plan.drift import Drift
    from syncer.plan.removal_requests import RemovalRequest
    from syncer.state.state_file import State

    Wanted = Callable[[], tuple[Sequence[Desired], Sequence[RemovalRequest], int]]
    """The manifests, what shall go without one, and how many warnings `validate` has about them."""

EVERY = 10
"""Of so many runs one does without, and compares."""
_OF_ITS_FILE = 64
"""Digits of a manifest's digest that are of its own file; behind them stand those of the texts it takes from others."""


class Recall:
    """What one run recalls, and what it leaves behind for the next.

    `command`: whose runs are compared with one another. `place`: what tells environment, organisation and server from
    any others; `today`: the day there."""

    def __init__(self, file: AgreementFile, project: Project, place: str, today: str, command: str) -> None:
        self._file, self._project, self._today, self._command = file, project, today, command
        record, self._used = file.load()
        self.checking = record is not None and self._used + 1 >= EVERY
        """Whether this run does without, and compares."""
        if record is not None and not self.checking and not file.mark():
            record = None  # a run that leaves no mark would never be compared
        self._record = record or AgreementRecord(os.urandom(SALT))
        self._key = blake2b(place.encode("utf-8", "surrogatepass"), key=self._record.salt, digest_size=32).digest()
        self._files: str | None = None
        self._log: ReplyLog | None = None
        self.warnings = 0
        """How many `validate` has about the manifests."""
        self.problems: list[Problem] = []
        """What was remembered and is not so: a bug of syncer's. Nothing is remembered any more then."""
        self._agreements: Agreements | None = None

    @property
    def agreements(self) -> Agreements:
        """What need not be decided again, and what agrees by this run."""
        from syncer.plan.agreement import Agreements

        self._agreements = self._agreements or Agreements(self._key, self._record.objects, checking=self.checking)
        return self._agreements

    def _reader(self, api: Reader) -> ReplyLog:
        """The reader of this run: what was asked to see whether everything agrees isn't asked again."""
        from syncer.ops.reply_log import ReplyLog

        self._log = self._log or ReplyLog(api)
        return self._log

    def same_files(self) -> bool:
        """Whether all files are those with which everything agreed last: then nobody needs to read what they say before
        it is known that something else has moved. To be called before any of them is read."""
        self._files = _digest_of_files(self._project, self._key)
        known = self._record.whole.get(self._command)
        return known is not None and not self.checking and known.files == self._files

    def plan(self, api: Reader, fetch: Fetch, wanted: Wanted, state: State, request: PlanRequest) -> PlanResult:
        """The plan: the one in which nothing is to be done, where everything is as when that was found, else one made
        afresh, by which the next run recalls what agrees. `wanted` is called only then. Raises as `make_plan`."""
        from syncer.ops.plan import make_plan
        from syncer.ops.standstill import settled_plan

        known = self._agreeing(api, fetch, state)
        if known is not None:
            return settled_plan(state, request, self._live(known.kinds))
        desired, asked, self.warnings = wanted()
        request = replace(request, removal_requests=asked, agreements=self.agreements, salt=state.salt)
        planned = make_plan(self._reader(api), fetch, desired, state.entries, request)
        same = planned.plan == settled_plan(state, request, {}).plan and not planned.problems
        self._keep(same and not asked, desired, state)
        return planned

    def drift(
        self,
        api: Reader,
        fetch: Fetch,
        wanted: Wanted,
        state: State,
        request: PlanRequest,
        before: tuple[LastRun | None, Sequence[Problem]],
    ) -> Drift:
        """The report, as `plan`. `before`: the last apply that is known, and what is known already that casts doubt on
        it. Raises as `find_drift`."""
        from syncer.ops.drift import find_drift
        from syncer.ops.standstill import settled_drift

        known = self._agreeing(api, fetch, state)
        if known is not None:
            return settled_drift(state, request, self._live(known.kinds), *before)
        desired, asked, self.warnings = wanted()
        request = replace(request, removal_requests=asked, agreements=self.agreements, salt=state.salt)
        report = find_drift(self._reader(api), fetch, desired, state, request, *before)
        same = not report.objects and not asked
        if same:
            same = report == settled_drift(state, request, self._live(_concerned(desired, state)), *before)
        self._keep(same, desired, state)
        return report

    def _agreeing(self, api: Reader, fetch: Fetch, state: State) -> WholeAgreement | None:
        """What is remembered of the last run in which everything agreed, where everything is as it was then."""
        from syncer.api.routes import classify_call

        known = self._record.whole.get(self._command)
        if known is None or self.checking or not self._files:
            return None
        if (known.files, known.rest) != (self._files, self._digest_of_rest(state)):
            return None
        log, listed = self._reader(api), [_listed(name) for name in (*known.kinds, *known.lookups)]
        calls = [(default, Call(method, path, body, service)) for default, service, method, path, body in known.calls]  # type: ignore[arg-type]
        if None in listed or any(
            classify_call(call.service or default, call.method, call.path) != "read" for default, call in calls
        ):
            return None
        try:
            fetch([partial(log.list, each.service, each.listing) for each in listed if each is not None])
            if known.lists != log.digest_of_lists(self._key):
                return None
            fetch([partial(log.read, default, call) for default, call in calls])
        except SyncerError:
            return None  # whoever needs that reply is told
        if known.reads != log.digest_of_reads(self._key):
            return None
        self.warnings = known.warnings
        return known

    def _live(self, kinds: Sequence[str]) -> dict[str, list[Live]]:
        """Kind → what was listed of it."""
        from syncer.kinds import KINDS
        from syncer.plan.identity_match import live_of

        log = self._log
        return {
            name: live_of(KINDS[name], log.list(KINDS[name].service, KINDS[name].listing) if log else ())
            for name in kinds
        }

    def _keep(self, same: bool, desired: Sequence[Desired], state: State) -> None:
        """Remember which objects agree, and all of the run if it is `same` as one that is made of the state alone."""
        now = self._now(desired, state)
        before = self._record.whole.get(self._command)
        others = {} if self.checking else self._record.whole  # of another command nothing was compared
        whole = {name: each for name, each in others.items() if name != self._command}
        wrong = [str(address) for address in self.agreements.wrong]
        if same and now is not None and len(self.agreements.now) == len(desired) == len(state.entries):
            whole[self._command] = now
        elif self.checking and before is not None and now is not None and before[:_INPUTS] == now[:_INPUTS]:
            wrong.append("everything")
        if wrong:
            self.problems.append(_not_so(wrong))
            self._file.drop()
            return
        record = AgreementRecord(self._record.salt, frozenset(self.agreements.now.values()), whole)
        if self.checking or record != self._record:
            self._file.save(record, 0 if self.checking else self._used + 1)

    def _now(self, desired: Sequence[Desired], state: State) -> WholeAgreement | None:
        """What this run was made of; None where it was made of more than that says."""
        log = self._log
        alone = all(len(each.digest) == _OF_ITS_FILE for each in desired)
        if log is None or not alone or not self._files or self._files != _digest_of_files(self._project, self._key):
            return None
        kinds = _concerned(desired, state)
        lookups = {use.target.kind for each in desired for use in each.uses if isinstance(use.target, Lookup)}
        return WholeAgreement(
            self._files,
            self._digest_of_rest(state),
            log.digest_of_lists(self._key),
            log.digest_of_reads(self._key),
            tuple(kinds),
            tuple(sorted(lookups - set(kinds))),
            tuple((default, call.service, call.method, call.path, call.body) for default, call in log.asked.values()),
            self.warnings,
        )

    def _digest_of_rest(self, state: State) -> str:
        """Of the state, whole, and of the day where a kind looks at it; what else tells organisations apart is in the
        key."""
        from syncer.kinds import KINDS

        digest = blake2b(key=self._key, digest_size=32)
        by_day = any(KINDS[kind].by_day for kind in {address.kind for address in state.entries})
        head = (self._today if by_day else "", state.org_id, state.serial, state.found, state.guards, state.salt)
        for part in (head, *sorted(state.entries.items())):
            text = repr(part).encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(text))
            digest.update(text)
        return digest.hexdigest()


_INPUTS = 4
"""The first fields of a `WholeAgreement`: what a run was made of."""


def _listed(name: str) -> Kind | LookupKind | None:
    """The kind of that name, whether it is managed or only looked up."""
    from syncer.kinds import KINDS, lookup_kinds

    return KINDS.get(name) or lookup_kinds().get(name)


def _concerned(desired: Sequence[Desired], state: State) -> list[str]:
    """The kinds of which objects are compared."""
    from syncer.ops.refresh import concerned
    from syncer.ops.selection import EVERYTHING

    return concerned(desired, state.entries, EVERYTHING, ())


def _digest_of_files(project: Project, key: bytes) -> str:
    """Of syncer.yaml and of all manifest files, by name and content; "" where one cannot be read."""
    found = find(project.manifests, project.root)
    if found.problems:
        return ""
    digest, root = blake2b(key=key, digest_size=32), project.root.resolve()
    try:
        for path in (project.file, *found.files):
            name, content = shown(path, root).encode("utf-8", "surrogatepass"), read_bytes(path, path.name)
            digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
            digest.update(content)
    except InvalidInput:
        return ""
    return digest.hexdigest()


def _not_so(names: Sequence[str]) -> Problem:
    return Problem(
        "wrong-recall",
        f"it was remembered that {', '.join(names)} agrees, and that is not so: a bug of syncer's",
        hint="what is said here was decided anew, and what was remembered is deleted; please report it with this line. "
        "`--no-cache` does without",
        severity="warning",
    )
