"""App installation: an app at a version, with its option values.

Installed by an upsert, moved by promote, configured by PATCH (app.md 5). `enabled` is computed by the platform from the
required options; promoting may reset it until the options are saved again, so it is asserted and never compared.
Whether a PATCH merges option values or replaces them is not known: the complete set is sent, or none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from syncer.core.kind import (
    Call,
    Context,
    Dated,
    Kind,
    Listing,
    Parts,
    Prepared,
    Risk,
    Spec,
    Step,
    Steps,
    Write,
    Written,
)
from syncer.core.merge import FieldChange, merge
from syncer.core.problem import Finding
from syncer.core.shape import compile_shape, keyed
from syncer.core.values import ABSENT, Json, Secret
from syncer.core.verbs import is_gone, segment
from syncer.kinds.app_rules import check_app, check_option_values
from syncer.kinds.app_secrets import options_declared, put_back, secrets_declared, take_out, unknown_secrets
from syncer.kinds.app_versions import asks, check_version, declared_components, remarks, target_version
from syncer.kinds.lenient import listed

if TYPE_CHECKING:
    from syncer.core.pulled import Pulled
    from syncer.core.recorded import Recorded

SERVICE = "app"
LISTING = Listing("/v1/app", "apps", paging="page")
SHAPE = compile_shape(lists={"option_values": keyed("component_id"), "option_values[].options": keyed("key")})


def _path(app_id: str) -> str:
    return f"/v1/app/{segment(app_id)}"


def spec_of(live: Json) -> Spec:
    """The installation as a spec. A secret the platform may return masked is left out, so it is never sent back."""
    values, _ = take_out(live.get("option_values"), secrets_declared(live.get("components")))
    return {"app_id": live["app_id"], "version": live.get("installed_version"), "option_values": values}


def prepare(context: Context) -> Prepared:
    """The version by policy, options against their declarations, secrets taken out, `enabled` asserted."""
    have = spec_of(context.live) if context.live else {}
    target = target_version(context)
    want: Spec = {**context.want, **({"version": target} if target else {})}
    components = declared_components(context.answers, context.live, target)
    findings: list[Finding] = list(check_version(context, target, components))
    secrets: dict[str, Secret] = {}
    switched_off = tuple(_must_be_enabled(context))
    unknown: list[tuple[str, str, str]] = []
    if components is not None:
        findings += check_option_values(
            want.get("option_values") or [],
            components,
            path=("option_values",),
            already=have.get("option_values") or [],
            required=not context.policy.get("allow_disabled"),
            exists=bool(context.live),
        )
        if "option_values" in want:
            want["option_values"], secrets = take_out(want["option_values"], secrets_declared(components))
    if components is not None and context.live:
        installed = secrets_declared(context.live.get("components"))
        unknown = unknown_secrets(secrets_declared(components), installed, have["option_values"], secrets)
    if unknown and (switched_off or _values_change(have, want, context.last)):
        findings += [_unmanaged(*each) for each in unknown]
    return Prepared(
        want,
        have,
        secrets=secrets,
        findings=tuple(findings),
        notices=tuple(remarks(context, target, components, unknown)),
        extra=switched_off,
    )


def _values_change(have: Spec, want: Spec, last: Spec) -> bool:
    return any(change.path[0] == "option_values" for change in merge(have, want, last, SHAPE).changes)


def _unmanaged(component: str, key: str, field: str) -> Finding:
    """Option values go out whole or not at all, and a secret nobody here knows cannot be among them."""
    what = f"`{key}`" + (f", field `{field}`," if field else "")
    return Finding(
        "unmanaged-secret",
        f"option {what} is a secret that no manifest knows, and saving the other options would wipe it",
        ("option_values",),
        f"declare it under `component_id: {component}`: `key: {key}`, `value: ${{env.SYNCER_…}}`",
    )


def _must_be_enabled(context: Context) -> Iterator[FieldChange]:
    if context.live and context.live.get("enabled") is False and not context.policy.get("allow_disabled"):
        yield FieldChange(("enabled",), False, True, "drift")


def _complete(write: Write) -> list[Json]:
    """Every option value there is that the version still declares, secrets put back in."""
    live_values = write.live.get("option_values") if write.live else None
    values = put_back(write.goal.get("option_values"), write.secrets, live_values)
    components = declared_components(write.answers, write.live, write.goal.get("version"))
    if components is None:
        return values
    known = options_declared(components)
    left = [
        {**each, "options": [option for option in each["options"] if (each["component_id"], option["key"]) in known]}
        for each in values
    ]
    return [each for each in left if each["options"]]


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
    body = {"version": write.goal["version"], "option_values": _complete(write)}
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
            "promote",
            Call("POST", f"{_path(app_id)}/promote-to/{segment(version)}"),
            achieved=lambda live: not _at_version(version)(live),
        )
        moved = yield Step(
            "look",
            Call("GET", _path(app_id)),
            complaint=_at_version(version),
            pretend={"enabled": False},
        )
        disabled = moved.get("enabled") is False and not write.policy.get("allow_disabled")
        save = save or (disabled and _can_save(write))
    if save:
        values = _complete(write)
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
    target = secrets_declared(declared_components(write.answers, write.live, write.goal.get("version")))
    installed = secrets_declared(write.live.get("components"))
    return not unknown_secrets(target, installed, spec_of(write.live)["option_values"], write.secrets)


def removal_asks(app_id: str) -> Mapping[str, Call]:
    """Who may use the app: automations, flows' own ones too, and the schemas it adds capabilities to (app.md 8)."""
    return {
        "automations": Call("GET", "/v1/automation/flows?include_flows=true&size=250", service="automation"),
        "schemas": Call("GET", "/v2/entity/schemas?full=true&latest=true", service="entity"),
    }


