"""From paper to the machine: sheets of boxes that a class writes on, and photographs of them made into cards."""
