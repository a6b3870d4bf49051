"""Two versions of the same bytes, each with its environment's variables."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from tests.house import BROKEN, NEW, OLD, OTHER, House

from esa_flows import Outcome, Report
from esa_flows.localcloud import Fault, Switches
from esa_flows.localcloud.switches import SlotCounts

MADE = ["slot", "post", "commit", "read code", "info"]


async def _release(house: House, code: bytes = NEW, **changes: object) -> Report:
    async with house.client() as client:
        return await client.release(
            "shop",
            code,
            check=False,
            **changes,  # type: ignore[arg-type]
        )


def _value(house: House, version: str | None, key: str = "TOKEN") -> str:
    """Give what a version carries."""
    held = house.cloud.console.routine("shop").versions[version or ""]
    return held.variables[key].value


async def test_a_bound_canary_asks_exactly_these_calls() -> None:
    """Staging proves its twin first; production is looked at again before its own."""
    with House() as house:
        house.live_bound()
        report = await _release(house, canary="10:5m,100")

        assert Outcome.RELEASED is report.outcome
        assert [
            "observe",
            "list",
            "read code",  # what serves production has no tag
            "read code",  # nor has what serves staging
            "variables",
            "variables",
            *MADE,
            "deploy staging 100",
            "observe",
            "ask edge",
            *MADE,
            "observe",
            "deploy production 10+90",
            "observe",
            "observe",
            "deploy production 100",
            "observe",
        ] == house.transport.calls


async def test_each_environment_gets_its_own_variables() -> None:
    """Two versions of the same bytes; the report says so and names production's."""
    with House() as house:
        house.live_bound()
        for env in ("staging", "production"):
            house.cloud.console.set_variable("shop", env, "TOKEN", f"new-{env}")

        report = await _release(house)

        (staged,), (live,) = house.serves(env="staging"), house.serves()
        assert live == report.version
        assert house.digest(staged) == house.digest(live)
        assert ("new-staging", "new-production") == (
            _value(house, staged),
            _value(house, live),
        )
        assert (
            "Staging and production serve the same code in two versions, each with the"
            " variables of its environment."
        ) in report.notes


async def test_staging_alone_makes_one() -> None:
    """Production's is made when it is released there, and staging's is used again."""
    with House() as house:
        before = house.live_bound()
        staged = await _release(house, to="staging")
        count = len(house.versions())
        house.transport.forget()
        released = await _release(house)

        assert 3 == count
        assert 4 == len(house.versions())
        assert {staged.version: 100} == house.serves(env="staging")
        assert {released.version: 100} == house.serves()
        assert before["production"] in house.versions()
        assert "deploy staging 100" not in house.transport.calls
        assert "ask edge" in house.transport.calls
        assert f"Version {staged.version} carries the variables of staging" in str(
            released
        )


async def test_the_same_again_is_unchanged_with_the_age_of_its_variables() -> None:
    """Nothing tells whether they changed; who knows says fresh."""
    with House() as house:
        house.live_bound()
        first = await _release(house)
        house.cloud.console.set_variable("shop", "production", "TOKEN", "new")
        house.transport.forget()
        again = await _release(house, bind="on")
        asked = list(house.transport.calls)
        fresh = await _release(house, bind="fresh")

        assert Outcome.UNCHANGED is again.outcome
        assert first.version == again.version
        assert ["observe", "read code", "info"] == asked
        assert "--bind fresh takes those of now" in str(again)
        assert Outcome.RELEASED is fresh.outcome
        assert "new" == _value(house, fresh.version)


async def test_both_twins_are_adopted_together() -> None:
    """Back to the code before last: its versions are there, and nothing is uploaded."""
    with House() as house:
        house.live_bound()
        first = await _release(house)
        await _release(house, OTHER)
        house.transport.forget()
        again = await _release(house)

        assert first.version == again.version
        assert "commit" not in house.transport.calls
        assert "variables" not in house.transport.calls
        assert {first.version: 100} == house.serves()


