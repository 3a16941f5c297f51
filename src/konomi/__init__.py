"""Konomi: ratings in; similar items, people of like taste, and what to watch next out."""

__version__ = "0.1.0"
