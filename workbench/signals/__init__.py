"""Weak evidence for labels, as it is given: clicks, the catalog, the taxonomy, words."""
