"""Pairs whose given label looks wrong or missing, ranked, with the reason in words."""
