"""The review card: what the browser is told, its script, and what comes back."""
