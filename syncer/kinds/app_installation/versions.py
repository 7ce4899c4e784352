"""Which version of an app is wanted, whether it can be had, and what a reviewer should know of it
(docs/platform.md#versions-of-an-app)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from syncer.kinds.app_installation.switch import may_be_off
from syncer.kinds.lenient_reader import listed, mappings
from syncer.model.calls import Call
from syncer.model.diagnostic import Finding
from syncer.model.field_change import FieldChange
from syncer.model.json_values import Json
from syncer.model.kind import Context, VersionMove
from syncer.model.unexpected_reply import inner_at, objects_at, text_at, word_at


def version_key(version: str) -> tuple[int, ...]:
    """`1.10.0` → (1, 10, 0), for comparing; a part that is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def risk_of_move(installed: str, target: str) -> str:
    """What a reviewer must know of a move from one version to another."""
    word = "downgrade: an older" if version_key(target) < version_key(installed) else "another"
    return f"{word} version: components, grants and required options may differ"


def version_move(changes: Iterable[FieldChange]) -> VersionMove:
    """What people call a change of the version."""
    for change in changes:
        if change.path == ("version",):
            older = version_key(str(change.after)) < version_key(str(change.before))
            return "downgrade" if older else "upgrade"
    return ""


def asks(context: Context) -> Mapping[str, Call]:
    """The declarations of the target version, unless it is the installed one: the installation carries those."""
    app_id = quote(str(context.want["app_id"]), safe="")
    installed = context.live.get("installed_version") if context.live else None
    version = context.want.get("version")
    if context.policy.get("version") == "track":
        return {
            "public": Call("GET", f"/v1/app-configurations/public/{app_id}"),
            "own": Call("GET", f"/v1/app-configurations/{app_id}"),
        }
    if installed is not None and (
        version is None or version == installed or _at_least(context, str(installed), str(version))
    ):
        return {}
    if version is None:
        return {}
    wanted = quote(str(version), safe="")
    found = {
        "public": Call("GET", f"/v1/app-configurations/public/{app_id}?version={wanted}"),
        "own": Call("GET", f"/v1/app-configurations/{app_id}/versions/{wanted}"),
    }
    if context.policy.get("version") == "minimum":
        found["newest public"] = Call("GET", f"/v1/app-configurations/public/{app_id}")
        found["newest own"] = Call("GET", f"/v1/app-configurations/{app_id}")
    return found


PAGES = ("public", "own", "newest public", "newest own")
"""The replies that say something of versions, by their names among the answers."""


def _at_least(context: Context, installed: str, version: str) -> bool:
    return context.policy.get("version") == "minimum" and version_key(installed) >= version_key(version)


def target_version(context: Context) -> str | None:
    """The version that the policy asks for: pinned, at least, or the newest that may be followed. Where the one that is
    to be there at least may not be followed itself, the newest above it that may be."""
    installed = str(context.live.get("installed_version")) if context.live else None
    version = context.want.get("version")
    if context.policy.get("version") == "track":
        candidates = [each for each in (installed, version, *_followed(context)) if isinstance(each, str)]
        return max(candidates, key=version_key, default=None)
    if version is None:
        return installed
    if installed and _at_least(context, installed, str(version)):
        return installed
    wanted = str(version)
    if context.policy.get("version") == "minimum" and _kept_back(context, wanted):
        higher = (each for each in _followed(context) if version_key(each) > version_key(wanted))
        return max(higher, key=version_key, default=wanted)
    return wanted


def _followed(context: Context) -> list[str]:
    """The versions on offer that may be followed: none is moved to unasked that is deprecated or not public."""
    return [version for version, why in _offered(context.answers).items() if not why]


def _offered(answers: Mapping[str, Json]) -> dict[str, str]:
    """Version → why it is not followed, "" for one that is; as the public pages say, or else the owner's.
    UnexpectedReply where a page does not say of which version it is."""
    for own, names in ((False, ("public", "newest public")), (True, ("own", "newest own"))):
        pages = [answer for answer in map(answers.get, names) if isinstance(answer, dict)]
        found: dict[str, str] = {}
        for page in pages:
            text_at(page.get("version"), ("version",))  # whatever says nothing of it is no page of an app
            latest = page.get("latest_version")
            found |= {str(latest): "not described"} if latest and str(latest) not in found else {}
        for page in pages:
            shown = [{**page, "visibility": None, "public": None}, *_listed(page)]
            found |= {str(each["version"]): _kept_from(each, own) for each in shown if each.get("version")}
        if pages:
            return found
    return {}


