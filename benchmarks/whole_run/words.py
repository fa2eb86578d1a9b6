"""Made-up words that can be pronounced."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_SYLLABLES = [a + b for a in "b d f g h k l m n p r s t v z ch sh tr kl".split() for b in "aeiou"]
_ENDS = ["", "n", "r", "s", "l", "x", "m", "t"]


class Words:
    """Hands out words, none of them twice.

    Parameters
    ----------
    rng : numpy Generator

    Examples
    --------
    >>> words = Words(np.random.default_rng(0))
    >>> len(set(words.take(1000) + words.take(1000)))
    2000
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._fresh = self._draw(rng)

    def take(self, n: int) -> list[str]:
        """Return so many new words."""
        return [next(self._fresh) for _ in range(n)]

    def _draw(self, rng: np.random.Generator) -> Iterator[str]:
        seen: set[str] = set()
        while True:
            syllables = rng.integers(0, len(_SYLLABLES), (10_000, 4)).tolist()
            ends = rng.integers(0, len(_ENDS), 10_000).tolist()
            lengths = rng.choice([2, 3, 4], 10_000, p=[0.3, 0.5, 0.2]).tolist()
            for parts, end, length in zip(syllables, ends, lengths, strict=True):
                word = "".join(_SYLLABLES[part] for part in parts[:length]) + _ENDS[end]
                if word not in seen:
                    seen.add(word)
                    yield word
