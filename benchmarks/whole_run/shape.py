"""How large the generated shop is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShopShape:
    """Numbers of all that the shop has; about 100,000 labels as they stand.

    Parameters
    ----------
    n_queries, n_events : int
    n_items, n_models, n_series, n_brands : int
        A brand has a series or more, a series models, a model items, so that none is more than the
        one before.
    n_fits : int
        Devices that accessories fit.
    n_categories : int
        In a tree of three levels.
    n_styles, n_colors, n_materials, n_sizes : int
    """

    n_queries: int = 500_000
    n_events: int = 20_000_000
    n_items: int = 250_000
    n_models: int = 60_000
    n_series: int = 10_000
    n_brands: int = 8_000
    n_fits: int = 20_000
    n_categories: int = 1_000
    n_styles: int = 500
    n_colors: int = 40
    n_materials: int = 60
    n_sizes: int = 120

    @classmethod
    def scaled(cls, share: float) -> ShopShape:
        """Return a shop of a share of the size; small vocabularies keep theirs."""
        full = cls()
        large = ("queries", "events", "items", "models", "series", "brands", "fits", "categories")
        sizes = {f"n_{name}": getattr(full, f"n_{name}") for name in large}
        return cls(**{name: max(40, round(n * share)) for name, n in sizes.items()})

    @property
    def name(self) -> str:
        """Tells shops of different sizes apart, as a name of a folder."""
        return f"{self.n_queries}-{self.n_events}-{self.n_models}"
