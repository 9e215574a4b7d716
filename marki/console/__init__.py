"""The operator's window: the only place that imports pygame."""
