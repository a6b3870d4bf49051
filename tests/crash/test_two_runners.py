"""Two people release to one routine at once, each with a journal of their own."""

from __future__ import annotations

import anyio
import pytest
from tests.house import NEW, OTHER, House

from esa_flows import Outcome, Report
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.files import MemoryBlobs, digest_of
from esa_flows.localcloud import Switches


async def _both(house: House, delay: float) -> dict[bytes, Report]:
    """Release two bundles, the second a little later; give how each ended."""
    ends: dict[bytes, Report] = {}

    async def drive(code: bytes, delay: float) -> None:
        """Release one bundle as somebody who knows of nobody else."""
        await anyio.sleep(delay)
        mine = {"journal": MemoryJournal(), "blobs": MemoryBlobs()}
        async with house.client(**mine) as client:
            ends[code] = await client.release(
                "shop", code, canary="10:2s,100", check=False
            )

    async with anyio.create_task_group() as both:
        both.start_soon(drive, NEW, 0.0)
        both.start_soon(drive, OTHER, delay)

    return ends


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("versions", [3, 9])
async def test_one_wins_and_the_other_sees_a_conflict(seed: int, versions: int) -> None:
    """What serves at the end is what the winner released, and nothing is left over."""
    switches = Switches(latency=(0.01, 0.9))
    with House(seed=seed, switches=switches) as house:
        house.live(versions=versions)
        ends = await _both(house, delay=seed / 4)

        outcomes = sorted(report.outcome.value for report in ends.values())
        winner = next(
            code for code, end in ends.items() if end.outcome is Outcome.RELEASED
        )
        kept = [str(report.version) for report in ends.values()]
        assert ["conflict", "released"] == outcomes
        assert {digest_of(winner)} == {house.digest(v) for v in house.serves()}
        assert () == house.cloud.report(kept=kept).orphans
