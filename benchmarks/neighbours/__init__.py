"""Nearest neighbours of sparse rows, beside other searches."""
