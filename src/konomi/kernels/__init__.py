"""The loops that Numba compiles; nothing else in konomi knows Numba."""

from konomi.kernels.cache import ensure_cache

ensure_cache()
