"""Pulling: a live organisation into manifests, and the proof that they say what is live.

Nothing is written before a plan of the new manifests, beside those that were there, was made and found empty; then the
files, then the state, then the same plan again from what stands in the files. No file that exists is ever replaced.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from syncer.adapters.disk import replace_file
from syncer.adapters.files import PROJECT_FILE, read_bytes, shown
from syncer.adapters.new_ids import with_ids
from syncer.adapters.project import Environment, Project
from syncer.app import Fetch, Planned, make_plan
from syncer.composing import ROUNDS, Composed, Cuts, Draft, compose, with_files
from syncer.core.address import Address
from syncer.core.identity import plain_title
from syncer.core.kind import PulledSecret
from syncer.core.problem import InvalidInput, PartlyDone, Problem
from syncer.core.resource import Desired, Managed
from syncer.kinds import KINDS
from syncer.loading import Manifests, read_manifests, resolve, together
from syncer.surveying import New, Remembering, Survey, names_of, survey

LAYOUT = "{kind}/{name}.yaml"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Asked:
    """What is to be pulled, from where, and into what."""

    project: Project
    environment: Environment
    kinds: tuple[str, ...]
    patterns: tuple[str, ...]
    env: Mapping[str, str]
    allowed: frozenset[str]
    server: str
    today: str


@dataclass(slots=True)
class Pull:
    """What a pull will do, or did. `mistakes`: objects whose manifest does not say what is live; they are not written
    and are a bug of ours."""

    asked: Asked
    survey: Survey
    composed: Composed
    planned: Planned | None
    mistakes: list[Problem] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

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
        return [*self.survey.skipped, *self.composed.skipped, *parts]

    @property
    def others(self) -> list[Address]:
        """Addresses of manifests that were there before and are not what is live."""
        new = {each.new.address for each in self.drafts}
        changes = self.planned.plan.changes if self.planned else ()
        return [change.address for change in changes if change.address not in new]


def prepare(asked: Asked, reader: Remembering, fetch: Fetch, managed: Mapping[Address, Managed]) -> Pull:
    """Everything but the writing. InvalidInput where the manifests that are there are not sound; PlatformError."""
    existing, desired = _existing(asked)
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
        kinds=asked.kinds,
        patterns=asked.patterns,
        names=names,
        elsewhere=_elsewhere(existing, desired),
    )
    folder = _folder(asked.project)
    cuts = Cuts()
    mistakes: list[Problem] = []
    for number in range(ROUNDS):
        composed = compose(
            found.new,
            lambda new: names_of(found, desired, new, asked.environment.ids),
            existing,
            asked.environment,
            lambda address: _file_of(asked, folder, address),
            env=asked.env,
            allowed=asked.allowed,
            only_here=len(asked.project.environments) > 1,
            cuts=cuts,
        )
        drafts = {each.file: each for each in composed.drafts}
        try:
            planned = _plan(asked, reader, fetch, composed.desired, {**managed, **_links(composed.drafts)})
        except InvalidInput as error:
            if not cuts.take(drafts, error.problems, give_up=number > 1):
                raise
            continue
        wrong = _not_empty(planned, composed.drafts)
        mistakes += wrong
        if not wrong:
            return Pull(asked, found, composed, planned, mistakes)
        by_address = {str(each.new.address): each for each in composed.drafts}
        for problem in wrong:
            address = by_address[problem.path].new.address
            cuts.given_up[address] = problem
    raise InvalidInput(mistakes or [Problem("pull", "what is live cannot be written as manifests")])


def carry_out(pull: Pull, remember: Callable[[Mapping[Address, Managed]], None], tell: Callable[[str], None]) -> None:
    """Write: ids into syncer.yaml, then every file, then the links. InvalidInput where nothing could be written,
    PartlyDone where some of it was: pulling again goes on."""
    asked = pull.asked
    occupied = _occupied(pull)
    pull.composed.drafts = [each for each in pull.drafts if each.new.address not in occupied]
    pull.composed.skipped += occupied.values()
    if pull.composed.ids and pull.drafts:
        text = read_bytes(asked.project.file, asked.project.file.name)
        content = with_ids(text, asked.project.file, asked.environment.name, pull.composed.ids)
        _write(asked.project.file, content, pull)
    taken: set[str] = set()
    for number, draft in enumerate(pull.drafts, 1):
        document, files = with_files(draft, taken)
        taken |= files.keys()
        for name, text_ in files.items():
            _write(asked.project.root / name, text_.encode(), pull)
        _write(asked.project.root / draft.file, draft.text(document).encode(), pull)
        tell(f"{number} of {len(pull.drafts)} written")
    remember(_links(pull.drafts))


def prove(pull: Pull, project: Project, reader: Remembering, fetch: Fetch, managed: Mapping[Address, Managed]) -> None:
    """Plan once more, from the files as they stand, against what was read. What is not as it should be becomes a
    mistake of `pull`."""
    environment = project.environments[pull.asked.environment.name]
    asked = replace(pull.asked, project=project, environment=environment)
    _, desired = _existing(asked)
    pull.planned = _plan(asked, reader, fetch, desired, managed)
    pull.mistakes += _not_empty(pull.planned, pull.drafts)


def hand_over(pull: Pull) -> list[Address]:
    """The manifests that were there before and differ from what is live: what is to be taken over into their text.
    They are left as they are here; the addresses are given back for whoever takes them over."""
    return pull.others


def _existing(asked: Asked) -> tuple[Manifests, list[Desired]]:
    """The manifests that are there; InvalidInput where they are not sound. A folder that is not there yet is empty."""
    there = tuple(each for each in asked.project.manifests if each.exists())
    existing = read_manifests(replace(asked.project, manifests=there))
    desired, problems = resolve(existing, asked.environment, asked.env, allowed=asked.allowed)
    errors = [each for each in (*existing.problems, *problems, *together(desired)) if each.severity == "error"]
    if errors:
        raise InvalidInput(errors)
    return existing, desired


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
    asked: Asked,
    reader: Remembering,
    fetch: Fetch,
    desired: Sequence[Desired],
    managed: Mapping[Address, Managed],
) -> Planned:
    return make_plan(
        reader,
        fetch,
        desired,
        managed,
        environment=asked.environment.name,
        org_id=asked.environment.org_id,
        server=asked.server,
        today=asked.today,
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
        if change.address in new
    ]


def _folder(project: Project) -> Path:
    """Where new manifests go: the first folder of `manifests`."""
    for each in project.manifests:
        if not each.is_file() and each.suffix.lower() not in (".yaml", ".yml", ".json"):
            return each
    at = project.document.locate(("manifests",))
    hint = "add a folder to it, such as `config`"
    raise InvalidInput(Problem("layout", f"`manifests` of {PROJECT_FILE} names no folder to write to", at, hint=hint))


def _file_of(asked: Asked, folder: Path, address: Address) -> str:
    """Where a manifest goes, below the root, with `/`."""
    kind = KINDS[address.kind]
    name = (asked.project.layout or LAYOUT).format(
        kind=kind.folder or kind.slug, slug=kind.slug, name=address.name, env=asked.environment.name
    )
    return shown(folder / name, asked.project.root)


def _occupied(pull: Pull) -> dict[Address, Problem]:
    """Drafts whose file, or the file of one of whose texts, is something else's: they are not written."""
    root, found = pull.asked.project.root.resolve(), dict[Address, Problem]()
    for draft in pull.drafts:
        _, files = with_files(draft, ())
        for name, text in {draft.file: None, **files}.items():
            path = root / name
            if not (path.parent.resolve().is_relative_to(root)):
                why = f"`{name}` would lie outside the repository"
            elif os.path.lexists(path) and not (text is not None and _says(path, text)):
                why = f"`{name}` is there already, and nothing that is there is ever overwritten"
            else:
                continue
            found[draft.new.address] = Problem(
                "file-taken",
                f"{draft.new.address} is not pulled: {why}",
                hint="move that file, or give syncer.yaml another `layout`",
                severity="warning",
            )
    return found


def _says(path: Path, text: str) -> bool:
    """Whether a file holds exactly this: what an earlier pull wrote before it was cut off."""
    try:
        return path.is_file() and path.read_bytes() == text.encode()
    except OSError:
        return False


def _write(path: Path, content: bytes, pull: Pull) -> None:
    name = shown(path, pull.asked.project.root)
    try:
        replace_file(path, content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = Problem(
            "unwritable",
            f"`{name}` cannot be written: {reason}",
            hint="check its folder's permissions and the disk, then pull again: it goes on where it stopped",
        )
        raise (PartlyDone(problem) if pull.written else InvalidInput(problem)) from None
    pull.written.append(name)


__all__ = ["Asked", "New", "Pull", "Remembering", "carry_out", "hand_over", "prepare", "prove"]
