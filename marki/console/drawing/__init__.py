"""Drawing: theme, sprites, layout and the base class of all panels."""
