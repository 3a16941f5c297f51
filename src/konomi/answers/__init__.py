"""Answers to questions in ids and titles: similar items and users, recommendations, reasons, maps."""
