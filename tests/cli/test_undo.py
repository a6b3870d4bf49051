"""A whole rollout taken back from the command line."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from tests.accounts_house import EU, Houses, signer
from tests.cli.fleet_office import FleetOffice, answering, files, fleet_office
from tests.cli.office import Done, bundle
from tests.fleet.yard import rollout_of
from tests.house import OTHER

from esa_flows.cli.exits import Exit
from esa_flows.engine.observe import Happening, Observer

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


async def _released(office: FleetOffice, folder: Path) -> str:
    """Release the fleet; give the run."""
    done = await office.run("rollout", files(folder), "--json")
    assert Exit.OK == done.code
    return str(done.json["run"])


async def _held(office: FleetOffice, folder: Path) -> str:
    """Release the first wave, after which a person is asked; give the run."""
    file = files(folder, approve=True)
    held = await office.run("rollout", file, "--no-wait", "--json")
    return str(held.json["run"])


async def _back(office: FleetOffice, run: str, *more: str) -> Done:
    return await office.run("rollback", "--run", run, *more)


async def test_a_rollout_that_ended_is_taken_back(tmp_path: Path) -> None:
    """With one command, and a wave of it alone; again, there is nothing left to do."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        one = await _back(office, run, "--wave", "2", "--yes")
        every = await _back(office, run, "--json", "--yes")
        nothing = await _back(office, run, "--wave", "7", "--yes")

    assert [Exit.OK] * 2 == [one.code, every.code]
    assert "rolled back" in one.out
    assert "Safe to roll back: nothing is left to roll back" in one.out
    ends = {each["routine"]: each["outcome"] for each in every.json["routines"]}
    assert {"aa": "taken back", "bb": "taken back"} == ends
    assert every.json["error"] is None
    assert Exit.UNUSABLE == nothing.code


async def test_it_is_shown_and_nothing_is_done(tmp_path: Path) -> None:
    """Where each goes, the calls and the time, for people and for programs."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        before = office.changes
        shown = await _back(office, run, "--dry-run")
        told = await _back(office, run, "--dry-run", "--json")

    assert before == office.changes
    assert f"spring: 2 routines go back (rollout {run})" in shown.out
    assert "WAVE  ROUTINE  SERVES → SHALL SERVE" in shown.out
    assert "  calls       12; production of all at least 0." in shown.out
    assert [("aa", 1, 6), ("bb", 2, 6)] == [
        (each["routine"], each["wave"], each["calls"]) for each in told.json["goes"]
    ]
    assert 12 == told.json["calls"]
    assert [Exit.OK] * 2 == [shown.code, told.code]


@pytest.mark.parametrize(
    ("answer", "code"), [("y", Exit.OK), ("", Exit.ABORTED), ("no", Exit.ABORTED)]
)
async def test_a_person_is_asked(answer: str, code: Exit, tmp_path: Path) -> None:
    """Only a plain yes is one; otherwise nothing is changed."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        before = office.changes
        desk = answering(office, answer)
        done = await office.run("rollback", "--run", run, desk=desk)

    assert code == done.code
    assert "Take 2 routines back? [y/N]" in done.err
    assert (before == office.changes) is (code is not Exit.OK)
    assert ("Nothing was changed." in done.err) is (code is not Exit.OK)


