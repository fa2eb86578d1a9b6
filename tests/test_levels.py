"""The contracts on imports speak of every level."""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_every_level_but_the_interface_is_kept_from_streamlit():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    levels, _, streamlit = settings["tool"]["importlinter"]["contracts"]
    names = {name.strip() for layer in levels["layers"] for name in layer.split("|")} - {"ui"}
    assert set(streamlit["source_modules"]) == {"pipelines", *(f"workbench.{n}" for n in names)}
