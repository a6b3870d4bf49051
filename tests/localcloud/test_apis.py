"""The two APIs."""

from __future__ import annotations

import pytest

from esa_flows.localcloud.apis import APIS, api_of
from esa_flows.localcloud.dcdn import DCDN
from esa_flows.localcloud.esa import ESA


@pytest.mark.parametrize(
    ("version", "api"), [("2024-09-10", ESA), ("2018-01-15", DCDN), ("1999-01-01", ESA)]
)
def test_an_api_is_found_by_its_version(version: str, api: object) -> None:
    """What nobody has is refused as one of ESA's."""
    assert api is api_of(version)


def test_an_operation_is_played_or_refused() -> None:
    """Never both, and together they are all of the provider's."""
    counts = {
        api.product: len({*api.operations, *api.refused}) for api in APIS.values()
    }

    assert counts == {"esa": 46, "dcdn": 21}
    assert not any(set(api.operations) & set(api.refused) for api in APIS.values())
