"""Reasons to refuse a sound plan, all before the first write, each naming the one flag that lifts it
(docs/applying.md#guards).

Pure and fail-closed: what is not known is refused. A guard that is removed makes a test fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from shlex import quote

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json
from syncer.plan.plan import REMOVALS, Change, Plan

FEW = 10
"""Up to so many updates pass whatever share of the whole they are: percentages are blind in small sets."""

FIRST_CONTACT = "first_contact"
"""In what state remembers of guards: it was made by linking alone, and no apply has met the organisation yet."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit of an environment: a number, or a share of what is managed in percent."""

    value: int
    percent: bool = False

    def of(self, whole: int) -> int:
        """How many that is."""
        return whole * self.value // 100 if self.percent else self.value

    def __str__(self) -> str:
        return f"{self.value}%" if self.percent else str(self.value)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator allows on the command line; nothing of it can stand in the repository."""

    confirm: str = ""
    allow_delete: int | None = None
    """None: not given; -1: any number."""
    allow_update: int | None = None
    allow_empty: bool = False
    allow_missing: frozenset[str] = frozenset()
    allow_pull_request: bool = False
    allow_protected: frozenset[str] = frozenset()
    accept_data_loss: frozenset[str] = frozenset()
    first_contact: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What the guards look at beside the plan."""

    environment: str
    org_id: str
    organisations: frozenset[str]
    """The organisations that the token and the replies named."""
    loopback: bool
    """Whether the server is on this machine: an opaque token is for sandboxes."""
    opaque: bool
    read_only: bool
    confirm: bool
    delete_limit: Allowance | None
    update_limit: Allowance | None
    manifests: int
    managed: Mapping[Address, bool]
    """Remembered addresses → protected."""
    live_counts: Mapping[str, int]
    """Kind → how many live objects were listed."""
    remembered_counts: Mapping[str, int]
    unclaimed: Mapping[str, int]
    """Kind with platform ids → live objects that no manifest claims."""
    state_found: bool
    """There is a state, and an apply has met the organisation with it."""
    event: str = ""
    """GITHUB_EVENT_NAME, if any."""
    missing_counts: Mapping[str, int] = field(default_factory=dict)
    """Kind → how many remembered objects are not listed."""
    protect: bool = False
    """The environment protects everything, also what nobody manages."""
    asked: Mapping[Address, str] = field(default_factory=dict)
    """Addresses of which a document of kind `Removed` asks that they go → that document."""
    cut_off: bool = False
    """The state names an apply that did not end, and its journal is not here."""


def lowered(before: Mapping[str, Json], now: Mapping[str, Json]) -> list[str]:
    """What of an environment's guards asks for less than at the last apply: a pull request can change syncer.yaml, so
    each is a line of its own in the plan. Both are as `State.guards`: `confirm`, and limits as they are written."""
    said = (
        ["`confirm` was dropped: an apply no longer has to be confirmed"]
        if before.get("confirm") and not now.get("confirm")
        else []
    )
    for name in ("delete", "update"):
        old, new = before.get(name), now.get(name)
        if isinstance(old, str) and not isinstance(new, str):
            said.append(f"the limit of {name}s, `{old}`, was dropped")
        elif isinstance(old, str) and isinstance(new, str) and _loosened(old, new):
            said.append(f"the limit of {name}s was raised from `{old}` to `{new}`")
    return said


def _loosened(old: str, new: str) -> bool:
    """A larger number of the same sort; between a number and a share nobody can say, so it is said."""
    if old.endswith("%") != new.endswith("%"):
        return True
    return int(new.rstrip("%")) > int(old.rstrip("%"))


def refusals(plan: Plan, situation: Situation, consent: Consent) -> list[Problem]:
    """Every reason not to apply this plan, in a fixed order; nothing for none."""
    return [problem for guard in GUARDS for problem in guard(plan, situation, consent)]


