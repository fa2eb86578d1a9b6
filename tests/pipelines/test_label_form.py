import pandas as pd
import pytest
from scipy.sparse import csr_array, save_npz

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.label_form import find_label_form


@pytest.mark.parametrize("separator", ["=", ": ", ":", "|"])
def test_attribute_and_value_are_told_apart_by_the_usual_signs(separator):
    labels = [f"{a}{separator}{v}" for a in ("Color", "Size") for v in "abc"]
    assert find_label_form(labels).separator == separator


@pytest.mark.parametrize(
    "labels",
    [
        [],
        ["red", "blue"],
        ["color=red", "color=blue", "red", "blue"],
        [f"a{i}=b{i}" for i in range(10)],
        ["12:30", "12:45", "13:00", "13:15"],
        ["https://a", "https://b", "https://c"],
        ["color=", "size="],
    ],
)
def test_other_labels_are_plain_names(labels):
    assert find_label_form(labels) is None


def test_a_path_or_a_sign_in_the_value_does_no_harm():
    labels = ["Category: A > B", "Category: A=1", "Brand: x:y", "Brand: z"]
    form = find_label_form(labels)
    assert (form.separator, form.attributes) == (": ", ("Brand", "Category"))


def test_init_proposes_the_separator_and_says_so(tmp_path, capsys):
    (tmp_path / "names.txt").write_text("color=red\ncolor=blue\nsize=4\nsize=5\n")
    pd.DataFrame({"instance_id": ["a"], "text": ["x"]}).to_csv(tmp_path / "t.csv", index=False)
    save_npz(tmp_path / "Y.npz", csr_array([[1, 0, 1, 0]]))
    request = InitRequest(
        texts=tmp_path / "t.csv", labels=tmp_path / "Y.npz", label_names=tmp_path / "names.txt"
    )
    workspace = init_workspace(tmp_path / "w", request, Terminal())
    assert read_config(workspace.config_path).inputs.labels.attribute_separator == "="
    said = capsys.readouterr().out.replace("\n", " ")
    assert "4 of 4 labels looked at have the form 'attribute=value' (color, size)" in said


def test_a_separator_of_the_user_stays(tmp_path):
    (tmp_path / "l.csv").write_text("instance_id,label_id\na,c:d=1\na,c:d=2\n")
    (tmp_path / "t.csv").write_text("instance_id,text\na,x\n")
    request = InitRequest(texts=tmp_path / "t.csv", labels=tmp_path / "l.csv", separator=":")
    workspace = init_workspace(tmp_path / "w", request, Terminal(quiet=True))
    assert read_config(workspace.config_path).inputs.labels.attribute_separator == ":"


def test_many_attributes_with_few_values_each_are_a_form_too():
    labels = [f"a{i}=yes" for i in range(40)] + [f"a{i}=no" for i in range(30)]
    assert len(find_label_form(labels).attributes) == 40
