"""JSON Schemas of documents: found, checked fast, and explained in words."""
