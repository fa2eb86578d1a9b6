import gzip
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array, save_npz
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from workbench.errors import AxisMismatchError, InputError
from workbench.formats import (
    read_npz_pair,
    read_xmc,
    write_npz_pair,
    write_xmc,
    write_xmc_blocks,
    xmc_reader,
    xmc_writer,
)

TEXT = "3 4 5\n0,4 1:0.5 3:2\n 0:1e-3\n2 \n"


def features_and_labels(n_instances=40, n_features=30, n_labels=12, seed=0):
    rng = np.random.default_rng(seed)
    X = random_array((n_instances, n_features), density=0.2, format="csr", rng=rng)
    Y = random_array((n_instances, n_labels), density=0.1, format="csr", rng=rng)
    for matrix in (X, Y):
        matrix.sort_indices()
    return csr_array(X.astype(np.float32)), csr_array(Y.astype(bool))


def same(one, other):
    return (
        one.shape == other.shape
        and one.dtype == other.dtype
        and np.array_equal(one.indptr, other.indptr)
        and np.array_equal(one.indices, other.indices)
        and np.array_equal(one.data, other.data)
    )


def written(tmp_path, text, name="data.txt"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_written_by_hand_is_read(tmp_path):
    X, Y = read_xmc(written(tmp_path, TEXT))
    assert X.toarray().tolist() == [
        [0, 0.5, 0, 2],
        [np.float32(1e-3), 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert Y.toarray().astype(int).tolist() == [[1, 0, 0, 0, 1], [0] * 5, [0, 0, 1, 0, 0]]
    assert (X.dtype, Y.dtype) == (np.float32, np.bool_)


@pytest.mark.parametrize("name", ["data.txt", "data.txt.gz"])
def test_write_then_read_is_the_identity(tmp_path, name):
    X, Y = features_and_labels()
    write_xmc(tmp_path / name, X, Y)
    X_read, Y_read = read_xmc(tmp_path / name)
    assert same(X, X_read)
    assert same(Y, Y_read)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_float32_survives(tmp_path_factory, data):
    n_rows, n_columns = data.draw(st.integers(0, 5)), data.draw(st.integers(1, 5))
    n_labels = data.draw(st.integers(1, 4))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    dense = np.array(
        data.draw(st.lists(finite, min_size=n_rows * n_columns, max_size=n_rows * n_columns)),
        np.float32,
    ).reshape(n_rows, n_columns)
    label_bits = st.lists(st.booleans(), min_size=n_rows * n_labels, max_size=n_rows * n_labels)
    X = csr_array(dense)
    Y = csr_array(np.array(data.draw(label_bits), bool).reshape(n_rows, n_labels))
    path = tmp_path_factory.mktemp("xmc") / "data.txt"
    write_xmc(path, X, Y)
    X_read, Y_read = read_xmc(path)
    assert same(X, X_read)
    assert same(Y, Y_read)


def test_a_stored_zero_feature_survives(tmp_path):
    X = csr_array((np.float32([0, -0.0]), ([0, 0], [1, 2])), shape=(1, 3))
    write_xmc(tmp_path / "data.txt", X, csr_array((1, 2), dtype=bool))
    assert read_xmc(tmp_path / "data.txt")[0].nnz == 2


def test_scikit_learn_reads_what_was_written(tmp_path):
    X, Y = features_and_labels()
    write_xmc(tmp_path / "data.txt", X, Y)
    with (tmp_path / "data.txt").open("rb") as stream:
        assert stream.readline() == b"40 30 12\n"
        X_read, labels = load_svmlight_file(
            stream, multilabel=True, zero_based=True, n_features=30, dtype=np.float32
        )
    assert (csr_array(X_read) != X).nnz == 0
    assert labels == [tuple(Y.indices[a:b]) for a, b in zip(Y.indptr, Y.indptr[1:], strict=False)]


def test_what_scikit_learn_writes_is_read(tmp_path):
    X, Y = features_and_labels()
    stream = io.BytesIO()
    dump_svmlight_file(X, Y, stream, multilabel=True)
    path = written(tmp_path, b"40 30 12\n" + stream.getvalue())
    assert same(read_xmc(path)[0], X)
    assert same(read_xmc(path)[1], Y)


def test_blocks_change_nothing(tmp_path, monkeypatch):
    X, Y = features_and_labels()
    write_xmc(tmp_path / "whole.txt", X, Y)
    monkeypatch.setattr(xmc_writer, "_WRITE_PAIRS", 7)
    monkeypatch.setattr(xmc_reader, "_READ_BYTES", 50)
    write_xmc(tmp_path / "blocks.txt", X, Y)
    assert (tmp_path / "blocks.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    assert same(read_xmc(tmp_path / "blocks.txt")[0], X)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        TEXT.rstrip("\n"),
        TEXT + "\n \n",
        TEXT.replace(" ", "  ").replace("3  4  5", "3 4 5"),
        TEXT.replace("0,4 1:0.5 3:2", "4,0,4 3:2 1:0.5 "),
        TEXT.replace("\n 0:", "\n0:"),
        "\ufeff" + TEXT,
    ],
    ids=[
        *("carriage returns", "no last newline", "blank end", "two spaces", "unsorted", "no space"),
        "byte order mark",
    ],
)
def test_harmless_variants_read_the_same(tmp_path, text):
    expected = read_xmc(written(tmp_path, TEXT, "plain.txt"))
    found = read_xmc(written(tmp_path, text))
    assert same(found[0], expected[0])
    assert same(found[1], expected[1])


def test_a_header_alone_is_an_empty_data_set(tmp_path):
    X, Y = read_xmc(written(tmp_path, "0 4 5\n"))
    assert (X.shape, Y.shape, X.dtype) == ((0, 4), (0, 5), np.float32)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: expected 'n_instances n_features n_labels', found ''"),
        ("0,4 1:0.5\n", r"line 1: expected .* found '0,4 1:0.5'"),
        ("3 4\n", r"line 1: expected .* found '3 4'"),
        ("-1 4 5\n", r"line 1: expected .* found '-1 4 5'"),
        ("2 4 5\n0 1:1\n", r"promises 2 instances, the file ends after 1 \(line 2\)"),
        ("1 4 5\n0 1:1\n1 1:1\n", r"promises 1 instances, found 2; .* from 3 on"),
        ("1 4 5\n0 4:1\n", r"1 feature indices are outside \[0, 4\) \(line 2: '4'\)"),
        ("1 4 5\n0 -1:1\n", r"1 feature indices are outside \[0, 4\) \(line 2: '-1'\)"),
        ("1 4 5\n0,5 1:1\n", r"1 label indices are outside \[0, 5\) \(line 2: '5'\)"),
        ("1 4 5\n0,x 1:1\n", r"1 label indices are not numbers \(line 2: 'x'\)"),
        ("1 4 5\n1, 1:1\n", r"1 label indices are not numbers \(line 2: ''\)"),
        ("1 4 5\n0 a:1\n", r"1 feature indices are not numbers \(line 2: 'a'\)"),
        ("1 4 5\n0 1:b 2:1\n", r"1 values are not numbers \(line 2: 'b'\)"),
        ("1 4 5\n0 1:\n", r"1 values are not numbers \(line 2: ''\)"),
        ("1 4 5\n0 1:nan\n", r"1 values are not finite as float32 \(line 2: 'nan'\)"),
        ("1 4 5\n0 1:1e99\n", r"1 values are not finite as float32 \(line 2: '1e99'\)"),
        ("1 4 5\n0 1:2:3\n", r"1 pieces are neither .* \(line 2: '2'\)"),
        ("1 4 5\n0 1\n", r"1 pieces are neither .* \(line 2: '1'\)"),
        ("1 4 5\n0 1:1 1:2\n", r"1 features are named twice in one line \(line 2: 1\)"),
        ("1 4 5\n0 1:赤\n", r"1 values are not numbers \(line 2: '赤'\)"),
        (b"1 4 5\n0 1:\xff\xfe\n", r"1 values are not numbers \(line 2: '��'\)"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_xmc(written(tmp_path, text))


def test_everything_is_counted_and_five_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(xmc_reader, "_READ_BYTES", 20)
    lines = [f"0 {10 + i}:x" for i in range(8)]
    with pytest.raises(InputError) as caught:
        read_xmc(written(tmp_path, "8 4 5\n" + "\n".join(lines)))
    message = str(caught.value)
    assert "8 feature indices are outside" in message
    assert "8 values are not numbers (line 2: 'x', line 3: 'x'" in message
    assert "line 6: '14'" in message
    assert "line 7" not in message


def test_a_cut_gzip_file_is_told(tmp_path):
    X, Y = features_and_labels()
    write_xmc(tmp_path / "data.txt.gz", X, Y)
    whole = (tmp_path / "data.txt.gz").read_bytes()
    with pytest.raises(InputError, match="gzip data is cut off or damaged"):
        read_xmc(written(tmp_path, whole[: len(whole) // 2], "cut.txt.gz"))
    with pytest.raises(InputError, match="gzip data is cut off or damaged"):
        read_xmc(written(tmp_path, TEXT, "plain.txt.gz"))


def test_gzip_content_under_another_name_is_told(tmp_path):
    packed = written(tmp_path, gzip.compress(TEXT.encode()))
    with pytest.raises(InputError, match=r"data\.txt: the content is compressed by gzip"):
        read_xmc(packed)


def test_more_columns_than_32_bits_count_are_read(tmp_path):
    X, Y = read_xmc(written(tmp_path, "1 99999999999 2\n1 99999999998:0.5\n"))
    assert X.shape == (1, 99999999999)
    assert X.indices.tolist() == [99999999998]
    assert Y.toarray().tolist() == [[False, True]]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"absent\.txt: expected a text file"):
        read_xmc(tmp_path / "absent.txt")


def test_equal_data_gives_equal_gzip_files(tmp_path):
    X, Y = features_and_labels()
    for name in ("one.txt.gz", "two.txt.gz"):
        write_xmc(tmp_path / name, X, Y)
    assert (tmp_path / "one.txt.gz").read_bytes() == (tmp_path / "two.txt.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.txt.gz").read_bytes()).startswith(b"40 30 12\n")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    X, Y = features_and_labels()
    write_xmc(tmp_path / "data.txt", X, Y)
    before = (tmp_path / "data.txt").read_bytes()
    with pytest.raises(AxisMismatchError, match="expected 99 instances, got 40"):
        write_xmc_blocks(tmp_path / "data.txt", (99, 30, 12), [(X, Y)])
    assert (tmp_path / "data.txt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["data.txt"]


def test_what_cannot_be_written_is_refused(tmp_path):
    X, Y = features_and_labels()
    with pytest.raises(AxisMismatchError, match="X has 39 instances, Y has 40"):
        write_xmc(tmp_path / "data.txt", X[:39], Y)
    with pytest.raises(AxisMismatchError, match="do not fit"):
        write_xmc_blocks(tmp_path / "data.txt", (40, 31, 12), [(X, Y)])
    X.data[3] = np.inf
    with pytest.raises(InputError, match=r"1 values are not finite as float32: \[inf\]"):
        write_xmc(tmp_path / "data.txt", X, Y)


def test_a_stored_zero_label_is_refused(tmp_path):
    Y = csr_array((np.array([True, False]), ([0, 0], [0, 1])), shape=(1, 2))
    with pytest.raises(InputError, match="drop the stored zeros of Y"):
        write_xmc(tmp_path / "data.txt", csr_array((1, 2), dtype=np.float32), Y)


def test_npz_pairs_survive(tmp_path):
    X, Y = features_and_labels()
    write_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz", X, Y)
    X_read, Y_read = read_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz")
    assert same(X, X_read)
    assert same(Y, Y_read)


def test_zeros_stored_in_npz_labels_are_not_given(tmp_path):
    X = csr_array(np.eye(2, dtype=np.float32))
    Y = csr_array((np.float32([1, 0]), ([0, 1], [0, 1])), shape=(2, 2))
    write_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz", X, Y)
    assert read_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz")[1].nnz == 1


def test_npz_files_that_do_not_fit_are_told(tmp_path):
    X, Y = features_and_labels()
    x_path, y_path = tmp_path / "X.npz", tmp_path / "Y.npz"
    with pytest.raises(InputError, match=r"X\.npz: expected a sparse matrix, but there is no such"):
        read_npz_pair(x_path, y_path)
    write_npz_pair(x_path, y_path, X, Y)
    write_npz_pair(tmp_path / "X9.npz", tmp_path / "Y9.npz", X[:9], Y[:9])
    with pytest.raises(AxisMismatchError, match=r"has 40 instances, .* has 9; .* same split"):
        read_npz_pair(x_path, tmp_path / "Y9.npz")
    y_path.write_bytes(y_path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"Y\.npz: expected a sparse matrix as"):
        read_npz_pair(x_path, y_path)


def test_an_npz_matrix_that_points_outside_itself_is_refused(tmp_path):
    X, Y = features_and_labels()
    write_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz", X, Y)
    for broken in (X.copy(), X.tocsc()):
        broken.indices[0] = 1000
        save_npz(tmp_path / "X.npz", broken)
        with pytest.raises(InputError, match=r"X\.npz: not a valid cs. matrix: indices must be <"):
            read_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz")


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (lambda path: path.write_text(TEXT), "the content is no .npz archive"),
        (lambda path: np.savez(path, Y=np.eye(2)), "does not contain a sparse array"),
        (lambda path: np.savez(path, format="csr"), "is not a file in the archive"),
        (lambda path: save_npz(path, csr_array(np.eye(2) * 1j)), "real numbers, found complex"),
    ],
    ids=["text", "dense", "incomplete", "complex"],
)
def test_other_contents_of_an_npz_are_told(tmp_path, write, found):
    write(tmp_path / "X.npz")
    with pytest.raises(InputError, match=f"X.npz: expected a sparse matrix as .*{found}") as caught:
        read_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz")
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize("kind", ["csc", "coo", "lil"])
@pytest.mark.parametrize("n_columns", [40, 30], ids=["square", "oblong"])
def test_any_sparse_format_is_written_as_it_is(tmp_path, kind, n_columns):
    X, Y = features_and_labels(n_features=n_columns, n_labels=n_columns)
    x_path, y_path = tmp_path / "X.npz", tmp_path / "Y.npz"
    write_xmc(tmp_path / "data.txt", X.asformat(kind), Y.asformat(kind))
    write_npz_pair(x_path, y_path, X.asformat(kind), Y.asformat(kind))
    for X_read, Y_read in (read_xmc(tmp_path / "data.txt"), read_npz_pair(x_path, y_path)):
        assert same(X, X_read)
        assert same(Y, Y_read)


@pytest.mark.parametrize("name", ["X", "Y"])
@pytest.mark.parametrize(
    "write",
    [
        lambda folder, X, Y: write_xmc(folder / "data.txt", X, Y),
        lambda folder, X, Y: write_xmc_blocks(folder / "data.txt", (40, 30, 12), [(X, Y)]),
        lambda folder, X, Y: write_npz_pair(folder / "X.npz", folder / "Y.npz", X, Y),
    ],
    ids=["xmc", "blocks", "npz"],
)
def test_a_dense_matrix_is_not_written(tmp_path, write, name):
    given = dict(zip("XY", features_and_labels(), strict=True))
    given[name] = given[name].toarray()
    with pytest.raises(TypeError, match=f"{name} must be a scipy sparse matrix, found ndarray"):
        write(tmp_path, **given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["data.txt", "data.txt.gz"])
def test_a_folder_that_does_not_exist_is_named_by_the_path_of_the_user(tmp_path, name):
    X, Y = features_and_labels()
    with pytest.raises(FileNotFoundError, match=r"data\.txt.*: the folder .*new does not exist"):
        write_xmc(tmp_path / "new" / name, X, Y)


def test_a_place_that_cannot_be_written_is_named_by_the_path_of_the_user(tmp_path):
    X, Y = features_and_labels()
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        write_xmc(tmp_path, X, Y)
    with pytest.raises(OSError, match=r"File name too long: '.*/n*'$"):
        write_xmc(tmp_path / ("n" * 250), X, Y)


def test_float64_beyond_float32_is_refused(tmp_path):
    X = csr_array(np.array([[1e300]]))
    with pytest.raises(InputError, match=r"1 values are not finite as float32: \[1e\+300\]"):
        write_xmc(tmp_path / "data.txt", X, csr_array((1, 2), dtype=bool))
    write_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz", X, csr_array((1, 2), dtype=bool))
    with pytest.raises(InputError, match="1 values are not finite as float32"):
        read_npz_pair(tmp_path / "X.npz", tmp_path / "Y.npz")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.sampled_from("0 ,:\n\r-.ex#\0é"), st.booleans())
def test_a_damaged_file_is_read_whole_or_refused(tmp_path_factory, place, sign, insert):
    text = TEXT[:place] + sign + TEXT[place + (not insert) :]
    try:
        X, Y = read_xmc(written(tmp_path_factory.mktemp("xmc"), text))
    except InputError:
        return
    X.check_format(full_check=True)
    Y.check_format(full_check=True)
    assert np.isfinite(X.data).all()
    assert Y.data.all()
