"""The form of a state file: which keys it has, of which types, and what of an entry each of them is."""

from __future__ import annotations

from syncer.documents.document_codec import FLAG, TEXT, WHOLE, Key, converted, either, listed, mapping, record
from syncer.model.address import Address
from syncer.model.json_values import Json, Path
from syncer.model.resource import Managed, Remainder
from syncer.state.marker_json import from_json, to_json

ENTRY = record(
    Managed,
    Key("address", converted(TEXT, lambda text: Address(*text.split("/")), str)),
    Key("live_id", TEXT),
    Key("declared", converted(mapping(), from_json, to_json), optional=True),
    Key("parts", converted(mapping(mapping(TEXT)), write=to_json), optional=True),
    Key("protect", FLAG, optional=True),
    Key("aliases", listed(TEXT), optional=True),
    Key("policy", converted(mapping(), write=to_json), optional=True),
    Key("secrets", mapping(TEXT), optional=True),
    Key("secret_times", mapping(TEXT), optional=True),
    Key("adopted", FLAG, optional=True),
    Key("forms", mapping(TEXT), optional=True),
    Key("undeclared", converted(mapping(mapping(TEXT)), Remainder, lambda known: known.digests), optional=True),
    Key("whole", FLAG, optional=True),
)
"""An entry without what is empty. Whether its address is one, who reads it has looked."""


FILE = record(
    dict,
    Key("format_version", WHOLE),
    Key("environment", TEXT),
    Key("org_id", TEXT),
    Key("serial", WHOLE),
    Key("guards", mapping(either(FLAG, TEXT)), optional=True),
    Key("open_runs", listed(TEXT), optional=True),
    Key("salt", TEXT, optional=True),
    Key("checksum", TEXT),
    Key("entries", listed(ENTRY)),
)
"""The whole file. A key that nobody knows is damage, not an extra."""


def fault(document: Json) -> Path | None:
    """Where a document first has not the form of a state file; None where it has. `()`: the document itself."""
    faults = FILE.faults(document)
    return faults[0][0] if faults else None
