"""Synthetic data: ratings as large as the real dumps, and the demo with its simulated viewers."""
