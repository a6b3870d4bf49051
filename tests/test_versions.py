"""A routine's versions: pruned with a plan, and made again."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from esa_flows import Client, Outcome
from esa_flows.errors import InvalidInput, NotFound, RoutineNotFound, RunInProgress
from esa_flows.files import digest_of
from esa_flows.localcloud import Fault
from tests.house import NEW, OLD, OTHER, House, edited


async def _deleted(house: House, client: Client) -> str:
    """Prune the oldest of two versions; give its id."""
    oldest = house.cloud.console.add_version("shop", OLD)
    house.live(code=OTHER)
    await client.versions.prune("shop", keep=1)
    return oldest


async def test_a_plan_says_what_would_go_and_changes_nothing() -> None:
    """Every version is told of, with a reason where it stays."""
    with House() as house:
        house.live(versions=3)
        async with house.client() as client:
            plan = await client.versions.plan_prune("shop", keep=1)

        first, second, live = house.versions()
        assert [first, second] == [version.id for version in plan.goes]
        assert [(live, "serves production")] == [
            (stay.version, stay.reason) for stay in plan.stays
        ]
        assert ["observe", "list"] == house.transport.calls


async def test_what_was_protected_or_not_chosen_stays() -> None:
    """A person has the last word on every version."""
    with House() as house:
        house.live(versions=5)
        first, second, third, *_ = house.versions()
        async with house.client() as client:
            report = await client.versions.prune(
                "shop", keep=1, protect=(first,), chosen=(first, second)
            )

        assert [second] == [gone.version for gone in report.pruned]
        assert {first, third} < set(house.versions())


async def test_a_routine_with_an_unfinished_run_is_not_pruned() -> None:
    """What that run may go back to is known to it alone."""
    with House() as house:
        house.live(versions=8)
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.release("shop", NEW, canary="10:5m,100")

            with pytest.raises(RunInProgress, match="has an unfinished run"):
                await client.versions.prune("shop", keep=1)

        assert "delete" not in house.transport.calls


async def test_an_unfinished_pruning_is_gone_on_with() -> None:
    """Asked again, it ends as undisturbed, and every backup is known."""
    with House() as house:
        live = house.live(versions=3)
        house.cloud.inject(
            Fault(operation="DeleteRoutineCodeVersion", kind="lost", call=1),
            Fault(
                operation="ListRoutineCodeVersions", kind="reset", call=2, times=None
            ),
        )
        async with house.client() as client:
            paused = await client.versions.prune("shop", keep=1, check=False)

        assert Outcome.PAUSED is paused.outcome

        house.cloud.faults.clear()
        async with house.client() as client:
            report = await client.versions.prune("shop", keep=1)

        assert paused.run == report.run
        assert {digest_of(OLD)} == {gone.backup for gone in report.pruned}
        assert 2 == len(report.pruned)
        assert (live,) == house.versions()


async def test_a_deleted_version_is_restored_by_its_id() -> None:
    """The journal knows under which digest its code is kept."""
    with House() as house:
        async with house.client() as client:
            oldest = await _deleted(house, client)
            report = await client.versions.restore("shop", oldest)

        assert Outcome.RESTORED is report.outcome
        assert oldest != report.version
        assert digest_of(OLD) == house.digest(str(report.version))


async def test_a_version_is_restored_by_the_beginning_of_its_digest() -> None:
    """Eight digits, in whatever case, are enough."""
    with House() as house:
        house.live()
        await house.blobs.put_bytes(NEW)
        async with house.client() as client:
            report = await client.versions.restore("shop", digest_of(NEW)[:8].upper())

        assert digest_of(NEW) == house.digest(str(report.version))


async def test_a_restored_version_may_be_released_at_once() -> None:
    """Through staging and in shares, as any release."""
    with House() as house:
        house.live()
        await house.blobs.put_bytes(NEW)
        async with house.client() as client:
            report = await client.versions.restore(
                "shop", digest_of(NEW), deploy=True, canary="10:1m,100"
            )

        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves()
        assert [100, 10, 100] == [shares[0] for _, shares in house.moments]


async def test_our_own_version_deleted_by_somebody_is_restored_from_its_run() -> None:
    """The run that made it says which bundle it held."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            await client.release("shop", OTHER)
            house.cloud.console.delete_version("shop", str(first.version))
            report = await client.versions.restore("shop", str(first.version))

        assert digest_of(NEW) == house.digest(str(report.version))


async def test_a_version_that_is_there_needs_no_restoring() -> None:
    """It is deployed in one call; the error names it."""
    with House() as house:
        live = house.live()
        async with house.client() as client:
            with pytest.raises(InvalidInput, match=f"rollback shop --to {live}"):
                await client.versions.restore("shop", live)


@pytest.mark.parametrize("what", ["77", "0123456789", "abcdef", "abcdef0123"])
async def test_what_was_never_saved_is_not_found(what: str) -> None:
    """An unknown id, a digest of nothing, and too few digits of one."""
    with House() as house:
        house.live()
        async with house.client() as client:
            await client.release("shop", NEW)
            with pytest.raises(NotFound, match=f"Nothing is saved .* under '{what}'"):
                await client.versions.restore("shop", what)


async def test_digits_that_name_two_are_refused() -> None:
    """More digits tell them apart."""
    with House() as house:
        house.live()
        await house.blobs.put_bytes(NEW)
        blobs = house.blobs
        same = digest_of(NEW)[:8] + "0" * 56
        blobs._held[same] = OLD  # type: ignore[attr-defined]
        async with house.client() as client:
            with pytest.raises(InvalidInput, match="2 saved bundles begin with"):
                await client.versions.restore("shop", same[:8])


@pytest.mark.may_block
async def test_a_deleted_package_comes_back_with_its_assets(tmp_path: Path) -> None:
    """Ours was kept whole when it was uploaded; so are the words beside it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.js").write_bytes(NEW)
    (tmp_path / "assets" / "index.html").write_bytes(b"<h1>shop</h1>")
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.release("shop", tmp_path, not_found="spa")
            await client.release("shop", OTHER)
            await client.release("shop", OLD)
            await client.versions.prune("shop", keep=1)
            assert first.version not in house.versions()

            report = await client.versions.restore("shop", str(first.version))

        held = house.cloud.console.routine("shop").versions[str(report.version)]
        assert Outcome.RESTORED is report.outcome
        assert "SinglePageApplication" == held.not_found


async def test_a_version_whose_assets_are_lost_is_refused() -> None:
    """Its code alone is kept, and only who asks for that gets it."""
    with House() as house:
        house.transport.edit("info", edited(HasAssets=True))
        async with house.client() as client:
            oldest = await _deleted(house, client)
            with pytest.raises(InvalidInput, match="its code alone is saved, as"):
                await client.versions.restore("shop", oldest)

            report = await client.versions.restore("shop", digest_of(OLD))

        assert digest_of(OLD) == house.digest(str(report.version))


async def test_an_unknown_routine() -> None:
    """There is nothing to look at."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(RoutineNotFound):
                await client.versions("shop")


async def test_it_shows_nothing_of_its_client() -> None:
    """A line for people."""
    with House() as house:
        async with house.client() as client:
            assert "<Versions>" == repr(client.versions)
