"""Finding out once what somebody set up."""

from __future__ import annotations

import anyio
import pytest
from tests.wire.doubles import CREDENTIALS, surroundings

from esa_flows.errors import NoCredentials
from esa_flows.wire import Credentials, CredentialSource, Static
from esa_flows.wire.lookup import Lookup


class Forgetting(Static):
    """Remembers that it was told."""

    told = False

    def forget(self, _refused: Credentials) -> None:
        """Note it."""
        type(self).told = True


class Place(Lookup):
    """A place to look at that takes a while."""

    looks = 0
    found: CredentialSource | None = Static(CREDENTIALS)

    async def _look(self) -> CredentialSource:
        self.looks += 1
        await anyio.sleep(1)
        if self.found is None:
            raise NoCredentials("Nothing here.")

        return self.found


def place() -> Place:
    """Give a place of a test."""
    return Place(surroundings(environ={"ALIBABA_CLOUD_PROFILE": "ci"}).around)


async def test_many_at_once_look_once() -> None:
    """The others wait for the one that looks."""
    source = place()
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(source.get)

    assert 1 == source.looks
    assert "<Place ci>" == repr(source)


async def test_nothing_found_is_looked_for_again() -> None:
    """Somebody may have set it up meanwhile."""
    source = place()
    source.found = None
    with pytest.raises(NoCredentials):
        await source.get()

    source.found = Static(CREDENTIALS)

    assert CREDENTIALS == await source.get()


async def test_what_cannot_forget_is_looked_up_again() -> None:
    """After a refusal."""
    source = place()
    source.forget(await source.get())
    await source.get()

    assert 2 == source.looks


async def test_what_can_forget_is_told() -> None:
    """And stays."""
    source = place()
    source.found = Forgetting(CREDENTIALS)
    source.forget(await source.get())
    await source.get()

    assert (1, True) == (source.looks, Forgetting.told)
