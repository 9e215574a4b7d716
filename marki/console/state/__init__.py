"""State: what the window knows and shows, free of pygame drawing; the panels only read it."""
