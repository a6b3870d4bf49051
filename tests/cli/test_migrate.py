"""Taking a routine from DCDN to ESA, on the command line."""

from __future__ import annotations

import anyio
import pytest
from attrs import define
from tests.cli.office import Office
from tests.release.test_migrate import MigrationHouse

from esa_flows.localcloud.routine import EnvConf

# Blobs are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


@define(kw_only=True)
class MigrationOffice(MigrationHouse, Office):
    """An office with `old-shop` on DCDN."""

    def open(self) -> str:
        """Make it, with a setting that stays behind; give what it serves."""
        live = self.old_shop()
        function = self.cloud.console.function("old-shop")
        function.envs["production"] = EnvConf(hosts=("a.example.com",))
        return live


async def test_what_stays_behind_is_shown_before_it_begins() -> None:
    """Then it is released, and the report says it again."""
    with MigrationOffice() as office:
        live = office.open()
        office.live()
        done = await office.run("migrate", "old-shop", "--to", "shop")

        assert 0 == done.code, done.err
        plan, _, story = done.err.partition("begins")
        assert (
            f"old-shop of DCDN, version {live}, goes to shop of ESA.\n"
            f"  ESA         shop serves {office.versions()[0]} 100 % in production\n"
            "  DCDN        old-shop stays as it is\n"
            "  note        Allowed hosts stay behind: a.example.com."
        ) in plan
        assert f"read the code on DCDN: version {live}, " in story
        assert "shop: released, version" in done.out
        assert "  note        Allowed hosts stay behind: a.example.com." in done.out


async def test_a_dry_run_does_nothing() -> None:
    """It shows the same, on standard output."""
    with MigrationOffice() as office:
        office.open()
        done = await office.run("migrate", "old-shop", "--dry-run")
        told = await office.run("migrate", "old-shop", "--dry-run", "--json")
        wanted = await office.run("migrate", "old-shop", "--dry-run", "--create")

        assert 0 == done.code
        assert "ESA         old-shop is not there: say --create\n" in done.out
        assert "ESA         old-shop is created\n" in wanted.out
        assert {
            "source": "old-shop",
            "routine": "old-shop",
            "exists": False,
        }.items() <= told.json["plan"].items()
        assert ["a.example.com"] == (
            told.json["plan"]["environments"]["production"]["hosts"]
        )
        assert {"DescribeRoutine", "GetRoutine"} == office.cloud.report().calls.keys()


async def test_a_migration_that_was_left_is_gone_on_with() -> None:
    """The same command again joins it."""
    with MigrationOffice() as office:
        office.open()
        office.live()
        argv = ("migrate", "old-shop", "--to", "shop", "--canary", "10:5m,100")
        with anyio.move_on_after(60):
            await office.run(*argv)

        listed = await office.run("runs")
        done = await office.run(*argv)

        assert "  migrate  shop  " in " ".join(listed.out.split(" "))
        assert 0 == done.code, done.err
        assert "joins the unfinished run" in done.err


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("nobody",), 10, "does not exist"),
        (("Old_Shop",), 2, "--to NAME"),
        (("old-shop",), 2, "ESA has no routine old-shop; nothing was begun."),
        (("old-shop", "--cloud", "dcdn"), 2, "from DCDN to ESA, not to DCDN"),
        (
            ("old-shop", "--create", "--canary", "Jilin,production"),
            2,
            "is not a canary stage",
        ),
    ],
)
async def test_what_cannot_be_migrated(
    argv: tuple[str, ...], code: int, said: str
) -> None:
    """It is said in a sentence, and nothing is changed."""
    with MigrationOffice() as office:
        office.open()
        done = await office.run("migrate", *argv)

        assert code == done.code
        assert said in done.err
        assert "CreateRoutine" not in office.cloud.report().calls
