"""The generated shop: a catalog, a search log over it, and the truth behind the log."""
