"""Documents of kind `Removed`: reads them for an environment and says what is wrong with them, offline.

What they come to beside state and organisation, `plan/removal_requests.py` decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from syncer.diff.fingerprint import canonical, digest
from syncer.kinds import KINDS, REMOVED
from syncer.manifests import envelope
from syncer.manifests.envelope import RawManifest
from syncer.manifests.project import Environment, Project
from syncer.manifests.variables import substitute
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import Finding, Location, Problem, located
from syncer.model.json_values import Json, Path, show_path
from syncer.model.resource import Desired
from syncer.plan.removal_requests import Action, RemovalRequest, possible
from syncer.schema_check import registry

KIND = REMOVED
Entry = Mapping[str, Json]
Seen = dict[tuple[str, str, str], Location]
Described = Mapping[tuple[str, str], Address]
"""(kind, enforced key or title) → the manifest that describes that object."""


def read_removed(
    raws: Sequence[RawManifest],
    project: Project,
    environment: Environment,
    desired: Sequence[Desired],
    *,
    strict: bool = False,
) -> tuple[list[RemovalRequest], list[Problem]]:
    """What the documents of an environment ask for, and every problem of them. `desired`: its manifests, which must
    not describe what shall go."""
    declared = {each.address: each.address for each in desired}
    declared |= {Address(each.address.kind, alias): each.address for each in desired for alias in each.aliases}
    described = {(each.address.kind, key): each.address for each in desired for key in _keys(each)}
    asked: list[RemovalRequest] = []
    problems: list[Problem] = []
    seen: Seen = {}
    for raw in raws:
        findings = envelope.metadata(raw, project.environments)
        spec = substitute(raw.spec, environment.variables(None), ("spec",))
        findings += spec.findings
        value = raw.document.value
        formal = registry.check(
            "removed", {**value, "spec": spec.value} if isinstance(value.get("spec"), dict) else value
        )
        findings += formal
        if not any(each.severity == "error" for each in findings):
            whole = digest(raw.digest + canonical(spec.value))
            for index, entry in enumerate(spec.value["objects"]):
                path: Path = ("spec", "objects", index)
                found = list(_wrong(entry, path, declared, described))
                one = None if found else _asked(raw, entry, path, whole)
                if one is not None:
                    found += _twice(one, path, seen)
                    asked.append(one)
                findings += found
        problems += [located(each, raw.locate(each.path, key=each.rule == "unknown-field")) for each in findings]
    return asked, problems


def _keys(desired: Desired) -> Iterator[str]:
    """What the object of a manifest is found by: its key, or its titles."""
    kind = KINDS[desired.address.kind]
    if not kind.title:
        yield kind.key(desired.spec)
        return
    yield from (_folded(each) for each in (str(desired.spec[kind.title]), *desired.titles))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _asked(raw: RawManifest, entry: Entry, path: Path, whole: str) -> RemovalRequest:
    address = parse_address(entry.get("address", ""))
    return RemovalRequest(
        address.kind if address else entry["kind"],
        entry["action"],
        address,
        entry.get("key", ""),
        entry.get("id", ""),
        f"{KIND}/{raw.name}",
        raw.locate(path),
        show_path(path),
        whole,
    )


def _wrong(entry: Entry, path: Path, declared: Mapping[Address, Address], described: Described) -> Iterator[Finding]:
    """What is wrong with one entry that has the form of one: the first that says it best."""
    address = parse_address(entry.get("address", ""))
    misnamed = _misnamed(entry)
    name = address.kind if address else entry.get("kind", "")
    if misnamed:
        yield Finding("removed-name", misnamed, path, "name it by `address`, or by `kind` and one of `key` and `id`")
    elif name not in KINDS:
        where = (*path, "address")
        yield Finding("unknown-kind", f"kind `{name}` is not known", where, envelope.nearest(name, KINDS))
    elif entry["action"] not in possible(KINDS[name]):
        yield _impossible(entry["action"], name, (*path, "action"))
    elif address is not None and address in declared:
        yield _declared(f"{address}", declared[address], (*path, "address"))
    elif "key" in entry:
        yield from _wrong_key(name, entry["key"], (*path, "key"), described)


def _misnamed(entry: Entry) -> str:
    """What is wrong with the way in which an entry names its object."""
    if "address" in entry:
        if "kind" in entry:
            return "an address says the kind already: `kind` has no place beside it"
        return "`id` has no place beside `address`" if "id" in entry else ""
    if entry["action"] == "forget":
        return "`forget` lets go of what the state remembers, and that has an `address`"
    if "kind" not in entry:
        return "the entry does not say what it is about"
    if ("key" in entry) == ("id" in entry):
        return f"which {entry['kind']} is meant, one of `key` and `id` must say"
    return ""


def _impossible(action: str, name: str, path: Path) -> Finding:
    words = sorted(possible(KINDS[name]) - {"forget"}, key=get_args(Action).index)
    hint = "write " + " or ".join(f"`action: {word}`" for word in words) + ", or `forget` to leave it as it is"
    return Finding("removed-action", f"{name} has no `{action}`", path, hint)


def _declared(what: str, by: Address, path: Path) -> Finding:
    said = f"{what} is still described by a manifest" if what == str(by) else f"{what} is still described by {by}"
    return Finding("removed-declared", said, path, "delete that manifest, or take this entry out")


def _wrong_key(name: str, key: str, path: Path, described: Described) -> Iterator[Finding]:
    kind = KINDS[name]
    if "${env." in key:
        hint = "write it out, or use `${var.NAME}` and the `vars` of syncer.yaml"
        yield Finding("env-identity", "`key` says which object is meant and can't be a secret", path, hint)
    elif kind.key_form and not re.fullmatch(kind.key_form, key):
        yield Finding("bad-format", f"`{key}` is not the key of {_a(name)}", path, f"it is {kind.key_words}")
    elif (name, _folded(key)) in described:
        yield _declared(f"the {name} `{key}`", described[name, _folded(key)], path)


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _twice(one: RemovalRequest, path: Path, seen: Seen) -> Iterator[Finding]:
    """The same object, named in the same way, in two entries; what only the organisation shows, the plan says."""
    names = [("address", str(one.address)), ("key", _folded(one.key)), ("id", one.live_id)]
    for field, value in names:
        if value in ("", "None"):
            continue
        first = seen.setdefault((one.kind, field, value), one.at)
        if first is not one.at:
            message = f"{one.what} is named at {first} already"
            yield Finding("removed-twice", message, path, "take one of the two entries out")
            return
