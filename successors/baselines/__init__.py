"""Baselines: references that systems are compared with and that have no place on the timeline."""
