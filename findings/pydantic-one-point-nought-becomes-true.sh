#!/usr/bin/env bash
# pydantic 2.14.4
#
# Guess:   of `bool | int | str` the value 1.0 becomes the whole number 1, the nearest that loses nothing.
# Happens: it becomes True, and 0.0 becomes False, as none fits exactly and the first that takes it in lax mode wins;
#          in the order `int | bool | str` it becomes 1. In a list the same: `list[bool] | list[int]` makes [1.0, 0.0]
#          two booleans.
# Matters: JSON writers of other languages send 1.0 for a count of 1; a value kept by such a model is planned as a
#          change of type to true.
#
# Prints what becomes of 1.0 in each order; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.4
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from pydantic import TypeAdapter

first = TypeAdapter(bool | int | str)
second = TypeAdapter(int | bool | str)
lists = TypeAdapter(list[bool] | list[int])
seen = [repr(first.validate_json("1.0")), repr(second.validate_json("1.0")), repr(first.validate_json("1")), repr(lists.validate_json("[1.0, 0.0]"))]
print(*seen)
sys.exit(0 if seen == ["True", "1", "1", "[True, False]"] else 1)
PYTHON
