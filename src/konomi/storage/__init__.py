"""Files and folders on disk: written completely or not at all, listed in a manifest, read in one version."""
