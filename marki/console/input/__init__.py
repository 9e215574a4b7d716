"""Input: what mouse, keyboard and touch do."""
