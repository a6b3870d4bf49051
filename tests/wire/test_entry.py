"""An entry of a configuration file; the files' own tests open all its kinds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.wire.doubles import (
    KEY_ID,
    KEY_SECRET,
    TOKEN,
    ok,
    session_members,
    surroundings,
)

from esa_flows.errors import InvalidInput
from esa_flows.wire.entry import Entry, key, kind_named, oidc_role, role_of_key

ARN = "acs:ram::1234567890123456:role/releaser"


def entry(**values: object) -> Entry:
    """Give an entry of a test."""
    return Entry(values=values, source="a test")


def test_the_first_of_several_names_that_is_a_text_counts() -> None:
    """Blanks around it do not."""
    values = entry(one=7, two=" ", three=" x ", four="y")

    assert "x" == values.text("zero", "one", "two", "three", "four")
    assert "" == values.text("one")


def test_what_is_needed_and_missing_is_named() -> None:
    """With the place."""
    with pytest.raises(InvalidInput, match="a test: it has no one or two"):
        entry().needed("one", "two")


@pytest.mark.parametrize(
    ("value", "seconds"), [(900, 900), (0, 3600), (None, 3600), ("900", 3600)]
)
def test_a_session_lasts_an_hour_where_the_entry_does_not_say(
    value: object, seconds: int
) -> None:
    """As the official tool has it."""
    assert seconds == entry(expired_seconds=value).seconds


def test_an_unknown_kind_lists_the_supported_ones() -> None:
    """And the way around all files."""
    with pytest.raises(InvalidInput, match="its mode 'odd' is not supported") as caught:
        kind_named("odd", {"AK": key}, entry())

    assert "Supported are AK. An access key in ALIBABA_CLOUD_ACCESS_KEY_ID" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("enabled", "host"),
    [
        (True, "sts-vpc.cn-beijing.aliyuncs.com"),
        (False, "sts.aliyuncs.com"),
        ("yes", "sts.aliyuncs.com"),
    ],
)
async def test_an_entry_may_ask_for_sts_inside_the_vpc(
    enabled: object, host: str
) -> None:
    """Then in its own region."""
    given = ok(Credentials=session_members())
    around, transport = surroundings(given)
    values = entry(
        access_key_id=KEY_ID,
        access_key_secret=KEY_SECRET,
        ram_role_arn=ARN,
        enable_vpc=enabled,
        region_id="cn-beijing",
    )
    await role_of_key(values, around).get()

    assert [host] == transport.hosts


async def test_a_key_with_a_token_may_take_on_a_role() -> None:
    """Temporary credentials can."""
    around, transport = surroundings(ok(Credentials=session_members()))
    values = entry(
        access_key_id=KEY_ID,
        access_key_secret=KEY_SECRET,
        sts_token=TOKEN,
        role_arn=ARN,
    )
    await role_of_key(values, around).get()

    assert TOKEN == dict(transport.sent[0].headers)["x-acs-security-token"]


def test_opening_an_oidc_role_reads_no_file() -> None:
    """The token is read when it is used."""
    values = entry(
        role_arn=ARN,
        oidc_provider_arn="acs:ram::1:oidc-provider/ack",
        oidc_token_file=str(Path("/gone")),
    )

    assert f"<OidcRole {ARN}>" == repr(oidc_role(values, surroundings().around))
