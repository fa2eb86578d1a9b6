"""A workspace that starts from labels, with a tree of their categories beside them."""

import numpy as np
import pandas as pd
import pytest

from pipelines.config import check_config, read_config
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.run import run_pipeline
from pipelines.run_report import report_of
from workbench.errors import ConfigError, InputError
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
KINDS = {"Boots": "Shoes", "Clogs": "Shoes", "Totes": "Bags", "Cases": "Phones"}
COLORS = ["red", "blue", "green", "black"]
TREE = "category_id,parent_id,name\ns,,Shoes\ng,,Bags\np,,Phones\nb,s,Boots\nc,s,Clogs\n"
TREE += "t,g,Totes\nk,p,Cases\nh,,Hats\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """240 texts; of four of each rule a parent lacks, or a case has a size."""
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    texts, pairs = [], []
    for i in range(240):
        kind, color = list(KINDS)[i % 4], COLORS[rng.integers(4)]
        texts.append((f"i{i}", f"{color} {kind.lower()} {i % 7}"))
        labels = {f"category={kind}", f"category={KINDS[kind]}", f"color={color}"}
        if KINDS[kind] == "Shoes":
            labels.add(f"size={40 + i % 7}")
        if i < 4:
            labels.remove(f"category={KINDS[kind]}")
        if kind == "Cases" and i >= 224:
            labels.add("size=41")
        pairs += [(f"i{i}", label) for label in sorted(labels)]
    frame = pd.DataFrame(texts, columns=["instance_id", "text"])
    frame.to_csv(folder / "texts.csv", index=False)
    frame = pd.DataFrame(pairs, columns=["instance_id", "label_id"])
    frame.to_csv(folder / "labels.csv", index=False)
    (folder / "tree.csv").write_text(TREE)
    (folder / "category_attributes.csv").write_text("category_id,attribute\ns,Size\n")
    return folder


@pytest.fixture(scope="module")
def made(files):
    request = InitRequest(
        texts=files / "texts.csv", labels=files / "labels.csv", taxonomy=files / "tree.csv"
    )
    init_workspace(files / "w", request, QUIET)
    run_pipeline(files / "w", terminal=QUIET, show=0)
    return Workspace(files / "w")


def test_init_takes_a_taxonomy_beside_labels_and_finds_the_separator(made):
    inputs = read_config(made.config_path).inputs
    assert inputs.labels.attribute_separator == "="
    assert inputs.taxonomy.path == "../tree.csv"
    assert inputs.taxonomy.attributes_path == "../category_attributes.csv"


def test_a_child_without_its_parent_is_an_issue_with_its_reason(made):
    issues = made.artefact("flag").table("issues")
    told = issues[issues["reason"].str.contains("is given, which implies it")]
    found = set(zip(told["instance_id"], told["label_id"], strict=True))
    assert {(f"i{i}", f"category={list(KINDS.values())[i]}") for i in range(4)} <= found


def test_an_attribute_out_of_place_is_an_issue_with_its_reason(made):
    issues = made.artefact("flag").table("issues")
    told = issues[issues["reason"].str.contains("size does not apply to category=Cases")]
    out_of_place = {("i227", "size=41"), ("i231", "size=41"), ("i235", "size=41")}
    assert out_of_place <= set(zip(told["instance_id"], told["label_id"], strict=True))


def test_noise_is_estimated_by_branch(made):
    noise = made.artefact("flag").table("noise", where=[("scope", "==", "branch")])
    assert sorted(noise["name"]) == ["category=Bags", "category=Phones", "category=Shoes"]


def test_categories_that_no_label_names_are_counted(made):
    report = report_of(made.artefact("ingest"))
    assert report.counted("categories of the taxonomy that no label names") == 1
    assert "category=Hats" not in set(made.artefact("ingest").table("labels")["label_id"])


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"catalog": {"path": "i.csv", "category": "c"}}, r"\[inputs.catalog\]: nothing is looked"),
        ({"aliases": {"path": "a.csv"}}, r"\[inputs.aliases\]: nothing is looked"),
        ({"taxonomy": {"path": "t.csv", "translations": {"ja": "j.csv"}}}, "'translations' are"),
    ],
)
def test_sections_that_labels_do_not_need_are_refused(section, says):
    inputs = {"labels": {"texts": "t.csv", "pairs": "p.csv"}} | section
    with pytest.raises(ConfigError, match=says):
        check_config({"inputs": inputs}, "workbench.toml")


def test_labels_and_signals_are_not_mixed_and_why_is_said(files):
    request = InitRequest(texts=files / "texts.csv", catalog=files / "labels.csv")
    with pytest.raises(InputError, match=r"--texts cannot .* --catalog: a workspace starts from"):
        init_workspace(files / "x", request, QUIET)
