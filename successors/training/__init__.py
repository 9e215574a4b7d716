"""Training: single and multiple training runs, each resumable."""
