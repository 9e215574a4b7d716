"""The Mark I Perceptron (Cornell Aeronautical Laboratory, 1960), simulated in time.

Importing the package costs neither pygame nor Pillow; they are loaded by the rooms that need them.
"""

__version__ = "0.1.0"
