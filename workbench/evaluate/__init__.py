"""How good predictions and found issues are, and whether a difference is more than chance."""
