import pytest

from workbench.errors import DamagedArtefactError, MissingArtefactError, WorkbenchError
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_labels
from workbench.workspace.artefacts import publish


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "shop", "[workspace]\nname = 'shop'\n")


def test_a_folder_without_configuration_is_no_workspace(tmp_path):
    with pytest.raises(MissingArtefactError, match="or make one: see workbench init"):
        Workspace(tmp_path)


def test_a_workspace_is_not_made_twice(workspace):
    with pytest.raises(WorkbenchError, match="is a workspace already"):
        Workspace.create(workspace.root, "")


def test_a_missing_artefact_names_the_command_that_makes_it(workspace):
    with pytest.raises(MissingArtefactError, match="stage 'flag' yet; make it with: workbench run"):
        workspace.artefact("flag")


def test_a_result_that_was_deleted_is_made_again_by_a_run(workspace):
    with workspace.publish("label", "abc", {}):
        pass
    workspace.make_current({"label": "abc", "flag": "gone"})
    with pytest.raises(MissingArtefactError, match="stage 'flag' yet; make it with: workbench run"):
        workspace.artefact("flag")


def test_a_stage_points_at_what_was_published_for_it(workspace):
    with workspace.publish("ingest", "abc", {}):
        pass
    assert not workspace.has("ingest")
    workspace.make_current({"ingest": "abc"})
    assert workspace.artefact("ingest").fingerprint == "abc"


def test_label_versions_are_numbered_with_their_lineage(workspace, given):
    for parent in (None, "v1", None, "v1"):
        source = None if parent is None else workspace.label_version(parent)
        with workspace.publish_labels(source, "f", {}) as (_, folder):
            write_labels(folder, given)
    assert [(v.name, v.parent, v.base) for v in workspace.label_versions()] == [
        ("v1", None, "v1"),
        ("v2", "v1", "v1"),
        ("v3", None, "v3"),
        ("v4", "v1", "v1"),
    ]
    assert workspace.latest_labels(base="v1").name == "v4"


def test_without_labels_or_models_the_command_names_the_workspace(workspace):
    with pytest.raises(MissingArtefactError, match=r"make them with: workbench run .*shop"):
        workspace.label_version("v1")
    with pytest.raises(MissingArtefactError, match=r"make one with: workbench run .*shop"):
        workspace.model("v1-0")


def test_an_unknown_label_version_lists_the_known_ones_oldest_first(workspace, given):
    for _ in range(10):
        with workspace.publish_labels(None, "f", {}) as (_, folder):
            write_labels(folder, given)
    with pytest.raises(MissingArtefactError, match=r"there are: v1, v2, .*, v9, v10$"):
        workspace.label_version("../v1")


def test_an_unknown_label_version_lists_those_that_exist(workspace, given):
    with workspace.publish_labels(None, "f", {}) as (_, folder):
        write_labels(folder, given)
    with pytest.raises(MissingArtefactError, match=r"no labels 'v7' in .*; there are: v1"):
        workspace.label_version("v7")


def test_two_commands_cannot_write_at_once(workspace):
    with (
        workspace.lock(),
        pytest.raises(WorkbenchError, match="another command is writing"),
        Workspace(workspace.root).lock(),
    ):
        pass


def test_a_workspace_that_may_not_be_written_to_says_what_to_do(workspace, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with (
        pytest.raises(WorkbenchError, match="make it writable, or work on a copy"),
        workspace.lock(),
    ):
        pass


@pytest.mark.parametrize("kind", ["labels", "models"])
def test_an_artefact_of_another_kind_is_named_with_what_to_do(workspace, kind):
    with publish(workspace.root / kind / "v1", {"fingerprint": "f"}):
        pass
    with pytest.raises(
        DamagedArtefactError, match=rf"move the folder .*{kind}/v1 away; was it ours"
    ):
        workspace.label_versions() + workspace.models()


def test_taking_the_lock_sweeps_up_after_a_crash(workspace):
    draft = workspace.root / "artefacts" / "ingest" / ".abc.1.draft"
    draft.mkdir(parents=True)
    with workspace.lock():
        assert not draft.exists()


def publish_at(workspace, fingerprint, created_at, *files):
    about = {"created_at": created_at}
    with workspace.publish("label", fingerprint, about) as folder:
        for name in files:
            (folder / name).write_text("x", encoding="utf-8")


def test_the_previous_artefact_is_the_newest_beside_the_current_one(workspace):
    for day, fingerprint in enumerate(["b", "c", "a"], start=1):
        publish_at(workspace, fingerprint, f"2026-01-0{day}")
    workspace.make_current({"label": "a"})
    assert workspace.previous_artefact("label").fingerprint == "c"
    workspace.make_current({"label": "c"})
    assert workspace.previous_artefact("label").fingerprint == "a"


def test_a_previous_artefact_without_the_files_is_passed_over(workspace):
    publish_at(workspace, "old", "2026-01-01", "sources.parquet")
    publish_at(workspace, "bare", "2026-01-02")
    publish_at(workspace, "new", "2026-01-03", "sources.parquet")
    workspace.make_current({"label": "new"})
    found = workspace.previous_artefact("label", holding=["sources.parquet"])
    assert found.fingerprint == "old"


def test_the_first_artefact_has_none_before_it(workspace):
    publish_at(workspace, "one", "2026-01-01")
    workspace.make_current({"label": "one"})
    assert workspace.previous_artefact("label") is None
