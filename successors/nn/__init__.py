"""The engine: tensors on a tape, layers, losses, optimisers and recipes, on NumPy alone."""
