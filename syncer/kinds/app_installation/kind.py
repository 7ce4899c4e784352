"""App installation: an app at a version, with its option values.

Installed by an upsert, moved by promote, configured by PATCH (docs/platform.md#install-promote-patch). `enabled` is
computed by the platform from the required options; promoting may reset it until the options are saved again, so it is
asserted and never compared. Whether a PATCH merges option values or replaces them is not known: the complete set is
sent, or none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from syncer.diff.three_way_merge import merge
from syncer.kinds.app_installation.checks import (
    ACCEPTABLE,
    ACCEPTABLE_BESIDE_LIVE,
    RULES,
    check_app,
    check_option_values,
    is_empty,
    missing_values,
)
from syncer.kinds.app_installation.entry_ids import own_entry_ids
from syncer.kinds.app_installation.secret_options import (
    UnmanagedSecret,
    declaration,
    openly_declared,
    options_declared,
    put_back,
    renewed_entries,
    secrets_declared,
    set_times,
    take_out,
    unmanaged_secrets,
)
from syncer.kinds.app_installation.secret_status import kept, may_be_set, risk_of_secret, told
from syncer.kinds.app_installation.switch import allowed_for_nothing, foreseen, may_be_off, of_running
from syncer.kinds.app_installation.versions import (
    APP_LEVEL,
    asks,
    check_version,
    components_of,
    declared_components,
    remarks,
    risk_of_move,
    target_version,
    version_move,
)
from syncer.kinds.lenient_reader import listed, mappings
from syncer.kinds.users import AUTOMATIONS, configs, results, unseen
from syncer.kinds.users import called as named
from syncer.model.calls import FAILED, Call, Listing, Parts, Step, Steps, StepsResult, Write, delete, segment
from syncer.model.diagnostic import Finding
from syncer.model.field_change import FieldChange
from syncer.model.field_rules import compile_shape, keyed
from syncer.model.json_values import Json, Path, Secret, Spec
from syncer.model.kind import Context, DateFields, Incomplete, Kind, PreparedSides, Risk
from syncer.model.unexpected_reply import field_of, object_at, word_at

if TYPE_CHECKING:
    from syncer.model.pulled_spec import PulledSpec
    from syncer.model.recording_rules import RecordingRules

SERVICE = "app"
LISTING = Listing("/v1/app", "apps", paging="page")
SHAPE = compile_shape(lists={"option_values": keyed("component_id"), "option_values[].options": keyed("key")})


OFF = (
    "the app is off: open Settings → Apps and save its configuration by hand, or give what it lacks and "
    "run `syncer apply` again"
)


def _path(app_id: str) -> str:
    return f"/v1/app/{segment(app_id)}"


def spec_of(live: Json) -> Spec:
    """The installation as a spec. A secret the platform may return masked is left out, so it is never sent back. A
    component of another form is no matter of what is installed: the plan of the app says where it stands."""
    components = [each for _, each in mappings(object_at(live).get("components"))]
    declared = secrets_declared([*components, {"id": APP_LEVEL, "options": live.get("options")}])
    values, _ = take_out(live.get("option_values"), declared)
    return {"app_id": field_of(live, "app_id"), "version": live.get("installed_version"), "option_values": values}


def prepare(context: Context) -> PreparedSides:
    """The version by policy, options against their declarations, secrets taken out, `enabled` asserted."""
    have = spec_of(context.live) if context.live else {}
    target = target_version(context)
    want: Spec = {**context.want, **({"version": target} if target else {})}
    components = declared_components(context.answers, context.live, target)
    findings: list[Finding] = list(check_version(context, target, components))
    secrets: dict[str, Secret] = {}
    switched_off = tuple(_must_be_enabled(context))
    notices: list[str] = []
    if components is None:
        notices += remarks(context, target, None, [])
    else:
        declared, openly = secrets_declared(components), openly_declared(components)
        written = want.get("option_values") or []
        values, secrets = take_out(written, declared, openly)
        if "option_values" in want:
            want["option_values"] = own_entry_ids(values, have.get("option_values"), components)
        findings += check_option_values(written, components, required=False)
        goal = merge(have, want, context.last, SHAPE).goal
        hidden = may_be_set(context, components, secrets) if context.live else set()
        missing = [*missing_values(written, components, already=goal.get("option_values"), hidden=hidden)]
        notices += remarks(context, target, components, _not_known(context, have, goal, secrets, components))
        if may_be_off(context.policy, context.live):
            notices += foreseen(missing, context.live, bool(goal != have))
        else:
            findings += of_running(missing, context.live)
        notices += renewed_entries(secrets, context.live)
    return PreparedSides(
        want,
        have,
        secrets=secrets,
        resent=() if may_be_off(context.policy, context.live) else ("option_values",),
        secret_times=set_times(components or [], components_of(context.live) if context.live else []),
        findings=tuple(findings),
        notices=tuple(notices),
        extra=switched_off,
        amiss=OFF if switched_off else "",
        stale_policy=allowed_for_nothing(context.policy, context.live),
    )


def _not_known(
    context: Context, have: Spec, goal: Spec, secrets: Mapping[str, Secret], components: list[Json]
) -> list[str]:
    """The secret options without which a move's options could not be saved."""
    if not context.live or goal.get("version") == have.get("version"):
        return []
    live = context.live
    found = unmanaged_secrets(
        components_of(live), components, live.get("option_values"), goal.get("option_values"), secrets, context.unset
    )
    return list(dict.fromkeys(each.key for each in found))


