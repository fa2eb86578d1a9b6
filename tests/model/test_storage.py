import json
import mmap
import zlib

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from workbench.errors import DamagedArtefactError, InputError, MissingArtefactError
from workbench.model import ClusteredOVR, OneVsRest

DAMAGED = r"manifest\.json does not match its own checksum: .*; train the model again"


@pytest.fixture(params=[1, 2], ids=["one tree", "two trees"])
def model(request, world):
    parameters = {"branching": 4, "leaf_size": 5, "n_trees": request.param, "n_jobs": 1}
    return ClusteredOVR(**parameters).fit(*world)


@pytest.fixture
def small():
    X = csr_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]))
    return ClusteredOVR(n_jobs=1, C=0.5).fit(X, X > 0)


def edit_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def is_mapped(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)


def test_a_loaded_model_is_mapped_and_predicts_the_same(model, world, tmp_path):
    model.save(tmp_path / "new" / "model")
    loaded = ClusteredOVR.load(tmp_path / "new" / "model")
    assert is_mapped(loaded.trees_[0].levels[0].weights)
    X, _ = world
    one, other = model.predict(X), loaded.predict(X)
    np.testing.assert_array_equal(one.toarray(), other.toarray())
    assert loaded.get_params() == model.get_params()
    assert loaded.explain(X[[0]], 3) == model.explain(X[[0]], 3)


def test_the_manifest_tells_the_checksum_of_every_file_as_other_programs_make_it(model, tmp_path):
    model.save(tmp_path)
    told = json.loads((tmp_path / "manifest.json").read_text())["crc32"]
    files = {path.name: zlib.crc32(path.read_bytes()) for path in tmp_path.glob("*.npy")}
    assert told == files


def test_a_model_is_stored_with_the_parameters_that_made_it(world, tmp_path):
    fitted = ClusteredOVR(branching=4, leaf_size=5, n_jobs=1).fit(*world)
    made_with = fitted.get_params()
    fitted.set_params(leaf_size=9, n_trees=5, C=2, random_state=1, beam=3).save(tmp_path)
    loaded = ClusteredOVR.load(tmp_path)
    assert loaded.get_params() == made_with | {"beam": 3}
    assert len(loaded.trees_) == loaded.n_trees == 1


def test_one_vs_rest_is_stored_alike(world, tmp_path):
    model = OneVsRest(C=np.float64(2), n_jobs=1).fit(*world)
    model.save(tmp_path)
    found = OneVsRest.load(tmp_path).predict(world[0])
    np.testing.assert_array_equal(found.toarray(), model.predict(world[0]).toarray())


def test_a_damaged_file_is_named(model, tmp_path):
    model.save(tmp_path)
    path = tmp_path / "tree0_level0_bias.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefactError, match=r"level0_bias.npy .* train the model again"):
        ClusteredOVR.load(tmp_path)


def test_a_missing_file_is_named(model, tmp_path):
    model.save(tmp_path)
    (tmp_path / "tree0_label_order.npy").unlink()
    with pytest.raises(DamagedArtefactError, match=r"label_order.npy is missing"):
        ClusteredOVR.load(tmp_path)


def test_a_newer_format_is_refused(model, tmp_path):
    model.save(tmp_path)
    edit_manifest(tmp_path, format_version=99)
    with pytest.raises(DamagedArtefactError, match=r"format version 99, .* update the program"):
        ClusteredOVR.load(tmp_path)


def test_an_older_format_is_refused(model, tmp_path):
    model.save(tmp_path)
    edit_manifest(tmp_path, format_version=1)
    with pytest.raises(DamagedArtefactError, match=r"format version 1, .* train the model again"):
        ClusteredOVR.load(tmp_path)


def test_another_kind_of_model_is_refused(model, tmp_path):
    model.save(tmp_path)
    with pytest.raises(InputError, match="holds a ClusteredOVR, not a OneVsRest; load it as"):
        OneVsRest.load(tmp_path)


