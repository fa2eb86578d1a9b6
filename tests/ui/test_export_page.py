import os
from pathlib import Path

import pytest

from workbench.ui.export import exported_files


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    (folder / "v1").mkdir(parents=True)
    for n, name in enumerate(["old.csv", "new.csv"]):
        (folder / "v1" / name).write_text("a" * (n + 1), encoding="utf-8")
        os.utime(folder / "v1" / name, (1000 + n, 1000 + n))
    return folder


def test_exported_files_come_the_newest_first_with_size_and_time(exports):
    new, old = exported_files(exports)
    assert (new.name, new.n_bytes, new.written.timestamp()) == ("v1/new.csv", 2, 1001)
    assert old.name == "v1/old.csv"


def test_what_lies_outside_or_is_hidden_is_no_export(exports):
    (exports / "passwd").symlink_to("/etc/passwd")
    (exports / ".v2.draft").mkdir()
    (exports / ".v2.draft" / "half.csv").write_text("", encoding="utf-8")
    assert [file.name for file in exported_files(exports)] == ["v1/new.csv", "v1/old.csv"]


def test_no_folder_holds_no_exports(tmp_path):
    assert exported_files(tmp_path / "nowhere") == []