def _must_be_enabled(context: Context) -> Iterator[FieldChange]:
    if context.live and context.live.get("enabled") is False and not may_be_off(context.policy, context.live):
        yield FieldChange(("enabled",), False, True, "drift")


def _complete(write: Write) -> list[Json]:
    """Every option value there is that the version still declares, secrets put back in. The one place that makes what
    is saved: options go out whole or not at all, so it raises Incomplete where a secret may be set that is not among
    them, whatever the change is about."""
    if unmanaged := _unmanaged(write):
        raise Incomplete([_finding(each, write) for each in unmanaged])
    live_values = write.live.get("option_values") if write.live else None
    values = put_back(write.goal.get("option_values"), write.secrets, live_values)
    components = declared_components(write.answers, write.live, write.goal.get("version"))
    if components is None:
        return values
    known = options_declared(components)
    left = [
        {**each, "options": [option for option in each["options"] if _place(each, option) in known]} for each in values
    ]
    return [each for each in left if each["options"]]


def _place(component: Json, option: Json) -> tuple[Json, Json]:
    """Of which component and by which key an option value is."""
    return word_at(field_of(component, "component_id"), ("component_id",)), word_at(field_of(option, "key"), ("key",))


def _unmanaged(write: Write) -> list[UnmanagedSecret]:
    """The secrets that saving the options would lose; nothing for an app that is not installed yet."""
    if not write.live:
        return []
    target = declared_components(write.answers, write.live, write.goal.get("version"))
    installed, live = components_of(write.live), write.live.get("option_values")
    wanted = installed if target is None else target
    return unmanaged_secrets(installed, wanted, live, write.goal.get("option_values"), write.secrets, write.loose)


def _finding(lost: UnmanagedSecret, write: Write) -> Finding:
    words = [f"`{lost.key}`"]
    words += [] if lost.entry is None else [f"entry {lost.entry + 1}"]
    words += [f"field `{lost.field}`"] if lost.field else []
    what = ", ".join(words) + ("," if len(words) > 1 else "")
    declared = mappings(write.want.get("option_values"))
    path: Path = next(
        (("option_values", at, "options") for at, each in declared if each.get("component_id") == lost.component),
        ("option_values",),
    )
    hint = f"declare every entry of `{lost.key}` with its secrets, or delete in epilot those that no manifest has"
    if lost.entry is None:
        _, line = declaration(_called(write.live), lost.component, lost.key, lost.field)
        hint = f"declare it under `component_id: {lost.component}`: `{line}`"
    message = f"option {what} is a secret that no manifest knows, and saving the other options would wipe it"
    return Finding("unmanaged-secret", message, path, hint)


def _verify(write: Write, app_id: str) -> Step:
    """Read back: the version asked for, and no secret that was to go. Whether the app is on, is looked at beside it."""
    version = write.goal.get("version")

    def complaint(live: Json) -> str:
        if not isinstance(live, dict):
            return "the app is not installed when it is read back"
        if left := kept(write, live):
            return f"the platform keeps the secret {listed(left)}: delete it in Settings → Apps"
        if version is not None and live.get("installed_version") != version:
            return f"version `{live.get('installed_version')}` is installed, and `{version}` was asked for"
        return ""

    return Step("verify", Call("GET", _path(app_id)), complaint=complaint)


def create(write: Write) -> Steps:
    """POST is an upsert keyed by the app, so it may be sent again; that there is none yet is looked at just before."""
    app_id = str(write.goal["app_id"])
    body = {"version": write.goal["version"], "option_values": _complete(write)}
    yield Step("install", Call("POST", _path(app_id), body))
    live = yield _verify(write, app_id)
    return StepsResult(app_id, live, secrets_sent=True, secret_times=told(write, live))


