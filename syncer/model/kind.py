"""What a kind declares about itself; everything else asks a `Kind`, nobody asks which kind it has in hand.

The values are named tuples, here and wherever `validate` comes by: a frozen dataclass is four times as dear to define,
and forty of them were a fifth of its time. What stands in specs among JSON stays a dataclass (`model.json_values`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from syncer.model.address import Address
from syncer.model.calls import NO_PARTS, Call, Listing, Objection, Parts, Steps, Write
from syncer.model.diagnostic import Finding
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Secret, Spec
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from syncer.model.field_change import FieldChange, FieldPath
    from syncer.model.pulled_spec import PulledSpec
    from syncer.model.recording_rules import RecordingRules


Level = Literal["safe", "risky", "destructive"]
LEVELS: tuple[Level, ...] = ("safe", "risky", "destructive")


class Incomplete(Objection):
    """What would be sent is not whole, and what is missing would be lost. It is raised before the first call of a
    change, so the plan, which runs the same steps, says it with the finding's place in the manifest."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(each.message for each in findings))
        self.findings = tuple(findings)


class Context(NamedTuple):
    """One desired resource beside its live object, before they are compared."""

    address: Address
    want: Spec
    live: Json
    parts: Parts
    policy: Mapping[str, Json]
    answers: Mapping[str, Json]
    last: Spec
    today: str
    """The day, `2026-11-22`: some settings must lie in the future."""
    unset: frozenset[str] = frozenset()
    """Fields, as in `PreparedSides.secret_times`, that are remembered to hold no secret."""
    sent: frozenset[str] = frozenset()
    """The secrets that are remembered to have been sent, as `PreparedSides.secrets` names them."""


VersionMove = Literal["upgrade", "downgrade", ""]


class PreparedSides(NamedTuple):
    """Both sides in one language: `want` with live ids for its local keys, `have` the live object as a spec.

    `secrets` are write-only values taken out of `want`, by the field text they are shown under; `extra` are changes
    that no comparison of the two sides shows.
    """

    want: Spec
    have: Spec
    parts: Parts = NO_PARTS
    secrets: Mapping[str, Secret] = {}
    secret_times: Mapping[str, str | None] = {}
    """Every field that holds secrets, as those of `secrets` begin → when the platform says it was set last: "" where it
    says that there is none, None where it says nothing."""
    resent: tuple[str, ...] = ()
    """Fields with secrets that a change of any other field may write as well."""
    findings: tuple[Finding, ...] = ()
    notices: tuple[str, ...] = ()
    extra: tuple[FieldChange, ...] = ()
    amiss: str = ""
    """What `extra` means where it is still so after a change: what is wrong, and what to do."""
    labels: Mapping[str, str] = {}
    """Live ids of parts → the keys the manifest calls them by, for people."""
    meanings: tuple[Meaning, ...] = ()
    """What references stand for now and nobody has accepted yet."""
    stopped: tuple[Meaning, ...] = ()
    """What the platform itself has switched off, and no apply switches on: it is drift, and a notice in the plan."""
    last: Spec | None = None
    """What was declared at the last apply, where `prepare` has put something into it as well as into `want`."""
    stale_policy: tuple[str, ...] = ()
    """What `metadata.policy` allows, and the live object does not need any more: `pull` takes it out."""
    accepted: Parts = NO_PARTS
    """The parts once every one of `meanings` is accepted; until then `parts` are remembered."""


class Risk(NamedTuple):
    """Why a changed field is not simply safe. `item` is what `--accept-data-loss ADDRESS/ITEM` names."""

    level: Level
    reason: str
    item: str = ""


class Meaning(NamedTuple):
    """What a reference of the object stands for is not what was accepted last, though no field of the object differs: a
    saved view has other filters. It is accepted by name, and no call is made for it. `before`, `after`: short texts for
    people, or `ABSENT`; `drift`: it moved; `unverified`: nothing is remembered of it. `risk.item` must be given."""

    path: FieldPath
    before: Json
    after: Json
    cause: Literal["drift", "unverified"]
    risk: Risk


