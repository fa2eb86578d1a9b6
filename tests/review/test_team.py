from __future__ import annotations

import pytest

from workbench.errors import ConfigError
from workbench.review.team import Member, NotAllowedError, TeamSettings, read_team_settings


def team(**section) -> TeamSettings:
    return read_team_settings({"team": section}, "workbench.toml")


def test_everybody_may_do_everything_where_nobody_is_named() -> None:
    assert team().member("mika") == Member("mika", is_adjudicator=True, is_admin=True)
    assert read_team_settings({}, "workbench.toml") == team()


def test_who_is_not_named_is_no_member() -> None:
    settings = team(annotators=["mika"], adjudicators=["lead"], admins=["boss"])
    assert settings.member("mika") == Member("mika")
    assert settings.member("lead") == Member("lead", is_adjudicator=True)
    assert settings.member("boss") == Member("boss", is_admin=True)
    assert settings.member("eve") is None


def test_names_are_compared_without_the_space_around_them() -> None:
    settings = team(annotators=[" mika ", "ken  ito"])
    assert settings.member("mika\t") == Member("mika", True, True)
    assert settings.member("ken ito") is not None
    assert settings.member("  ") is None


def test_an_address_is_the_same_in_any_case() -> None:
    settings = team(annotators=["Mika@Example.com", "Ken"])
    assert settings.member("mika@example.COM") == Member("mika@example.com", True, True)
    assert settings.member("ken") is None


def test_an_unknown_key_lists_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"'annotator' in \[team\]: did you mean 'annotators'"):
        team(annotator=["mika"])


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"sign_in": "ldap"}, r"'team.sign_in' = 'ldap': input should be 'auto', 'name'"),
        ({"annotators": "mika"}, r"'team.annotators' = 'mika': expected a list, like \[\"mika\"\]"),
        ({"annotators": 3}, r"'team.annotators' = 3: expected a list$"),
        ({"annotators": ["mika", " "]}, r"'team.annotators' = .*names that are not empty"),
        ({"sign_in": "header", "header": "X Email"}, r"'team.header' = 'X Email': expected one"),
        ({"header": "X-Email"}, r"\[team\]: 'header' is for sign_in = \"header\", found \"auto\""),
        ({"sign_in": "name", "claim": "sub"}, r"'claim' is for sign_in = \"oidc\", found \"name\""),
        ({"annotators": ["mika"], "overlap": 0.1}, r"needs a second reviewer, but only 'mika' is"),
        ({"gold_share": 0.9}, r"'team.gold_share' = 0.9: input should be less than or equal"),
    ],
)
def test_a_section_that_makes_no_sense_is_told(section, told) -> None:
    with pytest.raises(ConfigError, match=f"^workbench.toml: .*{told}"):
        team(**section)


def test_a_section_that_is_no_table_is_told() -> None:
    with pytest.raises(ConfigError, match=r"'team' = 3: input should be"):
        read_team_settings({"team": 3}, "workbench.toml")


def test_a_right_that_a_member_lacks_is_told_with_what_they_wanted() -> None:
    with pytest.raises(NotAllowedError, match="only an admin can set gold pairs; mika is none"):
        Member("mika").check_admin("set gold pairs")
