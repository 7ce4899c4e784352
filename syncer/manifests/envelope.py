"""A manifest as it is written, and what is asked of it whatever its kind: envelope, names, and no address twice.

It knows no kind but by name, and says nothing that the JSON Schemas say already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from syncer.model.diagnostic import Finding, Location, Problem, located
from syncer.model.json_values import Json, Path
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from syncer.documents.yaml_reader import Document


class RawManifest(NamedTuple):
    """A manifest as it is written. Where `metadata.name`, `metadata` or `spec` are missing or of a wrong type, an empty
    one stands in; the JSON Schema, given `document.value`, says so."""

    document: Document
    kind: str
    name: str
    metadata: dict[str, Json]
    spec: dict[str, Json]
    content: bytes
    """The whole file, as it was read."""
    may_hold_variables: bool
    """False where the file's text rules it out."""

    @property
    def digest(self) -> str:
        """SHA-256 of the whole file, in hex; validation does without."""
        return _sha256(self.content)

    @property
    def file(self) -> str:
        """The file's name in messages, below the root."""
        return self.document.file

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Where the value (or key) at a path from the document's root stands."""
        return self.document.locate(path, key=key)


@lru_cache(maxsize=1)
def _sha256(content: bytes) -> str:
    """One file's manifests are asked for one after the other: hashed once for all of them."""
    import hashlib

    return hashlib.sha256(content).hexdigest()


API_VERSION = "syncer/v1"
# A manifest's name becomes a file's name when live configuration is pulled; these Windows keeps for its devices.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def nearest(word: str, words: Collection[str]) -> str:
    """The hint for a word that is none of `words`: the one meant, probably, or all there are."""
    import difflib  # late: only mistakes need it

    folded = {known.lower(): known for known in sorted(words, reverse=True)}
    if close := difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6):
        return f"did you mean `{folded[close[0]]}`?"
    return "known: " + ", ".join(f"`{known}`" for known in sorted(words)) if words else ""


def envelope(value: Json, kinds: Collection[str]) -> list[Finding]:
    """Why a document is no manifest of a known kind; such a one can't be checked any further."""
    if not isinstance(value, dict):
        hint = "a manifest is a mapping with apiVersion, kind, metadata and spec"
        return [Finding("envelope", f"document is {_sort(value)}, not a manifest", hint=hint)]
    kind = value.get("kind")
    if value.get("apiVersion") == API_VERSION and isinstance(kind, str) and kind in kinds:
        return []
    if "apiVersion" not in value and "kind" not in value:
        hint = f"begin with `apiVersion: {API_VERSION}` and `kind`; move other files out of the folders in `manifests`"
        return [Finding("envelope", "document is no manifest: it has neither `apiVersion` nor `kind`", hint=hint)]
    return [*_version(value), *_kind(value, kinds)]


def _version(value: dict[str, Json]) -> Iterator[Finding]:
    version = value.get("apiVersion")
    hint = f"write `apiVersion: {API_VERSION}`"
    if "apiVersion" not in value:
        yield Finding("envelope", "`apiVersion` is missing", hint=hint)
    elif version != API_VERSION:
        yield Finding("envelope", f"apiVersion `{_word(version)}` is not known", ("apiVersion",), hint)


def _kind(value: dict[str, Json], kinds: Collection[str]) -> Iterator[Finding]:
    kind = value.get("kind")
    if "kind" not in value:
        yield Finding("unknown-kind", "`kind` is missing", hint=nearest("", kinds))
    elif not isinstance(kind, str) or kind not in kinds:
        hint = nearest(kind if isinstance(kind, str) else "", kinds)
        yield Finding("unknown-kind", f"kind `{_word(kind)}` is not known", ("kind",), hint)


def metadata(manifest: RawManifest, environments: Collection[str]) -> list[Finding]:
    """What the JSON Schema can't say about `metadata`: device names, environments, variables where none are read."""
    found: list[Finding] = []
    for path, name in [(("metadata", "name"), manifest.name), *_texts(manifest.metadata, "aliases")]:
        if name.partition(".")[0] in _DEVICES:
            hint = "take another name; manifests are files, on Windows too"
            found.append(Finding("reserved-name", f"name `{name}` is a device of Windows", path, hint))
    found.extend(unknown_environments(manifest, environments))
    if manifest.may_hold_variables:
        found.extend(_variables(manifest.metadata, ("metadata",)))
    return found


