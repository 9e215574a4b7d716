"""What goes into a machine and what comes out of it: stimuli, the camera, the ports."""
