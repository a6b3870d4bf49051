"""The release flow over DCDN: which of its promises hold with no word changed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import define, field
from tests.house import BASE, NEW, OLD, OTHER, House, wall

from esa_flows import Client, Outcome, ReleaseFailed
from esa_flows.api.cloud import RoutineCloud
from esa_flows.api.dcdn import DcdnCloud
from esa_flows.files import digest_of
from esa_flows.localcloud import KEY, Fault, Switches
from esa_flows.testing.transport import ProcessTransport
from esa_flows.wire import Caller, Cap, Credentials, Endpoint, Secret, Static

AREA = "presetCanaryZhejiang"


@define(kw_only=True)
class DcdnHouse(House):
    """A house whose clients release to DCDN: only the port is another."""

    _drawn: int = field(default=0, init=False)

    def dcdn(self) -> DcdnCloud:
        """Make the port."""
        transport = ProcessTransport(self.cloud, base_url=BASE)
        key = Credentials(access_key_id=KEY.id, access_key_secret=Secret(KEY.secret))
        caller = Caller(
            transport,
            Static(key),
            Endpoint.parse(BASE),
            cap=Cap(),
            now=wall,
            nonce=self._number,
            product="dcdn",
        )
        return DcdnCloud(
            caller,
            transport,
            now=wall,
            boundary=self._number,
            allow_loopback_oss=True,
        )

    def client(self, **changes: Any) -> Client:
        """Make a client of DCDN."""
        dcdn = self.dcdn()
        ports = {RoutineCloud: lambda permit: dcdn.bound(permit=permit)}
        return super().client(ports=ports, **changes)

    def revisions(self, count: int = 1) -> tuple[str, ...]:
        """Make a routine whose newest revision serves everywhere."""
        ids = [self.cloud.console.add_revision("shop", OLD) for _ in range(count)]
        self.cloud.console.publish("shop", ids[-1], "staging", "production")
        return tuple(ids)

    def now(self) -> dict[str, str]:
        """Give what each environment serves."""
        splits = self.cloud.console.function("shop").splits()
        return {env: next(iter(shares)) for env, shares in splits.items()}

    def held(self) -> tuple[str, ...]:
        """Give the revisions, oldest first."""
        return self.cloud.report().versions["dcdn/shop"]

    def content(self, revision: str | None) -> bytes:
        """Give what a revision holds."""
        return self.cloud.console.function("shop").versions[revision or ""].content

    def called(self) -> dict[str, int]:
        """Give how often each operation was called."""
        return dict(self.cloud.report().calls)

    def _number(self) -> str:
        self._drawn += 1
        return f"{self._drawn + 1000 * self.clients:032x}"


async def test_from_staging_to_production() -> None:
    """The same flow, the same steps; each call is one that its table names."""
    with DcdnHouse() as house:
        (old,) = house.revisions()
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert {"staging": report.version, "production": report.version} == house.now()
        assert NEW == house.content(report.version)
        assert report.before is not None
        assert old == report.before.split.majority
        assert {
            "DescribeRoutine",
            "DescribeRoutineCodeRevision",
            "PostObject",
            "PublishRoutineCodeRevision",
            "UploadRoutineCode",
        } == set(house.called())
        assert 2 == house.called()["PublishRoutineCodeRevision"]
        assert 1 == house.called()["UploadRoutineCode"]


async def test_a_fresh_routine_is_created() -> None:
    """Where asked for, and released to at once."""
    with DcdnHouse() as house:
        async with house.client() as client:
            report = await client.release("shop", NEW, create=True)

        assert Outcome.RELEASED is report.outcome
        assert {"staging": report.version, "production": report.version} == house.now()


async def test_variables_that_cannot_be_had_are_refused_at_once() -> None:
    """Nothing is uploaded: there a form would number a revision."""
    with DcdnHouse() as house:
        before = house.revisions()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed) as caught:
                await client.release("shop", NEW, bind="on")

        assert "has no environment variables that a version could carry" in str(
            caught.value
        )
        assert "Release with --bind off." == caught.value.next_move
        assert before == house.held()
        assert "UploadRoutineCode" not in house.called()


async def test_the_same_bundle_again_changes_nothing() -> None:
    """What serves is compared by content, and nothing is uploaded."""
    with DcdnHouse() as house:
        house.revisions()
        async with house.client() as client:
            first = await client.release("shop", NEW)
            second = await client.release("shop", NEW)

        assert Outcome.UNCHANGED is second.outcome
        assert first.version == second.version
        assert 1 == house.called()["UploadRoutineCode"]


async def test_the_way_back_is_the_former_revision() -> None:
    """A rollback publishes what served before."""
    with DcdnHouse() as house:
        (old,) = house.revisions()
        async with house.client() as client:
            await client.release("shop", NEW)
            await client.rollback("shop")

        assert old == house.now()["production"]


async def test_shares_are_refused_and_everything_is_as_before() -> None:
    """Nothing of them is sent; staging goes back."""
    with DcdnHouse() as house:
        (old,) = house.revisions()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="cannot put") as caught:
                await client.release("shop", NEW, canary="10:5m,100")

        assert caught.value.production_as_before
        assert {"staging": old, "production": old} == house.now()


@pytest.mark.parametrize("kind", ["lost", "html", "truncate", "error"])
@pytest.mark.parametrize(
    "operation",
    ["DescribeRoutine", "DescribeRoutineCodeRevision", "PublishRoutineCodeRevision"],
)
@pytest.mark.parametrize("call", [1, 2])
async def test_lost_replies_do_not_change_the_end(
    operation: str, kind: Any, call: int
) -> None:
    """The flow looks and goes on; no revision is left over."""
    with DcdnHouse() as house:
        house.revisions()
        house.cloud.inject(Fault(operation=operation, kind=kind, call=call))
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert {"staging": report.version, "production": report.version} == house.now()
        assert () == house.cloud.report().orphans


@pytest.mark.parametrize("kind", ["lost", "html", "truncate", "error"])
async def test_a_lost_form_never_serves_what_it_should_not(kind: Any) -> None:
    """The revision without code is never published; the newest one is used."""
    with DcdnHouse() as house:
        house.revisions()
        house.cloud.inject(Fault(operation="UploadRoutineCode", kind=kind))
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert NEW == house.content(report.version)
        assert {"staging": report.version, "production": report.version} == house.now()


async def test_the_oldest_revision_makes_room() -> None:
    """At ten, one goes, and it is none that serves."""
    with DcdnHouse() as house:
        oldest, *_, live = house.revisions(10)
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert oldest not in house.held()
        assert live in house.held()
        assert 10 == len(house.held())


async def test_a_smaller_quota_is_learned() -> None:
    """The text says it, a look agrees: then room is made once."""
    with DcdnHouse(switches=Switches(revision_quota=3)) as house:
        oldest, *_ = house.revisions(3)
        async with house.client() as client:
            report = await client.release("shop", NEW)

        assert Outcome.RELEASED is report.outcome
        assert oldest not in house.held()
        assert any("allows 3 versions" in note for note in report.notes)


async def test_a_revision_that_serves_an_area_is_not_pruned() -> None:
    """The flow knows nothing of areas; the cloud refuses for it."""
    with DcdnHouse() as house:
        oldest, *_ = house.revisions(10)
        house.cloud.console.publish("shop", oldest, AREA)
        house.cloud.console.function("shop").envs[AREA] = house.cloud.console.function(
            "shop"
        ).envs["production"]
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match=AREA):
                await client.release("shop", NEW)

        assert oldest in house.held()
        assert "DeleteRoutineCodeRevision" not in house.called()


async def test_protected_revisions_stay() -> None:
    """Where everything is protected, nothing is uploaded."""
    with DcdnHouse() as house:
        ids = house.revisions(10)
        async with house.client() as client:
            with pytest.raises(ReleaseFailed, match="none may be deleted"):
                await client.release("shop", NEW, protect=ids)

        assert "UploadRoutineCode" not in house.called()
        assert ids == house.held()


async def test_somebody_elses_deployment_is_left_alone() -> None:
    """Production that changed meanwhile is not overwritten."""
    with DcdnHouse() as house:
        house.revisions()
        theirs = house.cloud.console.add_revision("shop", OTHER)
        house.cloud.inject(
            Fault(operation="PublishRoutineCodeRevision", kind="slow", seconds=5.0)
        )
        async with house.client() as client, anyio.create_task_group() as tasks:
            failed: list[ReleaseFailed] = []

            async def release() -> None:
                """Release, and keep how it failed."""
                try:
                    await client.release("shop", NEW)
                except ReleaseFailed as error:
                    failed.append(error)

            tasks.start_soon(release)
            await anyio.sleep(2)
            house.cloud.console.publish("shop", theirs, "production")

        assert theirs == house.now()["production"]
        assert ["Production of shop serves"] == [
            error.report.reason[:25] for error in failed
        ]


async def test_a_resumed_run_goes_on_where_it_was() -> None:
    """Another process finishes what one left behind, with one revision."""
    with DcdnHouse() as house:
        house.revisions()
        async with house.client() as client:
            house.cloud.inject(
                Fault(
                    operation="PublishRoutineCodeRevision",
                    kind="html",
                    env="production",
                    times=50,
                )
            )
            with pytest.raises(ReleaseFailed, match="paused"):
                await client.release("shop", NEW, run_id="k7m2p9qx4tbn")

        house.cloud.faults.clear()
        async with house.client() as client:
            report = await client.release("shop", NEW, run_id="k7m2p9qx4tbn")

        assert Outcome.RELEASED is report.outcome
        assert 1 == house.called()["UploadRoutineCode"]
        assert digest_of(NEW) == digest_of(house.content(report.version))