async def test_production_is_adopted_where_only_staging_lost_its_own() -> None:
    """Staging's twin is made anew, so that the code is proven in this run."""
    with House() as house:
        house.live_bound()
        first = await _release(house)
        (staged,) = house.serves(env="staging")
        await _release(house, OTHER)
        house.cloud.console.delete_version("shop", staged)
        house.transport.forget()
        again = await _release(house)

        assert first.version == again.version
        assert 1 == house.transport.calls.count("commit")
        (proven,) = house.serves(env="staging")
        assert "staging" == house.bound()[proven]


async def test_a_gate_that_fails_makes_no_second_version() -> None:
    """Production's twin is made of proven bytes only; staging is as before."""
    with House() as house:
        before = house.live_bound()
        report = await _release(house, BROKEN)

        assert Outcome.FAILED is report.outcome
        assert ["staging", "production", "staging"] == list(house.bound().values())
        assert {before["staging"]: 100} == house.serves(env="staging")
        assert {before["production"]: 100} == house.serves()


async def test_somebody_deploys_while_the_second_is_made() -> None:
    """Production is looked at right before, not only before the upload."""
    with House() as house:
        house.live_bound()
        other = house.cloud.console.add_version("shop", OTHER)
        house.transport.before("commit", lambda: house.deploy({other: 100}), nth=2)
        report = await _release(house)

        assert Outcome.CONFLICT is report.outcome
        assert {other: 100} == house.serves()
        assert "deploy production 100" not in house.transport.calls


# --- room for two -------------------------------------------------------------------


async def test_room_for_both_is_made_before_the_first_upload() -> None:
    """The two oldest go, their code saved; what serves stays."""
    with House() as house:
        spare = [house.cloud.console.add_version("shop", OTHER) for _ in range(8)]
        before = house.live_bound()
        await _release(house)

        calls = house.transport.calls
        assert 2 == calls.count("delete")
        assert "delete" not in calls[calls.index("slot") :]
        assert spare[2:] == [v for v in spare if v in house.versions()]
        assert set(before.values()) < set(house.versions())
        assert 10 == len(house.versions())


async def test_one_place_that_is_free_is_used() -> None:
    """With nine of ten one goes, not two."""
    with House() as house:
        for _ in range(7):
            house.cloud.console.add_version("shop", OTHER)

        house.live_bound()
        await _release(house)

        assert 1 == house.transport.calls.count("delete")
        assert 10 == len(house.versions())


async def test_no_room_for_two_is_refused_before_anything_is_sent() -> None:
    """The sentence names the shortage; nothing was deleted, nothing uploaded."""
    with House() as house:
        spare = [house.cloud.console.add_version("shop", OTHER) for _ in range(8)]
        house.live_bound()
        report = await _release(house, protect=tuple(spare[1:]))

        assert Outcome.FAILED is report.outcome
        assert (
            "shop has 10 of 10 versions, 2 more are needed and only 1 may be deleted:"
        ) in report.reason
        assert {"observe", "list", "read code", "variables", "quota"} == set(
            house.transport.calls
        )


async def test_an_adopted_twin_makes_no_room_for_the_other() -> None:
    """The oldest that nothing needs would be the very version that is used again."""
    with House() as house:
        before = house.live_bound()
        first = await _release(house)
        (staged,) = house.serves(env="staging")
        await _release(house, OTHER)
        for gone in (first.version or "", *before.values()):
            house.cloud.console.delete_version("shop", gone)

        while len(house.versions()) < 10:
            house.cloud.console.add_version("shop", OTHER)

        report = await _release(house)

        assert Outcome.RELEASED is report.outcome
        assert {staged: 100} == house.serves(env="staging")


