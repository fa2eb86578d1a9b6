"""How good the labels are that come from weak signals: python -m benchmarks.weak_labels."""