async def test_where_nobody_can_be_asked_it_has_to_be_said(tmp_path: Path) -> None:
    """A script says so; nothing is taken for granted."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        before = office.changes
        done = await _back(office, run)

    assert Exit.UNUSABLE == done.code
    assert "Say it on the command line: --yes" in done.err
    assert before == office.changes


async def test_one_that_has_not_ended_is_aborted(tmp_path: Path) -> None:
    """Whoever wants it back need not know whether it has ended; it is shown first."""
    office = fleet_office()
    with office:
        run = await _held(office, tmp_path)
        dry = await _back(office, run, "--dry-run")
        no = await office.run("rollback", "--run", run, desk=answering(office, "n"))
        done = await _back(office, run, "--yes")

    told = f"{run} has not ended. Routines that serve what it brings: 1 of 2."
    assert told in dry.out
    assert f"Abort rollout {run}? [y/N]" in no.err
    assert [Exit.OK, Exit.ABORTED, Exit.OK] == [dry.code, no.code, done.code]
    assert "rolled back" in done.out
    assert "error" not in done.err


async def test_a_wave_of_one_that_has_not_ended_is_refused(tmp_path: Path) -> None:
    """Another run is at it; the refusal says how to end that."""
    office = fleet_office()
    with office:
        run = await _held(office, tmp_path)
        done = await _back(office, run, "--wave", "1", "--yes")

    assert Exit.BUSY == done.code
    assert f"esa-flows abort {run} --keep" in done.err


async def test_what_was_ended_where_it_was_goes_back(tmp_path: Path) -> None:
    """It has no report; its routines' runs say how far they came."""
    office = fleet_office()
    with office:
        run = await _held(office, tmp_path)
        await office.run("abort", run, "--keep")
        done = await _back(office, run, "--yes")

    assert Exit.OK == done.code
    assert "spring: 1 routine goes back" in done.err
    assert "spring: rolled back" in done.out


async def test_what_is_under_way_is_aborted_first() -> None:
    """It is said before, and counted in the question."""
    office = fleet_office()
    with office:
        async with office.client() as client:
            wanted = rollout_of("aa", "bb", canary="10:5m,100")
            run = (await client.start(wanted)).id
            await anyio.sleep(60)

        await office.run("abort", run, "--keep")
        done = await office.run("rollback", "--run", run, desk=answering(office, "y"))

    assert Exit.OK == done.code
    assert "aborts      1 run under way, which takes their routines back" in done.err
    assert "Take 2 routines back?" in done.err
    assert "wave 1      2 taken back" in done.out


