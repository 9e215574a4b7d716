"""Evaluation: published weights and figures, comparisons, ablation paths, the ladder of proof, plots."""
