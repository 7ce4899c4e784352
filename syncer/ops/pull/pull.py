"""Pulling, in its order: `pull` locks, reads, takes over what was changed by hand, makes manifests of what has none,
and proves that they say what is live.

Of what has no manifest nothing is written before a plan of the new ones, beside those that were there, was made and
found empty; then the files, then the state, then what was written is read back. No file that exists is ever replaced.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Protocol

from syncer.documents.yaml_reader import read
from syncer.fs.bulk_writer import write_new
from syncer.fs.change_set import ChangeSet, FileChange, write
from syncer.fs.disk import remove_leftovers_of, replace_file
from syncer.manifests.discovery import read_bytes, shown
from syncer.manifests.envelope import RawManifest
from syncer.manifests.environment_entry import with_ids
from syncer.manifests.project import read_project
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PartlyDone, Problem
from syncer.model.json_values import Json
from syncer.model.pulled_spec import PulledSecret
from syncer.model.resource import Desired, Managed
from syncer.model.unexpected_reply import unreadable
from syncer.ops.apply.state_store import StateStore, linking, provisional_links
from syncer.ops.cached_reader import CachedReader
from syncer.ops.plan import PlanResult, make_plan, plan_of
from syncer.ops.pull.composition import ROUNDS, Composition, NewManifest, Omissions, compose, with_files
from syncer.ops.pull.first_draft import FirstDraft, changed, chosen, undrafted, with_draft
from syncer.ops.pull.inventory import Inventory, names_of, survey
from syncer.ops.pull.known_manifests import known_manifests
from syncer.ops.pull.layout import occupied
from syncer.ops.pull.options import PullOptions
from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult
from syncer.ops.refresh import Fetch
from syncer.ops.selection import PlanRequest
from syncer.ops.workspace import Workspace

NO_LOSS = frozenset({"titles-unseen", "removal-asked", "manifest-elsewhere"})
"""Warnings that tell of nothing that should stand in a manifest and does not: all is said, or left out by order."""


@dataclass(slots=True)
class PullPlan:
    """What a pull will do, or did. `mistakes`: objects whose manifest does not say what is live; they are not written
    and are a bug of ours."""

    order: PullOptions
    survey: Inventory
    composed: Composition
    planned: PlanResult | None
    mistakes: list[Problem] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    unread: Mapping[Address, Problem] = field(default_factory=dict)
    """Manifests that were there before and of which the plan says nothing, for their object cannot be read."""

    @property
    def drafts(self) -> list[NewManifest]:
        """The new manifests."""
        return self.composed.drafts

    @property
    def secrets(self) -> list[tuple[Address, PulledSecret]]:
        """What is live and stands in no file, and how it would be given."""
        return [(each.new.address, secret) for each in self.drafts for secret in each.pulled.secrets]

    @property
    def left_out(self) -> list[Problem]:
        """Objects without a manifest, and parts of objects that their manifest does not speak of, as warnings."""
        parts = [
            Problem("left-out-of-manifest", f"{each.new.address}: {note}", severity="warning")
            for each in self.drafts
            for note in (*each.pulled.notes, *(f"left out, for a check refuses it: {words}" for words in each.cut))
        ]
        return [*self.survey.skipped, *self.composed.given_up.values(), *parts]

    @property
    def unfit(self) -> bool:
        """Whether one of the objects that were chosen gets no manifest, or not all of one."""
        return bool(self.composed.given_up) or any(each.pulled.notes or each.cut for each in self.drafts)

    @property
    def incomplete(self) -> bool:
        """Whether something that is live and asked for stands in no manifest, though it should."""
        return self.unfit or any(each.rule not in NO_LOSS for each in self.survey.skipped)

    @property
    def settled(self) -> dict[Address, Managed]:
        """What state says of everything that is as its manifest says."""
        new, kept = {each.address for each in self.survey.new}, {each.new.address for each in self.drafts}
        settled = self.planned.settled_with(kept) if self.planned else {}
        return {address: entry for address, entry in settled.items() if address not in new or address in kept}

    @property
    def others(self) -> list[Address]:
        """Addresses of manifests that were there before and are not what is live: `taking_over` is for them."""
        new = {each.new.address for each in self.drafts}
        changes = self.planned.plan.changes if self.planned else ()
        return [change.address for change in changes if change.address not in new]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a pull is to do. `complete`, `everything`, `prune_files`: as of `WriteBackOptions`; `writes`: whether any
    file, and what is remembered, may change."""

    order: PullOptions
    complete: frozenset[str] = frozenset()
    everything: bool = False
    prune_files: bool = False
    writes: bool = True


class PullOperator(Protocol):
    """Who is told how far a pull is."""

    def taken_over(self, taken: WriteBackResult) -> None:
        """What came of the manifests that were there; they are written by now, where anything is."""

    def wrote(self, line: str) -> None:
        """How many new files are written; "" after the last one."""


