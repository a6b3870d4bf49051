"""What the keys of a person do to the rollout that they watch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from attrs import define, field
from tests.cli.office import Done, Office
from tests.fleet.yard import RUN, Yard

from esa_flows.cli.rollouts.hand import Hand
from esa_flows.cli.rollouts.outline import Outline
from esa_flows.cli.rollouts.progress import FleetProgress

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


@define
class Fingers:
    """A keyboard on which a test types: keys, each so many seconds after the last.

    Attributes:
        keys: What is typed, and when.
        log: What became of the terminal.
    """

    keys: list[tuple[float, str]]
    log: list[str] = field(factory=list)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it."""
        self.log.append("held")
        try:
            yield
        finally:
            self.give_back()

    async def key(self) -> str:
        """Type the next one."""
        if not self.keys:
            await anyio.sleep_forever()

        after, key = self.keys.pop(0)
        await anyio.sleep(after)
        return key

    def give_back(self) -> None:
        """Give it back."""
        self.log.append("free")


async def _driven(
    *keys: tuple[float, str], is_terminal: bool = True, **choices: Any
) -> tuple[Done, Fingers]:
    """Type while somebody goes on with a rollout of two waves."""
    office = Office()
    yard = Yard(house=office, canary="10:30s,100")
    yard.live("shop", "cart")
    async with office.client() as client:
        order = await yard.order(client, ("shop",), ("cart",), **choices)
        with anyio.move_on_after(5):
            await yard.run(client, order)

    desk, fingers = office.desk(is_terminal=is_terminal), Fingers(list(keys))
    desk.keyboard = fingers
    return await office.run("resume", RUN, desk=desk), fingers


async def test_an_answer_a_pause_and_the_details_are_a_key_each() -> None:
    """Without a question to agree to, nothing is agreed to."""
    done, fingers = await _driven((1, "a"), (99, "a"), (10, "d"), approve=True)

    assert 0 == done.code
    assert ["held", "free"] == fingers.log
    assert "[p]ause [x] abort [d]etails" in done.err
    assert "[a]pprove [p]ause" in done.err
    assert "approved by someone" in done.out


async def test_a_key_pauses_it() -> None:
    """As the command does; it can be gone on with."""
    done, fingers = await _driven((1, "p"))

    assert 13 == done.code
    assert ["held", "free"] == fingers.log


async def test_an_abort_is_asked_about_first() -> None:
    """Any other key than yes means no; also that of another thing."""
    no, _ = await _driven((1, "x"), (1, "p"), (1, "X"), (1, "n"))
    yes, _ = await _driven((1, "x"), (1, "y"))

    assert (0, 12) == (no.code, yes.code)
    assert "Take back all that this rollout released? [y]es" in no.err
    assert "rolled back" in yes.out


async def test_in_a_log_no_key_is_heeded() -> None:
    """Nobody sees what it would do."""
    done, fingers = await _driven((1, "p"), is_terminal=False)

    assert 0 == done.code
    assert [] == fingers.log
    assert "[p]ause" not in done.err


async def test_a_key_that_cannot_do_what_it_means_says_so() -> None:
    """Until the next key; before the run has an id no key means anything."""
    office = Office()
    async with office.client() as client:
        progress = FleetProgress(outline=Outline(waves=()))
        hand = Hand(client, progress)
        await hand.press("p")
        unbegun = hand.trouble
        progress.run = "nowhere00000"
        await hand.press("p")
        told = hand.trouble
        await hand.press("d")

    assert "" == unbegun
    assert "nowhere00000" in told
    assert ("", True) == (hand.trouble, hand.details)
    assert "<Hand at nowhere00000>" == repr(hand)
