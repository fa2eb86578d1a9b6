"""What people decided: recorded, resolved to one verdict a pair, and applied to the labels."""
