"""The models, each a file: what it learns from a dataset, and how it scores items for a history."""
