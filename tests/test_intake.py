"""Taking in what a release is asked to do."""

from __future__ import annotations

import pytest

from esa_flows import Gate, Watched, gate
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.intake import bundle_of, release_of
from esa_flows.model import Environment
from esa_flows.release.spec import OnConflict
from tests.house import NEW, House


async def test_what_is_not_said_is_as_usual() -> None:
    """Whole, to production, with a probe, and careful with others' canaries."""
    async with House().client() as client:
        wanted = await release_of(client.connection, "shop", NEW)

    assert digest_of(NEW) == wanted.bundle.digest
    assert ("100", Environment.PRODUCTION) == (str(wanted.canary), wanted.target)
    assert (wanted.probe, wanted.prune_foreign, wanted.create) == (True, True, False)
    assert OnConflict.REFUSE is wanted.on_conflict
    assert not wanted.is_quota_given


async def test_a_quota_that_was_set_is_known_as_given() -> None:
    """Then no plan of the provider is asked."""
    async with House().client(version_quota=5) as client:
        wanted = await release_of(client.connection, "shop", NEW)

    assert (5, True) == (wanted.quota, wanted.is_quota_given)


async def test_another_environment_is_refused() -> None:
    """There are two."""
    async with House().client() as client:
        with pytest.raises(InvalidInput, match="use staging or production"):
            await release_of(client.connection, "shop", NEW, to="preview")


async def test_too_many_bytes_are_refused() -> None:
    """Before anything is sent."""
    async with House().client(most_bytes=10) as client:
        with pytest.raises(InvalidInput, match="takes less than 10"):
            await bundle_of(client.connection, NEW)


async def test_a_bundle_may_be_taken_in_beforehand() -> None:
    """The front door has the same one."""
    async with House().client() as client:
        bundle = await client.bundle(NEW, message="m", commit="0123abc")

    assert (digest_of(NEW), "m", "0123abc") == (
        bundle.digest,
        bundle.message,
        bundle.commit,
    )


@gate(name="mine")
async def _mine(_: Watched) -> bool:
    return True


async def test_gates_are_taken_as_users_write_them() -> None:
    """Texts, values and functions; a function is known from then on."""
    own = Gate.parse("name=own command: true")
    async with House().client() as client:
        gates = ("http:/health", own, _mine)
        wanted = await release_of(client.connection, "shop", NEW, gates=gates)

        assert ["health", "own", "mine"] == [each.name for each in wanted.gates]
        assert _mine is await client.connection.functions.find("mine")


@pytest.mark.real_time
async def test_a_function_that_is_nowhere_is_refused_beforehand() -> None:
    """Not in the middle of a release."""
    async with House().client() as client:
        with pytest.raises(InvalidInput, match="No module named 'nowhere'") as caught:
            await release_of(
                client.connection, "shop", NEW, gates=["python:nowhere:smoke"]
            )

    assert "Give it in Parts(gates=...)" in caught.value.next_move
