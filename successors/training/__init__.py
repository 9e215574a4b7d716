"""Training: one training, many of them, and the weights and figures that are published."""
