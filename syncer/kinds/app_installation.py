"""App installation: an app at a version, with its option values.

Installed by an upsert, moved by promote, configured by PATCH (app.md 5). `enabled` is computed by the platform from the
required options; promoting may reset it until the options are saved again, so it is asserted and never compared.
Whether a PATCH merges option values or replaces them is not known: the complete set is sent, or none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from syncer.core.kind import Call, Context, Kind, Listing, Prepared, Risk, Spec, Step, Steps, Write, Written
from syncer.core.merge import FieldChange, merge
from syncer.core.problem import Finding
from syncer.core.shape import compile_shape, keyed
from syncer.core.values import ABSENT, Json, Secret
from syncer.core.verbs import is_gone, segment
from syncer.kinds.app_rules import check_app, check_option_values

SERVICE = "app"
LISTING = Listing("/v1/app", "apps", paging="page")
SHAPE = compile_shape(lists={"option_values": keyed("component_id"), "option_values[].options": keyed("key")})


def _path(app_id: str) -> str:
    return f"/v1/app/{segment(app_id)}"


def version_key(version: str) -> tuple[int, ...]:
    """`1.10.0` → (1, 10, 0), for comparing; a part that is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def spec_of(live: Json) -> Spec:
    """The installation as a spec. A secret the platform may return masked is left out, so it is never sent back."""
    secret = set(_secret_options(live.get("components")))
    values = []
    for component in live.get("option_values") or []:
        options = [
            option for option in component.get("options") or []
            if (component.get("component_id"), option.get("key")) not in secret
        ]
        values.append({**component, "options": options})
    return {"app_id": live["app_id"], "version": live.get("installed_version"), "option_values": values}


def _secret_options(components: Json) -> Iterator[tuple[str, str]]:
    for component in components if isinstance(components, list) else []:
        for option in component.get("options") or []:
            if option.get("type") == "secret":
                yield component.get("id"), option.get("key")


def asks(context: Context) -> Mapping[str, Call]:
    """The declarations of the target version, unless it is the installed one: the installation carries those."""
    app_id = quote(str(context.want["app_id"]), safe="")
    installed = context.live.get("installed_version") if context.live else None
    version = context.want.get("version")
    if context.policy.get("version") == "track":
        return {"public": Call("GET", f"/v1/app-configurations/public/{app_id}")}
    if installed is not None and (
        version is None or version == installed or _at_least(context, str(installed), str(version))
    ):
        return {}
    if version is None:
        return {}
    wanted = quote(str(version), safe="")
    return {
        "public": Call("GET", f"/v1/app-configurations/public/{app_id}?version={wanted}"),
        "own": Call("GET", f"/v1/app-configurations/{app_id}/versions/{wanted}"),
    }


def _at_least(context: Context, installed: str, version: str) -> bool:
    return context.policy.get("version") == "minimum" and version_key(installed) >= version_key(version)


def target_version(context: Context) -> str | None:
    """The version that the policy asks for: pinned, at least, or the newest there is."""
    installed = str(context.live.get("installed_version")) if context.live else None
    version = context.want.get("version")
    if context.policy.get("version") == "track":
        newest = (context.answers.get("public") or {}).get("latest_version")
        candidates = [each for each in (installed, version, newest) if isinstance(each, str)]
        return max(candidates, key=version_key, default=None)
    if version is None:
        return installed
    return installed if installed and _at_least(context, installed, str(version)) else str(version)


def declared_components(answers: Mapping[str, Json], live: Json, target: str | None) -> list[Json] | None:
    """The components of the target version with their option declarations; None where this organisation can't have it."""
    for name in ("public", "own"):
        answer = answers.get(name)
        if isinstance(answer, dict) and answer.get("version") == target and _allowed(answer):
            return list(answer.get("components") or [])
    if live and live.get("installed_version") == target:
        return list(live.get("components") or [])
    return None


def _allowed(answer: Json) -> bool:
    return answer.get("pending") is not True


