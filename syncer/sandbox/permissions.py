"""`permissions/me`: the caller's roles and grants (docs/platform.md#whose-organisation)."""

from __future__ import annotations

from flask import Blueprint, Response

from syncer.sandbox.request_scope import here, reply

ROUTES = Blueprint("permissions", __name__)


@ROUTES.get("/v1/permissions/me")
def mine() -> Response:
    """The caller's roles: an administrator's."""
    scope = here()
    role = {
        "id": f"{scope.org}:administrator",
        "organization_id": scope.org,
        "slug": "administrator",
        "name": "Administrator",
        "type": "user_role",
        "grants": [{"action": "*", "resource": "*", "effect": "allow"}],
    }
    return reply({"roles": [role]})
