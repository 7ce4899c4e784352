"""The app service: the catalogue and installations."""
