"""Telling code from the page that stands where it is missing."""

from __future__ import annotations

import pytest
from tests.house import OLD, House
from tests.steps.bench import SHOP

from esa_flows.localcloud import Fault
from esa_flows.model import VersionId
from esa_flows.steps.read_code import LOOKS, is_error_page, read_code


@pytest.mark.parametrize(
    ("code", "is_page"),
    [
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', True),
        (b'\n <?xml version="1.0"?>\n<Error>', True),
        (b'<?xml version="1.0"?><Result/>', False),
        (b"export default {};", False),
        (b"<!-- <?xml <Error> -->", False),
        (b"", False),
    ],
)
def test_the_stores_error_document_is_told_from_code(
    code: bytes, *, is_page: bool
) -> None:
    """By how it begins: no JavaScript does so."""
    assert is_page is is_error_page(code)


@pytest.mark.parametrize(("times", "reads"), [(0, 1), (1, 2), (LOOKS, LOOKS)])
async def test_a_missing_object_is_looked_for_again(times: int, reads: int) -> None:
    """A few times; then what came last is given."""
    with House() as house:
        version = VersionId(house.live())
        missing = Fault(
            operation="GetRoutineCodeVersion", kind="missing", times=max(times, 1)
        )
        house.cloud.inject(*[missing][: min(times, 1)])
        async with house.client() as client:
            code = await read_code(client.connection.cloud, SHOP, version)

        assert (times < LOOKS) is (code == OLD)
        assert ["read code"] * reads == house.transport.calls
