"""The rows of a sparse matrix that are nearest to each row by cosine."""

from workbench.nearest.rows import nearest_rows

__all__ = ["nearest_rows"]
