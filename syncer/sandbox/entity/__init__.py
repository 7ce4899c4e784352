"""The entity service: schemas and their parts, entities, views, taxonomies."""
