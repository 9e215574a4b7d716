"""The successors of the Mark I on its retina and lamps: later neural networks, in the order of their years."""