def update(write: Write) -> Steps:
    """A version is reached by promoting, options by patching; promoting may disable, patching enables."""
    app_id = str(write.goal["app_id"])
    save = bool(write.changed - {"version"})
    values = _complete(write) if save else []  # before the first call: what cannot be saved is not begun
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
        disabled = moved.get("enabled") is False and not may_be_off(write.policy, write.live)
        if disabled and not save and not _unmanaged(write):
            save, values = True, _complete(write)
    saved = save
    if save:
        patch = Call("PATCH", _path(app_id), {"option_values": values})
        saved = (yield Step("options", patch, may_fail="version" in write.changed)) is not FAILED
    live = yield _verify(write, app_id)
    return StepsResult(app_id, live, secrets_sent=saved, secret_times=told(write, live))


def _at_version(version: str) -> Callable[[Json], str]:
    def complaint(live: Json) -> str:
        found = live.get("installed_version") if isinstance(live, dict) else None
        return "" if found == version else f"version `{found}` is installed after promoting to `{version}`"

    return complaint


def removal_asks(app_id: str) -> Mapping[str, Call]:
    """Who may use the app: automations, flows' own ones too, and the schemas it adds capabilities to
    (docs/platform.md#who-uses-an-app)."""
    return {
        "automations": AUTOMATIONS,
        "schemas": Call("GET", "/v2/entity/schemas?full=true&latest=true", service="entity"),
    }


def users(app_id: str, answers: Mapping[str, Json]) -> tuple[str, ...]:
    """The automations that call the app and the schemas that show it, as far as the two lists tell."""
    calling = [
        named(each)
        for each in results(answers.get("automations"))
        if any(config.get("app_id") == app_id for config in configs(each))
    ]
    showing = [
        str(each.get("slug"))
        for each in results(answers.get("schemas"))
        if any(capability.get("app_id") == app_id for _, capability in mappings(each.get("capabilities")))
    ]
    said = [f"automations use it: {listed(calling)}"] if calling else []
    said += filter(None, [unseen(answers.get("automations"))])
    said += [f"schemas have capabilities of it: {listed(showing)}"] if showing else []
    return tuple(said)


def remove(write: Write) -> Steps:
    """Uninstalling loses the option values, secrets included."""
    path = _path(write.live_id)
    return (yield from delete(Call("DELETE", path), Call("GET", path), "the app", "uninstall"))


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """An upgrade changes grants and components; an option that goes may stop the app."""
    if change.path == ("version",):
        return Risk("risky", risk_of_move(str(change.before), str(change.after)))
    if str(change.path[0]).startswith("option_values["):
        return risk_of_secret(change)
    if change.path[0] == "option_values" and is_empty(change.after):
        return Risk("risky", "the option loses its value")
    return None


def _pulled(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> PulledSpec:
    from syncer.kinds.app_installation.export import as_manifest  # late: only `pull` asks

    return as_manifest(spec, live, known, answers)


def _called(live: Json) -> str:
    from syncer.kinds.app_installation.export import called

    return called(live)


def _recorded() -> RecordingRules:
    from syncer.kinds.app_installation.recording_rules import RECORDED  # late: only `record` asks

    return RECORDED


def _filled(spec: Spec, policy: Mapping[str, Json]) -> Spec:
    """Which version is the newest, the platform says."""
    return {"version": "newest", **spec} if policy.get("version") == "track" else spec


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
    live_key=lambda live: str(field_of(live, "app_id")),
    live_id=lambda live: str(field_of(live, "app_id")),
    shape=SHAPE,
    spec_of=spec_of,
    asks=asks,
    prepare=prepare,
    read=lambda id, live: Call("GET", _path(id)),
    filled=_filled,
    create=create,
    update=update,
    remove=remove,
    removal=lambda policy: "uninstall",
    removal_asks=removal_asks,
    removal_reasons=lambda live, answers: users(str(live["app_id"]), answers),
    risk=risk,
    create_risk=lambda spec: None,
    remove_reason="its option values and secrets are lost, and what it adds to flows, journeys and portals stops",
    dated=DateFields(
        "installation_audit.created_at",
        "installation_audit.created_by",
        "installation_audit.updated_at",
        "installation_audit.updated_by",
        version="installed_version",
    ),
    version_move=version_move,
    check=check_app,
    rules=RULES,
    acceptable=ACCEPTABLE,
    acceptable_beside_live=ACCEPTABLE_BESIDE_LIVE,
    heading="Apps",
    pull=_pulled,
    folder="apps",
    restrictions=("option_values",),
    called=_called,
    own_values=("option_values[].options[].value",),
    texts=("option_values[].options[].value",),
    recorded=_recorded,
)
