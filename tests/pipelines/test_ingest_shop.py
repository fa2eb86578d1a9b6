import json
from pathlib import Path

import pytest

from pipelines.config import check_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.stages import Run
from workbench.errors import ConfigError
from workbench.report import Report
from workbench.workspace import Workspace

FILES = {
    "clicks.csv": "user_query,object_id,clicks\nred shoe 26,1,3\n赤,2,1\n",
    "items.jsonl": "\n".join(
        json.dumps(record)
        for record in (
            {"id": 1, "title": "a", "type": "aa-1", "specs": {"color": "Red", "size": 26}},
            {"id": 2, "title": "b", "type": "aa", "specs": {"color": ["red"], "size": 26.0}},
        )
    )
    + "\n",
    "values.csv": "item_id,attribute,value\n1,name,a\n1,Color,Red\n2,Color,red\n",
    "tree.txt": "gid://x/C/aa : Apparel\ngid://x/C/aa-1 : Apparel > Shoes\n",
    "ja_tree.txt": "gid://x/C/aa : 服\ngid://x/C/aa-1 : 服 > 靴\n",
    "colors.txt": "v/1 : Red [Color]\n",
    "ja_colors.txt": "v/1 : 赤 [色]\n",
    "applies.jsonl": '{"id": "aa-1", "attributes": ["color", "size"]}\n',
}
NESTED = {
    "path": "items.jsonl",
    "patterns": ["specs.*"],
    "category": "type",
    "units": {"Size": {"Shoes": "cm"}},
}
TREE = {
    "path": "tree.txt",
    "translations": {"ja": "ja_tree.txt"},
    "attributes_path": "applies.jsonl",
}
COLORS = {"path": "colors.txt", "translations": {"ja": "ja_colors.txt"}}


@pytest.fixture
def read(tmp_path):
    """Ingest a shop with these inputs, written anew only the first time."""

    def ingest_with(**inputs):
        if not (tmp_path / "w").exists():
            workspace = Workspace.create(tmp_path / "w", "")
            for name, content in FILES.items():
                (tmp_path / "w" / name).write_text(content, encoding="utf-8")
        workspace = Workspace(Path(tmp_path / "w"))
        config = check_config({"inputs": {"clicks": {"path": "clicks.csv"}} | inputs}, "w")
        return ingest(Run(workspace, config, Terminal(quiet=True)))

    return ingest_with


def test_a_nested_catalog_with_a_taxonomy_of_lines_is_read(read):
    labels = read(catalog=NESTED, taxonomy=TREE, aliases=COLORS).table("labels")
    assert labels["label_id"].tolist() == [
        "Category: Apparel",
        "Category: Apparel > Shoes",
        "Color: Red",
        "Size: 26",
        "Size: 26.0cm",
    ]


def test_names_in_other_languages_are_aliases_of_labels(read):
    aliases = read(catalog=NESTED, taxonomy=TREE, aliases=COLORS).table("aliases")
    japanese = aliases.loc[aliases["locale"] == "ja", ["label_id", "alias"]]
    assert sorted(japanese.itertuples(index=False, name=None)) == [
        ("Category: Apparel", "服"),
        ("Category: Apparel > Shoes", "靴"),
        ("Color: Red", "赤"),
    ]


def test_lists_of_attributes_say_where_they_apply(read):
    applies = read(catalog=NESTED, taxonomy=TREE).table("applicability")
    assert applies["attribute"].tolist() == ["Color", "Size"]


def test_a_long_catalog_finds_its_title_by_the_mapping(read):
    catalog = {"path": "values.csv", "form": "long", "columns": {"title": "name"}}
    made = read(catalog=catalog)
    assert made.table("items").to_numpy().tolist() == [["1", "a"], ["2", ""]]
    assert made.table("labels")["label_id"].tolist() == ["Color: Red"]


def test_a_changed_translation_is_read_anew(read, tmp_path):
    before = read(catalog=NESTED, taxonomy=TREE)
    (tmp_path / "w" / "ja_tree.txt").write_text("aa : 衣類\naa-1 : 衣類 > 靴\n", encoding="utf-8")
    after = read(catalog=NESTED, taxonomy=TREE)
    assert before.folder != after.folder
    assert "衣類" in after.table("aliases")["alias"].tolist()


def test_translations_of_a_table_of_aliases_are_refused(read):
    aliases = {"path": "values.csv", "translations": {"ja": "ja_colors.txt"}}
    with pytest.raises(ConfigError, match=r"'translations' go with a file of lines .*values\.csv"):
        read(catalog=NESTED, aliases=aliases)


def test_exclusive_attributes_that_no_item_has_are_counted(read):
    made = read(catalog=NESTED | {"exclusive": ["Sizes"]}, taxonomy=TREE)
    report = Report.from_dict(made.json("report"))
    assert report.counted("attributes in 'exclusive' of which no item has a value") == 1


def test_attributes_left_out_as_codes_are_not_said_to_be_on_no_item(read, tmp_path):
    rows = [f"{i},{what}" for i in range(3) for what in (f"EAN,40063813339{i}1", "Color,Red")]
    (tmp_path / "long.csv").write_text("\n".join(["item_id,attribute,value", *rows]) + "\n")
    made = read(catalog={"path": "../long.csv", "form": "long", "exclusive": ["EAN", "Size"]})
    lines = Report.from_dict(made.json("report")).lines()
    left_out = "attributes in 'exclusive' left out, for their values name single items"
    assert f"{left_out}: 1 (such as 'EAN')" in lines
    assert "attributes in 'exclusive' of which no item has a value: 1 (such as 'Size')" in lines


@pytest.mark.parametrize(("asked_for", "expected"), [([], {"Red"}), (["About"], {"Red", "by N 7"})])
def test_free_text_is_in_the_dictionary_only_if_asked_for(read, tmp_path, asked_for, expected):
    items = [
        {"id": i, "title": "a", "color": "Red", "about": f"A thing for them / by N {i}"}
        for i in range(30)
    ]
    text = "\n".join(map(json.dumps, items))
    (tmp_path / "free.jsonl").write_text(text + "\n")
    attributes = {"Color": "color", "About": "about"}
    source = {"path": "../free.jsonl", "attributes": attributes, "in_dictionary": asked_for}
    artefact = read(catalog=source)
    assert expected == {"Red", "by N 7"} & set(artefact.table("aliases")["alias"])
    report = Report.from_dict(artefact.json("report"))
    silent = [line for line in report.lines() if line.startswith("attributes of free text")]
    assert len(silent) == (not asked_for)
    assert "About: by N 7" in set(artefact.table("labels")["label_id"])
