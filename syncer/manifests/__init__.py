"""syncer.yaml and manifests: found, read, judged, and made into desired resources."""
