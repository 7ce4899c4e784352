"""Pulling: a live organisation into manifests, and the proof that they say what is live.

Nothing is written before a plan of the new manifests, beside those that were there, was made and found empty; then the
files, then the state, then the same plan again from what stands in the files. No file that exists is ever replaced.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from syncer.documents.yaml_reader import read
from syncer.fs.bulk_writer import write_new
from syncer.fs.change_set import ChangeSet, FileChange
from syncer.fs.disk import remove_leftovers_of, replace_file
from syncer.kinds import KINDS
from syncer.manifests.cross_checks import together
from syncer.manifests.discovery import read_bytes, shown
from syncer.manifests.environment_entry import with_ids
from syncer.manifests.project import read_project
from syncer.manifests.resolution import Manifests, asked_for, read_manifests, resolve
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, PartlyDone, Problem
from syncer.model.json_values import Json
from syncer.model.pulled_spec import PulledSecret
from syncer.model.resource import Desired, Managed
from syncer.model.unexpected_reply import unreadable
from syncer.ops.plan import PlanResult, make_plan
from syncer.ops.pull.cached_reader import CachedReader
from syncer.ops.pull.composition import ROUNDS, Composition, NewManifest, Omissions, compose, with_files
from syncer.ops.pull.inventory import Inventory, names_of, survey
from syncer.ops.pull.layout import file_of, folder_of, occupied
from syncer.ops.pull.options import PullOptions
from syncer.ops.refresh import Fetch
from syncer.ops.selection import PlanRequest
from syncer.plan.identity_match import plain_title
from syncer.plan.removal_requests import RemovalRequest

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


def prepare(
    order: PullOptions,
    reader: CachedReader,
    fetch: Fetch,
    managed: Mapping[Address, Managed],
    refine: Callable[[Inventory], Inventory] = lambda found: found,
) -> PullPlan:
    """Everything but the writing. `refine`: what is made of the survey before manifests are made of it. InvalidInput
    where the manifests that are there are not sound; PlatformError."""
    existing, desired, dangling = what_is_there(order)
    asked, wrong = asked_for(existing, order.environment, desired)
    if any(each.severity == "error" for each in wrong):
        raise InvalidInput(wrong)
    names = {
        kind: {
            word.casefold() for raw in existing.all if raw.kind == kind for word in (raw.name, *_aliases(raw.metadata))
        }
        for kind in KINDS
    }
    found = survey(
        reader,
        fetch,
        desired,
        managed,
        kinds=order.kinds,
        patterns=order.patterns,
        names=names,
        elsewhere=_elsewhere(existing, desired),
        asked=asked,
    )
    nameless = chain.from_iterable(reader.unread.get(kind, ()) for kind in order.kinds)
    found = refine(replace(found, skipped=(*found.skipped, *nameless)))
    folder = folder_of(order.project)
    cuts = Omissions(given_up=occupied(order, found.new, folder))
    only_here = (order.environment.name,) if len(order.project.environments) > 1 else ()
    mistakes: list[Problem] = []
    for number in range(ROUNDS):
        if not found.new and dangling:
            raise InvalidInput(dangling)
        if not found.new:
            composed, unread = Composition(desired=desired), dict[Address, Problem]()
            planned = _plan(order, reader, fetch, desired, managed, asked, unread)
            return PullPlan(order, found, composed, planned, unread=unread)
        composed = compose(
            found.new,
            lambda new: names_of(found, desired, new, order.environment.ids),
            existing,
            order.environment,
            lambda address: file_of(order, folder, address),
            env=order.env,
            allowed=order.allowed,
            environments=order.environments or only_here,
            cuts=cuts,
        )
        drafts = {each.file: each for each in composed.drafts}
        by_address = {str(each.new.address): each for each in composed.drafts}
        links, unread = {**managed, **_links(composed.drafts)}, dict[Address, Problem]()
        try:
            planned = _plan(order, reader, fetch, composed.desired, links, asked, unread)
        except InvalidInput as error:
            if not cuts.take(drafts, error.problems, give_up=number > 1):
                raise
            continue
        unfit = {address: unreadable(each) for address, each in unread.items() if str(address) in by_address}
        if unfit:
            cuts.given_up |= unfit
            continue
        wrong = _not_empty(planned, composed.drafts)
        mistakes += wrong
        if not wrong:
            return PullPlan(order, found, composed, planned, mistakes, unread=unread)
        for problem in wrong:
            address = by_address[problem.path].new.address
            cuts.given_up[address] = problem
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
    left = {path: content for path, content in files.items() if not _says(path, content)}  # of an earlier pull
    try:
        remove_leftovers_of((project.file, *left))
        if pull.composed.ids:
            before = read_bytes(project.file, project.file.name)
            after = with_ids(before, project.file, pull.order.environment.name, pull.composed.ids)
            replace_file(project.file, after)
            pull.written.append(project.file.name)

        def note(path: Path) -> None:
            pull.written.append(shown(path, root))
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


def new_files(pull: PullPlan) -> dict[Path, bytes]:
    """Every file that a pull makes: manifests, and texts beside them."""
    root = pull.order.project.root
    files: dict[Path, bytes] = {}
    for draft in pull.drafts:
        document, texts = _files_of(draft, root)
        files |= {root / name: text.encode() for name, text in texts.items()}
        files[root / draft.file] = (draft.text_of(document) if texts else draft.text).encode()
    return files


def changes(pull: PullPlan) -> ChangeSet:
    """The same as changes of files, with the ids that syncer.yaml gets: for a patch."""
    root, project = pull.order.project.root, pull.order.project
    files = {
        shown(path, root): FileChange(None, content)
        for path, content in new_files(pull).items()
        if not _says(path, content)
    }
    if pull.composed.ids:
        before = read_bytes(project.file, project.file.name)
        after = with_ids(before, project.file, pull.order.environment.name, pull.composed.ids)
        files[project.file.name] = FileChange(before, after)
    return ChangeSet(files)


def prove(pull: PullPlan) -> None:
    """Read back what was written. A plan is made of manifests, ids and what was read of the organisation: where these
    are what the plan before was made of, it is still that plan. What is not becomes a mistake of `pull`."""
    if not pull.drafts:
        return
    environment = read_project(pull.order.project.file).environments[pull.order.environment.name]
    root, wanted = pull.order.project.root, pull.composed.environment
    if wanted is not None and {**environment.ids} != {**wanted.ids}:
        said = "the `ids` in syncer.yaml are not those that were written"
        pull.mistakes.append(
            Problem("pull-differs", said, hint="was it edited meanwhile? `syncer plan` says what is so")
        )
    for draft in pull.drafts:
        document, texts = _files_of(draft, root)
        content = read_bytes(root / draft.file, draft.file)
        found = [each.value for each in read(content, draft.file)]
        if found != [document] or not all(_says(root / name, text.encode()) for name, text in texts.items()):
            message = f"`{draft.file}` does not say what was written to it"
            hint = "was it edited meanwhile? `syncer plan` says what is so"
            pull.mistakes.append(Problem("pull-differs", message, hint=hint))


def what_is_there(order: PullOptions) -> tuple[Manifests, list[Desired], list[Problem]]:
    """The manifests that are there, and references of theirs that lead nowhere yet: of a pull that was cut off, this
    one brings what they name. InvalidInput where they are not sound otherwise. A folder that is not there is empty."""
    there = tuple(each for each in order.project.manifests if each.exists())
    existing = read_manifests(order.project._replace(manifests=there))
    desired, problems = resolve(existing, order.environment, order.env, allowed=order.allowed)
    errors = [each for each in (*existing.problems, *problems, *together(desired)) if each.severity == "error"]
    dangling = [each for each in errors if each.rule == "unknown-reference"]
    if len(errors) > len(dangling):
        raise InvalidInput(errors)
    return existing, desired, dangling


def _aliases(metadata: Mapping[str, object]) -> list[str]:
    found = metadata.get("aliases")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _elsewhere(existing: Manifests, desired: Sequence[Desired]) -> dict[tuple[str, str], Address]:
    """(kind, title or key) → a manifest that lives in other environments only."""
    here = {each.address for each in desired}
    found: dict[tuple[str, str], Address] = {}
    for raw in existing.all:
        kind, address = KINDS[raw.kind], Address(raw.kind, raw.name)
        word = raw.spec.get(kind.title or kind.key_field)
        if address in here or not isinstance(word, str):
            continue
        try:
            found[kind.name, plain_title(word) if kind.title else kind.key(raw.spec)] = address
        except (KeyError, TypeError):
            continue
    return found


def _plan(
    order: PullOptions,
    reader: CachedReader,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
    asked: Sequence[RemovalRequest],
    unread: dict[Address, Problem],
) -> PlanResult:
    return make_plan(reader, fetch, desired, managed, PlanRequest(order.target, removal_requests=asked), unread)


def _links(drafts: Sequence[NewManifest]) -> dict[Address, Managed]:
    """What state says of a pulled object before a plan has said the rest: its id, and the ids of its parts."""
    return {
        each.new.address: Managed(
            each.new.address,
            each.new.live.id,
            parts={group: dict(ids) for group, ids in each.pulled.parts.items()},
            policy=dict(each.pulled.policy),
        )
        for each in drafts
    }


def _not_empty(planned: PlanResult, drafts: Sequence[NewManifest]) -> list[Problem]:
    """A problem for each pulled object that the plan would change: its manifest does not say what is live."""
    new = {each.new.address: each for each in drafts}
    return [
        Problem(
            "pull-differs",
            f"{change.address} is not pulled: the plan of what would be written is not empty "
            f"({', '.join(each.path for each in change.fields[:3])}); this is a bug of syncer",
            path=str(change.address),
            hint="please report it; everything else was pulled, and nothing was changed in the organisation",
        )
        for change in planned.plan.changes
        if change.address in new and change.writes
    ]


def _files_of(draft: NewManifest, root: Path) -> tuple[dict[str, Json], dict[str, str]]:
    """The document as it is written, and its texts beside it, under names that are free or hold the very text."""
    return with_files(draft, lambda name, text: os.path.lexists(root / name) and not _says(root / name, text.encode()))


def _says(path: Path, content: bytes) -> bool:
    """Whether a file holds exactly this: what an earlier pull wrote before it was cut off."""
    try:
        return path.is_file() and path.read_bytes() == content
    except OSError:
        return False
