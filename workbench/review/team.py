"""Who may do what: the members of a team and their rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import WorkbenchError

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

    Where no adjudicator (or admin) is named everybody is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sign_in: SignIn = "auto"
    header: str = "X-Forwarded-Email"
    annotators: tuple[str, ...] = ()
    adjudicators: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    overlap: Annotated[float, Field(ge=0, le=1)] = 0.0
    gold_share: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    audit_size: Annotated[int, Field(ge=0)] = 20

    def member(self, name: str) -> Member | None:
        """Return the member of this name; None if only others may review here."""
        named = {*self.annotators, *self.adjudicators, *self.admins}
        if self.annotators and name not in named:
            return None
        return Member(
            name,
            is_adjudicator=not self.adjudicators or name in self.adjudicators,
            is_admin=not self.admins or name in self.admins,
        )
