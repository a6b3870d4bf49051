"""Which host to call."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.wire.site import (
    Endpoint,
    Network,
    Site,
    endpoint_for,
    endpoints_for,
    is_loopback,
    sts_endpoint,
)


@pytest.mark.parametrize(
    ("product", "site", "network", "host"),
    [
        ("esa", "cn", "public", "esa.cn-hangzhou.aliyuncs.com"),
        ("esa", Site.INTL, Network.PUBLIC, "esa.ap-southeast-1.aliyuncs.com"),
        ("esa", "cn", "vpc", "esa-vpc.cn-hangzhou.aliyuncs.com"),
        ("esa", "intl", Network.VPC, "esa-vpc.ap-southeast-1.aliyuncs.com"),
        ("dcdn", "cn", "public", "dcdn.aliyuncs.com"),
        ("dcdn", "intl", "public", "dcdn.aliyuncs.com"),
        ("sts", "cn", "public", "sts.cn-hangzhou.aliyuncs.com"),
        ("sts", "intl", "vpc", "sts-vpc.ap-southeast-1.aliyuncs.com"),
    ],
)
def test_endpoints_follow_the_rule(
    product: str, site: str, network: str, host: str
) -> None:
    """Product, network and the site's region make the host; always TLS."""
    assert Endpoint(url=f"https://{host}", host=host) == endpoint_for(
        product, site, network
    )


def test_an_unknown_site_means_both() -> None:
    """China first, then international, as esa-cli tries them."""
    hosts = [endpoint.host for endpoint in endpoints_for("esa", None)]

    assert hosts == ["esa.cn-hangzhou.aliyuncs.com", "esa.ap-southeast-1.aliyuncs.com"]


def test_one_endpoint_for_both_sites_is_tried_once() -> None:
    """There is nothing to find out by trying."""
    assert endpoints_for("dcdn", None) == (endpoint_for("dcdn", "cn"),)


def test_a_known_site_means_one() -> None:
    """Nothing to find out."""
    assert endpoints_for("esa", "intl") == (endpoint_for("esa", "intl"),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("oss", "cn", "public"), "No endpoint is known for 'oss'"),
        (("dcdn", "cn", "vpc"), "for 'dcdn' in the network vpc.*in the public one"),
        (("dcdn", "us", "public"), "'us' is not a site: use cn or intl"),
        (("esa", "us", "public"), "'us' is not a site: use cn or intl"),
        (("esa", "cn", "lan"), "'lan' is not a network: use public or vpc"),
    ],
)
def test_an_unknown_word_is_refused(
    arguments: tuple[str, str, str], message: str
) -> None:
    """Each word has its sentence."""
    with pytest.raises(InvalidInput, match=message):
        endpoint_for(*arguments)


@pytest.mark.parametrize(
    ("region", "network", "host"),
    [
        ("", "public", "sts.aliyuncs.com"),
        ("cn-beijing", "public", "sts.cn-beijing.aliyuncs.com"),
        ("cn-beijing", "vpc", "sts-vpc.cn-beijing.aliyuncs.com"),
    ],
)
def test_sts_has_a_central_endpoint_and_regional_ones(
    region: str, network: str, host: str
) -> None:
    """A VPC has the regional ones only."""
    assert sts_endpoint(region, network).host == host


@pytest.mark.parametrize("region", ["evil.example/", "CN", "a b"])
def test_a_region_that_is_no_name_is_refused(region: str) -> None:
    """A region from a file must not choose another host."""
    with pytest.raises(InvalidInput, match="is not a region of STS"):
        sts_endpoint(region)


def test_sts_inside_a_vpc_needs_a_region() -> None:
    """There is no central endpoint there."""
    with pytest.raises(InvalidInput, match="'' is not a region of STS"):
        sts_endpoint("", Network.VPC)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("https://localhost", "https://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("esa.cn-hangzhou.aliyuncs.com", "https://esa.cn-hangzhou.aliyuncs.com"),
        ("https://esa.example:8443", "https://esa.example:8443"),
        ("HTTPS://esa.example", "https://esa.example"),
    ],
)
def test_an_endpoint_is_read_as_people_write_it(text: str, url: str) -> None:
    """With and without scheme; plain HTTP is meant for loopback."""
    endpoint = Endpoint.parse(text)

    assert str(endpoint) == url
    assert url.endswith(endpoint.host)


def test_plain_http_to_another_machine_is_refused() -> None:
    """A signed call in the clear can be read by anybody on the way."""
    with pytest.raises(InvalidInput, match="would send signed calls in the clear"):
        Endpoint.parse("http://esa.cn-hangzhou.aliyuncs.com")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "https://user:pass@esa.example",
        "https://esa.example/path",
        "https://esa.example?x=1",
        "https://esa.example#x",
        "https://esa.example:0",
        "https://esa.example:99999",
        "https://esa.example:port",
        "ftp://esa.example",
        "esa example",
        "esa.example\r\nx: y",
    ],
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    """User, path, query and nonsense have no place in an endpoint."""
    with pytest.raises(InvalidInput, match="is not an endpoint"):
        Endpoint.parse(text)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(host: str, local: bool) -> None:  # noqa: FBT001  a table
    """Names that only look like loopback are not."""
    assert is_loopback(host) is local
