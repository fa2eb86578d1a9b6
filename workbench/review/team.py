"""Who may do what: the members of a team and their rights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workbench.errors import WorkbenchError
from workbench.settings import check_settings

# What HTTP takes for the name of a header.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Enough to tell an e-mail address from another name.
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")

SignIn = Literal["auto", "name", "header", "oidc"]


class NotAllowedError(WorkbenchError):
    """A member wants to write what their role does not let them."""


@dataclass(frozen=True)
class Member:
    """Somebody who is signed in.

    Parameters
    ----------
    name : str
        Decisions are recorded under it.
    is_adjudicator : bool
        May settle what annotators disagree about and take back decisions of others.
    is_admin : bool
        May set gold pairs and see who judges how well.
    """

    name: str
    is_adjudicator: bool = False
    is_admin: bool = False

    def check_adjudicator(self, what: str) -> None:
        """Raise unless the member is an adjudicator; ``what`` says what they wanted to do."""
        if not self.is_adjudicator:
            raise NotAllowedError(f"only an adjudicator can {what}; {self.name} is none")

    def check_admin(self, what: str) -> None:
        """Raise unless the member is an admin; ``what`` says what they wanted to do."""
        if not self.is_admin:
            raise NotAllowedError(f"only an admin can {what}; {self.name} is none")


class TeamSettings(BaseModel):
    """``[team]``: who reviews, how they sign in, and what a second person checks.

    Where no adjudicator (or admin) is named everybody is one. Names are compared without the space
    around them, e-mail addresses in any case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sign_in: SignIn = "auto"
    header: str = "X-Forwarded-Email"
    claim: str = "email"
    annotators: tuple[str, ...] = ()
    adjudicators: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    overlap: Annotated[float, Field(ge=0, le=1)] = 0.0
    gold_share: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    audit_size: Annotated[int, Field(ge=0)] = 20

    @field_validator("header", "claim", mode="after")
    @classmethod
    def _one_word(cls, name: str) -> str:
        if not _TOKEN.fullmatch(name):
            raise ValueError("expected one word, such as X-Forwarded-Email or email")
        return name

    @field_validator("annotators", "adjudicators", "admins", mode="after")
    @classmethod
    def _as_compared(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        cleaned = tuple(dict.fromkeys(clean_name(name) for name in names))
        if "" in cleaned:
            raise ValueError("expected names that are not empty")
        return cleaned

    @model_validator(mode="after")
    def _no_contradiction(self) -> TeamSettings:
        complaints = [
            f'\'{key}\' is for sign_in = "{way}", found "{self.sign_in}"'
            for key, ways in (("header", ["header"]), ("claim", ["oidc", "auto"]))
            if key in self.model_fields_set and self.sign_in not in ways
            for way in ways[:1]
        ]
        if self.annotators and len(self.named) == 1 and self.overlap:
            complaints.append(
                f"'overlap' = {self.overlap} needs a second reviewer, but only "
                f"{next(iter(self.named))!r} is named"
            )
        if complaints:
            raise ValueError("; ".join(complaints))
        return self

    @property
    def named(self) -> frozenset[str]:
        """Everybody whom the section names."""
        return frozenset({*self.annotators, *self.adjudicators, *self.admins})

    @property
    def is_proven(self) -> bool:
        """Whether a name is always vouched for by a provider or a proxy, and never just typed."""
        return self.sign_in in ("header", "oidc")

    def member(self, name: str) -> Member | None:
        """Return the member of this name; None if only others may review here."""
        name = clean_name(name)
        if not name or (self.annotators and name not in self.named):
            return None
        return Member(
            name,
            is_adjudicator=not self.adjudicators or name in self.adjudicators,
            is_admin=not self.admins or name in self.admins,
        )


def clean_name(name: str) -> str:
    """Return the name as it is compared and recorded: no space around it, one within.

    An e-mail address is in lower case, as nobody tells two people by it.
    """
    cleaned = " ".join(name.replace("\0", "").split())
    return cleaned.lower() if _ADDRESS.fullmatch(cleaned) else cleaned


def read_team_settings(config: Mapping[str, Any], origin: str) -> TeamSettings:
    """Return the section ``[team]`` of a configuration as it is written.

    Raises
    ------
    ConfigError
        With all that is wrong in the section; the others are not looked at.
    """
    return check_settings(TeamSettings, config.get("team", {}), origin, place=("team",))
