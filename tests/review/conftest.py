from __future__ import annotations

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request, tmp_path):
    """Where a store of decisions is to be made: in a file, or on a server."""
    if request.param == "sqlite":
        return str(tmp_path / "decisions.sqlite")
    return request.getfixturevalue("postgres_url")
