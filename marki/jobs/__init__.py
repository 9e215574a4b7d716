"""Jobs: work that takes long, on one or many processes, that can be interrupted, resumed, and is never overwritten."""
