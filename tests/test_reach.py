"""How each cloud is reached."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import evolve

from esa_flows import Settings
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.errors import InvalidInput
from esa_flows.model import Cloud
from esa_flows.reach import Reached, Tools, reach
from esa_flows.wire import Cap, Credentials, Request, Response, Static
from tests.house import BASE, wall


class Nowhere:
    """A transport that nothing may go through."""

    async def send(self, request: Request) -> Response:
        """Fail."""
        raise AssertionError(request)


def _tools() -> Tools:
    key = Credentials(access_key_id="LTAI5tFakeKeyId0001", access_key_secret="fake01")
    return Tools(
        transport=Nowhere(), credentials=Static(key), now=wall, draw=lambda: "0"
    )


def _reach(of: Cloud, /, **settings: Any) -> Reached:
    return reach(of, Settings(**settings), _tools())


def _hosts(reached: Reached) -> list[str]:
    return [endpoint.host for endpoint in reached.caller._endpoints]


def test_dcdn_has_one_endpoint_for_both_sites() -> None:
    """So nothing needs to be found out."""
    for site in (None, "cn", "intl"):
        reached = _reach(Cloud.DCDN, cloud="dcdn", site=site)

        assert ["dcdn.aliyuncs.com"] == _hosts(reached)
        assert isinstance(reached.cloud, DcdnCloud)
        assert "<Caller dcdn at dcdn.aliyuncs.com, 0 sent>" == repr(reached.caller)


def test_dcdn_has_no_endpoint_inside_a_vpc() -> None:
    """None is documented; a guess would send signed calls elsewhere."""
    with pytest.raises(InvalidInput, match="'dcdn' in the network vpc"):
        _reach(Cloud.DCDN, cloud="dcdn", network="vpc")


def test_an_endpoint_that_was_given_is_its_own_clouds() -> None:
    """The other cloud is not asked at a host that is not its own."""
    given = {"endpoint": "https://esa.example"}

    assert ["esa.example"] == _hosts(_reach(Cloud.ESA, **given))
    assert ["dcdn.aliyuncs.com"] == _hosts(_reach(Cloud.DCDN, **given))
    assert ["esa.example"] == _hosts(_reach(Cloud.DCDN, cloud="dcdn", **given))


@pytest.mark.parametrize("cloud", Cloud)
def test_a_cloud_on_this_machine_is_both(cloud: Cloud) -> None:
    """It answers for either, and takes uploads over plain HTTP."""
    reached = _reach(cloud, endpoint=BASE)

    assert ["127.0.0.1:8080"] == _hosts(reached)
    assert reached.cloud._allow_loopback_oss


@pytest.mark.parametrize("cloud", Cloud)
def test_a_cloud_elsewhere_gets_no_upload_in_the_clear(cloud: Cloud) -> None:
    """A provider that names this machine as its store is not followed."""
    assert not _reach(cloud).cloud._allow_loopback_oss


@pytest.mark.parametrize(
    ("cloud", "operation", "settings", "calls"),
    [
        (Cloud.ESA, "GetRoutine", {}, 100),
        (Cloud.DCDN, "DescribeRoutine", {}, 100),
        (Cloud.DCDN, "DescribeUserErStatus", {}, 30),
        (Cloud.DCDN, "DescribeRoutine", {"calls_per_second": 7}, 7),
        (Cloud.DCDN, "DescribeRoutine", {"calls_per_operation": 9}, 9),
    ],
)
async def test_each_operation_has_the_limit_that_is_documented(
    cloud: Cloud, operation: str, settings: dict[str, int], calls: int
) -> None:
    """The setting may only lower it."""
    cap = _reach(cloud, **settings).cap
    gate = f"{cloud}.{operation}"
    async with cap.slot(gate) as slot:
        slot.not_sent()

    assert calls == cap.statistics().operations[gate].calls


@pytest.mark.parametrize(("cloud", "waited"), [("esa", [True]), ("dcdn", [False])])
async def test_operations_of_dcdn_do_not_share_a_limit(
    cloud: str, waited: list[bool]
) -> None:
    """So DCDN documents it; ESA names none, so the account's counts for all."""
    cap = _reach(Cloud(cloud), calls_per_second=1, calls_per_operation=1).cap
    began = anyio.current_time()
    for gate in ("first", "second"):
        async with cap.slot(gate) as slot:
            slot.answered()

    assert waited == [anyio.current_time() > began]


async def test_a_cap_that_a_host_brings_is_its_own_clouds() -> None:
    """The other cloud, which a migration reads, keeps to a limit of its own."""
    own = Cap(5)
    tools = evolve(_tools(), cap=own)

    assert own is reach(Cloud.ESA, Settings(), tools).cap
    assert own is not reach(Cloud.DCDN, Settings(), tools).cap
