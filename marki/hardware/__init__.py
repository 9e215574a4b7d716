"""The cabinets of the machine, one file each, on the simulated clock."""
