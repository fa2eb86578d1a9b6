import tomllib
from pathlib import Path

from workbench.ui import THEME

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"


def test_checkout_and_package_have_one_theme():
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    assert config["theme"] == tomllib.loads(THEME.read_text(encoding="utf-8"))["theme"]


def test_the_app_serves_this_machine_only_and_reports_to_nobody():
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    assert config["server"]["address"] == "localhost"
    assert config["browser"]["gatherUsageStats"] is False
