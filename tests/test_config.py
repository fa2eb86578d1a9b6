import pytest

from pipelines.config import check_config
from workbench.errors import ConfigError
from workbench.tables import connect

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


@pytest.mark.parametrize("found", [0, 1.5])
def test_the_quality_below_which_a_pair_is_an_issue_is_a_probability_above_0(found):
    with pytest.raises(ConfigError, match=f"'issues.below_quality' = {found}: input should be"):
        check_config({"inputs": LABELS, "issues": {"below_quality": found}}, "workbench.toml")


def test_a_method_that_is_gone_says_which_took_its_place():
    says = "'scores.method' = 'auto': is gone, \"leave_one_out\" took its place"
    with pytest.raises(ConfigError, match=says):
        check_config({"inputs": LABELS, "scores": {"method": "auto"}}, "workbench.toml")


def test_all_complaints_come_at_once():
    with pytest.raises(ConfigError, match=r"leaf_size.*; .*beam"):
        check_config({"inputs": LABELS, "model": {"leaf_size": 0, "beam": "x"}}, "workbench.toml")


def test_a_workspace_needs_one_way_in():
    with pytest.raises(ConfigError, match=r"\[inputs\]: give \[inputs.clicks\]"):
        check_config({"inputs": {}}, "workbench.toml")


def test_clicks_need_a_catalog():
    with pytest.raises(ConfigError, match=r"needs \[inputs.catalog\]"):
        check_config({"inputs": {"clicks": {"path": "events.parquet"}}}, "workbench.toml")


SHOP = {
    "clicks": {"path": "events.parquet"},
    "catalog": {"path": "items.csv", "attributes": {"Color": "color"}},
}


def with_catalog(**catalog):
    inputs = SHOP | {"catalog": {"path": "items.csv"} | catalog}
    return check_config({"inputs": inputs}, "workbench.toml").inputs.catalog


def test_a_catalog_may_have_its_attributes_by_pattern():
    assert with_catalog(patterns=["attr_*"], exclusive=["Brand"]).attributes == {}


def test_a_pattern_needs_a_star():
    with pytest.raises(ConfigError, match=r"'attr_' must have one '\*'"):
        with_catalog(patterns=["attr_"])


def test_a_long_catalog_needs_no_attributes():
    assert with_catalog(form="long").form == "long"


def test_a_long_catalog_has_no_patterns():
    with pytest.raises(ConfigError, match=r"\['patterns'\] are for form = \"wide\""):
        with_catalog(form="long", patterns=["a_*"])


def test_a_wide_catalog_names_its_attributes():
    with pytest.raises(ConfigError, match="name at least one column in 'attributes'"):
        with_catalog()


def test_units_may_depend_on_the_category():
    units = {"Size": {"Shoes": "cm"}}
    assert with_catalog(attributes={"Size": "size"}, units=units).units == units


def with_votes(*tables, **label):
    inputs = SHOP | {"votes": [{"path": "votes.csv"} | table for table in tables]}
    return check_config({"inputs": inputs, "label": label}, "workbench.toml")


def test_all_sources_vote_unless_some_are_named():
    own = ("click", "dictionary", "taxonomy", "neighbours", "verifier")
    assert with_votes({"source": "rules"}).sources == (*own, "rules")
    named = with_votes({"source": "rules"}, sources=["rules", "click"])
    assert named.sources == ("click", "rules")


def test_an_unknown_source_lists_those_that_exist():
    with pytest.raises(ConfigError, match=r"names 'clicks', but the sources are click, d.*x"):
        with_votes({"source": "x"}, sources=["clicks"])


@pytest.mark.parametrize(("key", "value"), [("groups", "text"), ("weights", 2.0)])
def test_groups_and_weights_of_a_source_that_there_is_not_are_refused(key, value):
    with pytest.raises(ConfigError, match=rf"\[label\] '{key}' names 'y', but the sources are cl"):
        with_votes({"source": "x"}, **{key: {"x": value, "y": value}})


def test_votes_do_not_take_the_name_of_another_source():
    with pytest.raises(ConfigError, match=r"\[inputs.votes.0\]: 'source' = 'click' is one of ours"):
        with_votes({"source": "click"})
    with pytest.raises(ConfigError, match="each needs a 'source' of its own"):
        with_votes({"source": "rules"}, {"source": "rules"})


def test_cuts_of_votes_ascend_above_against():
    with pytest.raises(ConfigError, match="must ascend"):
        with_votes({"source": "rules", "cuts": [0.8, 0.5]})
    with pytest.raises(ConfigError, match=r"must not lie above the first of 'cuts', 0\.5"):
        with_votes({"source": "rules", "cuts": [0.5], "against": 0.6})


def test_an_unknown_key_of_one_of_several_tables_lists_those_that_exist():
    with pytest.raises(ConfigError, match=r"in \[inputs.votes.1\]: did you mean 'source'"):
        with_votes({"source": "rules"}, {"source": "x", "sourc": "y"})


def test_votes_need_other_signals():
    with pytest.raises(ConfigError, match=r"they need \[inputs.clicks\]"):
        check_config(
            {"inputs": LABELS | {"votes": [{"path": "v.csv", "source": "x"}]}}, "workbench.toml"
        )


@pytest.mark.parametrize("limit", ["4GB", "4gb", "1.5 GiB", "512MB"])
def test_a_memory_limit_may_be_written_as_duckdb_takes_it(limit):
    inputs = check_config({"inputs": LABELS | {"memory_limit": limit}}, "workbench.toml").inputs
    assert connect(memory_limit=inputs.memory_limit).list_tables() == []


@pytest.mark.parametrize("limit", ["0GB", "0.0 MiB", "4", "lots", "-1GB", "4GBs"])
def test_a_memory_limit_without_a_sense_says_how_to_write_one(limit):
    says = rf"'inputs.memory_limit' = '{limit}': must be a number above 0 .*, such as \"4GB\""
    with pytest.raises(ConfigError, match=says):
        check_config({"inputs": LABELS | {"memory_limit": limit}}, "workbench.toml")


def test_an_unknown_key_of_the_team_lists_those_that_exist():
    with pytest.raises(ConfigError, match=r"'admin' in \[team\]: did you mean 'admins'\? known"):
        check_config({"inputs": LABELS, "team": {"admin": ["mika"]}}, "workbench.toml")
