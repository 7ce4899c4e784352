"""Every rule that `validate` and `plan` may name, in one sentence: for SARIF and for the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncer.model.kind import Kind

MANIFESTS = {
    "accept-rule": "`metadata.accept` names rules that a live object may break.",
    "accept-unused": "An entry of `metadata.accept` accepts something that is found.",
    "alias-taken": "An alias is a former name of this manifest alone.",
    "bad-format": "A text has the form that its field asks for.",
    "bad-reference": "A reference has exactly one of its keys: `ref`, `lookup`, `id`, as its field allows.",
    "duplicate-address": "Kind and name of a manifest are unique in the repository.",
    "duplicate-live-key": "Two manifests of an environment do not describe one live object.",
    "duplicate-reference": "No object stands twice in one list of references.",
    "empty-file": "A manifest file holds a manifest.",
    "env-identity": "What an object is recognised by does not come from the process, for it would be a secret.",
    "env-token": "An access token stands in no manifest, whatever the variable is called that holds it.",
    "envelope": "A manifest has apiVersion, kind, metadata and spec.",
    "extra-path": "A path of `metadata.extra` leads to a field or word that syncer does not know.",
    "file-path": "A `file:` lies inside the repository.",
    "missing-field": "What a manifest must say is there.",
    "not-allowed-value": "A value is one of those the platform knows, or `metadata.extra` lists it.",
    "not-checked": "A document can be held against its JSON Schema; report one that cannot.",
    "not-identified": "A manifest says which object it describes.",
    "null-value": "`null` empties a field, and this one needs a value.",
    "raw-id": "A manifest names things by reference; a raw id works in one organisation only.",
    "reference-circle": "References do not go in a circle.",
    "refused": "What the JSON Schema refuses has a reason; report a document without one.",
    "removed-action": "What a `Removed` document asks for is something that the API of the kind can do.",
    "removed-declared": "What a `Removed` document asks for is described by no manifest.",
    "removed-name": "An entry of a `Removed` document names one object, by address, or by kind and key or id.",
    "removed-twice": "No object stands in `Removed` documents twice.",
    "secret-literal": "A secret is written as `${env.NAME}`, never as itself.",
    "server-field": "What the platform sets stands in no manifest.",
    "state-address": "The address of a state is one of those that syncer knows, and holds no password.",
    "too-large": "A number is at most what its field takes.",
    "too-long": "A text or list is at most as long as its field takes, also where a file holds it.",
    "too-short": "A text or list has at least what its field asks for.",
    "too-small": "A number is at least what its field asks for.",
    "unknown-environment": "An environment that is named stands in syncer.yaml.",
    "unknown-field": "A field is one that the kind has, or `metadata.extra` lists it; one of an action's `config` that "
    "resembles nothing known is a warning.",
    "unknown-kind": "A kind is one that syncer knows.",
    "unknown-reference": "A reference names a manifest of the repository.",
    "wrong-kind": "A reference names a manifest of the kind that is expected there.",
    "wrong-type": "A value is of the type the field has.",
}

ACCEPTABLE = frozenset({
    "bad-format", "duplicate-reference", "missing-field", "not-allowed-value", "null-value", "too-large", "too-long",
    "too-short", "too-small", "wrong-type",
})  # fmt: skip
"""Those that a live object of any kind may break: the platform takes more than we advise. A secret, a field that the
platform sets, a reference that leads nowhere stand in no manifest, whatever is live."""

PLANS = {
    # what stands in the way of a plan
    "ambiguous": "Exactly one live object has the title or key that a manifest names.",
    "claimed-twice": "Two manifests do not describe one live object.",
    "deprecated-version": "No app is moved to a version that is deprecated.",
    "downgrade": "An app is not moved to an older version unless the policy allows it.",
    "duplicate-live": "No other live object has the title of a managed one; it is left alone.",
    "flow-version": "The version of a live flow stays what it is.",
    "guard-lowered": "A raised limit, and a dropped `confirm` or `protect`, is a line of its own in the plan.",
    "key-changed": "What an object is recognised by stays: with another key, a manifest describes another object.",
    "left-out": "What is chosen does not refer to something new that is left out.",
    "list-moves": "A list of the platform holds still while its pages are read.",
    "live-duplicates": "An item that a manifest declares stands once in the live list, or as often as in the manifest.",
    "lookup": "Exactly one live object has the title that is looked up.",
    "missing-for-create": "A new object has all that the platform requires.",
    "no-such-version": "An app's version is one that this organisation can install.",
    "no-such-view": "A saved view that is named exists.",
    "nothing-selected": "Each pattern of --only and --except fits an address.",
    "open-call": "A call that an earlier apply left open is settled by the next one, before anything else.",
    "held": "While it is not known what an earlier apply's call did, its address and what refers to it are left alone.",
    "parts-unclear": "Phases and tasks of a live flow, and groups of a schema, can be told apart by name, "
    "or are known from an earlier apply.",
    "private-view": "A saved view that decides what is deleted is shared, so that others see it change.",
    "protected-attribute": "Attributes of the platform and of blueprints are neither removed nor given another type.",
    "two-owners": "What is made along with an object, a flow's automation, is bundled by one manifest.",
    "refers-to-removed": "What a manifest refers to is not removed by the same plan.",
    "retention-starts-now": "A retention config that is enabled starts in the future.",
    "undeclared-drift": "What no manifest declares is as it was when it was written, pulled or accepted last.",
    "unknown-key": "A slug or id that is written out is that of a manifest or of a live object.",
    "unmanaged-secret": "Option values are saved whole, so each secret among them must be known.",
    "wrong-view": "A saved view is one of the schema whose entities are deleted.",
    # what an apply will ask for
    "confirm": "An environment with `confirm: true` is named again, or the plan is (--confirm).",
    "data-loss": "Each destructive change is acknowledged by name (--accept-data-loss).",
    "first-contact": "Without state, what no manifest claims may be ours under another title (--first-contact).",
    "mass-missing": "An organisation lists more than half of three or more remembered of a kind (--allow-missing).",
    "no-manifests": "No manifest at all is a mistake, not a wish to remove everything (--allow-empty).",
    "protected": "What is protected is not removed, also when the manifest that said so is gone (--allow-protected).",
    "pull-request": "A pull request is planned, and applied once it is merged (--allow-pull-request).",
    "read-only-token": "A token that may only read plans, and does not apply.",
    "removals": "Nothing is removed unasked (--allow-delete).",
    "unknown-organisation": "The token, or a reply, says which organisation this is.",
    "updates": "No more is updated at once than the environment's limit (--allow-update).",
    "wrong-organisation": "The token's organisation is the environment's.",
    # what a reviewer should know
    "other-order": "The items of a list stand in another order in the organisation, and are not moved.",
    "accepted": "What is live keeps the rules; a manifest that accepts otherwise says which and where.",
    "platform-form": "The platform makes another value of what is sent; take its form over into the manifest.",
    "deleted-elsewhere": "An object that state knows was deleted by somebody else, and would be made again.",
    "kind": "What is particular about a change of this kind.",
    "file-taken": "A pull replaces no file: what it would write to is free.",
    "left-out-of-manifest": "A pulled manifest says all that is live; what it leaves out restricts nothing, and stays.",
    "live-claimed": "A live object has not the title of a manifest that is another object.",
    "live-twins": "Two live objects of one title or key get no manifest: nothing could tell them apart.",
    "manifest-elsewhere": "An object that another manifest describes gets no second one.",
    "not-pulled": "A live object is pulled if a sound manifest can say it, with all that restricts it.",
    "pull-differs": "The plan of what was pulled is empty.",
    "live": "What is particular about the live object: frozen, a blueprint's, near a limit.",
    "own-again": "What is taken over is told as syncer's own where a kept run made it or switched it off.",
    "link-dropped": "A link that no apply has seen goes with its manifest; the object stays.",
    "stays-live": "What cannot be removed, or need not be, is named and stays; nothing else waits for it.",
    "moved": "An object goes on under another manifest's name.",
    "perhaps-renamed": "A manifest was probably renamed without an alias.",
    "removed-already": "What a `Removed` document asks for is done already, or there is nothing to do it to.",
    "removal-asked": "What a `Removed` document asks for is not pulled.",
    "unreadable-live": "A live object has the form that its API documents; else it is named, and all else is pulled.",
    "titles-unseen": "What a pulled object points at is named by its title, if the token may see it.",
    "platform-stop": "What the platform itself switched off is named; no apply and no pull switches it on.",
    "secret-unverified": "Whether a secret has changed is not known, so it is not sent; or whether one went.",
    # what a plan against a recording says
    "no-state": "A plan without state knows nothing of objects that manifests once described.",
    "not-counted": "A recording holds no entities, so those that a removal would concern are not counted.",
    "not-recorded": "What a plan must know stands in the recording.",
    "withheld": "A value that a recording leaves out, a secret, is not compared.",
    "wrong-recording": "A recording is of the organisation, environment and server that are chosen.",
    # what an undo says of a run that it takes back
    "undo-anew": "What a run removed is made anew, and what was lost with it stays lost.",
    "undo-conflict": "What somebody changed since the run is left alone.",
    "undo-git": "What git says decides the next plan: revert the commit too.",
    "undo-impossible": "What a check speaks against, or would point at what is gone, is not taken back.",
    "undo-nothing": "What is as it was before the run needs no change.",
    "undo-secret": "A secret is never kept, so an undo cannot bring it back.",
    "undo-stays": "What a run made along with an object, a flow's automation, may stay when the object goes back.",
    "undo-torn": "The record of a run that was cut off ends where it was cut off.",
    "undo-version": "A schema's former content becomes a new version.",
}

TAKING_OVER = {
    "deleted-live": "An object that a manifest describes was not deleted in the organisation.",
    "fed-by-variable": "A value that comes from a variable is changed where the variable is, not in the manifest.",
    "items-unclear": "Items of a list can be told apart, or nobody knows which of them was changed.",
    "not-accepted": "What a reference stands for, such as the filters of a saved view, is what was accepted last.",
    "not-edited": "A file is written so that an edit changes nothing else; otherwise it is left as it is.",
    "not-yet-applied": "What a manifest changed since the last apply is for the next one, and stays.",
    "restriction-left": "What restricts an object is taken over with all else that changed in it, or nothing of it is.",
    "secret-not-taken": "What is or was a secret is never written into a file.",
    "text-shared": "A text in a file of its own is rewritten where one field reads it.",
    "undeclared": "What is live and in no manifest stays so, unless `--complete` asks for it.",
    "unsound-live": "What is live is a sound manifest; otherwise the part that is not, or all of it, is left as it is.",
}


PROMOTING = {
    "missing-in-target": "What a promoted manifest needs is in the target, or stands below its `ids` and `vars`.",
    "not-live": "What is promoted is live in the source.",
    "not-promoted": "What is to be promoted can be settled; report what cannot.",
    "same-organisation": "A promotion goes from one organisation to another.",
}


def acceptable(kind: Kind) -> frozenset[str]:
    """The rules that `metadata.accept` may name in a manifest of this kind."""
    return ACCEPTABLE | kind.acceptable | kind.acceptable_beside_live


def sections() -> dict[str, dict[str, str]]:
    """Heading → rule id → sentence."""
    from syncer.kinds import KINDS
    from syncer.manifests import document_rules

    theirs = {
        kind.heading: {rule: said for rule, said in kind.rules.items() if rule not in MANIFESTS}
        for kind in KINDS.values()
        if kind.rules
    }

    return {
        "Files, YAML and syncer.yaml": document_rules.RULES,
        "Every manifest": MANIFESTS,
        **theirs,
        "Plans": PLANS,
        "Taking over": TAKING_OVER,
        "Promoting": PROMOTING,
    }


def all_rules() -> dict[str, str]:
    """Rule id → sentence, those of the kinds included."""
    found = {rule: sentence for rules in sections().values() for rule, sentence in rules.items()}
    return dict(sorted(found.items()))
