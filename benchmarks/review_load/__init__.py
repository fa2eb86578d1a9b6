"""The review app under load: many annotators at once."""
