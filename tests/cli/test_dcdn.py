"""Every command on the older cloud: the same words, one flag more."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from attrs import define
from tests.cli.office import Done, Office, bundle
from tests.dcdn_house import JILIN, ZHEJIANG, DcdnHouse
from tests.house import House

from esa_flows.localcloud import Switches

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


@define(kw_only=True)
class DcdnOffice(DcdnHouse, Office):
    """An office whose commands say `--cloud dcdn`."""

    async def do(self, *argv: str) -> Done:
        """Do a command on DCDN."""
        return await self.run(*argv, "--cloud", "dcdn")


async def _half_way(office: DcdnOffice, file: str) -> None:
    """Leave a release during the bake of its first area."""
    office.live()
    office.areas(ZHEJIANG, JILIN)
    with anyio.move_on_after(60):
        canary = ("--canary", "Zhejiang:5m,production")
        await office.do("release", "shop", file, *canary, "--run-id", "mine0001")


async def test_a_release_and_the_way_back(tmp_path: Path) -> None:
    """What is told can be pasted: it says which cloud it is about."""
    office = DcdnOffice()
    old = office.live()
    done = await office.do("release", "shop", bundle(tmp_path))
    new = office.now()["production"]
    back = await office.do("rollback", "shop")

    assert 0 == done.code, done.err
    assert "roll back   esa-flows rollback shop --cloud dcdn" in done.out
    assert new != old
    assert 0 == back.code, back.err
    assert f"shop: production goes from {new} 100 % to {old} 100 %." in back.err
    assert old == office.now()["production"]


async def test_the_environment_chooses_the_cloud_too(tmp_path: Path) -> None:
    """As every setting has its variable."""
    office = DcdnOffice()
    office.live()
    environ = {"ESA_FLOWS_CLOUD": "dcdn"}
    done = await office.run("release", "shop", bundle(tmp_path), environ=environ)

    assert 0 == done.code, done.err
    assert "UploadRoutineCode" in office.called


async def test_a_canary_by_areas_is_told_area_by_area(tmp_path: Path) -> None:
    """A line for each stage, in the words a person wrote it in."""
    office = DcdnOffice()
    office.live()
    office.areas(ZHEJIANG, JILIN)
    canary = ("--canary", "Zhejiang:5m,production")
    done = await office.do("release", "shop", bundle(tmp_path), *canary)

    assert 0 == done.code, done.err
    for told in ("publish to Zhejiang", "bake in Zhejiang", "deploy to production 100"):
        assert f"  {told}" in done.err


async def test_shares_are_a_usage_error(tmp_path: Path) -> None:
    """Nothing is sent; what there is instead is named."""
    office = DcdnOffice()
    office.live()
    done = await office.do("release", "shop", bundle(tmp_path), "--canary", "10:5m,100")

    assert 2 == done.code
    assert "no shares of traffic, so 10 % is no stage" in done.err
    assert "Zhejiang:10m" in done.err
    assert {} == office.called


async def test_what_an_area_serves_is_listed(tmp_path: Path) -> None:
    """Beside production and staging, by its short name."""
    office = DcdnOffice()
    await _half_way(office, bundle(tmp_path))
    done = await office.do("versions", "list", "shop")
    asked = await office.do("versions", "list", "shop", "--json")

    new, old = done.out.splitlines()[1:]
    assert "stag 100% Zhejiang " in new
    assert "prod 100% Jilin " in old
    assert {"staging": 100, ZHEJIANG: 100} == asked.json["versions"][0]["serves"]


async def test_a_rollback_names_the_areas(tmp_path: Path) -> None:
    """They go back with production."""
    office = DcdnOffice()
    old = office.live()
    office.areas(ZHEJIANG)
    await office.do("release", "shop", bundle(tmp_path))
    done = await office.do("rollback", "shop")

    assert 0 == done.code, done.err
    assert "100 %, with every area." in done.err
    assert {old} == {office.now()["production"], office.now()[ZHEJIANG]}


async def test_a_run_is_not_resumed_on_the_other_cloud(tmp_path: Path) -> None:
    """The sentence says what to write."""
    office = DcdnOffice()
    await _half_way(office, bundle(tmp_path))
    wrong = await office.run("resume", "mine0001")
    right = await office.do("resume", "mine0001")

    assert 2 == wrong.code
    assert "Run mine0001 was begun on dcdn; this is esa." in wrong.err
    assert "esa-flows resume mine0001 --cloud dcdn" in wrong.err
    assert 0 == right.code, right.err


async def test_runs_say_which_cloud_they_belong_to(tmp_path: Path) -> None:
    """Before the routine's name; what can be done now reaches it."""
    office = DcdnOffice()
    await _half_way(office, bundle(tmp_path))
    listed = await office.run("runs")
    status = await office.run("status", "mine0001")
    paused = await office.run("pause", "mine0001")

    assert "  dcdn/shop  " in listed.out
    assert "next        esa-flows resume mine0001 --cloud dcdn" in status.out
    assert "Go on with: esa-flows resume mine0001 --cloud dcdn" in paused.out


async def test_the_doctor_knows_both() -> None:
    """Rights, service and staging of DCDN, and nothing is changed."""
    office = DcdnOffice()
    office.live()
    done = await office.do("doctor")

    assert 0 == done.code, done.out
    assert "The service's status is Running." in done.out
    assert "dcdn:PublishRoutineCodeRevision" in done.out
    assert "A routine may have 10 versions." in done.out
    assert "DCDN names no address of staging" in done.out
    assert "esa:" not in done.out
    assert {"DescribeUserErStatus", "DescribeRoutineUserInfo"} <= office.called.keys()


async def test_the_doctor_tells_a_service_in_debt() -> None:
    """And where to look."""
    office = DcdnOffice(switches=Switches(service_halted=True))
    done = await office.do("doctor")

    assert "InDebt" in done.out
    assert "the console of DCDN" in done.out


async def test_both_clouds_have_a_routine_of_one_name(tmp_path: Path) -> None:
    """A flag decides which one is meant, and the other one stays as it is."""
    office = DcdnOffice()
    old = office.live()
    House.live(office)
    done = await office.run("release", "shop", bundle(tmp_path))

    assert 0 == done.code, done.err
    assert old == office.now()["production"]
