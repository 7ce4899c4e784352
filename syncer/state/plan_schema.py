"""The form of a plan's document: which keys it has, and of which types. Imported when the first plan is read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Key

from syncer.model.json_values import Json


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _FieldModel(_Strict):
    path: str
    before: Json
    after: Json
    cause: str
    level: str = Key(alias="class")
    reason: str
    item: str


class _ChangeModel(_Strict):
    address: str
    name: str
    action: str
    level: str = Key(alias="class")
    reason: str
    reasons: list[str]
    live_id: str | None
    fields: list[_FieldModel]
    fingerprint: str
    calls: list[str]
    after: list[str]


class _LinkModel(_Strict):
    address: str
    live_id: str
    how: Literal["link", "key", "title"]
    new: bool


class _ReleasedModel(_Strict):
    address: str
    path: str


class _NoticeModel(_Strict):
    rule: str
    message: str
    address: str | None


class _ProblemModel(_Strict):
    severity: Literal["error", "warning"]
    rule: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    path: str | None
    hint: str | None


class _AgainstModel(_Strict):
    recorded_at: str
    age_seconds: int


class PlanModel(_Strict):
    """The whole document."""

    format_version: Literal[1, 2]
    id: str
    environment: str
    org_id: str
    server: str
    partial: bool
    summary: dict[str, int]
    changes: list[_ChangeModel]
    links: list[_LinkModel]
    released: list[_ReleasedModel]
    notices: list[_NoticeModel]
    problems: list[_ProblemModel]
    digests: dict[str, str]
    undo: str = ""
    against: _AgainstModel | None = None
