"""Who is signed in."""

from __future__ import annotations

from pydantic import ValidationError

from workbench.errors import ConfigError
from workbench.review.team import Member, TeamSettings
from workbench.ui.reviewer import ask_reviewer, known_reviewer
from workbench.ui.snapshot import Snapshot


def signed_in(snapshot: Snapshot) -> Member | None:
    """Return the member who is signed in; None, with the way to sign in on the page, if nobody."""
    name = known_reviewer()
    if not name:
        ask_reviewer()
        return None
    return team_settings(snapshot).member(name)


def team_settings(snapshot: Snapshot) -> TeamSettings:
    """Return the section ``[team]`` of the configuration.

    Raises
    ------
    ConfigError
        Naming the keys that do not fit.
    """
    try:
        return TeamSettings.model_validate(snapshot.section("team"))
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]
        )
        raise ConfigError(f"{snapshot.workspace.config_path}, [team]: {told}") from error
