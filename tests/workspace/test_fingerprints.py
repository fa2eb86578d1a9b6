import hashlib
import os

import pytest

from workbench.workspace import fingerprints
from workbench.workspace.fingerprints import hashes_of_files


@pytest.fixture
def files(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)
    return [tmp_path / name for name in "abc"]


def spied(monkeypatch, name):
    """The first arguments of the calls of a function."""
    calls, original = [], getattr(fingerprints, name)

    def recorded(path, *rest):
        calls.append(path.name)
        return original(path, *rest)

    monkeypatch.setattr(fingerprints, name, recorded)
    return calls


def test_hashes_are_those_of_the_bytes(files, tmp_path):
    expected = [hashlib.sha256(name.encode()).hexdigest() for name in "abc"]
    assert hashes_of_files(tmp_path / "memory.json", files) == expected


def test_memory_is_written_once_a_batch_and_only_with_news(files, tmp_path, monkeypatch):
    written = spied(monkeypatch, "replace_file")
    for _ in range(2):
        hashes_of_files(tmp_path / "memory.json", files)
    assert written == ["memory.json"]


def test_only_changed_files_are_read_again(files, tmp_path, monkeypatch):
    hashes_of_files(tmp_path / "memory.json", files)
    read = spied(monkeypatch, "sha256_of_file")
    files[1].write_text("other")
    os.utime(files[2], ns=(1, 1))
    hashes_of_files(tmp_path / "memory.json", files)
    assert read == ["b", "c"]


def test_what_was_read_before_a_missing_file_is_kept(files, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="gone"):
        hashes_of_files(tmp_path / "memory.json", [files[0], tmp_path / "gone"])
    read = spied(monkeypatch, "sha256_of_file")
    hashes_of_files(tmp_path / "memory.json", files[:1])
    assert read == []


def test_damaged_memory_counts_as_empty(files, tmp_path):
    (tmp_path / "memory.json").write_text("[1,")
    assert len(set(hashes_of_files(tmp_path / "memory.json", files))) == 3