@pytest.mark.parametrize("counts", get_args(SlotCounts))
async def test_a_smaller_quota_is_learned_for_both(counts: SlotCounts) -> None:
    """The first refusal tells it; room for two is made at once."""
    with House(switches=Switches(version_quota=6, slot_counts=counts)) as house:
        for _ in range(4):
            house.cloud.console.add_version("shop", OTHER)

        house.live_bound()
        report = await _release(house)

        assert Outcome.RELEASED is report.outcome
        assert 2 == house.transport.calls.count("delete")
        assert 6 == len(house.versions())


async def test_a_smaller_quota_with_no_room_for_both_ends_it_at_once() -> None:
    """Nothing is committed where only the first of two would fit."""
    with House(switches=Switches(version_quota=6)) as house:
        spare = [house.cloud.console.add_version("shop", OTHER) for _ in range(4)]
        house.live_bound()
        async with house.client(version_quota=8) as client:
            report = await client.release(
                "shop", NEW, protect=tuple(spare[1:]), check=False
            )

        assert Outcome.FAILED is report.outcome
        assert "shop has 6 of 6 versions, 2 more are needed and only 1" in report.reason
        assert "commit" not in house.transport.calls
        assert "delete" not in house.transport.calls


async def test_the_plan_is_asked_where_two_might_be_too_many() -> None:
    """Four of five leave room for one; room for the other is made beforehand."""
    with House(switches=Switches(version_quota=5)) as house:
        for _ in range(2):
            house.cloud.console.add_version("shop", OTHER)

        house.live_bound()
        await _release(house)

        calls = house.transport.calls
        assert calls.index("quota") < calls.index("delete") < calls.index("slot")
        assert 1 == calls.count("delete")
        assert 2 == calls.count("slot")


async def test_room_that_somebody_took_meanwhile_is_made_again() -> None:
    """For production's twin; what staging would go back to is not what goes."""
    with House(switches=Switches(version_quota=5)) as house:
        before = house.live_bound()
        others: list[str] = []

        def crowd() -> None:
            """Make two versions more."""
            others.extend(house.cloud.console.add_version("shop", OTHER) for _ in "ab")

        house.transport.before("slot", crowd, nth=2)
        report = await _release(house)

        assert Outcome.RELEASED is report.outcome
        assert 1 == house.transport.calls.count("delete")
        assert set(before.values()) < set(house.versions())
        assert others[0] not in house.versions()


# --- trouble ------------------------------------------------------------------------


async def test_a_twin_that_was_overwritten_is_made_again() -> None:
    """Each has restarts of its own, and each is swept of its duplicates."""
    with House() as house:
        house.live_bound()
        overwrite = house.cloud.console.overwrite_slot
        for nth in (1, 3):
            house.transport.before(
                "commit", lambda: overwrite("shop", OLD, "theirs"), nth=nth
            )

        report = await _release(house)

        assert Outcome.RELEASED is report.outcome
        assert 4 == house.transport.calls.count("commit")
        assert 2 == len(house.tagged())


async def test_a_lost_commit_of_each_is_found_by_its_own_tag() -> None:
    """Staging's twin is not taken for production's: each is committed once."""
    with House() as house:
        house.live_bound()
        house.cloud.inject(
            Fault(operation="CommitRoutineStagingCode", kind="lost", times=2)
        )
        report = await _release(house)

        assert Outcome.RELEASED is report.outcome
        assert 2 == house.transport.calls.count("commit")
        assert ["staging", "production"] == [house.bound()[v] for v in house.tagged()]


@pytest.mark.may_block
async def test_a_package_has_a_twin_too(tmp_path: Path) -> None:
    """Code with assets is bound like code alone."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index.html").write_text("<h1>shop</h1>")
    (tmp_path / "index.js").write_bytes(NEW)
    with House() as house:
        house.live_bound()
        async with house.client() as client:
            report = await client.release("shop", tmp_path)
            again = await client.release("shop", tmp_path)

        assert Outcome.RELEASED is report.outcome
        assert Outcome.UNCHANGED is again.outcome
        assert 2 == house.transport.calls.count("package")
        assert ["staging", "production"] == [house.bound()[v] for v in house.tagged()]
