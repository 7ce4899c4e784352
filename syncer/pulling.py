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

from syncer.adapters.disk import remove_leftovers_of, replace_file
from syncer.adapters.file_changes import Changes, Rewritten
from syncer.adapters.files import PROJECT_FILE, read_bytes, shown
from syncer.adapters.new_files import write_new
from syncer.adapters.new_ids import with_ids
from syncer.adapters.project import Environment, Project, read_project
from syncer.adapters.yaml_reader import read
from syncer.app import Fetch, Planned, make_plan
from syncer.composing import ROUNDS, Composed, Cuts, Draft, compose, with_files
from syncer.core.address import Address
from syncer.core.asked import Asked
from syncer.core.form import unreadable
from syncer.core.identity import plain_title
from syncer.core.problem import InvalidInput, PartlyDone, Problem
from syncer.core.pulled import PulledSecret
from syncer.core.resource import Desired, Managed
from syncer.core.values import Json
from syncer.kinds import KINDS
from syncer.loading import Manifests, asked_for, read_manifests, resolve
from syncer.related import together
from syncer.surveying import New, Remembering, Survey, names_of, survey

LAYOUT = "{kind}/{name}.yaml"

NO_LOSS = frozenset({"titles-unseen", "removal-asked", "manifest-elsewhere"})
"""Warnings that tell of nothing that should stand in a manifest and does not: all is said, or left out by order."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Order:
    """What is to be pulled, from where, and into what."""

    project: Project
    environment: Environment
    kinds: tuple[str, ...]
    patterns: tuple[str, ...]
    env: Mapping[str, str]
    allowed: frozenset[str]
    server: str
    today: str
    environments: tuple[str, ...] = ()
    """Where new manifests are to live; () for this environment alone, where there are others."""


@dataclass(slots=True)
class Pull:
    """What a pull will do, or did. `mistakes`: objects whose manifest does not say what is live; they are not written
    and are a bug of ours."""

    order: Order
    survey: Survey
    composed: Composed
    planned: Planned | None
    mistakes: list[Problem] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    unread: Mapping[Address, Problem] = field(default_factory=dict)
    """Manifests that were there before and of which the plan says nothing, for their object cannot be read."""

    @property
    def drafts(self) -> list[Draft]:
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
    order: Order,
    reader: Remembering,
    fetch: Fetch,
    managed: Mapping[Address, Managed],
    refine: Callable[[Survey], Survey] = lambda found: found,
) -> Pull:
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
    found = refine(replace(found, skipped=(*found.skipped, *chain.from_iterable(reader.unread.values()))))
    folder = _folder(order.project)
    cuts = Cuts(given_up=_occupied(order, found.new, folder))
    only_here = (order.environment.name,) if len(order.project.environments) > 1 else ()
    mistakes: list[Problem] = []
    for number in range(ROUNDS):
        if not found.new and dangling:
            raise InvalidInput(dangling)
        if not found.new:
            composed, unread = Composed(desired=desired), dict[Address, Problem]()
            planned = _plan(order, reader, fetch, desired, managed, asked, unread)
            return Pull(order, found, composed, planned, unread=unread)
        composed = compose(
            found.new,
            lambda new: names_of(found, desired, new, order.environment.ids),
            existing,
            order.environment,
            lambda address: _file_of(order, folder, address),
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
            return Pull(order, found, composed, planned, mistakes, unread=unread)
        for problem in wrong:
            address = by_address[problem.path].new.address
            cuts.given_up[address] = problem
    raise InvalidInput(mistakes or [Problem("not-pulled", "what is live cannot be written as manifests")])


def carry_out(pull: Pull, remember: Callable[[Mapping[Address, Managed]], None], tell: Callable[[str], None]) -> None:
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


def new_files(pull: Pull) -> dict[Path, bytes]:
    """Every file that a pull makes: manifests, and texts beside them."""
    root = pull.order.project.root
    files: dict[Path, bytes] = {}
    for draft in pull.drafts:
        document, texts = _files_of(draft, root)
        files |= {root / name: text.encode() for name, text in texts.items()}
        files[root / draft.file] = (draft.text_of(document) if texts else draft.text).encode()
    return files


def changes(pull: Pull) -> Changes:
    """The same as changes of files, with the ids that syncer.yaml gets: for a patch."""
    root, project = pull.order.project.root, pull.order.project
    files = {
        shown(path, root): Rewritten(None, content)
        for path, content in new_files(pull).items()
        if not _says(path, content)
    }
    if pull.composed.ids:
        before = read_bytes(project.file, project.file.name)
        after = with_ids(before, project.file, pull.order.environment.name, pull.composed.ids)
        files[project.file.name] = Rewritten(before, after)
    return Changes(files)


def prove(pull: Pull) -> None:
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


def what_is_there(order: Order) -> tuple[Manifests, list[Desired], list[Problem]]:
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
    order: Order,
    reader: Remembering,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
    asked: Sequence[Asked],
    unread: dict[Address, Problem],
) -> Planned:
    return make_plan(
        reader,
        fetch,
        desired,
        managed,
        environment=order.environment.name,
        org_id=order.environment.org_id,
        server=order.server,
        today=order.today,
        asked=asked,
        unread=unread,
    )


def _links(drafts: Sequence[Draft]) -> dict[Address, Managed]:
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


def _not_empty(planned: Planned, drafts: Sequence[Draft]) -> list[Problem]:
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


def _folder(project: Project) -> Path:
    """Where new manifests go: the first folder of `manifests`. InvalidInput where it names none."""
    for each in project.manifests:
        if not each.is_file() and each.suffix.lower() not in (".yaml", ".yml", ".json"):
            return each
    at = project.document.locate(("manifests",))
    hint = "add a folder to it, such as `config`"
    raise InvalidInput(Problem("layout", f"`manifests` of {PROJECT_FILE} names no folder to write to", at, hint=hint))


def _file_of(order: Order, folder: Path, address: Address) -> str:
    """Where a manifest goes, below the root, with `/`."""
    kind = KINDS[address.kind]
    name = (order.project.layout or LAYOUT).format(
        kind=kind.folder or kind.slug, slug=kind.slug, name=address.name, env=order.environment.name
    )
    return shown(folder / name, order.project.root)


def _occupied(order: Order, new: Sequence[New], folder: Path) -> dict[Address, Problem]:
    """Objects whose file is something else already, or would lie outside: they are not pulled."""
    root, found = order.project.root.resolve(), dict[Address, Problem]()
    for each in new:
        name = _file_of(order, folder, each.address)
        path = order.project.root / name
        if not path.parent.resolve().is_relative_to(root):
            why = f"`{name}` would lie outside the repository"
        elif os.path.lexists(path):
            why = f"`{name}` is there already, and nothing that is there is ever overwritten"
        else:
            continue
        found[each.address] = Problem(
            "file-taken",
            f"{each.address} is not pulled: {why}",
            hint="move that file, or give syncer.yaml another `layout`",
            severity="warning",
        )
    return found


def _files_of(draft: Draft, root: Path) -> tuple[dict[str, Json], dict[str, str]]:
    """The document as it is written, and its texts beside it, under names that are free or hold the very text."""
    return with_files(draft, lambda name, text: os.path.lexists(root / name) and not _says(root / name, text.encode()))


def _says(path: Path, content: bytes) -> bool:
    """Whether a file holds exactly this: what an earlier pull wrote before it was cut off."""
    try:
        return path.is_file() and path.read_bytes() == content
    except OSError:
        return False


__all__ = ["New", "Order", "Pull", "Remembering", "carry_out", "prepare", "prove"]