def unfitting(plan: Plan, situation: Situation, consent: Consent) -> list[str]:
    """A sentence for each consent that names what this plan doesn't have, with the nearest name that it has."""
    from difflib import get_close_matches

    losses = {name for change in plan.changes for name, _ in change.losses}
    losses |= {str(change.address) for change in plan.changes if change.losses}
    guarded = {str(change.address) for change in plan.changes if _guarded(change, situation)}
    said: list[str] = []
    for flag, given, fitting in (
        ("--accept-data-loss", consent.accept_data_loss, losses),
        ("--allow-protected", consent.allow_protected, guarded),
        ("--allow-missing", consent.allow_missing, {kind for kind, _ in _vanished(situation)}),
    ):
        for name in sorted(given - fitting):
            near = get_close_matches(name, sorted(fitting), 1)
            said.append(f"{flag} {name} fits nothing in this plan" + (f": did you mean `{near[0]}`?" if near else ""))
    return said


def not_its_own(
    organisations: frozenset[str], environment: str, org_id: str, *, loopback: bool = False
) -> Problem | None:
    """What is wrong with the organisations that the token and the replies name: one is not the environment's, or there
    is none, which is a warning where the server is on this machine (`loopback`). None where it is the environment's."""
    others = sorted(organisations - {org_id})
    if others:
        return Problem(
            "wrong-organisation",
            f"the token belongs to organisation `{others[0]}`, and environment `{environment}` is `{org_id}`",
            hint="check the token's variable and `org_id` in syncer.yaml; no flag lifts this",
        )
    if organisations:
        return None
    return Problem(
        "unknown-organisation",
        f"organisation `{org_id}` is not confirmed: neither the token nor any reply says which one this is",
        hint="use an access token of the organisation (a JWT); an opaque token is for sandboxes",
        severity="warning" if loopback else "error",
    )


