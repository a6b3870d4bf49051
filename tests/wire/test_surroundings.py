"""What sources of credentials see of the world."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.wire.doubles import Files, shown, surroundings

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire import Network

REGION = {"ALIBABA_CLOUD_STS_REGION": "cn-shanghai"}
VPC = {"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "True"}


def test_variables_are_read_as_they_are_now() -> None:
    """Without blanks around them."""
    environ = {"A": " x "}
    around, _ = surroundings(environ=environ)
    environ["B"] = "TRUE"

    assert ("x", "") == (around.variable("A"), around.variable("C"))
    assert (True, False, False) == tuple(map(around.is_on, "BAC"))


@pytest.mark.parametrize(
    ("environ", "network", "region", "inside", "host"),
    [
        ({}, Network.PUBLIC, "", None, "sts.aliyuncs.com"),
        (REGION, Network.PUBLIC, "", None, "sts.cn-shanghai.aliyuncs.com"),
        (REGION, Network.PUBLIC, "cn-beijing", None, "sts.cn-beijing.aliyuncs.com"),
        ({}, Network.VPC, "", None, "sts-vpc.cn-home.aliyuncs.com"),
        (VPC, Network.PUBLIC, "", None, "sts-vpc.cn-home.aliyuncs.com"),
        (VPC, Network.VPC, "", False, "sts.aliyuncs.com"),
        ({}, Network.PUBLIC, "", True, "sts-vpc.cn-home.aliyuncs.com"),
    ],
)
def test_sts_is_central_or_a_regions(
    *,
    environ: dict[str, str],
    network: Network,
    region: str,
    inside: bool | None,
    host: str,
) -> None:
    """The home region counts inside a VPC only."""
    around, _ = surroundings(environ=environ, network=network)

    assert host == around.sts(region, home_region="cn-home", inside=inside).host


async def test_a_file_is_missing_in_words() -> None:
    """The next source may be tried."""
    around, _ = surroundings(files=Files())
    with pytest.raises(NoCredentials, match="keys: there is no such file"):
        await around.contents(Path("/gone"), "keys")


async def test_a_file_that_is_no_text_does_not_travel_in_the_error() -> None:
    """The decoder's own error holds all of it."""

    async def read(_path: Path) -> str:
        """Read a file in another encoding."""
        return b"FakeSecret\xff".decode()

    around, _ = surroundings(read_text=read)
    with pytest.raises(InvalidInput, match="keys: it is not a text") as caught:
        await around.contents(Path("/keys"), "keys")

    assert "FakeSecret" not in shown(caught.value)


def test_repr_shows_no_variable() -> None:
    """Keys come that way."""
    assert "canary" not in repr(surroundings(environ={"X": "canary"}).around)
