"""The example of the README that opens a workspace runs as it stands."""

from pathlib import Path

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_model_of_a_workspace_is_loaded(workspace, monkeypatch):
    _, rest = README.read_text(encoding="utf-8").split("<!-- workspace example -->\n```python\n")
    workspace.rename(workspace.with_name("shop"))
    monkeypatch.chdir(workspace.parent)
    names = {}
    exec(rest.split("```")[0], names)  # noqa: S102
    assert names["scores"].shape == (1, len(names["version"].labels().label_ids))
    assert "Color: Blue" in list(names["names"])