def _listed(answer: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The versions that a page lists with what they declare; some pages list their numbers only."""
    return [each for _, each in mappings(answer.get("versions")) if isinstance(each.get("version"), str)]


def _kept_from(version: Mapping[str, Json], own: bool) -> str:
    """Why a version is not followed; "" for one that is. A private one is its owner's only."""
    if version.get("deprecated_at"):
        return "deprecated"
    if version.get("pending") is True:
        return "not reviewed yet"
    private = version.get("visibility") == "private" or (
        version.get("visibility") is None and version.get("public") is False
    )
    return "private" if private and not own else ""


def _kept_back(context: Context, version: str) -> str:
    """Why the version that is asked for may not be had; "" where it may, or where nobody said anything of any."""
    answer = _answer(context.answers, version)
    if answer:
        own = any(_says(context.answers.get(name), version) for name in ("own", "newest own"))
        return _kept_from(answer, own)
    return "not available" if any(context.answers.get(name) for name in PAGES) else ""


def _passed_over(context: Context, target: str | None) -> Iterator[str]:
    """The versions that a policy does not follow, and why: newer ones, and the one that is to be there at least. One
    that is there at least, or can be had, leaves newer ones alone."""
    policy, wanted = context.policy.get("version"), str(context.want.get("version") or "")
    if target is None or not (policy == "track" or (policy == "minimum" and target != wanted)):
        return
    found = _offered(context.answers)
    if policy == "minimum" and context.answers:
        found[wanted] = _kept_back(context, wanted)
    above = wanted if policy == "minimum" else target
    for each in sorted(found, key=version_key):
        if found[each] and version_key(each) >= version_key(above) and each != target:
            yield f"version {each} is {found[each]} and is not followed: {target} is the newest that is"


def declared_components(answers: Mapping[str, Json], live: Json, target: str | None) -> list[Json] | None:
    """The components of the target version with their option declarations; None where it cannot be had."""
    if live and live.get("installed_version") == target:
        return components_of(live)  # a frozen snapshot: what is published may have moved on
    for name in PAGES:
        for each in _says(answers.get(name), target):
            if each.get("pending") is not True and "components" in each:
                return components_of(each)
    return None


def _says(answer: Json, version: str | None) -> list[Mapping[str, Json]]:
    """What a page says of a version: first its own words, then those in its list."""
    pages = [answer, *_listed(answer)] if isinstance(answer, dict) else []
    return [each for each in pages if each.get("version") == version]


APP_LEVEL = "$app"
"""Stands for a component in option values and here: what is declared for the app as a whole
(docs/platform.md#options-of-an-app)."""


def components_of(version: Mapping[str, Json]) -> list[Json]:
    """The components of a version or of an installation; its options for the app as a whole, if it has any, stand as a
    component of their own."""
    components = [*objects_at(version.get("components"), ("components",))]
    if version.get("options"):
        components.append({"id": APP_LEVEL, "options": [*objects_at(version["options"], ("options",))]})
    return components


def check_version(context: Context, target: str | None, components: list[Json] | None) -> Iterator[Finding]:
    """What is wrong with the wanted version for this organisation."""
    installed = str(context.live.get("installed_version")) if context.live else None
    path = ("version",)
    if target is None:
        return
    if components is None:
        yield Finding(
            "no-such-version",
            f"version `{target}` of the app is not available to this organisation",
            path,
            "only published versions, and the organisation's own, can be installed",
        )
    if installed and version_key(target) < version_key(installed) and not context.policy.get("allow_downgrade"):
        yield Finding(
            "downgrade",
            f"version `{target}` is older than the installed `{installed}`",
            path,
            "raise the version, or write `metadata.policy.version: minimum`; `allow_downgrade: true` goes back",
        )
    answer = _answer(context.answers, target)
    if target != installed and answer.get("deprecated_at"):
        yield Finding(
            "deprecated-version",
            f"version `{target}` of the app is deprecated",
            path,
            "choose a newer one; a deprecated version stays only where it is installed already",
        )


def _answer(answers: Mapping[str, Json], target: str | None) -> Mapping[str, Json]:
    """What was said of the target version, by whoever knows it."""
    return next((each for name in PAGES for each in _says(answers.get(name), target)), {})


def remarks(context: Context, target: str | None, components: list[Json] | None, unknown: list[str]) -> Iterator[str]:
    """What is not followed; what installing it or moving to it brings: grants, a blueprint, a price, components that
    go, saving by hand where secrets are not known."""
    yield from _passed_over(context, target)
    live, public = context.live, _answer(context.answers, target)
    if not public or (live and live.get("installed_version") == target):
        return
    grants = [
        f"{grant.get('action')}" + (f" on {grant['resource']}" if grant.get("resource") else "")
        for grant in objects_at(inner_at(public.get("role"), ("role",)).get("grants"), ("role", "grants"))
    ]
    if grants:
        yield f"installing version {target} grants the app: {', '.join(sorted(grants))}"
    if public.get("blueprint_ref"):
        yield f"version {target} installs a blueprint of its own, in the background"
    pricing = inner_at(public.get("pricing"), ("pricing",)).get("pricing_type")
    if pricing and pricing != "FREE":
        yield f"the app is not free: {pricing}"
    if public.get("is_beta"):
        yield f"version {target} is a beta"
    if live and components is not None:
        kept = {word_at(each.get("id"), ("components", at, "id")) for at, each in enumerate(components)}
        gone = [
            component_title(each)
            for each in components_of(live)
            if word_at(each.get("id"), ("components", "id")) not in {*kept, APP_LEVEL}
        ]
        if gone:
            yield f"version {target} no longer has {listed(gone)}: what uses it stops"
    if live and unknown and not may_be_off(context.policy, live):
        yield (
            f"a move to version {target} may switch the app off until its options are saved, and no manifest knows the "
            f"secret {listed(unknown)}: it may have to be saved by hand"
        )


def one_language(name: Json) -> Json:
    """A name for people; it may be in several languages, German always (docs/platform.md#components-of-an-app)."""
    return name.get("de") or name.get("en") if isinstance(name, dict) else name


def component_title(component: Mapping[str, Json]) -> str:
    """What people call a component: its name, else its id."""
    return str(one_language(component.get("name")) or component.get("id"))
