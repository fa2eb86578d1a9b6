"""Text to sparse features: words and character n-grams, weighted by tf-idf; dense ones beside."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.features.joining import join_features
    from workbench.features.text_features import TextFeatures

__all__ = ["TextFeatures", "join_features"]

_MODULES = {"TextFeatures": "text_features", "join_features": "joining"}


def __getattr__(name: str) -> Any:
    """Import at the first use: who reads stored names alone does without numba and scikit-learn."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
