"""Made-up ratings: a large stand-in for real dumps, and the demo with its simulated viewers."""
