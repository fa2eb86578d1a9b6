"""Text to sparse features: words and character n-grams, weighted by tf-idf."""

from workbench.features.text_features import TextFeatures

__all__ = ["TextFeatures"]