def prepare(context: Context) -> Prepared:
    """The version by policy, options against their declarations, secrets taken out, `enabled` asserted."""
    have = spec_of(context.live) if context.live else {}
    target = target_version(context)
    want: Spec = {**context.want, **({"version": target} if target else {})}
    components = declared_components(context.answers, context.live, target)
    findings: list[Finding] = list(_version(context, target, components))
    secrets: dict[str, Secret] = {}
    if components is not None:
        findings += check_option_values(
            want.get("option_values") or [], components, path=("option_values",), already=have.get("option_values") or [],
            required=not context.policy.get("allow_disabled"), exists=bool(context.live),
        )
        if "option_values" in want:
            want["option_values"] = list(_without_secrets(want["option_values"], components, secrets))
        findings += _unmanaged(context, have, want, components, secrets)
    return Prepared(
        want, have, secrets=secrets, findings=tuple(findings), notices=tuple(_notices(context, target)),
        extra=tuple(_must_be_enabled(context)),
    )


def _version(context: Context, target: str | None, components: list[Json] | None) -> Iterator[Finding]:
    installed = str(context.live.get("installed_version")) if context.live else None
    path = ("version",)
    if target is None:
        return
    if components is None:
        yield Finding(
            "no-such-version", f"version `{target}` of the app is not available to this organisation", path,
            "only published versions, and the organisation's own, can be installed",
        )
    if installed and version_key(target) < version_key(installed) and not context.policy.get("allow_downgrade"):
        yield Finding(
            "downgrade", f"version `{target}` is older than the installed `{installed}`", path,
            "raise the version, or set `metadata.policy.allow_downgrade: true`",
        )
    public = context.answers.get("public")
    if isinstance(public, dict) and public.get("deprecated_at"):
        yield Finding("deprecated-version", f"version `{target}` is deprecated", path, severity="warning")


def _without_secrets(values: Json, components: list[Json], secrets: dict[str, Secret]) -> Iterator[Json]:
    secret = set(_secret_options(components))
    for component in values:
        options = []
        for option in component.get("options") or []:
            value, key = option.get("value"), option.get("key")
            if (component.get("component_id"), key) not in secret:
                options.append(option)
            elif isinstance(value, Secret):
                secrets[f"option_values[{component.get('component_id')}].options[{key}]"] = value
        yield {**component, "options": options}


def _unmanaged(
    context: Context, have: Spec, want: Spec, components: list[Json], secrets: Mapping[str, Secret]
) -> Iterator[Finding]:
    """Option values go out whole or not at all, and a secret nobody here knows cannot be among them."""
    if not context.live or not any(
        change.path[0] == "option_values" for change in merge(have, want, context.last, SHAPE).changes
    ):
        return
    for component, key in _secret_options(components):
        if f"option_values[{component}].options[{key}]" not in secrets:
            yield Finding(
                "unmanaged-secret",
                f"option `{key}` is a secret that no manifest knows, and saving the other options would wipe it",
                ("option_values",), f"declare it: `key: {key}`, `value: ${{env.SYNCER_…}}`",
            )


def _must_be_enabled(context: Context) -> Iterator[FieldChange]:
    if context.live and context.live.get("enabled") is False and not context.policy.get("allow_disabled"):
        yield FieldChange(("enabled",), False, True, "drift")


def _notices(context: Context, target: str | None) -> Iterator[str]:
    public = context.answers.get("public")
    if not isinstance(public, dict) or (context.live and context.live.get("installed_version") == target):
        return
    grants = [
        f"{grant.get('action')}" + (f" on {grant['resource']}" if grant.get("resource") else "")
        for grant in (public.get("role") or {}).get("grants") or []
    ]
    if grants:
        yield f"installing version {target} grants the app: {', '.join(sorted(grants))}"
    if public.get("blueprint_ref"):
        yield f"version {target} installs a blueprint of its own, in the background"
    pricing = (public.get("pricing") or {}).get("pricing_type")
    if pricing and pricing != "FREE":
        yield f"the app is not free: {pricing}"
    if public.get("is_beta"):
        yield f"version {target} is a beta"


def _complete(goal: Spec, secrets: Mapping[str, Secret]) -> list[Json]:
    """Every option value there is, secrets put back in."""
    values = [{**component, "options": list(component.get("options") or [])} for component in goal.get("option_values") or []]
    for label, secret in secrets.items():
        component, _, key = label.removeprefix("option_values[").removesuffix("]").partition("].options[")
        holder = next((each for each in values if each.get("component_id") == component), None)
        if holder is None:
            holder = {"component_id": component, "options": []}
            values.append(holder)
        holder["options"].append({"key": key, "value": secret})
    return values