def pull(here: Workspace, request: PullRequest, operator: PullOperator) -> tuple[WriteBackResult, PullPlan]:
    """Everything in its order: lock, read, take over, write that, make new manifests, write them, remember, prove.
    InvalidInput, Refused and PlatformError before anything is written; PartlyDone after some of it was."""
    order, place = request.order, here.place
    with here.locked():
        known = place.load()
        known = replace(known, salt=known.salt or here.salt().hex())
        order = replace(order, salt=known.salt)
        with here.api(read_only=True) as api:
            reader = CachedReader(api, forgiving=True)
            first = undrafted(order)
            unfinished = {each.at.file for each in first.dangling if each.at}  # what they refer to comes with this pull
            only = chosen([each for each in first.desired if each.file not in unfinished], order)
            wish = WriteBackOptions(request.complete, request.everything, request.prune_files, only)
            taken, first = with_draft(order, reader, here.fetch, known.entries, first, wish)
            if request.writes:
                write(taken.changes, order.project.root)
            operator.taken_over(taken)
            if request.writes and taken.changes:
                first = changed(order, first, taken.changes)
            try:
                done = prepare(order, reader, here.fetch, known.entries, first=first)
            except InvalidInput as error:
                if request.writes and taken.changes:  # those files stand, and were told
                    raise PartlyDone(error.problems) from None
                raise
            if request.writes:
                store = StateStore(place, linking(known, order.environment.org_id))
                link = partial(_link, store, done, {each.address for each in taken.objects})
                write_pull(done, link, operator.wrote)
                operator.wrote("")
                prove(done)
                link(done.settled)
    return taken, done


def _link(store: StateStore, done: PullPlan, edited: Collection[Address], links: Mapping[Address, Managed]) -> None:
    """Remember which object is which manifest's; whose it is, only an apply says."""
    fresh = {each.new.address for each in done.drafts}
    store.put(provisional_links(links, store.state.entries, done.composed.desired, fresh, edited))


def prepare(
    order: PullOptions,
    reader: CachedReader,
    fetch: Fetch,
    managed: Mapping[Address, Managed],
    refine: Callable[[Inventory], Inventory] = lambda found: found,
    first: FirstDraft | None = None,
) -> PullPlan:
    """Everything but the writing. `refine`: what is made of the survey before manifests are made of it; `first`: the
    manifests that are there, where they were read, and what was decided of them. InvalidInput where they are not sound;
    PlatformError. In one piece, for each round leaves out what the one before could not say."""
    first = first or undrafted(order)
    existing, desired, dangling = first.existing, first.desired, first.dangling
    there = known_manifests(order, existing, desired)
    found = survey(reader, fetch, order, there, managed)
    nameless = chain.from_iterable(reader.unread.get(kind, ()) for kind in order.kinds)
    found = refine(replace(found, skipped=(*found.skipped, *nameless)))
    cuts, mistakes = Omissions(given_up=occupied(order, found.new)), list[Problem]()

    def plan(wanted: Sequence[Desired], links: Mapping[Address, Managed]) -> tuple[PlanResult, dict[Address, Problem]]:
        request = PlanRequest(order.target, removal_requests=there.asked, agreements=first.agreements, salt=order.salt)
        if first.result is not None and wanted is desired and not there.asked:
            return plan_of(reader, fetch, wanted, first.result, request), {**first.unread}
        unread: dict[Address, Problem] = {}
        return make_plan(reader, fetch, wanted, {**managed, **links}, request, unread), unread

    if not found.new and dangling:
        raise InvalidInput(dangling)
    if not found.new:
        planned, unread = plan(desired, {})
        return PullPlan(order, found, Composition(desired=desired), planned, unread=unread)
    for number in range(ROUNDS):
        composed = compose(
            order, found.new, lambda new: names_of(found, desired, new, order.environment.ids), existing, cuts
        )
        try:
            planned, unread = plan(composed.desired, _links(composed.drafts))
        except InvalidInput as error:
            if not cuts.take({each.file: each for each in composed.drafts}, error.problems, give_up=number > 1):
                raise
            continue
        drafted = {each.new.address for each in composed.drafts}
        unfit = {address: unreadable(each) for address, each in unread.items() if address in drafted}
        wrong = {} if unfit else _not_empty(planned, drafted)
        odd = [address for address in (*unfit, *wrong) if cuts.not_as_it_is(address)]
        if odd:
            continue
        mistakes += wrong.values()
        if not (unfit or wrong):
            return PullPlan(order, found, composed, planned, mistakes, unread=unread)
        cuts.given_up |= unfit | wrong
    raise InvalidInput(mistakes or [Problem("not-pulled", "what is live cannot be written as manifests")])