def unknown_environments(manifest: RawManifest, environments: Collection[str]) -> Iterator[Finding]:
    """Environments that are named and stand in no syncer.yaml, misspelt most likely; and a list that names none."""
    if manifest.metadata.get("environments") == []:
        hint = "name those that it is for, or delete the line: then it is for every one"
        said = "`environments` names none, so the manifest would count nowhere"
        yield Finding("unknown-environment", said, ("metadata", "environments"), hint)
    for path, name in _texts(manifest.metadata, "environments"):
        if name not in environments:
            hint = nearest(name, environments)
            yield Finding("unknown-environment", f"environment `{name}` is not in syncer.yaml", path, hint)


def _variables(value: Json, path: Path) -> Iterator[Finding]:
    if isinstance(value, str) and ("${var." in value or "${env." in value or "${id." in value):
        hint = "write the value itself; a manifest is the same thing in every environment"
        yield Finding("variable-place", f"`{value}` stands where no variable is read", path, hint)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _variables(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _variables(item, (*path, index))


def across(manifests: Sequence[RawManifest]) -> list[Problem]:
    """Addresses that stand twice (or differ only by case), and aliases that are another manifest's where both live in
    one environment: what is split by environment goes on from the name that it had in both."""
    problems: list[Problem] = []
    names: dict[tuple[str, str], RawManifest] = {}
    for manifest in manifests:
        first = names.setdefault((manifest.kind, manifest.name.casefold()), manifest)
        if first is not manifest and manifest.name:
            problems.append(_twice(manifest, first))
    aliases: dict[tuple[str, str], list[RawManifest]] = {}
    for manifest in manifests:
        for path, alias in _texts(manifest.metadata, "aliases"):
            word = (manifest.kind, alias.casefold())
            other, claims = names.get(word), aliases.setdefault(word, [])
            claimed = next((each for each in claims if each is not manifest and _meet(each, manifest)), None)
            claims.append(manifest)
            if other is not None and (other is manifest or _meet(other, manifest)):
                whose = "this manifest's own name" if other is manifest else f"the name of the manifest at {_at(other)}"
                hint = "an alias is a former name; delete it, or rename the other manifest"
                finding = Finding("alias-taken", f"alias `{alias}` is {whose}", path, hint)
            elif claimed is not None:
                hint = "one manifest only can have had that name"
                finding = Finding("alias-taken", f"alias `{alias}` is claimed at {_at(claimed)} too", path, hint)
            else:
                continue
            problems.append(located(finding, manifest.locate(path)))
    return problems


def _meet(one: RawManifest, other: RawManifest) -> bool:
    """Whether both live in one environment; where one is not limited to any, they do."""
    mine, theirs = (each.metadata.get("environments") for each in (one, other))
    return not (isinstance(mine, list) and isinstance(theirs, list)) or any(each in theirs for each in mine)


def _twice(manifest: RawManifest, first: RawManifest) -> Problem:
    address = f"{manifest.kind}/{manifest.name}"
    if manifest.name == first.name:
        message = f"`{address}` is declared at {_at(first)} already"
    else:
        message = f"`{address}` differs from `{first.kind}/{first.name}` at {_at(first)} only by case"
    hint = "rename one of the two, or merge them"
    if not _meet(manifest, first):  # a name is the whole repository's, so that a reference in any file says which
        hint = f"rename one of the two, with `aliases: [{first.name}]`: where it lives it goes on as the same object"
    finding = Finding("duplicate-address", message, ("metadata", "name"), hint)
    return located(finding, manifest.locate(finding.path))


def _texts(fields: dict[str, Json], name: str) -> list[tuple[Path, str]]:
    """The texts of a list in metadata, with their paths; nothing where it is no list, which the schema reports."""
    items = fields.get(name)
    if not isinstance(items, list):
        return []
    return [(("metadata", name, index), item) for index, item in enumerate(items) if isinstance(item, str)]


def _at(manifest: RawManifest) -> str:
    return str(manifest.locate(("metadata", "name")))


def _word(value: Json) -> str:
    text = value if isinstance(value, str) else _sort(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _sort(value: Json) -> str:
    sorts = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return sorts.get(type(value), "a number")
