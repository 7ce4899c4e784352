"""syncer.yaml: where the manifests are, and the environments they are applied to."""

from __future__ import annotations

from schema_tables.words import VARIABLE_DEF, Schema, each, many, only, thing

HOST = r"^https://[a-z0-9.-]+\.epilot\.io(/[A-Za-z0-9._~/-]*)?$"
SHARE = "^(100|[1-9]?[0-9])%$"
NAMES = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _text(about: str, like: str = "") -> Schema:
    """Text as it stands: nothing in this file is filled in from variables."""
    return {"description": about, "type": "string"} | ({"pattern": like} if like else {"minLength": 1})


def _flag(about: str) -> Schema:
    return {"description": about, "type": "boolean", "default": False}


def _limit(what: str) -> Schema:
    about = f"How many {what} one plan may hold: a number, or a share of the managed objects such as `30%`."
    return {"description": about, "type": ["integer", "string"], "minimum": 0, "pattern": SHARE}


SECRET_NAME = _text("Name of the variable of the process that holds it.", "^(EPILOT|SYNCER)_[A-Z0-9_]+$")

ENVIRONMENT = thing(
    "environment",
    {
        "org_id": _text("Id of the organisation, in quotes; the token must belong to it."),
        "token": thing(
            "token",
            {"env": SECRET_NAME | {"x-syncer-secret": True, "examples": ["EPILOT_TOKEN_SANDBOX"]}},
            about="Where the access token comes from; the token itself never stands here.",
            required=["env"],
            closed=True,
            nullable=False,
        )
        | {"x-syncer-secret": True},
        "confirm": _flag("Whether an apply must be confirmed with `--confirm`."),
        "protect": _flag("Whether nothing is ever removed from this organisation."),
        "limits": thing(
            "limits",
            {"delete": _limit("removals"), "update": _limit("changes")},
            about="What is more than this is refused before anything is written.",
            closed=True,
            nullable=False,
        ),
        "pace": _text("Share of the platform's quota to use; its other clients share it.", SHARE)
        | {"default": "80%", "examples": ["80%"]},
        "state": _text(
            "Where the state lives, if not in a file beside this one. Only heeded where the operator allows it with"
            " SYNCER_STATE_ALLOW; a password never stands in it."
        )
        | {"examples": ["s3://acme-syncer/production", "postgresql://syncer@db.example/syncer"]},
        "vars": each(True, "Values for `${var.NAME}`: any value of YAML.", keys="^[A-Za-z0-9_.-]+$", nullable=False),
        "ids": each(
            _text("The id in this organisation."),
            "Values for `${id.NAME}`: ids of what nobody can look up, such as journeys and users.",
            keys="^[A-Za-z0-9_.-]+$",
            nullable=False,
        ),
    },
    about="An organisation that manifests are applied to.",
    required=["org_id"],
    named_by=["(key)"],
    closed=True,
    nullable=False,
)

SERVICES = {
    "entity": "entity schemas, saved views and taxonomies",
    "workflow": "flow templates and closing reasons",
    "automation": "automations",
    "app": "apps",
    "data_governance": "retention configurations, with its path prefix",
    "permissions": "roles and permissions",
    "audit_log": "the audit log",
}

ROOT = thing(
    "syncer.yaml",
    {
        "version": only("Version of this format.", 1),
        "manifests": many(_text("A folder or file, relative to this one."), "Where the manifests are.")
        | {"type": "array"},
        "layout": _text(
            "Where `pull` puts a new manifest, below the first folder of manifests: `{kind}` is `flows`, `reasons` and"
            " so on, `{slug}` is `flow-template`, `{name}` the manifest's name, `{env}` the environment's.",
            r"^[^/\\][^\\]*\.ya?ml$",
        )
        | {"default": "{kind}/{name}.yaml", "examples": ["{kind}/{name}.yaml", "{env}/{slug}/{name}.yaml"]},
        "environments": each(ENVIRONMENT, "The organisations, by a name of your own.", keys=NAMES, nullable=False),
        "services": thing(
            "services",
            {name: _text(f"Base URL of the API for {about}.", HOST) for name, about in SERVICES.items()},
            about="Other base URLs than the usual ones; https, and under epilot.io.",
            closed=True,
            nullable=False,
        ),
    },
    about="Settings of a repository of manifests.",
    required=["version"],
    named_by=[],
    closed=True,
    nullable=False,
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:syncer:v1:syncer",
    **ROOT,
    "$defs": {"variable": VARIABLE_DEF},
}