def _verify(write: Write, app_id: str) -> Step:
    """Read back: the version asked for, and enabled unless the manifest allows otherwise."""
    version = write.goal.get("version")

    def complaint(live: Json) -> str:
        if not isinstance(live, dict):
            return "the app is not installed when it is read back"
        if version is not None and live.get("installed_version") != version:
            return f"version `{live.get('installed_version')}` is installed, and `{version}` was asked for"
        if live.get("enabled") is False and not write.policy.get("allow_disabled"):
            return "the app is installed and disabled: open Settings → Apps and save its configuration by hand"
        return ""

    return Step("verify", Call("GET", _path(app_id)), complaint=complaint)


def create(write: Write) -> Steps:
    """POST is an upsert keyed by the app, so it may be sent again."""
    app_id = str(write.goal["app_id"])
    body = {"version": write.goal["version"], "option_values": _complete(write.goal, write.secrets)}
    yield Step("install", Call("POST", _path(app_id), body))
    live = yield _verify(write, app_id)
    return Written(app_id, live)


def update(write: Write) -> Steps:
    """A version is reached by promoting, options by patching; promoting may disable, patching enables."""
    app_id = str(write.goal["app_id"])
    save = bool(write.changed - {"version"})
    if "version" in write.changed:
        version = str(write.goal["version"])
        yield Step(
            "promote", Call("POST", f"{_path(app_id)}/promote-to/{segment(version)}"),
            achieved=lambda live: not _at_version(version)(live),
        )
        moved = yield Step(
            "look", Call("GET", _path(app_id)), complaint=_at_version(version), pretend={"enabled": False},
        )
        disabled = moved.get("enabled") is False and not write.policy.get("allow_disabled")
        save = save or (disabled and _can_save(write))
    if save:
        values = _complete(write.goal, write.secrets)
        yield Step("options", Call("PATCH", _path(app_id), {"option_values": values}))
    live = yield _verify(write, app_id)
    return Written(app_id, live)


def _at_version(version: str) -> Callable[[Json], str]:
    def complaint(live: Json) -> str:
        found = live.get("installed_version") if isinstance(live, dict) else None
        return "" if found == version else f"version `{found}` is installed after promoting to `{version}`"

    return complaint


def _can_save(write: Write) -> bool:
    """Whether every secret is at hand: saving the options without one would wipe it."""
    components = declared_components(write.answers, write.live, write.goal.get("version")) or []
    labels = {f"option_values[{component}].options[{key}]" for component, key in _secret_options(components)}
    return labels <= set(write.secrets)


def remove(write: Write) -> Steps:
    """Uninstalling loses the option values, secrets included."""
    yield Step("uninstall", Call("DELETE", _path(write.live_id)))
    yield Step("read back", Call("GET", _path(write.live_id)), complaint=is_gone("the app"))
    return Written("", None)


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """An upgrade changes grants and components; an option that goes may stop the app."""
    if change.path == ("version",):
        return Risk("risky", "another version: components, grants and required options may differ")
    if change.path[0] == "option_values" and change.after is ABSENT:
        return Risk("risky", "the option loses its value")
    return None


KIND = Kind(
    name="AppInstallation",
    slug="app-installation",
    service=SERVICE,
    listing=LISTING,
    key=lambda spec: str(spec["app_id"]),
    reads_by_key=True,
    key_field="app_id",
    live_key=lambda live: str(live["app_id"]),
    live_id=lambda live: str(live["app_id"]),
    shape=SHAPE,
    spec_of=spec_of,
    asks=asks,
    prepare=prepare,
    read=lambda id, live: Call("GET", _path(id)),
    create=create,
    update=update,
    remove=remove,
    removal=lambda policy: "uninstall",
    risk=risk,
    create_risk=lambda spec: None,
    remove_reason="its option values and secrets are lost, and what it adds to flows, journeys and portals stops",
    upgrade=lambda changes: any(change.path == ("version",) for change in changes),
    check=check_app,
    required=("version",),
    texts=("option_values[].options[].value",),
)
