"""GitOps for epilot organisations: manifests in git, planned against and applied to a live organisation."""

__version__ = "0.1.0"
