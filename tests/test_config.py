import pytest

from pipelines.config import check_config
from workbench.errors import ConfigError

LABELS = {"labels": {"texts": "t.csv", "pairs": "p.csv"}}


def test_an_unknown_key_lists_those_that_exist():
    with pytest.raises(
        ConfigError, match=r"'n_fold' in \[scores\]: did you mean 'n_folds'\? known"
    ):
        check_config({"inputs": LABELS, "scores": {"n_fold": 3}}, "workbench.toml")


def test_an_unknown_key_of_an_optional_section_lists_those_that_exist():
    inputs = {"labels": LABELS["labels"] | {"sep": "="}}
    with pytest.raises(ConfigError, match=r"\[inputs.labels\]: .*attribute_separator"):
        check_config({"inputs": inputs}, "workbench.toml")


def test_a_value_out_of_range_says_what_was_found():
    with pytest.raises(ConfigError, match=r"'split.test_share' = 2: input should be less than"):
        check_config({"inputs": LABELS, "split": {"test_share": 2}}, "workbench.toml")


def test_all_complaints_come_at_once():
    with pytest.raises(ConfigError, match=r"leaf_size.*; .*beam"):
        check_config({"inputs": LABELS, "model": {"leaf_size": 0, "beam": "x"}}, "workbench.toml")


def test_a_workspace_needs_one_way_in():
    with pytest.raises(ConfigError, match=r"\[inputs\]: give \[inputs.clicks\]"):
        check_config({"inputs": {}}, "workbench.toml")


def test_clicks_need_a_catalog():
    with pytest.raises(ConfigError, match=r"needs \[inputs.catalog\]"):
        check_config({"inputs": {"clicks": {"path": "events.parquet"}}}, "workbench.toml")
