import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from workbench.errors import InputError

QUIET = Terminal(quiet=True)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "items.csv").write_text("id,name,heel_height,brand,product_type\n1,a,x,z,S\n")
    (tmp_path / "events.csv").write_text("user_query,object_id,action_name\nq,1,click\n")
    (tmp_path / "texts.jsonl").write_text('{"id": "a", "title": "red shoe"}\n')
    (tmp_path / "labels.csv").write_text("id,label\na,red\n")
    return tmp_path


def test_columns_of_a_feed_become_attributes(files):
    request = InitRequest(clicks=files / "events.csv", catalog=files / "items.csv")
    workspace = init_workspace(files / "shop", request, QUIET)
    catalog = read_config(workspace.config_path).inputs.catalog
    assert catalog.attributes == {"Heel height": "heel_height", "Brand": "brand"}
    assert catalog.category == "product_type"
    assert catalog.columns == {"title": "name"}


def test_common_names_of_columns_are_mapped(files):
    request = InitRequest(texts=files / "texts.jsonl", labels=files / "labels.csv")
    workspace = init_workspace(files / "papers", request, QUIET)
    labels = read_config(workspace.config_path).inputs.labels
    assert labels.text_columns == {"instance_id": "id", "text": "title"}
    assert labels.pair_columns == {"instance_id": "id", "label_id": "label"}


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({}, "name the inputs"),
        ({"clicks": "events.csv"}, "--clicks needs --catalog"),
        ({"texts": "texts.jsonl"}, "--labels needs --texts"),
        ({"texts": "none.csv", "labels": "labels.csv"}, "does not exist"),
        (
            {"texts": "texts.jsonl", "labels": "labels.csv", "label_names": "items.csv"},
            "--label-names is for a matrix",
        ),
        (
            {"texts": "texts.jsonl", "labels": "labels.csv", "taxonomy": "items.csv"},
            "--texts, --labels cannot be used together with --taxonomy",
        ),
    ],
)
def test_options_that_make_no_way_in_are_named(named, says, files):
    request = InitRequest(**{name: files / path for name, path in named.items()})
    with pytest.raises(InputError, match=says):
        init_workspace(files / "w", request, QUIET)