def users(app_id: str, answers: Mapping[str, Json]) -> tuple[str, ...]:
    """The automations that call the app and the schemas that show it, as far as the two lists tell."""
    said = []
    automations = _results(answers.get("automations"))
    calling = [
        str(each.get("flow_name") or each.get("id"))
        for each in automations
        if any((action.get("config") or {}).get("app_id") == app_id for action in each.get("actions") or [])
    ]
    if calling:
        said.append(f"automations use it: {listed(calling)}")
    total = (answers.get("automations") or {}).get("total")
    if isinstance(total, int) and total > len(automations):
        said.append(f"only {len(automations)} of {total} automations were looked at")
    showing = [
        str(each.get("slug"))
        for each in _results(answers.get("schemas"))
        if any(capability.get("app_id") == app_id for capability in each.get("capabilities") or [])
    ]
    if showing:
        said.append(f"schemas have capabilities of it: {listed(showing)}")
    return tuple(said)


def _results(answer: Json) -> list[Json]:
    results = answer.get("results") if isinstance(answer, dict) else None
    return [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []


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


def _pulled(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> Pulled:
    from syncer.kinds.app_manifest import as_manifest  # late: only `pull` asks

    return as_manifest(spec, live, known, answers)


def _called(live: Json) -> str:
    from syncer.kinds.app_manifest import called

    return called(live)


def _recorded() -> Recorded:
    from syncer.kinds.app_recorded import RECORDED  # late: only `record` asks

    return RECORDED


KIND = Kind(
    name="AppInstallation",
    slug="app-installation",
    service=SERVICE,
    listing=LISTING,
    key=lambda spec: str(spec["app_id"]),
    reads_by_key=True,
    key_field="app_id",
    key_form=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    key_words="an app id: `c451c26a-cc7a-4c1c-92bf-1c6246cbfe88`",
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
    removal_asks=removal_asks,
    removal_reasons=users,
    risk=risk,
    create_risk=lambda spec: None,
    remove_reason="its option values and secrets are lost, and what it adds to flows, journeys and portals stops",
    dated=Dated(
        "installation_audit.created_at",
        "installation_audit.created_by",
        "installation_audit.updated_at",
        "installation_audit.updated_by",
        version="installed_version",
    ),
    upgrade=lambda changes: any(change.path == ("version",) for change in changes),
    check=check_app,
    pull=_pulled,
    folder="apps",
    called=_called,
    required=("version",),
    own_values=("option_values[].options[].value",),
    texts=("option_values[].options[].value",),
    recorded=_recorded,
)
