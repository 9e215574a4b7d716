"""The editor: a program of the pen language as it is written, and the lamps that it lights."""
