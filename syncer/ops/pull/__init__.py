"""Manifests out of a live organisation."""
