"""How each cloud is reached."""

from __future__ import annotations

from typing import Any

import pytest

from esa_flows import Settings
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.api.esa import EsaCloud
from esa_flows.errors import InvalidInput
from esa_flows.model import Cloud
from esa_flows.reach import Reached, Tools, reach
from esa_flows.wire import Cap, Credentials, Request, Response, Static
from esa_flows.wire.pace import OperationCaps
from tests.house import BASE, wall


class Nowhere:
    """A transport that nothing may go through."""

    async def send(self, request: Request) -> Response:
        """Fail."""
        raise AssertionError(request)


def _reach(of: Cloud, /, **settings: Any) -> Reached:
    key = Credentials(access_key_id="LTAI5tFakeKeyId0001", access_key_secret="fake01")
    tools = Tools(
        transport=Nowhere(), credentials=Static(key), now=wall, draw=lambda: "0"
    )
    return reach(of, Settings(**settings), tools)


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


def test_esa_has_one_limit_and_dcdn_one_for_each_operation() -> None:
    """As documented; the setting may only lower it."""
    esa, dcdn = _reach(Cloud.ESA), _reach(Cloud.DCDN)
    slow = _reach(Cloud.DCDN, calls_per_second=7).cap

    assert isinstance(esa.cloud, EsaCloud)
    assert isinstance(esa.cap, Cap)
    assert isinstance(dcdn.cap, OperationCaps)
    assert 100 == dcdn.cap.of("DescribeRoutine").statistics().calls
    assert 30 == dcdn.cap.of("DescribeUserErStatus").statistics().calls
    assert 7 == slow.of("DescribeRoutine").statistics().calls
