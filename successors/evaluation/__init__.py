"""Evaluation: comparisons, the ladder of proof, ablation paths and plots."""