async def test_others_work_is_not_taken_back(tmp_path: Path) -> None:
    """Somebody should look, as the exit code says; what stays is told before."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        made = office.cloud.console.add_version("aa", OTHER, "theirs")
        office.cloud.console.deploy("aa", "production", {made: 100})
        (tmp_path / "later.js").write_bytes(OTHER)
        await office.run("release", "bb", str(tmp_path / "later.js"))
        done = await _back(office, run, "--yes")

    assert Exit.CONFLICT == done.code
    assert "stays       1\n    bb: Run " in done.err
    assert "conflict" in done.out


async def test_asked_again_it_is_joined(tmp_path: Path) -> None:
    """The run that was cut is gone on with, and told before."""
    office = fleet_office()
    with office:
        run = await _released(office, tmp_path)
        async with office.client() as client:
            with anyio.CancelScope() as scope:
                await client.undo(run, observer=lambda _: scope.cancel())

        done = await _back(office, run, "--yes", "--json")

    assert Exit.OK == done.code
    assert f"joins       run {done.json['run']}, which has begun to do this" in done.err


async def test_a_fleet_goes_back_by_its_file(tmp_path: Path) -> None:
    """Whoever released it; the bundle may be gone by now."""
    office = fleet_office()
    before = {name: office.serves(name) for name in ("aa", "bb")}
    with office:
        for name in ("aa", "bb"):
            await office.run("release", name, bundle(tmp_path, name="one.js"))

        file = files(tmp_path)
        (tmp_path / "worker.js").unlink()
        dry = await office.run("rollback", "--fleet", file, "--dry-run")
        desk = answering(office, "y")
        done = await office.run("rollback", "--fleet", file, desk=desk)
        after = {name: office.serves(name) for name in ("aa", "bb")}

    assert [Exit.OK] * 2 == [dry.code, done.code]
    assert "spring: 2 routines go back\n" in dry.out
    assert "  calls       8; production of all at least 0." in dry.out
    assert "Take 2 routines back? [y/N]" in done.err
    assert "spring: rolled back" in done.out
    assert before == after


async def test_only_the_routines_of_a_label_go_back(tmp_path: Path) -> None:
    """And one that cannot is told by the exit code."""
    office = fleet_office()
    file = files(tmp_path, 'name = "bb"', 'name = "bb"\nlabels = { tier = "3" }')
    with office:
        await office.run("rollout", file)
        back = ("rollback", "--fleet", file, "--yes", "--json")
        one = await office.run(*back, "--label", "tier=3")
        office.cloud.console.add_version("aa", OTHER, "theirs")
        every = await office.run(*back)

    assert Exit.OK == one.code
    assert ["bb"] == [each["routine"] for each in one.json["routines"]]
    assert Exit.FAILED == every.code
    told = {each["routine"]: each["outcome"] for each in every.json["routines"]}
    assert {"aa": "taken back", "bb": "refused"} == told
    assert "stays       1\n    bb: Nothing says which version" in every.err


async def test_where_none_can_go_back_it_is_refused(tmp_path: Path) -> None:
    """The reasons are shown, and nobody is asked."""
    office = fleet_office()
    with office:
        done = await office.run("rollback", "--fleet", files(tmp_path), "--json")
        dry = await office.run("rollback", "--fleet", files(tmp_path), "--dry-run")

    assert (Exit.UNUSABLE, Exit.OK) == (done.code, dry.code)
    assert "None of these 2 routines can go back" in done.err
    assert "stays       2" in dry.out


async def test_a_plan_is_no_fleet(tmp_path: Path) -> None:
    """What it released goes back by its run, as the refusal says."""
    office, out = fleet_office(), str(tmp_path / "plan.json")
    with office:
        await office.run("plan", files(tmp_path), "-o", out)
        done = await office.run("rollback", "--fleet", out)

    assert Exit.UNUSABLE == done.code
    assert "esa-flows rollback --run " in done.err


# --- looked at, and gone on with -----------------------------------------------------


def _cut_after(turns: int, scope: anyio.CancelScope) -> Observer:
    """Give an observer that ends a process after so many things were told."""
    left = iter(range(turns))

    def cut(_: Happening) -> None:
        """Die with the one that is too many."""
        if next(left, None) is None:
            scope.cancel()

    return cut


async def _cut(office: FleetOffice, folder: Path, flow: str) -> str:
    """Leave a way back half-way; give its run."""
    run = await _released(office, folder)
    async with office.client() as client:
        with anyio.CancelScope() as scope:
            cut = _cut_after(5, scope)
            fleet = rollout_of("aa", "bb")
            if flow == "undo":
                await client.undo(run, observer=cut)
            else:
                await client.rollback_fleet(fleet, observer=cut)

    listed = (await office.run("runs", "--json")).json["runs"]
    return str(next(each["run"] for each in listed if each["flow"] == flow))


BOTH = pytest.mark.parametrize("flow", ["undo", "fallback"])


@BOTH
async def test_one_that_was_cut_is_gone_on_with_as_one(
    flow: str, tmp_path: Path
) -> None:
    """Its routines are shown, and the exit code is that of the way back itself."""
    office = fleet_office()
    with office:
        back = await _cut(office, tmp_path, flow)
        stands = await office.run("status", back)
        told = await office.run("report", back, "--json")
        done = await office.run("resume", back)
        again = await office.run("resume", back, "--json")

    assert "0/2" in stands.out
    assert "STEP" not in stands.out
    assert ("open", []) == (told.json["verdict"], told.json["routines"])
    assert "aa: taken back" in done.err
    assert ": rolled back (run " in done.out
    assert "error" not in done.err
    assert [Exit.OK] * 2 == [done.code, again.code]
    assert {"taken back"} == {each["outcome"] for each in again.json["routines"]}


@BOTH
async def test_one_that_was_cut_is_gone_on_with_on_a_terminal(
    flow: str, tmp_path: Path
) -> None:
    """In the picture of a fleet, which says that nothing is left to go back to."""
    office = fleet_office()
    with office:
        back = await _cut(office, tmp_path, flow)
        done = await office.run("resume", back, desk=office.desk(is_terminal=True))

    assert "2/2" in done.err
    assert "resumed" in done.err
    assert "to go back: esa-flows abort" not in done.err


async def test_a_fleet_asked_for_again_is_joined(tmp_path: Path) -> None:
    """The run that was cut is told before, shown, and gone on with."""
    office = fleet_office()
    with office:
        back = await _cut(office, tmp_path, "fallback")
        again = ("rollback", "--fleet", files(tmp_path))
        dry = await office.run(*again, "--dry-run", "--json")
        done = await office.run(*again, "--yes", "--json")

    assert back == dry.json["joins"] == done.json["run"]
    assert f"joins       run {back}, which has begun to do this" in done.err
    assert Exit.OK == done.code


@BOTH
async def test_one_that_ended_is_told_with_its_routines(
    flow: str, tmp_path: Path
) -> None:
    """With its calls and outcomes; that all is back is good."""
    office = fleet_office()
    with office:
        back = await _cut(office, tmp_path, flow)
        await office.run("resume", back)
        told = (await office.run("report", back, "--json")).json
        text = (await office.run("report", back)).out
        stands = await office.run("status", back)
        watched = await office.run("status", back, "-w")

    assert ("good", "Rolled back: 2 taken back.") == (told["verdict"], told["headline"])
    assert told["title"].startswith("roll back ")
    assert "" == told["next_move"]
    assert {("aa", "good", "passed"), ("bb", "good", "passed")} == {
        (each["name"], each["verdict"], each["case"]) for each in told["routines"]
    }
    planned = 12 if flow == "undo" else 8
    assert f"calls {told['capped_calls']}/{planned}" in stands.out
    assert "taken back" in text
    assert "bb: taken back" in watched.out
    assert Exit.OK == watched.code


async def test_one_that_met_others_work_gives_its_exit_code(tmp_path: Path) -> None:
    """Wherever it is looked at, as the process did that drove it."""
    office = fleet_office()
    with office:
        back = await _cut(office, tmp_path, "undo")
        made = office.cloud.console.add_version("bb", OTHER, "theirs")
        office.cloud.console.deploy("bb", "production", {made: 100})
        done = await office.run("resume", back)
        watched = await office.run("status", back, "-w")
        told = (await office.run("report", back, "--json")).json

    assert [Exit.CONFLICT] * 2 == [done.code, watched.code]
    assert "error" in done.err
    assert "bad" == told["verdict"]


async def test_one_that_is_aborted_says_what_stayed(tmp_path: Path) -> None:
    """It stops where it is: what did not go back is no success."""
    office = fleet_office()
    with office:
        back = await _cut(office, tmp_path, "fallback")
        done = await office.run("abort", back)

    assert Exit.FAILED == done.code
    assert "fleet: partly rolled back" in done.out


# --- over several accounts -----------------------------------------------------------

IN_TWO = """
[accounts.eu]

[[routine]]
name = "aa"
account = "eu"
entry = "worker.js"
"""


@pytest.mark.parametrize("how", ["--run", "--fleet"])
async def test_routines_of_two_accounts_go_back(how: str, tmp_path: Path) -> None:
    """Each in its own; those of one name are told by their account."""
    office = fleet_office()
    houses = Houses(house=office)
    houses.live("eu/aa")
    file = files(tmp_path, "[rollout]\n", f"{IN_TWO}\n[rollout]\n")
    names, eu = ("aa", "bb", "eu/aa"), {"eu": signer(EU)}
    with office:
        done = await office.run("rollout", file, "--json", accounts=eu)
        was_new = [houses.is_new(name) for name in names]
        what = {"--run": done.json["run"], "--fleet": file}[how]
        back = await office.run("rollback", how, what, "--yes", accounts=eu)
        run = back.out.partition("(run ")[2].partition(")")[0]
        told = (await office.run("report", run, "--json", accounts=eu)).json

    assert Exit.OK == back.code
    assert "3 routines go back" in back.err
    assert "eu/aa" in back.out
    assert [True] * 3 == was_new
    assert not any(map(houses.is_new, names))
    assert set(names) == {each["name"] for each in told["routines"]}
