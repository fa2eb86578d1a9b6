"""Text to sparse features: words and character n-grams, weighted by tf-idf; dense ones beside."""

from workbench.features.joining import join_features
from workbench.features.text_features import TextFeatures

__all__ = ["TextFeatures", "join_features"]
