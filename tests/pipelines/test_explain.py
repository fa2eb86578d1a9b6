import re

import pytest

from pipelines.console import Terminal
from pipelines.explain import explain_label, find_similar
from workbench.errors import InputError
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


@pytest.fixture
def pair(finished):
    """A pair that several sources vote on, with the text of its query."""
    artefacts = Workspace(finished / "workspace")
    posterior = artefacts.artefact("label").table("posterior")
    one = posterior[posterior["votes_for"] > 1].iloc[0]
    instances = artefacts.artefact("ingest").table("instances")
    text = instances.loc[instances["instance_id"] == one["instance_id"], "text"].iloc[0]
    return text, one["label_id"]


def test_a_label_is_explained_by_its_sources(finished, pair, capsys):
    text, label_id = pair
    folder = finished / "workspace"
    (told,) = explain_label(folder, query=text, label=label_id, terminal=Terminal())
    printed = capsys.readouterr().out
    assert f"{label_id}    posterior {told.posterior:.3f}" in printed
    assert all(one.words in printed for one in told.said)
    assert f"{told.total:+.2f}" in printed


def test_without_a_label_all_candidates_are_told_the_likeliest_first(finished, pair):
    told = explain_label(finished / "workspace", query=pair[0], label=None, terminal=QUIET)
    shares = [one.posterior for one in told]
    assert len(told) > 1
    assert shares == sorted(shares, reverse=True)


def test_of_many_labels_the_likely_and_those_at_odds_are_told(finished, capsys):
    posterior = Workspace(finished / "workspace").artefact("label").table("posterior")
    query = posterior["instance_id"].value_counts().index[0]
    mine = posterior[posterior["instance_id"] == query]
    at_odds = mine[(mine["votes_for"] > 0) & (mine["votes_against"] > 0)]
    first = set(mine.loc[mine["posterior"] >= 0.5, "label_id"]) | set(at_odds["label_id"])
    folder = finished / "workspace"
    told = explain_label(folder, query=query, label=None, terminal=Terminal(), show=len(first))
    assert {one.label_id for one in told} == first
    n_more = len(mine) - len(first)
    assert n_more > 0
    assert f"{n_more:,} more labels" in capsys.readouterr().out


def test_a_value_alone_names_its_label(finished, pair):
    value = pair[1].split(": ")[1].split(" > ")[-1].upper()
    (told,) = explain_label(finished / "workspace", query=pair[0], label=value, terminal=QUIET)
    assert told.label_id == pair[1]


def test_an_unknown_query_names_those_that_contain_it(finished, pair):
    part = pair[0][1:]
    with pytest.raises(InputError, match=r"no instance .*; its text is in (1 other|\d+ others):"):
        explain_label(finished / "workspace", query=part, label=None, terminal=QUIET)


def test_an_unknown_query_names_similar_ones(finished, pair):
    texts = Workspace(finished / "workspace").artefact("ingest").table("instances")["text"]
    long = max(texts, key=len)
    with pytest.raises(InputError, match=rf"among [\d,]+; similar are \['{re.escape(long)}'"):
        explain_label(finished / "workspace", query=f"{long} zzz", label=None, terminal=QUIET)


def test_similar_texts_are_named_once():
    assert find_similar(["red shoe", "blue hat", "red shoe"], "red shoes") == ["red shoe"]


def test_no_text_is_similar_where_all_are_empty():
    assert find_similar([""] * 3, "red shoes") == []


def test_an_unknown_label_is_refused(finished, pair):
    with pytest.raises(InputError, match="there is no label 'no such label' among"):
        explain_label(finished / "workspace", query=pair[0], label="no such label", terminal=QUIET)
