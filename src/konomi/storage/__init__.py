"""Folders and files on disk: written whole or not at all, listed in a manifest, opened as one version."""
