"""What live ids are called in manifests that are there: by reference, by a title that only one object has, by `ids`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from syncer.diff.export_spec import NamedIds, NameIndex
from syncer.kinds import KINDS, lookup_kinds
from syncer.model.json_values import Json
from syncer.model.resource import Desired
from syncer.plan.identity_match import Matches
from syncer.plan.inputs import PlanInputs


def by_manifest(matches: Mapping[str, Matches], desired: Sequence[Desired]) -> dict[tuple[str, str], str]:
    """(kind, live id or key) → the name of the manifest that describes it."""
    found = {
        (address.kind, hit.live.id): address.name for each in matches.values() for address, hit in each.found.items()
    }
    for one in desired:
        kind = KINDS[one.address.kind]
        if not kind.title:
            found.setdefault((kind.name, kind.key(one.spec)), one.address.name)
    return found


def names_of(sides: PlanInputs, looked_at: Mapping[str, Sequence[Json]], ids: Mapping[str, str]) -> NameIndex:
    """What live ids are called: by manifests, by titles that only one object has, by the `ids` of the environment."""
    titles: dict[tuple[str, str, str], str] = {}
    for name, live in sides.live.items():
        if KINDS[name].title:
            titles |= _unique((name, each.id, "", each.title) for each in live)
    for name, objects in looked_at.items():
        kinds = lookup_kinds()
        if name in kinds:
            titles |= _unique(_titled(name, objects, kinds[name].titles, kinds[name].scope))
    return NameIndex(by_manifest(sides.matches, sides.desired), titles, {}, _OnlyKnown(ids))


def _titled(
    kind: str, objects: Sequence[Json], fields: Sequence[str], scope: str
) -> Iterator[tuple[str, str, str, str]]:
    for each in objects:
        if not each.get("id"):
            continue
        title = next((each[name] for name in fields if isinstance(each.get(name), str) and each[name]), "")
        scopes = each.get(scope) if scope else ""
        for one in scopes if isinstance(scopes, list) else [scopes]:
            yield kind, str(each["id"]), str(one or ""), title


def _unique(rows: Iterator[tuple[str, str, str, str]]) -> dict[tuple[str, str, str], str]:
    rows_ = list(rows)
    times: dict[tuple[str, str], int] = {}
    for _, _, scope, title in rows_:
        times[scope, title] = times.get((scope, title), 0) + 1
    return {(kind, id, scope): title for kind, id, scope, title in rows_ if title and times[scope, title] == 1}


class _OnlyKnown(NamedIds):
    """The `ids` that stand in syncer.yaml; any other id stays as it is."""

    def variable(self, family: str, id: str, said: str = "") -> str:
        known = len(self.new)
        variable = super().variable(family, id, said)
        return id if len(self.new) > known or variable[5:-1] in self.new else variable
