"""How a client reaches the provider, read from text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from esa_flows import Settings
from esa_flows.errors import InvalidInput
from esa_flows.model import Cloud, Duration
from esa_flows.settings import Sharing, journal_path, state_folder
from esa_flows.wire.cap import Scope
from esa_flows.wire.site import Network, Site
from esa_flows.wire.store_address import StoreAddress


def test_without_variables_everything_has_a_default() -> None:
    """No file and no variable are needed."""
    assert Settings() == Settings.from_env({})


@pytest.mark.parametrize(
    ("variable", "text", "attribute", "value"),
    [
        ("CLOUD", "dcdn", "cloud", Cloud.DCDN),
        ("SITE", "intl", "site", Site.INTL),
        ("NETWORK", "vpc", "network", Network.VPC),
        ("ENDPOINT", "http://127.0.0.1:8080", "endpoint", "http://127.0.0.1:8080"),
        ("OSS_HOSTS", "a.example,b.example", "oss_hosts", ("a.example", "b.example")),
        ("STAGING_EDGE", "http://127.0.0.1:1", "staging_edge", "http://127.0.0.1:1"),
        ("PRODUCTION_EDGE", "http://[::1]:1", "production_edge", "http://[::1]:1"),
        ("JOURNAL", "/tmp/journal.db", "journal", Path("/tmp/journal.db")),
        ("CALLS_PER_SECOND", "50", "calls_per_second", 50),
        ("CALLS_PER_OPERATION", "20", "calls_per_operation", 20),
        ("CAP_SCOPE", "operation", "cap_scope", Scope.OPERATION),
        ("CAP_SHARING", "process", "cap_sharing", Sharing.PROCESS),
        ("CAP_STORE", "redis://h/0", "cap_store", StoreAddress.of("redis://h/0")),
        ("CAP_OWN_SHARE", "0.1", "cap_own_share", 0.1),
        ("VERSION_QUOTA", "5", "version_quota", 5),
        ("SETTLE", "1m", "settle", Duration(60)),
        ("MOST_BYTES", "1000", "most_bytes", 1000),
    ],
)
def test_each_attribute_has_a_variable(
    variable: str, text: str, attribute: str, value: object
) -> None:
    """The variable is the attribute's name in capitals, with our prefix."""
    settings = Settings.from_env({f"ESA_FLOWS_{variable}": text})

    assert value == getattr(settings, attribute)


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("CLOUD", "sky", "'sky' is no cloud: use esa or dcdn."),
        ("SITE", "moon", "'moon' is no site: use cn or intl."),
        ("NETWORK", "lan", "'lan' is no network: use public or vpc."),
        ("SETTLE", "soon", "'soon' is not a duration: write 30s, 10m, 1h30m or 2d."),
        ("CAP_OWN_SHARE", "much", "'much' is not a number."),
        ("CAP_OWN_SHARE", "1", "1.0 is no part of the cap: give 0 or more, below 1."),
        ("CAP_OWN_SHARE", "nan", "nan is no part of the cap: give 0 or more, below 1."),
        ("VERSION_QUOTA", "ten", "'ten' is not a whole number."),
        ("CALLS_PER_SECOND", "1.5", "'1.5' is not a whole number."),
        ("MOST_BYTES", "5 MB", "'5 MB' is not a whole number."),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_takes(
    variable: str, text: str, said: str
) -> None:
    """The sentence begins with the variable, so that a person finds it."""
    with pytest.raises(InvalidInput) as caught:
        Settings.from_env({f"ESA_FLOWS_{variable}": text})

    assert f"ESA_FLOWS_{variable}: {said}" == str(caught.value)


def test_a_password_in_the_place_of_an_address_is_not_quoted() -> None:
    """The variable is named, and what it should hold."""
    with pytest.raises(InvalidInput, match="ESA_FLOWS_CAP_STORE: The addr") as caught:
        Settings.from_env({"ESA_FLOWS_CAP_STORE": "FakePassword0001"})

    assert "FakePassword0001" not in str(caught.value)
    assert "postgresql://user:password@host/database" in caught.value.next_move


def test_what_is_given_wins_over_the_environment() -> None:
    """A wrong variable that is not needed is not read."""
    settings = Settings.from_env({"ESA_FLOWS_SITE": "moon"}, site="cn")

    assert Site.CN is settings.site


@pytest.mark.parametrize("changes", [{"site": None}, {"journal": None}])
def test_none_counts_as_not_given(changes: dict[str, Any]) -> None:
    """A command line hands over what nobody wrote."""
    environ = {"ESA_FLOWS_SITE": "intl", "ESA_FLOWS_JOURNAL": "j.db"}

    assert Settings.from_env(environ) == Settings.from_env(environ, **changes)


def test_an_empty_variable_counts_as_not_set() -> None:
    """`ESA_FLOWS_SITE=` in a file of variables means nothing."""
    assert Settings() == Settings.from_env({"ESA_FLOWS_SITE": ""})


def test_hosts_may_be_given_as_values() -> None:
    """Any iterable of texts is taken."""
    assert ("a.example",) == Settings(oss_hosts=["a.example"]).oss_hosts  # type: ignore[arg-type]


def test_the_journal_lives_where_the_platform_keeps_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """XDG first, then the folder of the system."""
    home = Path("/home/mei")

    assert Path("/state/esa_flows") == state_folder({"XDG_STATE_HOME": "/state"}, home)

    monkeypatch.setattr(sys, "platform", "linux")

    assert home / ".local" / "state" / "esa_flows" == state_folder({}, home)

    monkeypatch.setattr(sys, "platform", "darwin")

    assert home / "Library/Application Support/esa_flows" == state_folder({}, home)


def test_the_journal_is_where_it_is_wanted() -> None:
    """Chosen, or in the state folder."""
    environ, home = {"XDG_STATE_HOME": "/state"}, Path("/home/ana")

    assert Path("mine.db") == journal_path(Settings(journal="mine.db"), environ, home)
    assert Path("/state/esa_flows/journal.db") == journal_path(
        Settings(), environ, home
    )
