"""How much of the lost accuracy comes back, by the order in which people review."""
