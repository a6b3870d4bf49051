"""The common flags become settings of a client."""

from __future__ import annotations

import pytest
from tests.cli.office import Office

from esa_flows.cli.options import DEFAULTS, Common


def test_only_what_reaches_the_provider_is_a_setting() -> None:
    """How things are shown is no business of the client's."""
    common = Common(endpoint="127.0.0.1:1", version_quota="5", json=True)

    assert common.settings == {
        "journal": None,
        "cloud": None,
        "account": None,
        "endpoint": "127.0.0.1:1",
        "site": None,
        "network": None,
        "version_quota": "5",
    }


def test_nothing_given_changes_nothing() -> None:
    """By default every setting comes from the environment."""
    assert set(DEFAULTS.settings.values()) == {None}


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--cloud", "sky", "'sky' is no cloud: use esa or dcdn."),
        ("--site", "mars", "'mars' is no site: use cn or intl."),
        ("--network", "tin-can", "'tin-can' is no network: use public or vpc."),
        ("--version-quota", "many", "'many' is not a whole number."),
    ],
)
async def test_a_flag_that_cannot_be_used_is_a_usage_error(
    flag: str, value: str, sentence: str
) -> None:
    """The value is named with what is allowed, and nothing is sent."""
    office = Office()

    done = await office.run("versions", "list", "shop", flag, value)

    assert done.code == 2
    assert sentence in done.err
    assert office.cloud.report().calls == {}
