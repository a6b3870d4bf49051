"""From DCDN to ESA: what comes along, what stays, and that nothing is changed there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from attrs import define
from tests.dcdn_house import JILIN, ZHEJIANG, DcdnHouse
from tests.house import NEW, OLD, OTHER, House

from esa_flows import Outcome, ReleaseFailed, Report
from esa_flows.api.source import SourceEnvironment, SourceRoutine
from esa_flows.engine.codec import decode, encode
from esa_flows.errors import InvalidInput
from esa_flows.files import digest_of
from esa_flows.localcloud.routine import EnvConf
from esa_flows.model import Canary, Cloud, SourceName, VersionId
from esa_flows.release.migrate import UNSEEN, Migration, left_behind

ONE, TWO = VersionId("1622034169188190001"), VersionId("1622034169188190002")
DCDN_CHANGES = (
    "CommitStagingRoutineCode",
    "DeleteRoutineCodeRevision",
    "DeleteRoutineConfEnvs",
    "EditRoutineConf",
    "PublishRoutineCodeRevision",
    "SetRoutineSubdomain",
    "UploadRoutineCode",
    "UploadStagingRoutineCode",
)


@define(kw_only=True)
class MigrationHouse(House):
    """A house with `old-shop` on DCDN, and clients of ESA."""

    def old_shop(self, code: bytes = NEW, name: str = "old-shop") -> str:
        """Make a routine of DCDN that serves this code; give its revision."""
        console = self.cloud.console
        console.add_revision(name, OTHER)
        live = console.add_revision(name, code)
        console.publish(name, live, "staging", "production")
        return live

    def dcdn(self) -> Any:
        """Give everything there is of DCDN, to be compared."""
        return {
            name: (dict(one.versions), one.splits(), dict(one.envs), one.description)
            for name, one in self.cloud.state.functions.items()
        }

    def judge(self) -> None:
        """Ask the judge, and see that no call could have changed DCDN."""
        super().judge()
        called = self.cloud.report().calls

        assert not {*DCDN_CHANGES} & called.keys()


async def _migrated(house: House, **changes: Any) -> Report:
    async with house.client() as client:
        return await client.migrate("old-shop", **{"to": "shop"} | changes)


# --- what stays behind: pure ---------------------------------------------------------


def _source(
    environments: Mapping[str, SourceEnvironment], **changes: Any
) -> SourceRoutine:
    live = SourceEnvironment(version=ONE)
    given: dict[str, Any] = {"descriptions": {ONE: ""}} | changes
    return SourceRoutine(
        name=SourceName("old-shop"),
        environments={"production": live} | dict(environments),
        **given,
    )


def test_of_a_plain_routine_nothing_is_known_to_stay() -> None:
    """What nobody can see is said all the same."""
    assert (UNSEEN,) == left_behind(_source({}))


def test_everything_that_stays_is_named() -> None:
    """Hosts, classes of CPU time, areas, another staging, versions, description."""
    told = left_behind(
        _source(
            {
                "production": SourceEnvironment(
                    version=ONE, hosts=("b.example", "a.example"), spec="50ms"
                ),
                "staging": SourceEnvironment(version=TWO, spec="5ms"),
                ZHEJIANG: SourceEnvironment(version=TWO, hosts=("a.example",)),
                JILIN: SourceEnvironment(version=ONE),
            },
            description="the shop",
            descriptions={ONE: "", TWO: "", VersionId("3"): ""},
        )
    )

    hosts, specs, areas, staging, versions, description, unseen = told
    assert hosts.startswith("Allowed hosts stay behind: a.example, b.example. On ESA a")
    assert (
        "Classes of CPU time stay behind: production 50ms, staging 5ms;"
        " ESA has none to set."
    ) == specs
    assert f"Areas stay behind: {ZHEJIANG}, which serves {TWO}; {JILIN}. On" in areas
    assert staging.startswith(f"Staging serves version {TWO} there, which stays behind")
    assert versions.startswith("2 other versions stay behind: on ESA there is nothing")
    assert "Its description stays behind: the shop" == description
    assert UNSEEN == unseen


def test_staging_that_serves_the_same_or_nothing_is_no_loss() -> None:
    """Production's version is all there is; a single other one is counted."""
    for version in (None, ONE):
        source = _source({"staging": SourceEnvironment(version=version)})

        assert (UNSEEN,) == left_behind(source)

    one_more = _source({}, descriptions={ONE: "", TWO: ""})
    assert left_behind(one_more)[0].startswith("1 other version stays behind")


