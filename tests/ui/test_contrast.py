"""Every text can be read: a contrast of 4.5 at least (WCAG 2, 1.4.3), in both themes."""

import re
import tomllib

import pytest

from workbench.ui import THEME, charts
from workbench.ui.shell import STYLE

LEAST = 4.5
THEMES = ["light", "dark"]
PAIRS = {
    "text": ["page", "sidebar", "wb-panel", "wb-track", "wb-mark"],
    "wb-text": ["page", "sidebar", "wb-panel", "wb-track"],
    "wb-soft": ["page", "sidebar", "wb-panel", "wb-track", "second"],
    "wb-blue": ["page", "sidebar", "wb-panel", "wb-blue-soft"],
    "wb-red": ["page", "wb-red-soft"],
    "wb-green": ["page", "wb-green-soft"],
    "wb-on-primary": ["primary", "wb-primary-hover"],
    "chart text": ["page"],
}


def colours(theme: str) -> dict[str, str]:
    """Return every colour by its name, of the style sheet and of the theme."""
    css = STYLE.read_text(encoding="utf-8")
    at = THEMES.index(theme)
    named = re.findall(r"--(wb-[\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    known = {name: shades[at] for name, *shades in named}
    said = tomllib.loads(THEME.read_text(encoding="utf-8"))["theme"][theme]
    return known | {
        "text": said["textColor"],
        "page": said["backgroundColor"],
        "second": said["secondaryBackgroundColor"],
        "sidebar": said["sidebar"]["backgroundColor"],
        "primary": said["primaryColor"],
        "chart text": charts.TEXTS[theme],
    }


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def blended(colour: str, page: str, opacity: float) -> str:
    mixed = (
        round(opacity * int(colour[n : n + 2], 16) + (1 - opacity) * int(page[n : n + 2], 16))
        for n in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def test_contrast_is_that_of_the_guideline():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#7aa5f5") == pytest.approx(2.5, abs=0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", PAIRS)
def test_texts_stand_out_from_what_is_behind_them(text, theme):
    known = colours(theme)
    found = {behind: contrast(known[text], known[behind]) for behind in PAIRS[text]}
    assert {behind: ratio for behind, ratio in found.items() if ratio < LEAST} == {}


@pytest.mark.parametrize("opacity", [0.04, charts.DEEPEST])
@pytest.mark.parametrize("theme", THEMES)
def test_the_number_in_a_cell_can_be_read_however_red_it_is(theme, opacity):
    behind = blended(charts.RED, colours(theme)["page"], opacity)
    assert contrast(charts.INKS[theme], behind) >= LEAST
