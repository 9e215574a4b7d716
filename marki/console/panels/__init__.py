"""The panels of the window, each drawing one thing from a scene."""
