"""Find and fix wrong and missing labels in extreme multi-label data."""

__version__ = "0.1.0"
