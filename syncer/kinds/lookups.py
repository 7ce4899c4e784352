"""Kinds that are only looked up: a manifest names such an object by its title, and its id is used, never written."""

from __future__ import annotations

from syncer.model.calls import Listing
from syncer.model.kind import LookupKind

LOOKUPS = (
    LookupKind(
        name="SavedView",
        service="entity",
        listing=Listing("/v1/entity/views", "results", paging="from", size=250),
        titles=("name",),
        scope="slug",
    ),
    LookupKind(
        name="AutomationFlow",
        service="automation",
        listing=Listing("/v1/automation/flows?include_flows=true", "results", paging="from", total="total"),
        titles=("flow_name",),
    ),
    LookupKind(
        name="TaxonomyClassification",
        service="entity",
        listing=Listing(
            "/v1/entity/taxonomies/classifications:search",
            "results",
            method="POST",
            body={"query": ""},
        ),
        titles=("id", "slug", "name"),
    ),
)
