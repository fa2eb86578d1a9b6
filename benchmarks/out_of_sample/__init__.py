"""Ways to out-of-sample scores: what they cost, and how many injected errors they find."""