def test_a_migration_survives_the_journal() -> None:
    """A resumed run is asked what the first process was asked."""
    wanted = Migration(
        source=SourceName("Old_Shop"),
        routine="shop",
        version=ONE,
        canary=Canary.parse("10:5m,100"),
        create=True,
    )

    assert wanted == decode(encode(wanted), Migration)


def test_there_is_no_way_back_to_dcdn() -> None:
    """It is closed to new users; a release there is a release."""
    with pytest.raises(InvalidInput, match="from DCDN to ESA, not to DCDN"):
        Migration(source=SourceName("shop"), routine="shop", cloud=Cloud.DCDN)


# --- doing it ------------------------------------------------------------------------


async def test_the_very_bytes_serve_on_esa_and_dcdn_is_as_it_was() -> None:
    """Read, verified, staged, served; the report says from where and what stays."""
    with MigrationHouse() as house:
        live = house.old_shop()
        old = house.live()
        before = house.dcdn()
        report = await _migrated(house)

        assert Outcome.RELEASED is report.outcome
        assert {digest_of(NEW)} == {house.digest(v) for v in house.serves()}
        assert {digest_of(NEW)} == {
            house.digest(v) for v in house.serves(env="staging")
        }
        assert before == house.dcdn()
        assert ("shop", Cloud.ESA) == (report.routine, report.cloud)
        assert report.before is not None
        assert {old} == report.before.split.versions
        assert any("1 other version stays behind" in note for note in report.notes)
        held = house.cloud.console.routine("shop").versions[report.version or ""]
        assert f"dcdn/old-shop {live}"[:20] in held.description


async def test_a_routine_of_the_same_name_is_created_where_asked_for() -> None:
    """Not otherwise: a typing error must not make one."""
    with MigrationHouse() as house:
        house.old_shop()
        with pytest.raises(ReleaseFailed) as caught:
            await _migrated(house, to="")

        report = await _migrated(house, to="", create=True)

        assert "--create" in str(caught.value)
        assert "old-shop" == report.routine
        assert Outcome.RELEASED is report.outcome


async def test_the_same_again_changes_nothing() -> None:
    """What ESA serves already is compared, and left as it is."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        first = await _migrated(house)
        again = await _migrated(house)

        assert Outcome.UNCHANGED is again.outcome
        assert first.version == again.version


async def test_a_canary_takes_it_there_in_shares() -> None:
    """Share by share, as every release."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        await _migrated(house, canary="10:5m,100")

        assert [(100,), (10, 90), (100,)] == [shares for _, shares in house.moments]


async def test_code_that_does_not_answer_on_esa_never_gets_to_production() -> None:
    """The gate asks it there: what ran on DCDN need not run on ESA."""
    broken = (
        b'export default { fetch() { return new Response("", { status: 500 }); } };'
    )
    with MigrationHouse() as house:
        house.old_shop(broken)
        old = house.live()
        with pytest.raises(ReleaseFailed, match="staging gate did not pass") as caught:
            await _migrated(house)

        assert caught.value.production_as_before
        assert {old: 100} == house.serves()


async def test_what_was_published_since_somebody_looked_is_not_taken() -> None:
    """The version that was shown is the one that is meant."""
    with MigrationHouse() as house:
        live = house.old_shop()
        house.live()
        house.cloud.console.publish(
            "old-shop", house.cloud.console.add_revision("old-shop", OLD), "production"
        )
        with pytest.raises(ReleaseFailed, match=f"now, not {live}"):
            await _migrated(house, version=live)

        assert "GetRoutineStagingCodeUploadInfo" not in house.cloud.report().calls


