"""The order in which credentials are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.wire.doubles import KEY_ID, KEY_SECRET, NOW, Files, Scripted, nonces

from esa_flows.errors import NoCredentials
from esa_flows.wire import Chain
from esa_flows.wire.chain import default_chain

PATH = "/home/ann/.aliyun/config.json"
PROFILE = (
    '{"profiles": [{"name": "default", "mode": "AK",'
    ' "access_key_id": "LTAI5tFakeKeyId0003", "access_key_secret": "fake"}]}'
)


def chain(environ: dict[str, str], **files: str) -> Chain:
    """Give the usual sources over what a test provides."""
    return default_chain(
        environ=environ,
        home=Path("/home/ann"),
        transport=Scripted(),
        now=lambda: NOW,
        nonce=nonces(),
        read_text=Files(**files).read_text,
    )


OFFICIAL = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY_SECRET,
}
OLDER = {"ESA_ACCESS_KEY_ID": "LTAI5tFakeKeyId0002", "ESA_ACCESS_KEY_SECRET": "fake"}


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({**OFFICIAL, **OLDER}, KEY_ID),
        (OLDER, "LTAI5tFakeKeyId0002"),
        ({}, "LTAI5tFakeKeyId0003"),
    ],
)
async def test_sources_are_tried_in_the_official_order(
    environ: dict[str, str], key: str
) -> None:
    """Variables, esa-cli's names for them, the profile."""
    credentials = await chain(environ, **{PATH: PROFILE}).get()

    assert credentials.access_key_id == key


async def test_nothing_anywhere_names_all_three() -> None:
    """So that the reader sees which one was meant to work."""
    with pytest.raises(NoCredentials) as caught:
        await chain({}).get()

    lines = caught.value.message.splitlines()

    assert [line.split(":")[0] for line in lines[1:]] == [
        "* environment",
        "* environment",
        "* ~/.aliyun/config.json",
    ]
    assert "ESA_ACCESS_KEY_ID" in lines[2]