def organisation(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """The token's organisation is the environment's. No flag lifts this."""
    wrong = not_its_own(situation.organisations, situation.environment, situation.org_id, loopback=situation.loopback)
    if wrong is not None and wrong.severity == "error":
        yield wrong


def writing_token(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """A read-only token cannot apply."""
    if situation.read_only and any(change.writes for change in plan.changes):
        yield Problem("read-only-token", "the token is read-only", hint="apply with a token that may write")


def pull_request(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """A pull request is planned, and applied once it is merged."""
    if situation.event.startswith("pull_request") and not consent.allow_pull_request:
        yield Problem(
            "pull-request",
            f"this runs for a pull request (GITHUB_EVENT_NAME is `{situation.event}`)",
            hint="apply after the merge; --allow-pull-request lifts this",
        )


def confirmed(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """An environment with `confirm: true` is named again, or the plan is."""
    said = consent.confirm
    if (
        situation.confirm
        and (plan.changes or plan.let_go)
        and (not said or said not in {situation.environment, plan.id})
    ):
        message = f"environment `{situation.environment}` asks to be confirmed"
        if said:
            message = f"`--confirm {said}` is neither this environment nor this plan"
        yield Problem("confirm", message, hint=f"--confirm {situation.environment}, or --confirm {plan.id} in CI")


def not_empty(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """No manifest at all is a mistake, not a wish to remove everything."""
    number = len(situation.managed)
    if situation.manifests == 0 and number and not consent.allow_empty:
        yield Problem(
            "no-manifests",
            f"there is no manifest, and {_objects(number)} {'is' if number == 1 else 'are'} managed",
            hint="check `manifests` in syncer.yaml; --allow-empty lifts this",
        )


def not_vanished(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """An organisation that suddenly lists none of a kind, or not half of what is remembered, is an outage, a list cut
    short or another organisation, not one that somebody emptied (docs/catalogue.md#c10)."""
    for kind, known in _vanished(situation):
        if kind not in consent.allow_missing:
            missing = situation.missing_counts.get(kind, 0)
            none = situation.live_counts.get(kind, 0) == 0
            yield Problem(
                "mass-missing",
                f"the organisation lists no {kind} at all, and {known} are remembered"
                if none
                else f"the organisation does not list {missing} of {known} remembered {kind}",
                hint=f"check the token's rights and the organisation; --allow-missing {kind} lifts this",
            )


def _vanished(situation: Situation) -> list[tuple[str, int]]:
    """Each kind of which three or more are remembered, and none is listed, or half of them and at least three are
    not; and how many are remembered."""
    return [
        (kind, known)
        for kind, known in sorted(situation.remembered_counts.items())
        if known >= 3
        and (situation.live_counts.get(kind, 0) == 0 or _most(situation.missing_counts.get(kind, 0), known))
    ]


def _most(missing: int, known: int) -> bool:
    return missing >= 3 and 2 * missing >= known


def first_contact(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """Without state, or without what the last apply told its journal only, objects of a kind with platform ids that
    nobody claims may be ours under another title."""
    if (situation.state_found and not situation.cut_off) or consent.first_contact:
        return
    why, first = "there is no state", "bring the state back"
    if situation.state_found:
        why = "an earlier apply was cut off, and the journal that knows what it made last is not here"
        first = "run `syncer apply` where that one ran"
    creates: dict[str, int] = {}
    for change in plan.changes:
        if change.action == "create":
            creates[change.address.kind] = creates.get(change.address.kind, 0) + 1
    for kind, number in sorted(creates.items()):
        unclaimed = situation.unclaimed.get(kind, 0)
        if unclaimed:
            yield Problem(
                "first-contact",
                f"{why}, {number} {kind} would be created, and the organisation holds {unclaimed} that no manifest "
                "claims",
                hint=f"{first}, name a former title in `metadata.titles`, or say with --first-contact that "
                "those are somebody else's",
            )


def removals(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """Nothing is removed unasked; what is asked may still be limited."""
    number = sum(change.action in REMOVALS for change in plan.changes)
    if not number:
        return
    allowed = consent.allow_delete
    if allowed is None:
        limit = situation.delete_limit
        most = f" (the limit of `{situation.environment}` is {limit})" if limit else ""
        yield Problem(
            "removals",
            f"{_objects(number)} would be removed{most}",
            hint=f"--allow-delete={number} lifts this, and the limit",
        )
    elif 0 <= allowed < number:
        yield Problem(
            "removals",
            f"{_objects(number)} would be removed, and {allowed} are allowed",
            hint=f"--allow-delete={number}",
        )


def updates(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """More updates than the environment's limit."""
    number = sum(change.action in ("update", "upgrade", "downgrade") for change in plan.changes)
    limit, allowed = situation.update_limit, consent.allow_update
    if allowed is not None:
        if 0 <= allowed < number:
            yield Problem(
                "updates",
                f"{_objects(number)} would be updated, and {allowed} are allowed",
                hint=f"--allow-update={number}",
            )
        return
    if limit is None:
        return
    most = limit.of(len(situation.managed))
    if number > (max(most, FEW) if limit.percent else most):
        whole = f" of {len(situation.managed)}" if limit.percent else ""
        yield Problem(
            "updates",
            f"{_objects(number)}{whole} would be updated, and the limit of `{situation.environment}` is {limit}",
            hint=f"--allow-update={number} lifts this",
        )


def protected(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """What is protected is not removed, also when the manifest that said so is gone."""
    for change in plan.changes:
        if _guarded(change, situation) and str(change.address) not in consent.allow_protected:
            way = "put the manifest back; "
            if change.address in situation.asked:
                way = f"take it out of {situation.asked[change.address]}; "
            elif plan.undo:  # there never was a manifest before that run, or there is one still
                way = ""
            yield Problem(
                "protected",
                f"{change.address} is protected and would be removed",
                hint=f"{way}--allow-protected {change.address} lifts this",
            )


def _guarded(change: Change, situation: Situation) -> bool:
    return change.action in REMOVALS and (situation.protect or situation.managed.get(change.address, False))


def losses(plan: Plan, situation: Situation, consent: Consent) -> Iterator[Problem]:
    """Each destructive change is acknowledged by name, and so is what a reference means by now."""
    for change in plan.changes:
        for name, reason in change.losses:
            if name not in consent.accept_data_loss and str(change.address) not in consent.accept_data_loss:
                yield Problem("data-loss", f"{name}: {reason}", hint=f"--accept-data-loss {quote(name)}")


def _objects(number: int) -> str:
    return "1 object" if number == 1 else f"{number} objects"


GUARDS = (
    organisation,
    writing_token,
    pull_request,
    confirmed,
    not_empty,
    not_vanished,
    first_contact,
    removals,
    updates,
    protected,
    losses,
)
