"""Where the files lie that come with the program: the sample shop and the app's entry."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def sample_data_folder() -> Path:
    """Return the folder of the sample shop, in a checkout or an installed package."""
    return _first(_HERE / "_sample_data", _HERE.parent / "sample_data")


def app_path() -> Path:
    """Return the script that Streamlit runs, in a checkout or an installed package."""
    return _first(_HERE / "_app.py", _HERE.parent / "app.py")


def _first(installed: Path, checkout: Path) -> Path:
    return installed if installed.exists() else checkout
