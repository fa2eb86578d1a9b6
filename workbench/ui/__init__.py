"""The pages of the review app."""

from pathlib import Path

# For "streamlit run --theme.base": an installed package has no .streamlit folder.
THEME = Path(__file__).with_name("theme.toml")

__all__ = ["THEME"]
