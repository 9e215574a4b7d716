"""The timeline: what the window shows of the successors, if somebody lends it a timeline."""
