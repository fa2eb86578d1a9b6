"""Confident learning on sparse scores beside cleanlab."""
