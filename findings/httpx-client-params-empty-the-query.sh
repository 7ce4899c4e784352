#!/usr/bin/env bash
# httpx 0.28.1
#
# Guess:   `params` of a client are added to every request's address, as its headers are added.
# Happens: they are added to the `params` of a request, and both replace the query that stands in the address:
#          `?cursor=abc` of a link is gone as soon as the client has any params; so is it with `params={}` at the
#          request.
# Matters: the address of the next page, as a platform sends it, asked by a client that carries a parameter for all
#          calls, is the first page again: a loop, or a list that looks complete.
#
# Prints the addresses that would be asked; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import httpx

link = "https://platform.example/v1/items?cursor=abc"
bare = str(httpx.Client().build_request("GET", link).url)
client = str(httpx.Client(params={"hydrate": "false"}).build_request("GET", link).url)
empty = str(httpx.Client().build_request("GET", link, params={}).url)
print(bare, client, empty, sep="\n")
host = "https://platform.example/v1/items"
sys.exit(0 if (bare, client, empty) == (link, f"{host}?hydrate=false", host) else 1)
PYTHON
