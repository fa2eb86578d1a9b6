"""Product titles: English, Japanese or both, as shops write them."""

from __future__ import annotations

import numpy as np

from pipelines.sample.catalog import Item
from pipelines.sample.chance import happens, pick
from pipelines.sample.vocabulary import Term, Vocabulary, is_japanese

PROMOTIONS = ("【送料無料】", "【新作】", "[SALE] ", "【ポイント10倍】", "★正規品★ ")


def write_title(item: Item, vocabulary: Vocabulary, rng: np.random.Generator) -> str:
    """Return a title that names most of what the item is."""
    language = pick(rng, ["en", "ja", "mixed"], [35, 35, 30])
    write = {"en": _english, "ja": _japanese, "mixed": _mixed}[language]
    words = [word for word in write(item, vocabulary, rng) if word]
    promotion = pick(rng, PROMOTIONS) if language != "en" and happens(rng, 0.15) else ""
    code = f" {item.brand.name[:2].upper()}-{rng.integers(1000, 9999)}" if happens(rng, 0.1) else ""
    return promotion + " ".join(words) + code


def _english(item: Item, vocabulary: Vocabulary, rng: np.random.Generator) -> list[str]:
    gender = {"Women": "Women's", "Men": "Men's", "Kids": "Kids'"}
    device = item.values.get("Device", ())
    return [
        item.brand.name,
        item.line.term.name if item.line else "",
        *(gender.get(name, name) for name in item.values.get("Gender", ())),
        *_some(item, "Feature", 0.6, rng),
        *(name for name in _some(item, "Pattern", 0.8, rng) if name != "Plain"),
        *_some(item, "Material", 0.5, rng),
        item.category.name,
        *(f"for {name}" for name in device),
        "/".join(item.values["Color"]),
        *_some(item, "Size", 0.7, rng),
    ]


def _japanese(item: Item, vocabulary: Vocabulary, rng: np.random.Generator) -> list[str]:
    brand = pick(rng, [item.brand.kana, f"[{item.brand.name}]", item.brand.name])
    line = item.line.kana if item.line else ""
    return [brand, line, *_japanese_words(item, vocabulary, rng)]


def _mixed(item: Item, vocabulary: Vocabulary, rng: np.random.Generator) -> list[str]:
    line = item.line.term.name if item.line else ""
    kana = item.line.kana if item.line and happens(rng, 0.4) else ""
    return [item.brand.name, line, kana, *_japanese_words(item, vocabulary, rng)]


def _japanese_words(item: Item, vocabulary: Vocabulary, rng: np.random.Generator) -> list[str]:
    def in_japanese(attribute: str, share: float) -> list[str]:
        names = _some(item, attribute, share, rng)
        return [_japanese_name(vocabulary.value(attribute, name)) for name in names]

    return [
        *(item.values.get("Device", ())),
        item.category.name_ja,
        *in_japanese("Gender", 0.8),
        *in_japanese("Feature", 0.6),
        *in_japanese("Pattern", 0.6),
        *in_japanese("Material", 0.5),
        "/".join(in_japanese("Color", 1.0)),
        *_some(item, "Size", 0.7, rng),
    ]


def _japanese_name(term: Term) -> str:
    return next((text for text in term.listed if is_japanese(text)), term.name)


def _some(item: Item, attribute: str, share: float, rng: np.random.Generator) -> list[str]:
    values = item.values.get(attribute, ())
    return list(values) if values and happens(rng, share) else []