def test_a_manifest_that_is_cut_off_is_refused(model, tmp_path):
    model.save(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format_version": ')
    with pytest.raises(DamagedArtefactError, match="cannot be read"):
        ClusteredOVR.load(tmp_path)


def test_a_manifest_without_an_entry_is_refused(model, tmp_path):
    model.save(tmp_path)
    path = tmp_path / "manifest.json"
    kept = json.loads(path.read_text())
    del kept["crc32"], kept["entropy"]
    path.write_text(json.dumps(kept))
    with pytest.raises(DamagedArtefactError, match=DAMAGED):
        ClusteredOVR.load(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_features": 3},
        {"n_levels": []},
        {"crc32": {}},
        {"entropy": "0"},
        {"kind": "OneVsRest"},
        {"parameters": {"beam": 1}},
        {"parameters": {"beams": 10}},
        {"note": "mine"},
        {"manifest_sha256": None},
    ],
    ids=lambda changes: "-".join(map(str, changes)),
)
def test_an_edited_manifest_is_refused(small, tmp_path, changes):
    small.save(tmp_path)
    edit_manifest(tmp_path, **changes)
    with pytest.raises(DamagedArtefactError, match=DAMAGED):
        ClusteredOVR.load(tmp_path)


@pytest.mark.parametrize("version", [None, "3", [], 2.5, float("inf")])
def test_a_format_version_that_is_none_is_refused(small, tmp_path, version):
    small.save(tmp_path)
    edit_manifest(tmp_path, format_version=version)
    with pytest.raises(DamagedArtefactError, match=r"format version .* train the model again"):
        ClusteredOVR.load(tmp_path)


@pytest.mark.parametrize("text", ["[]", "3", '"format_version"', "{}", "[" * 100_000])
def test_json_that_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DamagedArtefactError, match=r"manifest\.json cannot be read: .*train again"):
        ClusteredOVR.load(tmp_path)


def test_no_bit_of_the_manifest_can_flip_unseen(small, tmp_path):
    small.save(tmp_path)
    path = tmp_path / "manifest.json"
    whole = path.read_bytes()
    unseen = []
    for at in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            ClusteredOVR.load(tmp_path)
        except DamagedArtefactError:
            continue
        unseen.append(whole[at // 8 : at // 8 + 1])
    assert not b"".join(unseen).strip(), "only white space may change"


def test_white_space_of_the_manifest_does_not_matter(small, tmp_path):
    small.save(tmp_path)
    edit_manifest(tmp_path)
    assert ClusteredOVR.load(tmp_path).get_params() == small.get_params()


def test_the_folder_above_a_model_names_the_model(small, tmp_path):
    small.save(tmp_path / "v1" / "model")
    (tmp_path / "v1" / "manifest.json").write_text('{"estimator": "clustered_ovr"}')
    with pytest.raises(
        MissingArtefactError, match=r"v1 holds no model itself, .*: load .*v1/model"
    ):
        ClusteredOVR.load(tmp_path / "v1")


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(MissingArtefactError, match="holds no model"):
        ClusteredOVR.load(tmp_path)


def test_a_model_is_never_overwritten(model, tmp_path):
    model.save(tmp_path)
    with pytest.raises(FileExistsError, match="is not empty"):
        model.save(tmp_path)


def test_a_model_beside_another_is_loaded(small, tmp_path):
    small.save(tmp_path)
    small.save(tmp_path / "older")
    assert ClusteredOVR.load(tmp_path).get_params() == small.get_params()


def test_a_damaged_manifest_is_named_whatever_lies_beside_it(small, tmp_path):
    small.save(tmp_path)
    small.save(tmp_path / "older")
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    with pytest.raises(DamagedArtefactError, match="cannot be read"):
        ClusteredOVR.load(tmp_path)


def test_a_file_is_never_replaced_by_a_model(small, tmp_path):
    (tmp_path / "model").write_text("mine")
    with pytest.raises(FileExistsError, match="model is a file; save the model into a new folder"):
        small.save(tmp_path / "model")


def test_an_unfitted_model_cannot_be_saved(tmp_path):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        ClusteredOVR().save(tmp_path)
