"""The timeline: one file for each system, named by its year; a file may import only the engine and earlier years."""
