"""What all tests share: six queries, five labels, and a PostgreSQL server of their own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from scipy.sparse import csr_array
from sqlalchemy import make_url

from workbench.matrices import LabelMatrix, PairScores
from workbench.review.engine import database_url, open_engine

# What calls a kernel first waits for the compiler.
settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

INSTANCES = pd.Index(["adidas blue 26", "nike red", "red shoes", "blue bag", "nike bag", "socks"])
LABELS = pd.Index(["Brand: Nike", "Brand: adidas", "Color: Blue", "Color: Red", "Size: 26.0cm"])


@pytest.fixture
def given() -> LabelMatrix:
    """Six instances, five labels; 'socks' carries none."""
    return LabelMatrix.from_positions(
        np.array([0, 0, 0, 1, 1, 2, 3, 4]),
        np.array([1, 2, 4, 0, 3, 3, 2, 0]),
        instance_ids=INSTANCES,
        label_ids=LABELS,
    )


@pytest.fixture
def scores() -> PairScores:
    """Every given pair and two others are judged; (socks, Color: Red) with an explicit zero."""
    values = csr_array(
        (
            np.float32([0.9, 0.8, 0.7, 0.9, 0.6, 0.4, 0.3, 0.8, 0.7, 0.0]),
            ([0, 0, 0, 1, 1, 2, 3, 4, 4, 5], [1, 2, 4, 0, 3, 3, 2, 0, 2, 3]),
        ),
        shape=(6, 5),
    )
    return PairScores(values, INSTANCES, LABELS)


@pytest.fixture(scope="session")
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a process of its own and return what it printed; it has to end as expected."""

    def run(
        code: str, *arguments: object, returncode: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, *map(str, arguments)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == returncode, result.stderr
        return result

    return run


class PostgresServer:
    """A cluster in a folder of its own, reached by a socket only, as careful as a real one."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # Short: the path of a socket has at most a hundred letters.
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))
        # The server refuses to run as root.
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_user:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-locale", "-U", "postgres")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._folder}"

    def start(self) -> None:
        options = f"-c listen_addresses= -k {self._folder} -c max_connections=200"
        log = self._folder / "log"
        # Right after a crash the server waits for its orphans, and does not start at once.
        for _ in range(20):
            if self._run("pg_ctl", "-w", "-l", log, "-o", options, "start", check=False) == 0:
                return
            time.sleep(0.2)
        raise RuntimeError(f"PostgreSQL does not start: {log.read_text()[-2000:]}")

    def stop(self, mode: str) -> None:
        """Stop; in the mode "immediate" as if the machine had stopped, all but the disk."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def kill(self) -> None:
        """Kill the process that started all others, which then end by themselves."""
        pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: object, check: bool = True) -> int:
        command = [*self._as_user, self._binaries / program, "-D", self._folder / "data"]
        return subprocess.run(  # noqa: S603
            [*map(str, (*command, *arguments))],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=check,
        ).returncode


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Give a server that a test may stop, kill and start again."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("no driver for PostgreSQL: install '.[test]'")
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    programs = [Path(each) for each in found if each is not None]
    if not programs:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or WORKBENCH_TEST_POSTGRES_URL")
    server = PostgresServer(programs[-1].parent)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a schema of the test's own, on a server of ours or the configured one."""
    configured = os.environ.get("WORKBENCH_TEST_POSTGRES_URL")
    server = configured or request.getfixturevalue("postgres_server").url
    schema = f"test_{uuid.uuid4().hex}"
    engine = open_engine(database_url(server))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    own = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield own.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()