class CascadedObject(NamedTuple):
    """An object of its own that goes along with a change: an automation, which the platform deletes with its flow.

    `to`: what references to it are to; `name`: what people call it, "" where that is not known; `item`: that of the
    `Risk` that says it, "" where the whole object goes; `sure`: it is known to belong to this object, so that it does
    go; `users`: who else uses it, of those that stand in no list of the plan."""

    to: str
    live_id: str
    name: str
    item: str = ""
    sure: bool = True
    users: tuple[str, ...] = ()


class CascadeQuery(NamedTuple):
    """A change of a live object, asked what goes along with it. `goal`: None where the object itself goes; `answers`:
    of `removal_asks` then, of `asks` otherwise."""

    live_id: str
    have: Spec
    goal: Spec | None
    parts: Parts
    answers: Mapping[str, Json]


class PartUse(NamedTuple):
    """That a spec names a part of another object by its name: an attribute of a schema, in a condition. `key`: that
    object's enforced key, or a reference to it; `where`: the place in words, `a condition of task `Check``."""

    kind: str
    key: Json
    part: str
    where: str


class RefField(NamedTuple):
    """Where a spec points at another resource. `form`: `value`: the reference stands for the value itself; `item`: the
    mapping becomes `{"id": …}`. `plain`: a plain string there is the enforced key of such a resource (a schema's slug).
    `scope`: the spec's field that narrows a lookup (a saved view belongs to an entity schema). `late`: the reference
    may be left out at first, so a circle through it can be cut."""

    path: str
    to: str
    form: Literal["value", "item"] = "value"
    plain: bool = False
    scope: str = ""
    late: bool = False


class CrossCheck(NamedTuple):
    """A check of a spec beside the manifests of another kind, or of its own: attributes that a schema doesn't have.

    `check`: (spec, enforced key → spec of each manifest of `kind`) → what is wrong; paths begin at the spec. `at`: the
    field of the other spec in which a finding is told where only the other manifest's file is reported on."""

    kind: str
    check: Callable[[Spec, Mapping[str, Spec]], list[Finding]]
    at: str


class DateFields(NamedTuple):
    """Where a live object says when it was made and changed, by whom, and what its version is: paths like
    `installation_audit.updated_by`, "" for what the API does not say."""

    created_at: str = "created_at"
    created_by: str = ""
    changed_at: str = "updated_at"
    changed_by: str = ""
    version: str = ""
    comment: str = ""
    source: str = ""


def no_asks(context: Context) -> Mapping[str, Call]:
    """Nothing to ask beyond the list."""
    return {}


