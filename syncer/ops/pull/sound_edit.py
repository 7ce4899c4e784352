"""The edit of one manifest's text that says what is live: all of it, or less what no manifest may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from syncer.diff.restrictions import restricts
from syncer.diff.write_back import FieldEdit, WriteBack
from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Replacement
from syncer.documents.yaml_reader import read
from syncer.fs.change_set import FileChange
from syncer.kinds import KINDS
from syncer.manifests.envelope import RawManifest
from syncer.manifests.project import Environment, Project
from syncer.manifests.resolution import judge
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Path
from syncer.model.named_tuple import NamedTuple
from syncer.ops.pull.kept_fields import MOST_NAMED
from syncer.ops.pull.unknown_fields import metadata_edits

Withheld = Mapping[tuple[Path, bool], str]


class EditOutcome(NamedTuple):
    """What became of a file, or why nothing: `unfit`: the text can't be edited so; `wrong`: what a check says."""

    after: FileChange | None
    unfit: tuple[Problem, ...] = ()
    wrong: tuple[Problem, ...] = ()

    @property
    def why(self) -> str:
        """The reasons in words, "" where there are none."""
        return "; ".join(dict.fromkeys(each.message for each in (self.unfit or self.wrong)[:MOST_NAMED]))


class TextEdit(NamedTuple):
    """A manifest, the policy that it gets, and what its file has become so far: what an edit of it would be."""

    raw: RawManifest
    policy: Mapping[str, object]
    before: FileChange
    project: Project
    environment: Environment

    def outcome(self, found: WriteBack) -> EditOutcome:
        """The file with this in it, where a manifest may say it; what its metadata says of it is noted as taken."""
        edits = [Replacement(("spec",), found.spec), *metadata_edits(self.raw, self.policy, found)]
        try:
            after = edit(self.before.after or b"", self.raw.document.index, edits, self.raw.file)
        except InvalidInput as error:
            return EditOutcome(None, unfit=tuple(error.problems))
        if after != self.before.after and (wrong := self._wrong(after)):
            return EditOutcome(None, wrong=tuple(wrong))
        return EditOutcome(FileChange(self.before.before, after))

    def _wrong(self, after: bytes) -> list[Problem]:
        """What `validate` would have against the new manifest, beyond what it has against the old one, and no manifest
        may accept."""
        raw = self.raw
        document = read(after, raw.file)[raw.document.index]
        value = document.value
        new = raw._replace(
            document=document,
            metadata=value["metadata"],
            spec=value["spec"],
            content=after,
            may_hold_variables=b"$" in after or b"\\" in after,
        )
        found, before = (
            [
                each
                for each in judge(one, KINDS[raw.kind], self.project, self.environment, False)
                if each.severity == "error"
            ]
            for one in (new, raw)
        )
        known = {each.message for each in before}
        return [each for each in found if each.message not in known and not each.entry]


class SoundEdit(NamedTuple):
    """What is taken over of an object, and what that makes of the file."""

    found: WriteBack
    outcome: EditOutcome


def less_unsound(make: Callable[[Withheld], WriteBack], text: TextEdit) -> SoundEdit:
    """What is taken over: all of it, or less the edits that no manifest may say, each of which is found by itself. All
    of it as well where one of them restricts the object, or where that leaves nothing, or nothing sound: then the
    manifest is left as it is."""
    edits = make({})
    whole = _tried(text, edits)
    if not edits.taken or not whole.outcome.why:
        return whole
    unsound = _unsound(make, text, edits.taken, edits.taken)
    if not unsound or any(restricts(KINDS[text.raw.kind], path) for path, _ in unsound):
        return whole
    less = make(unsound)
    if not less.taken:
        return whole
    rest = _tried(text, less)
    return whole if rest.outcome.why else rest


def _unsound(
    make: Callable[[Withheld], WriteBack], text: TextEdit, edits: Sequence[FieldEdit], among: Sequence[FieldEdit]
) -> Withheld:
    """Those of the edits that are wrong without any other, and why."""
    meant = {each.which for each in edits}
    why = _tried(text, make({each.which: "not now" for each in among if each.which not in meant})).outcome.why
    if not why:
        return {}
    if len(edits) == 1:
        return {edits[0].which: why}
    half = len(edits) // 2
    return {**_unsound(make, text, edits[:half], among), **_unsound(make, text, edits[half:], among)}


def _tried(text: TextEdit, edits: WriteBack) -> SoundEdit:
    found = edits._replace(taken=list(edits.taken))
    return SoundEdit(found, text.outcome(found))
