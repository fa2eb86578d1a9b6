"""The settings in docs/catalog.md are settings that there are."""

import re
import tomllib
from pathlib import Path

import pytest

from pipelines.config import check_config

PAGE = Path(__file__).parent.parent.parent / "docs" / "catalog.md"
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
CATALOG = {"path": "a.csv", "attributes": {"Size": "size", "Weight": "weight"}}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_is_a_valid_configuration(block):
    said = tomllib.loads(block)
    inputs = said.get("inputs") or {"catalog": CATALOG | said}
    shop = {"clicks": {"path": "c.csv"}, "catalog": CATALOG}
    assert check_config({"inputs": shop | inputs}, "docs/catalog.md").inputs.catalog is not None
