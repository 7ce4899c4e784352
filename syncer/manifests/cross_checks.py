"""What only all manifests of an environment show: two for one live object, circles of references, what kinds check
beside other manifests. Knows manifests as desired resources, no files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import Finding, Problem
from syncer.model.json_values import Ref
from syncer.model.kind import CrossCheck
from syncer.model.resource import Desired, problem_of


def together(desired: Sequence[Desired], only: Collection[str] | None = None) -> list[Problem]:
    """What only all manifests of an environment show: two for one live object, circles, what kinds check beside others.

    `only`: names of files that are reported on; a circle is told in one of those, and so is what a manifest there takes
    from manifests of other files.
    """
    problems = list(_one_live_object_each(desired))
    problems += _circles(desired, only or ())
    of_kind: dict[str, list[Desired]] = {}
    for each in desired:
        of_kind.setdefault(each.address.kind, []).append(each)
    declared = [(name, check) for name in KINDS if name in of_kind for check in KINDS[name].cross_checks]
    checks = [(of_kind[name], check, by_key(of_kind[check.kind])) for name, check in declared if check.kind in of_kind]
    for ours, check, theirs in checks:
        problems += _beside(ours, check, theirs)
    if only:
        for ours, check, theirs in checks:
            problems += _taken_away([each for each in ours if each.file not in only], check, theirs, only)
    return problems


def by_key(desired: Sequence[Desired]) -> dict[str, Desired]:
    """Enforced key → the manifest of one kind that names it, the last where several do."""
    return {KINDS[each.address.kind].key(each.spec): each for each in desired}


def _beside(ours: Sequence[Desired], check: CrossCheck, theirs: Mapping[str, Desired]) -> Iterator[Problem]:
    specs = {key: each.spec for key, each in theirs.items()}
    for each in ours:
        yield from (problem_of(each, finding) for finding in check.check(each.spec, specs))


def _taken_away(
    ours: Sequence[Desired], check: CrossCheck, theirs: Mapping[str, Desired], only: Collection[str]
) -> Iterator[Problem]:
    """What is wrong with a manifest of another file because of one in these files alone, told in the latter."""
    for key, other in theirs.items():
        if other.file in only:
            for each in ours:
                for finding in check.check(each.spec, {key: other.spec}):
                    if problem_of(each, finding).severity != "note":
                        yield problem_of(other, _of_another(finding, each, check.at, other))


def _of_another(finding: Finding, each: Desired, at: str, other: Desired) -> Finding:
    """The finding about one manifest, as told in the other that it comes from."""
    message = f"{each.address} at {each.where(finding.path)}: {finding.message}"
    path = (at if at in other.spec else KINDS[other.address.kind].key_field,)
    return finding._replace(message=message, path=path, hint=f"change {each.address} in the same commit")


def _one_live_object_each(desired: Sequence[Desired]) -> Iterator[Problem]:
    claimed: dict[tuple[str, str], Desired] = {}
    for each in desired:
        kind = KINDS[each.address.kind]
        key = unicodedata.normalize("NFC", str(each.spec[kind.title])) if kind.title else kind.key(each.spec)
        first = claimed.setdefault((kind.name, key), each)
        if first is not each:
            field = kind.title or kind.key_field
            yield Problem(
                "duplicate-live-key",
                f"{each.address} and {first.address} at {first.where((field,))} describe one live object: `{key}`",
                each.where((field,)),
                f"$.spec.{field}",
                "merge them into one manifest, or give each environment its own with `metadata.environments`",
            )


def _circles(desired: Sequence[Desired], only: Collection[str]) -> Iterator[Problem]:
    """Circles that cannot be cut. Schemas may refer to each other: they are written in two goes."""
    by_address = {each.address: each for each in desired}
    waits: dict[Address, set[Address]] = {each.address: set() for each in desired if each.uses}
    for each in desired:
        for use in each.uses:
            if isinstance(use.target, Ref) and not use.late:
                target = Address(use.target.kind, use.target.name)
                if target != each.address:
                    waits[each.address].add(target)
    if not waits:
        return
    from syncer.plan.cycles import circles  # late: a repository without references has none

    for circle in circles(waits):
        begin = next((place for place, each in enumerate(circle) if by_address[each].file in only), 0)
        circle = [*circle[begin:-1], *circle[:begin], circle[begin]]
        first = by_address[circle[0]]
        use = next(
            use
            for use in first.uses
            if isinstance(use.target, Ref) and Address(use.target.kind, use.target.name) == circle[1]
        )
        yield Problem(
            "reference-circle",
            "references go in a circle: " + " → ".join(map(str, circle)),
            first.where(use.path),
            "",
            "leave one of the references out; none of these can be created first",
        )
