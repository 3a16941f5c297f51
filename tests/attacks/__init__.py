"""Attacks on konomi: kills, faults, damage, races, hostile input and foreign files, each trial with an outcome."""
