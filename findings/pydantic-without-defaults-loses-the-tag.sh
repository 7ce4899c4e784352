#!/usr/bin/env bash
# pydantic 2.14.4
#
# Guess:   what `model_dump(exclude_defaults=True)` leaves out is put in again on reading, so that dump and read are
#          each other's reverse.
# Happens: the field by which a union is told apart is a default like any other and is left out; reading the dump is
#          an error, `union_tag_not_found`. `exclude_unset=True` leaves it out as well where the object was made in
#          code.
# Matters: a manifest written as short as possible cannot be read again, and a request body lacks the one word by
#          which the platform knows what kind of thing is meant.
#
# Prints both dumps, and what reading one of them says; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.4
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError


class Manual(BaseModel):
    type: Literal["manual"] = "manual"
    name: str


class Decision(BaseModel):
    type: Literal["decision"] = "decision"
    name: str


class Flow(BaseModel):
    task: Annotated[Manual | Decision, Field(discriminator="type")]


flow = Flow(task=Decision(name="Check"))
dumps = [flow.model_dump(exclude_defaults=True), flow.model_dump(exclude_unset=True)]
try:
    Flow.model_validate(dumps[0])
    said = "read"
except ValidationError as error:
    said = error.errors()[0]["type"]
print(dumps, said)
sys.exit(0 if dumps == [{"task": {"name": "Check"}}] * 2 and said == "union_tag_not_found" else 1)
PYTHON
