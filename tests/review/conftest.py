from __future__ import annotations

import os

import pytest

from workbench.review.engine import database_url, open_engine
from workbench.review.schema import METADATA

POSTGRES_URL = os.environ.get("WORKBENCH_TEST_POSTGRES_URL")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES_URL else ["sqlite"])
def location(request, tmp_path):
    """Where a store of decisions is to be made: a file, and a server where one is configured."""
    if request.param == "sqlite":
        return str(tmp_path / "decisions.sqlite")
    engine = open_engine(database_url(POSTGRES_URL))
    METADATA.drop_all(engine)
    engine.dispose()
    return POSTGRES_URL
