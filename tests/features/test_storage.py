import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from workbench.errors import DamagedArtefactError, MissingArtefactError
from workbench.features import TextFeatures
from workbench.features.storage import _digest, read_names


@pytest.mark.parametrize("parameters", [{}, {"word_ngrams": None}, {"char_ngrams": None}])
def test_loaded_features_are_the_same(tmp_path, parameters, texts):
    features = TextFeatures(min_df=1, **parameters).fit(texts)
    features.save(tmp_path / "new" / "features.parquet")
    loaded = TextFeatures.load(tmp_path / "new" / "features.parquet")
    assert loaded.get_params() == features.get_params()
    assert loaded.feature_names_.tolist() == features.feature_names_.tolist()
    np.testing.assert_array_equal(
        loaded.transform(texts).toarray(), features.transform(texts).toarray()
    )


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("min_df", np.int64(1), 1),
        ("max_features", np.uint8(5), 5),
        ("word_ngrams", (np.int64(1), np.int8(1)), (1, 1)),
        ("char_ngrams", tuple(np.arange(2, 4)), (2, 3)),
        ("sublinear_tf", np.True_, True),
    ],
)
def test_a_parameter_of_numpy_is_stored_as_a_plain_one(tmp_path, name, value, plain, texts):
    features = TextFeatures(**{name: value}).fit(texts)
    features.save(tmp_path / "features.parquet")
    loaded = TextFeatures.load(tmp_path / "features.parquet")
    assert repr(loaded.get_params()[name]) == repr(plain)
    assert abs(loaded.transform(texts) - features.transform(texts)).max() == 0


def test_half_a_surrogate_pair_can_be_stored(tmp_path):
    texts = ["shoe \ud83d", "caf\udce9 shoe", "\ude00\ud83d shoe"]
    features = TextFeatures(min_df=1).fit(texts)
    features.save(tmp_path / "features.parquet")
    loaded = TextFeatures.load(tmp_path / "features.parquet")
    assert "caf\ufffd" in loaded.feature_names_.tolist()
    assert loaded.feature_names_.tolist() == features.feature_names_.tolist()
    assert abs(loaded.transform(texts) - features.transform(texts)).max() == 0


def test_every_damaged_byte_is_noticed_or_harmless(tmp_path, texts):
    path = tmp_path / "features.parquet"
    features = TextFeatures(char_ngrams=None).fit(texts)
    features.save(path)
    intact = path.read_bytes()
    for position in range(0, len(intact), 7):
        path.write_bytes(intact[:position] + bytes([intact[position] ^ 1]) + intact[position + 1 :])
        try:
            loaded = TextFeatures.load(path)
        except DamagedArtefactError:
            continue
        assert loaded.get_params() == features.get_params()
        assert loaded.feature_names_.tolist() == features.feature_names_.tolist()
        np.testing.assert_array_equal(loaded.idf_, features.idf_)


def test_a_changed_value_does_not_match_the_checksum(tmp_path, texts):
    path = tmp_path / "features.parquet"
    TextFeatures().fit(texts).save(path)
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, "idf", table["idf"].combine_chunks()[::-1]), path)
    with pytest.raises(DamagedArtefactError, match="does not match its checksum; fit again"):
        TextFeatures.load(path)


def test_another_format_is_refused(tmp_path, texts):
    path = tmp_path / "features.parquet"
    TextFeatures().fit(texts).save(path)
    table = pq.read_table(path)
    metadata = table.schema.metadata | {b"format_version": b"99"}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(DamagedArtefactError, match=r"format version 99, .* update the program"):
        TextFeatures.load(path)


def test_absent_features_are_named(tmp_path):
    with pytest.raises(MissingArtefactError, match=r"features.parquet: there are no text features"):
        TextFeatures.load(tmp_path / "features.parquet")


def test_a_file_of_the_first_version_is_read(tmp_path, texts):
    path = tmp_path / "features.parquet"
    features = TextFeatures().fit(texts)
    features.save(path)
    table = pq.read_table(path)
    parameters = features.get_params()
    del parameters["vocabulary"]
    old = {"format_version": "1", "parameters": json.dumps(parameters)}
    old["sha256"] = _digest(table, old["parameters"])
    pq.write_table(table.replace_schema_metadata(old), path)
    loaded = TextFeatures.load(path)
    assert loaded.get_params() == features.get_params()
    assert abs(loaded.transform(texts) - features.transform(texts)).max() == 0


def test_a_given_vocabulary_is_kept_in_its_order(tmp_path, texts):
    features = TextFeatures(vocabulary=["'bag'", "red", "'ag '", "blue bag"]).fit(texts)
    features.save(tmp_path / "features.parquet")
    loaded = TextFeatures.load(tmp_path / "features.parquet")
    assert loaded.get_params() == features.get_params()
    assert loaded.feature_names_.tolist() == ["'bag'", "red", "'ag '", "blue bag"]
    assert abs(loaded.transform(texts) - features.transform(texts)).max() == 0
    assert abs(loaded.fit(texts[:2]).idf_ - features.fit(texts[:2]).idf_).max() == 0


def test_names_alone_are_those_of_the_loaded_features(tmp_path, texts):
    features = TextFeatures(min_df=1).fit(texts)
    features.save(tmp_path / "features")
    assert read_names(tmp_path / "features") == features.feature_names_.tolist()


def test_names_of_a_damaged_file_are_refused(tmp_path):
    (tmp_path / "features").write_bytes(b"torn")
    with pytest.raises(DamagedArtefactError, match=r"cannot be read: .*; fit again"):
        read_names(tmp_path / "features")