def write_pull(
    pull: PullPlan, remember: Callable[[Mapping[Address, Managed]], None], tell: Callable[[str], None]
) -> None:
    """Write: ids into syncer.yaml, then every file, then the links. InvalidInput where nothing could be written,
    PartlyDone where some of it was: pulling again goes on."""
    root, project = pull.order.project.root, pull.order.project
    if not pull.drafts:
        return
    files = new_files(pull)
    names = {root / name: name for name in files}
    left = {path: files[name] for path, name in names.items() if not _says(path, files[name])}  # of an earlier pull
    try:
        remove_leftovers_of((project.file, *left))
        if pull.composed.ids:
            before = read_bytes(project.file, project.file.name)
            after = with_ids(before, project.file, pull.order.environment.name, pull.composed.ids)
            replace_file(project.file, after)
            pull.written.append(project.file.name)

        def note(path: Path) -> None:
            pull.written.append(names[path])
            tell(f"{len(pull.written)} of {len(left)} files written")

        write_new(left, note)
    except OSError as error:
        where = shown(Path(str(error.filename)), root) if error.filename else project.file.name
        problem = Problem(
            "unwritable",
            f"`{where}` cannot be written: {error.strerror or type(error).__name__}",
            hint="check its folder's permissions and the disk, then pull again: it goes on where it stopped",
        )
        raise (PartlyDone(problem) if pull.written else InvalidInput(problem)) from None
    remember(_links(pull.drafts))


def new_files(pull: PullPlan) -> dict[str, bytes]:
    """Every file that a pull makes, by its name below the root: manifests, and texts beside them."""
    root = pull.order.project.root
    files: dict[str, bytes] = {}
    for draft in pull.drafts:
        document, texts = _files_of(draft, root)
        files |= {name: text.encode() for name, text in texts.items()}
        files[draft.file] = (draft.text_of(document) if texts else draft.text).encode()
    return files


def changes(pull: PullPlan) -> ChangeSet:
    """The same as changes of files, with the ids that syncer.yaml gets: for a patch."""
    root, project = pull.order.project.root, pull.order.project
    files = {
        name: FileChange(None, content) for name, content in new_files(pull).items() if not _says(root / name, content)
    }
    if pull.composed.ids:
        before = read_bytes(project.file, project.file.name)
        after = with_ids(before, project.file, pull.order.environment.name, pull.composed.ids)
        files[project.file.name] = FileChange(before, after)
    return ChangeSet(files)


def prove(pull: PullPlan) -> None:
    """Read back what was written. A plan is made of manifests, ids and what was read of the organisation: where these
    are what the plan before was made of, it is still that plan. That was made of each text as the reader reads it: of a
    file that holds the same bytes the reader is not asked again. What is not becomes a mistake of `pull`."""
    if not pull.drafts:
        return
    environment = read_project(pull.order.project.file).environments[pull.order.environment.name]
    root, wanted = pull.order.project.root, pull.composed.environment
    if wanted is not None and {**environment.ids} != {**wanted.ids}:
        said = "the `ids` in syncer.yaml are not those that were written"
        pull.mistakes.append(
            Problem("pull-differs", said, hint="was it edited meanwhile? `syncer plan` says what is so")
        )
    planned = {raw.file: (raw.content, raw.document.value) for raw in _planned(pull.composed)}
    for draft in pull.drafts:
        document, texts = _files_of(draft, root)
        content = read_bytes(root / draft.file, draft.file)
        text, value = planned.get(draft.file, (b"", None))
        found = [value] if content == text else [each.value for each in read(content, draft.file)]
        if found != [document] or not all(_says(root / name, text.encode()) for name, text in texts.items()):
            message = f"`{draft.file}` does not say what was written to it"
            hint = "was it edited meanwhile? `syncer plan` says what is so"
            pull.mistakes.append(Problem("pull-differs", message, hint=hint))


def _planned(composed: Composition) -> Sequence[RawManifest]:
    """The manifests that the plan was made of."""
    return composed.manifests.all if composed.manifests else ()


def _links(drafts: Sequence[NewManifest]) -> dict[Address, Managed]:
    """What state says of a pulled object before a plan has said the rest: its id, and the ids of its parts."""
    return {
        each.new.address: Managed(
            each.new.address,
            each.new.live.id,
            parts={group: dict(ids) for group, ids in each.pulled.parts.items()},
            policy=dict(each.pulled.policy),
            whole=True,
        )
        for each in drafts
    }


def _not_empty(planned: PlanResult, drafted: Collection[Address]) -> dict[Address, Problem]:
    """A problem for each pulled object that the plan would change: its manifest does not say what is live."""
    return {
        change.address: Problem(
            "pull-differs",
            f"{change.address} is not pulled: the plan of what would be written is not empty "
            f"({', '.join(each.path for each in change.fields[:3])}); this is a bug of syncer",
            path=str(change.address),
            hint="please report it; everything else was pulled, and nothing was changed in the organisation",
        )
        for change in planned.plan.changes
        if change.address in drafted and change.writes
    }


def _files_of(draft: NewManifest, root: Path) -> tuple[dict[str, Json], dict[str, str]]:
    """The document as it is written, and its texts beside it, under names that are free or hold the very text."""
    return with_files(draft, lambda name, text: os.path.lexists(root / name) and not _says(root / name, text.encode()))


def _says(path: Path, content: bytes) -> bool:
    """Whether a file holds exactly this: what an earlier pull wrote before it was cut off."""
    if not os.path.lexists(path):  # as nearly always
        return False
    try:
        return path.is_file() and path.read_bytes() == content
    except OSError:
        return False
