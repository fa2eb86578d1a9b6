from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import TimeoutError

from workbench.errors import ConfigError, DamagedArtefactError, WorkbenchError
from workbench.review.database import Database
from workbench.review.engine import (
    check_local,
    database_url,
    file_system,
    open_engine,
    read_mounts,
    writing,
)
from workbench.review.store import DecisionStore

MOUNTS = """\
/dev/vda / ext4 rw,relatime 0 0
server:/home /home nfs4 rw,relatime 0 0
tmpfs /home/scratch tmpfs rw 0 0
server:/data /mnt/with\\040space cifs rw 0 0
/dev/vdb /mnt/twice ext4 rw 0 0
me@server: /mnt/twice fuse.sshfs rw 0 0
"""


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(database_url(tmp_path / "decisions.sqlite"))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/mika", "nfs4"),
        ("/home/scratch/a", "tmpfs"),
        ("/homestead", "ext4"),
        ("/mnt/with space", "cifs"),
        ("/mnt/twice", "fuse.sshfs"),
    ],
)
def test_deepest_and_latest_mount_tells_the_file_system(folder, kind):
    assert file_system(Path(folder), MOUNTS) == kind


def test_file_system_is_unknown_without_a_mount_table():
    assert file_system(Path("/home"), "") is None


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs"])
def test_network_file_system_is_refused(kind, tmp_path):
    with pytest.raises(WorkbenchError, match=rf"network file system \({kind}\).*use PostgreSQL"):
        check_local(tmp_path / "decisions.sqlite", f"there / {kind} rw 0 0\n")


@pytest.mark.parametrize("mounts", ["", "/dev/vda / ext4 rw 0 0", "x / overlay rw 0 0", "damaged"])
def test_local_and_unknown_file_systems_are_allowed(mounts, tmp_path):
    check_local(tmp_path / "decisions.sqlite", mounts)


def test_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WorkbenchError, match=r"folder .*nowhere is not there; make it first"):
        open_engine(database_url(tmp_path / "nowhere" / "decisions.sqlite"))


@pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="needs Linux's mount table")
def test_mount_table_of_this_system_knows_the_root():
    assert file_system(Path("/"), read_mounts()) is not None


@pytest.mark.parametrize("location", ["sqlite://", "sqlite:///:memory:"])
def test_database_in_memory_is_refused(location):
    with pytest.raises(ConfigError, match="forgets every decision; name a file"):
        database_url(location)


def test_text_that_is_no_url_is_refused_without_repeating_its_password():
    with pytest.raises(ConfigError, match="expected a path or a URL") as caught:
        database_url("1nonsense!://mika:secret@host")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_url_means_the_driver_of_the_extra(scheme):
    assert database_url(f"{scheme}://mika@host/shop").drivername == "postgresql+psycopg"


def test_driver_that_is_not_there_is_named():
    with pytest.raises(WorkbenchError, match=r"no driver for nosuchbase .*label-workbench\[post"):
        open_engine(database_url("nosuchbase://host/shop"))


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_database_that_cannot_hold_every_letter_is_refused(encoding, postgres_url):
    name = f"test_{uuid4().hex}"
    server = open_engine(database_url(postgres_url)).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        made = f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.exec_driver_sql(f"CREATE DATABASE {name} {made}")
    url = make_url(postgres_url).set(database=name).difference_update_query(["options"])
    with pytest.raises(WorkbenchError, match=f"server_encoding = {encoding}; expected a database"):
        Database(url.render_as_string(hide_password=False))
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")
    server.dispose()


def test_writer_on_a_server_waits_for_its_turn_as_long_as_on_a_file(postgres_url):
    engine = open_engine(database_url(postgres_url))
    with engine.connect() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "30s"
        connection.rollback()
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "30s"
    engine.dispose()


def test_server_that_acknowledges_before_it_writes_is_refused(postgres_url):
    url = make_url(postgres_url)
    careless = f"{url.query['options']} -csynchronous_commit=off"
    with pytest.raises(WorkbenchError, match=r"would lose .*: synchronous_commit = off; expected"):
        Database(url.update_query_dict({"options": careless}).render_as_string(hide_password=False))


def test_commit_waits_for_the_disk(engine):
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        full = 2
        assert connection.execute(text("PRAGMA synchronous")).scalar() == full
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 30 * 1000


def test_transaction_that_writes_locks_from_its_first_moment(engine):
    sent = []
    for each in (writing(engine), engine):
        with each.connect() as connection:
            driver = connection.connection.driver_connection
            driver.set_trace_callback(sent.append)
            connection.begin().commit()
            driver.set_trace_callback(None)
    assert sent == ["BEGIN IMMEDIATE", "COMMIT", "BEGIN", "COMMIT"]


def test_reader_sees_one_state_while_a_writer_commits(engine):
    with writing(engine).begin() as writer:
        writer.execute(text("CREATE TABLE seen (n INTEGER)"))
    with engine.begin() as reader:
        count = text("SELECT count(*) FROM seen")
        assert reader.execute(count).scalar() == 0
        with writing(engine).begin() as writer:
            writer.execute(text("INSERT INTO seen VALUES (1)"))
        assert reader.execute(count).scalar() == 0


def test_a_program_whose_connections_are_all_in_use_is_told_so(tmp_path, monkeypatch):
    database = Database(tmp_path / "decisions.sqlite")

    def wait_in_vain(_):
        raise TimeoutError("QueuePool limit reached")

    monkeypatch.setattr(Engine, "begin", wait_in_vain)
    with (
        pytest.raises(WorkbenchError, match="all connections of this program are in use"),
        database.reading(),
    ):
        pass


def test_a_damaged_page_of_the_database_is_found(tmp_path):
    path = tmp_path / "decisions.sqlite"
    with DecisionStore(path) as store:
        store.database.check()
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    with DecisionStore(path) as store, pytest.raises(DamagedArtefactError, match="damaged"):
        store.database.check()
