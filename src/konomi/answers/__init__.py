"""Answers to questions in ids and titles: similar items, similar users, recommendations, reasons, maps."""
