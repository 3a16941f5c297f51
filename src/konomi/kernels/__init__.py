"""The loops that Numba compiles; nothing else in konomi knows Numba."""
