"""The commands of the window, one file for each kind; a new file here is found by `command_table`."""
