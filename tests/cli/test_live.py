"""Something drawn over the same lines."""

from __future__ import annotations

import anyio
import pytest
from attrs import define
from rich.text import Text
from tests.cli.office import Office, text_on

from esa_flows.cli.desk import Desk
from esa_flows.cli.live import showing


@define
class Count:
    """Counts how often it is drawn."""

    title: str = "count"
    is_begun: bool = True
    drawn: int = 0

    def picture(self, *, is_last: bool = False) -> Text:
        """Say how often, and whether this is the last time."""
        self.drawn += 1
        return Text(f"{'last' if is_last else 'drawn'} {self.drawn}")


async def _shown(desk: Desk, count: Count, seconds: float = 10.0) -> str:
    async with anyio.create_task_group() as desk.beside:
        with showing(desk, count):
            await anyio.sleep(seconds)

    return text_on(desk.err)


async def test_a_terminal_is_redrawn_four_times_a_second() -> None:
    """The last picture stays."""
    count = Count()

    told = await _shown(Office().desk(is_terminal=True), count)

    assert 35 <= count.drawn <= 45
    assert f"last {count.drawn}" == told.rsplit("\x1b[2K", 1)[1].strip()


async def test_what_never_began_leaves_nothing() -> None:
    """There is no picture to keep."""
    told = await _shown(Office().desk(is_terminal=True), Count(is_begun=False))

    assert "last" not in told


async def test_elsewhere_nothing_is_drawn() -> None:
    """GitHub's runner folds what is written meanwhile, another log does nothing."""
    count = Count()

    assert "" == await _shown(Office().desk(), count)
    assert "::group::count\n::endgroup::\n" == await _shown(
        Office().desk({"GITHUB_ACTIONS": "true"}), count
    )
    assert 0 == count.drawn


async def test_it_ends_whatever_happens() -> None:
    """An error inside leaves no drawing behind."""
    desk, count = Office().desk(is_terminal=True), Count()
    async with anyio.create_task_group() as desk.beside:
        with pytest.raises(ZeroDivisionError), showing(desk, count):
            await anyio.sleep(1 / 0)

    assert "last 2" in text_on(desk.err)