async def test_what_is_published_meanwhile_changes_nothing() -> None:
    """From the record on only the store is asked: the run knows its bytes."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        theirs = house.cloud.console.add_revision("old-shop", OLD)
        house.transport.before(
            "slot",
            lambda: house.cloud.console.publish("old-shop", theirs, "production"),
        )
        await _migrated(house)

        assert {digest_of(NEW)} == {house.digest(v) for v in house.serves()}


async def test_a_routine_that_dcdn_does_not_have() -> None:
    """Nothing is made on ESA."""
    with MigrationHouse() as house:
        with pytest.raises(ReleaseFailed, match="does not exist"):
            await _migrated(house, create=True)

        assert {} == house.cloud.report().splits


async def test_a_rollback_after_it_stays_on_esa() -> None:
    """What ESA served before serves again."""
    with MigrationHouse() as house:
        house.old_shop()
        old = house.live()
        await _migrated(house)
        async with house.client() as client:
            await client.rollback("shop")

        assert {old: 100} == house.serves()


async def test_a_rollback_during_it_goes_back_once() -> None:
    """What served when it began serves again, and not what served before that."""
    with MigrationHouse() as house:
        house.old_shop()
        house.live()
        async with house.client() as client:
            before = await client.release("shop", OTHER)
            with anyio.move_on_after(60):
                await client.migrate("old-shop", to="shop", canary="10:5m,100")

        async with house.client() as client:
            report = await client.rollback("shop")

        assert Outcome.ABORTED is report.outcome
        assert {str(before.version): 100} == house.serves()


async def test_an_abort_of_it_leads_back() -> None:
    """From a share, by another process: ESA as before, DCDN untouched."""
    with MigrationHouse() as house:
        old = house.old_shop()
        live = house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.migrate("old-shop", to="shop", canary="10:5m,100")

        async with house.client() as client:
            (run,) = await client.runs.unfinished("shop")
            report = await client.abort(run.run.id)

        assert Outcome.ABORTED is report.outcome
        assert {live: 100} == house.serves()
        assert {live: 100} == house.serves(env="staging")
        assert {old: 100} == house.cloud.report().splits["dcdn/old-shop"]["production"]


async def test_a_resume_of_it_needs_dcdn_no_more() -> None:
    """What was taken over is kept: DCDN may have changed or lost it since."""
    with MigrationHouse() as house:
        old = house.old_shop()
        house.live()
        async with house.client() as client:
            with anyio.move_on_after(60):
                await client.migrate("old-shop", to="shop", canary="10:5m,100")

        house.transport.forget()
        async with house.client() as client:
            (run,) = await client.runs.unfinished("shop")
            report = await client.resume(run.run.id)

        taken = house.cloud.console.function("old-shop").versions[old]
        assert Outcome.RELEASED is report.outcome
        assert taken.digest == house.digest(str(report.version))


async def test_settings_of_dcdn_are_in_the_notes() -> None:
    """A person reads in the report what to do next."""
    with MigrationHouse() as house:
        house.old_shop()
        function = house.cloud.console.function("old-shop")
        function.envs["production"] = EnvConf(spec="100ms", hosts=("a.example.com",))
        house.live()
        report = await _migrated(house)

        assert "Allowed hosts stay behind: a.example.com." in report.notes[0]
        assert "production 100ms" in report.notes[1]
        assert report.notes[-1] == UNSEEN


async def test_both_clouds_have_their_own_caps_and_judges() -> None:
    """Calls of one take nothing from the other's limit."""
    with DcdnHouse() as house:
        house.live()
        async with house.client(cloud="esa", calls_per_second=1) as client:
            await client.migrations.plan("shop")
            esa = client.connection.cap.statistics()

        assert (1, 1) == (esa.calls, esa.settled)
        assert 1 == house.called["DescribeRoutine"]
