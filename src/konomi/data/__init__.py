"""Ratings and items in memory and as a dataset folder."""
