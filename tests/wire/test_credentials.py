"""Credentials and where they come from."""

from __future__ import annotations

import datetime as dt

import pytest
from attrs import define, evolve
from tests.wire.doubles import CREDENTIALS, KEY_ID, KEY_SECRET, NOW, SESSION, TOKEN

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire.credentials import (
    Chain,
    Credentials,
    Forgetful,
    Static,
    masked,
)


@define
class Source:
    """Gives credentials, or the reason why not."""

    found: Credentials | str
    asked: int = 0
    forgotten: int = 0

    async def get(self) -> Credentials:
        """Give them.

        Raises:
            NoCredentials: There are none.
        """
        self.asked += 1
        if isinstance(self.found, str):
            raise NoCredentials(self.found)

        return self.found

    def forget(self, refused: Credentials) -> None:
        """Count."""
        assert refused == self.found
        self.forgotten += 1


def test_credentials_show_a_masked_id_and_no_secret() -> None:
    """Enough to recognise the key, nothing to use it."""
    shown = repr(SESSION) + str(SESSION)

    assert "STS.…0002" in shown
    assert KEY_SECRET not in shown
    assert TOKEN not in shown
    assert CREDENTIALS.masked_id == "LTAI…0001"
    assert KEY_ID not in repr(CREDENTIALS)


def test_a_short_id_is_hidden_whole() -> None:
    """Its first and last four would be all of it."""
    assert masked("LTAI5tFake") == "***"


@pytest.mark.parametrize("key", ["", "  ", "LTAI\n5t", "LTAI函数"])
def test_an_id_that_cannot_be_sent_is_refused(key: str) -> None:
    """A pasted line break would break the header."""
    with pytest.raises(InvalidInput, match="An access key id is empty or has"):
        Credentials(access_key_id=key, access_key_secret="s")


def test_an_empty_token_is_none() -> None:
    """Variables that are set to nothing are not set."""
    given = Credentials(access_key_id=KEY_ID, access_key_secret="s", security_token="")

    assert given.security_token is None


def test_remaining_counts_to_the_expiry() -> None:
    """Seconds; for ever where nothing expires."""
    held = evolve(SESSION, expires_at=NOW + dt.timedelta(minutes=5))

    assert held.remaining(NOW) == 300
    assert SESSION.remaining(NOW) == float("inf")


def test_redact_removes_secret_and_token() -> None:
    """A provider's message may quote them."""
    assert SESSION.redact(f"{KEY_SECRET} and {TOKEN}") == "*** and ***"


async def test_static_gives_always_the_same() -> None:
    """What the program gave."""
    assert await Static(CREDENTIALS).get() is CREDENTIALS


async def test_a_chain_gives_the_first_and_stays_with_it() -> None:
    """The source that worked is asked from then on; the others no more."""
    without, first, second = Source("a: none."), Source(CREDENTIALS), Source(SESSION)
    chain = Chain((without, first, second))
    got = [await chain.get(), await chain.get()]

    assert got == [CREDENTIALS, CREDENTIALS]
    assert (without.asked, first.asked, second.asked) == (1, 2, 0)


async def test_a_chain_that_finds_nothing_lists_every_source() -> None:
    """Each with its own reason, and what to do."""
    chain = Chain((Source("environment: not set."), Source("file: missing.")))
    with pytest.raises(NoCredentials) as caught:
        await chain.get()

    assert str(caught.value).splitlines() == [
        "No credentials were found. Tried, in this order:",
        "* environment: not set.",
        "* file: missing. ",
        (
            "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET,"
            " or run `aliyun configure`."
        ),
    ]


async def test_a_chain_passes_on_what_was_refused() -> None:
    """Only to the source in use, and only if it can forget."""
    source = Source(CREDENTIALS)
    chain = Chain((Source("none."), source))
    chain.forget(CREDENTIALS)
    await chain.get()
    chain.forget(CREDENTIALS)

    assert source.forgotten == 1
    assert isinstance(chain, Forgetful)


def test_a_chain_shows_its_sources() -> None:
    """By class; no values."""
    assert repr(Chain((Static(CREDENTIALS), Source("")))) == "<Chain Static, Source>"
