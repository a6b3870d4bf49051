"""Making a version again that was deleted."""

from __future__ import annotations

import pytest
from tests.cli.office import Office
from tests.house import NEW, OLD

from esa_flows.files import digest_of

# A store of a test is looked at in the loop.
pytestmark = pytest.mark.may_block


async def _pruned(office: Office) -> str:
    """Delete the older of two versions; give its id."""
    oldest = office.cloud.console.add_version("shop", OLD)
    office.live(code=NEW)
    await office.run("versions", "prune", "shop", "--keep", "1")
    return oldest


async def test_a_deleted_version_comes_back_and_serves_nothing() -> None:
    """By its id; both environments stay as they are."""
    office = Office()
    oldest = await _pruned(office)
    serves = office.serves()

    done = await office.run("versions", "restore", "shop", oldest)

    made = office.versions()[-1]
    assert 0 == done.code
    assert f"shop: restored, version {made}" in done.out
    assert digest_of(OLD) == office.digest(made)
    assert serves == office.serves()


async def test_restored_and_released() -> None:
    """With --deploy it serves, and the summary is a release's."""
    office = Office()
    await _pruned(office)

    done = await office.run(
        "versions", "restore", "shop", digest_of(OLD)[:8], "--deploy", "--json"
    )

    assert 0 == done.code
    assert "released" == done.json["outcome"]
    (live,) = office.serves()
    assert digest_of(OLD) == office.digest(live)


async def test_what_is_not_saved_is_said() -> None:
    """With what to name in its place."""
    office = Office()
    office.live()

    done = await office.run("versions", "restore", "shop", "77")

    assert 10 == done.code
    assert "Nothing is saved here of shop under '77'" in done.err
