"""Where state lives: the file beside syncer.yaml, an object store, a PostgreSQL database; knows no plan and no kind."""
