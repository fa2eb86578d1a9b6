"""The whole run on a generated shop: time and memory, stage by stage."""
