"""Training: one training, and many of them, each resumable."""