class Kind(NamedTuple):
    """A kind of configuration. One module in `syncer/kinds/` builds one of these and says what is particular.

    Its functions are pure: they ask nobody, keep nothing and change nothing that they are handed; what they need beside
    it, `asks` says. Of a reply that they cannot read they raise UnexpectedReply, by the readers of
    `model.unexpected_reply`; any other exception is a bug of theirs.
    """

    name: str
    """What manifests and addresses call it. Never compared with, to do something for one kind: that is a field here."""
    slug: str
    """The same in names of files: its JSON Schema and its page. Not the slug of an entity schema."""
    service: str
    """Under which base URL its calls are made, unless one names another."""
    listing: Listing
    """How all of its objects are listed, those that are switched off too: one that is hidden would be made twice."""
    shape: Shape
    """What of two specs is equal, keyed or ignored. How a field is compared and nothing more: what may be declared, the
    JSON Schema says."""
    key: Callable[[Spec], str]
    """The enforced key a manifest names (a slug), or "" for kinds whose ids the platform gives."""
    live_key: Callable[[Json], str]
    """The same of a live object."""
    live_id: Callable[[Json], str]
    """What a live object is read by and referred to; the key, where that is so."""
    spec_of: Callable[[Json], Spec]
    """The live object as a spec: what is never sent left out, everything else carried. Nothing is left out because
    nobody knows it: it would be wiped."""
    prepare: Callable[[Context], PreparedSides]
    """Manifest and live object in one language. It decides nothing: what differs comes of comparing them."""
    read: Callable[[str, Json], Call]
    """(live id, live object) → the call that reads this one object."""
    create: Callable[[Write], Steps]
    """The steps of a change, the last of which reads back. Run while planning too, with pretended replies: a generator
    that did something would do it twice."""
    update: Callable[[Write], Steps]
    """The same, of an object that is there; also to another version."""
    remove: Callable[[Write], Steps]
    """The same, of what `removal` says."""
    removal: Callable[[Mapping[str, Json]], Literal["delete", "deactivate", "uninstall"]]
    """(policy) → what a removal does; the gentlest that there is, unless the policy asks for more."""
    risk: Callable[[FieldChange, Spec, Spec], Risk | None]
    """(changed field, live spec, goal) → why it is not safe. It warns and asks for consent; what must not be done at
    all is for `objections`."""
    create_risk: Callable[[Spec], Risk | None]
    """(spec) → why making such an object is not safe."""
    remove_reason: str
    """What a reviewer reads at every removal; what depends on the object is for `removal_reasons`."""
    check: Callable[[Spec], list[Finding]]
    """What is wrong with a spec that its JSON Schema can't say, before anything is asked. References stand in it as
    they are written, and `${env.…}` where a value may come."""
    cross_checks: tuple[CrossCheck, ...] = ()
    """What is wrong with a spec beside those of other manifests; what a spec says by itself is for `check`."""
    rules: Mapping[str, str] = {}
    """Rule id → sentence, of all that `check` and `cross_checks` find."""
    acceptable: frozenset[str] = frozenset()
    """Rules that what is live may break all the same: `metadata.accept` takes them."""
    refused_anew: frozenset[str] = frozenset()
    """Those of them for which the platform refuses a new object."""
    acceptable_beside_live: frozenset[str] = frozenset()
    """Such rules that only a plan can find broken."""
    heading: str = ""
    """Above those rules on a page, `Entity schemas`; "" where there are none."""
    key_field: str = ""
    """The spec's field that holds the enforced key, or the first of them."""
    key_form: str = ""
    """What an enforced key looks like: a regular expression for all of it."""
    key_words: str = ""
    """The same in words, for people."""
    reads_by_key: bool = False
    """Whether `read` takes the enforced key, so that a create can look whether one has appeared."""
    title: str = ""
    """The field a live object is found by when no link is known; "" where the key does it."""
    filled: Callable[[Spec, Mapping[str, Json]], Spec] = lambda spec, policy: spec
    """(spec, policy) → the spec with what `prepare` fills in of a new object, as far as that needs no answer: so much
    is known of it offline."""
    built_in: Callable[[Spec], bool] = lambda spec: False
    """(spec) → whether every organisation has this object from the start: nobody creates it, a part of it is enough."""
    refs: tuple[RefField, ...] = ()
    """Where it points at other resources: these are marked, put in order and bound. A reference that isn't here stays
    the text that it is."""
    texts: tuple[str, ...] = ()
    """Where `{file: …}` may stand for a long text."""
    asks: Callable[[Context], Mapping[str, Call]] = no_asks
    """What must be read before it can be decided; asked again before a write. What only a reviewer wants to know is for
    `asks_if_changed`."""
    asks_if_changed: Callable[[str], Mapping[str, Call]] = lambda live_id: {}
    """(live id) → what is read for `notices`, of objects that change."""
    notices: Callable[[Json, Mapping[str, Json], Spec], tuple[str, ...]] = lambda live, answers, goal: ()
    """(live object, answers of `asks_if_changed`, goal) → what a reviewer should know."""
    version_move: Callable[[tuple[FieldChange, ...]], VersionMove] = lambda changes: ""
    """(changes) → what they are called in place of an update: a word for people, the steps are those of `update`."""
    objections: Callable[[tuple[FieldChange, ...], Spec, Spec], list[Finding]] = lambda changes, have, goal: []
    """(changes, live spec, goal) → changes that must not be made at all."""
    whole_checked: bool = False
    """Whether `check` judges a live object as well: a change that would leave one which it refuses is not made."""
    without: Callable[[Spec, frozenset[str]], Spec] | None = None
    """The goal without its late references to these keys: how a circle of new objects is cut."""
    removal_asks: Callable[[str], Mapping[str, Call]] = lambda live_id: {}
    """(live id) → what is read before it is removed."""
    removal_objection: Callable[[str, Mapping[str, Json]], str] = lambda live_id, answers: ""
    """(live id, answers of `removal_asks`) → why it cannot be removed, or nothing."""
    never_removed: Callable[[str], bool] = lambda live_id: False
    """(live id) → whether it is the platform's own, which nobody can have meant to remove."""
    removal_reasons: Callable[[Json, Mapping[str, Json]], tuple[str, ...]] = lambda live, answers: ()
    """(live object, answers of `removal_asks`) → what else a reviewer of a removal should know: who uses the object."""
    takes_along: Callable[[CascadeQuery], tuple[CascadedObject, ...]] | None = None
    """The objects of their own that go along with a change; who else uses those is looked at wherever one goes. None:
    there are none."""
    parts: Callable[[Spec], frozenset[str]] = lambda spec: frozenset()
    """(spec) → the names by which others may name its parts: those of a schema's attributes."""
    part_uses: Callable[[Spec], Iterable[PartUse]] | None = None
    """(whole spec) → the parts of others, and of its own, that it names. None: it names none."""
    pull: Callable[[Spec, Json, Parts, Mapping[str, Json]], PulledSpec] | None = None
    """(live spec, live object, parts known, answers of `asks`) → what a manifest says of it: local keys for ids of
    parts, nothing that a manifest does not say. References are not its business. None: the live spec says it."""
    words: tuple[str, ...] = ()
    """Fields that a manifest must say though they have a default."""
    named_ids: tuple[tuple[str, str], ...] = ()
    """(path, family) of ids that nobody can look up and that are no references: `assigned_to[]`, `user`."""
    one_work: tuple[str, ...] = ()
    """Fields whose items refer to each other: a manifest that `pull` writes says all of them."""
    restrictions: tuple[str, ...] = ()
    """Where what stands restricts what the object does: filters, conditions, triggers, ways. `pull` leaves none of it
    out: an object that cannot be said with all of it gets no manifest."""
    folder: str = ""
    """Where `pull` puts its manifests, unless syncer.yaml says otherwise: `reasons`."""
    called: Callable[[Json], str] = lambda live: ""
    """What people call a live object, where neither its title nor its key says it: names are made from it."""
    already_removed: Callable[[Json], bool] = lambda live: False
    """Whether a live object is in the state that a removal leaves (an INACTIVE closing reason)."""
    dated: DateFields = DateFields()
    """Where its live objects say when they changed, and by whom."""
    history: Callable[[str], Call] | None = None
    """(live id) → the call that lists its versions, newest first, as `versions`: dated like the live object."""
    written_at: Callable[[Json], str] = lambda live: ""
    """(live object) → the path by which it is written, as the audit log has it; "" where that is the path by which it
    is read."""
    made_along: str = ""
    """The spec's mapping of objects of their own that are made along with it, and the group of their ids: a flow's
    `automations`. One that is no longer declared stays."""
    recorded: Callable[[], RecordingRules] | None = None
    """What of its objects, and of the replies to its asks, may stand in a recording; made when one is."""
    along: str = ""
    """What those are called where they are looked up instead: the `to` of the references that may name either."""
    asks_along: Callable[[Iterable[str]], Mapping[str, Call]] = lambda ids: {}
    """The calls that read those of these ids; `pull` finds them among its answers."""
    deletes_records: bool = False
    """Whether its objects delete records by themselves: nothing that is unknown in it is listed by the way."""
    by_day: bool = False
    """Whether what is decided depends on the day. A kind that doesn't say so is told none by a plan (`Context.today` is
    ""), so that what agreed yesterday agrees today."""
    suspicious: Callable[[str, Sequence[str]], bool] | None = None
    """Of a text or number and the names of the fields it stands in, from the outermost: whether a plan shows it as
    little as a secret, though it is live and nobody declared it to be one."""
    own_values: tuple[str, ...] = ()
    """Fields in which an organisation may have a value of its own: where two differ, `promote` makes a variable."""


class LookupKind(NamedTuple):
    """A kind that is only looked up: its ids are used, its objects never written."""

    name: str
    service: str
    listing: Listing
    titles: tuple[str, ...]
    """The fields whose exact value a lookup's title may be, best first."""
    scope: str = ""
    """The field (a value or a list) that must name the lookup's scope."""
