"""Credentials from environment variables."""

from __future__ import annotations

import pytest
from tests.wire.doubles import KEY_ID, KEY_SECRET, TOKEN

from esa_flows.errors import NoCredentials
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.environment import FromEnvironment


@pytest.mark.parametrize("prefix", ["ALIBABA_CLOUD_", "ESA_"])
async def test_the_variables_of_a_family_are_read(prefix: str) -> None:
    """Id, secret and, where there is one, the token; blanks around do not count."""
    environ = {
        f"{prefix}ACCESS_KEY_ID": f" {KEY_ID}\n",
        f"{prefix}ACCESS_KEY_SECRET": KEY_SECRET,
        f"{prefix}SECURITY_TOKEN": TOKEN,
    }

    assert await FromEnvironment(environ=environ, prefix=prefix).get() == Credentials(
        access_key_id=KEY_ID,
        access_key_secret=KEY_SECRET,
        security_token=TOKEN,
        source=f"environment {prefix}ACCESS_KEY_ID",
    )


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {},
            (
                "environment: ALIBABA_CLOUD_ACCESS_KEY_ID and"
                " ALIBABA_CLOUD_ACCESS_KEY_SECRET not set."
            ),
        ),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID},
            "environment: ALIBABA_CLOUD_ACCESS_KEY_SECRET not set.",
        ),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY_SECRET},
            "environment: ALIBABA_CLOUD_ACCESS_KEY_ID not set.",
        ),
    ],
)
async def test_what_is_not_set_is_named(environ: dict[str, str], message: str) -> None:
    """Half a pair is as good as none."""
    with pytest.raises(NoCredentials) as caught:
        await FromEnvironment(environ=environ).get()

    assert str(caught.value) == message


def test_it_does_not_show_the_variables() -> None:
    """The whole environment is full of secrets."""
    assert "canary" not in repr(FromEnvironment(environ={"X": "canary"}))
