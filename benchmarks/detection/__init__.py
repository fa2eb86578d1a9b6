"""How many real errors each way to order the pairs finds."""
