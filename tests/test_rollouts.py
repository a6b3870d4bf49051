"""Rollouts: planned with reads alone, carried out as planned."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from esa_flows import Client, Freeze, Watched, gate
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import CallError, Frozen, InvalidInput, RunInProgress, Throttled
from esa_flows.files import MemoryBlobs
from esa_flows.fleet.plan import Bound, Course, RolloutPlan
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.gates.functions import GateFunction
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Bundle, RoutineId, RoutineName
from tests.fleet.yard import ends, rollout_of
from tests.house import NEW, OLD, OTHER, House

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block

NAMES = tuple(f"r{place:02}" for place in range(20))


def _house(*names: str, **switches: Any) -> House:
    house = House(switches=Switches(**switches))
    for name in names:
        house.live(name)

    return house


async def _plan(house: House, wanted: Rollout) -> RolloutPlan:
    async with house.client() as client:
        return await client.plan(wanted)


def _counted(house: House) -> tuple[Counter[str], int]:
    """Give the calls by their first word, and those under the cap."""
    calls = Counter(call.partition(" production")[0] for call in house.transport.calls)
    words = Counter({"deploy": calls.pop("deploy", 0)})
    for call, count in calls.items():
        words["deploy" if call.startswith("deploy") else call] += count

    del words["ask edge"]
    return words, words.total() - words["post"]


@pytest.mark.parametrize(
    ("canary", "budget", "waves"),
    [
        ("100", "0", [Wave()]),
        ("100", "100%", [Wave()]),
        ("10:5m,100:1m", "10%", [Wave(1), Wave(upto="50%", bake="10m"), Wave.rest()]),
        ("25,100", "2", [Wave(3, canary="10:1m,100"), Wave.rest()]),
    ],
)
async def test_the_prediction_is_exact_in_calls_and_close_in_time(
    canary: str, budget: str, waves: list[Wave]
) -> None:
    """Counted at the transport; the clock is the loop's."""
    house = _house(*NAMES, latency=0.05)
    wanted = rollout_of(
        *NAMES, canary=canary, budget=FailureBudget(fleet=budget), waves=waves
    )
    with house:
        async with house.client() as client:
            plan = await client.plan(wanted)
            house.transport.forget()
            began = anyio.current_time()
            report: RolloutReport = await (await client.start(plan)).result()

        took = anyio.current_time() - began
        calls, capped = _counted(house)

    assert Ended.DONE is report.ended
    assert plan.calls == dict(calls)
    assert plan.capped_calls == capped
    assert plan.minimum_time.seconds == pytest.approx(took, rel=0.03, abs=0.35)


async def test_only_routines_of_some_labels_are_planned_and_the_plan_says_so() -> None:
    """Waves of the others are left out; what depends on one of them is refused."""
    house = _house("aa", "bb", "cc")
    members = [
        Member("aa", NEW, labels={"tier": "1"}),
        Member("bb", NEW, labels={"tier": "3"}),
        Member("cc", NEW, labels={"tier": "2"}, depends_on=("aa",)),
    ]
    wanted = Rollout(
        members=members, waves=[Wave(labels={"tier": "1"}), Wave.rest()], name="spring"
    )

    plan = await _plan(house, evolve(wanted, only={"tier": "3"}))

    assert ["bb"] == [each.routine for each in plan.routines]
    assert [(), ("bb",)] == [wave.routines for wave in plan.waves]
    assert "Only routines with tier=3: 1 of 3; the others stay." in plan.notes
    with pytest.raises(InvalidInput, match="cc depends on aa, which this rollout"):
        await _plan(house, evolve(wanted, only={"tier": "2"}))


async def test_labels_never_choose_from_a_partial_list() -> None:
    """A pattern means the whole account first, or is refused with both numbers."""
    names = [f"r{place:03}" for place in range(230)]
    house = _house(*names)
    wanted = Rollout(members=[Member("r*", NEW, labels={"tier": "3"})])

    plan = await _plan(house, evolve(wanted, only={"tier": "3"}))

    assert 230 == len(plan.routines)
    assert "Only routines with tier=3: 230 of 230; the others stay." in plan.notes


async def test_a_plan_changes_nothing_and_records_nothing() -> None:
    """Reads alone."""
    house = _house("aa", "bb")
    async with house.client() as client:
        await client.plan(rollout_of("aa", "bb"))

        assert "<Rollouts>" == repr(client._rollouts)
        assert () == await client.runs.list()

    assert {"observe", "list", "read code"} == set(house.transport.calls)


async def test_trouble_with_the_provider_ends_a_plan_as_itself() -> None:
    """The error, and no group of errors, though several looks were under way."""
    house = _house("aa", "bb", "cc")
    lasting = Fault(operation="*", kind="throttle", call=4, times=None)
    with house:
        house.cloud.inject(lasting)
        with pytest.raises(Throttled, match="too many calls"):
            await _plan(house, rollout_of("aa", "bb", "cc"))


async def test_it_says_what_happens_to_each_and_why() -> None:
    """Released, unchanged, adopted, refused with the reason; and who depends on it."""
    house = _house("fresh", "same", "there", "taken")
    with house:
        async with house.client() as client:
            await client.release("same", NEW)
            await client.release("there", NEW)
            await client.rollback("there")

        made = house.cloud.console.add_version("taken", OTHER, "theirs")
        (old,) = house.serves("taken")
        house.cloud.console.deploy("taken", "production", {made: 10, old: 90})
        members = [Member(name, NEW) for name in ("fresh", "same", "there", "taken")]
        members.append(Member("lost", NEW))
        members.append(Member("later", NEW, depends_on=["lost"]))
        house.live("later")
        plan = await _plan(house, Rollout(members=members))

    told = {str(each.routine): each for each in plan.routines}
    assert {
        "fresh": Course.RELEASE,
        "same": Course.UNCHANGED,
        "there": Course.ADOPT,
        "taken": Course.REFUSE,
        "lost": Course.REFUSE,
        "later": Course.REFUSE,
    } == {name: each.course for name, each in told.items()}
    assert "a canary is under way" in told["taken"].why
    assert "lost" in told["lost"].why
    assert "It depends on lost, which is refused." == told["later"].why
    assert [("fresh", "there")] == [wave.routines for wave in plan.waves]
    assert ["taken", "lost", "later"] == [each.routine for each in plan.refused]


async def test_the_room_of_every_routine_is_proven() -> None:
    """What it has, what must stay, what is made, what goes; who has none is refused."""
    house = _house("full", "wide", version_quota=5)
    for name, versions in (("full", 4), ("wide", 2)):
        for number in range(versions):
            house.cloud.console.add_version(name, OTHER, f"more {number}")

    ids = tuple(house.versions("full"))
    members = [Member("full", NEW), Member("wide", NEW)]
    members.append(Member("stiff", NEW, choices={"protect": ()}))
    house.live("stiff", versions=5)
    keeps = tuple(house.versions("stiff"))
    members[-1] = Member("stiff", NEW, choices={"protect": keeps})
    async with house.client(version_quota=5) as client:
        plan = await client.plan(Rollout(members=members))

    slots = {str(r.routine): r.slots for r in plan.routines if r.slots}
    assert (5, 5, 1, 1, 1) == tuple(
        getattr(slots["full"], name)
        for name in ("held", "quota", "pinned", "makes", "goes")
    )
    assert 0 == slots["wide"].goes
    assert ["stiff"] == [each.routine for each in plan.refused]
    assert 5 == len(ids)


async def test_a_pattern_means_the_routines_of_the_account() -> None:
    """Who is named itself gets what was written there."""
    house = _house("cart-eu", "cart-us", "pay")
    members = [Member("cart-*", NEW), Member("cart-us", OTHER, canary="10:1m,100")]
    plan = await _plan(house, Rollout(members=members))

    releases = {str(r.routine): r.release.release for r in plan.routines if r.release}
    assert {"cart-eu", "cart-us"} == set(releases)
    assert [1, 2] == [len(releases[n].canary.stages) for n in sorted(releases)]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([Member("nope-*", NEW)], r"No routine of the account is called like nope-\*"),
        ([Member("aa*", NEW), Member("a?", NEW)], "Listed twice: aa"),
        ([Member("aa", "/nowhere/worker.js")], "^aa: .*/nowhere/worker.js"),
        ([Member("aa", NEW, canary="10")], "^aa: .*must end at 100"),
        (
            [Member("aa", b""), Member("bb", NEW, canary="x")],
            "^2 things are wrong:\n  aa: .*\n  bb: ",
        ),
    ],
)
async def test_all_that_is_wrong_is_said_at_once(
    members: list[Member], sentence: str
) -> None:
    """With the routine that it is about; nothing was sent but reads."""
    house = _house("aa", "bb")
    async with house.client() as client:
        with pytest.raises(InvalidInput, match=sentence):
            await client.plan(Rollout(members=members))


async def test_of_many_troubles_the_first_are_told() -> None:
    """Twenty, and how many more."""
    members = [Member(f"r{n:02}", b"") for n in range(25)]
    async with _house().client() as client:
        with pytest.raises(InvalidInput, match=r"and 5 more$"):
            await client.plan(Rollout(members=members))


async def test_one_file_for_all_is_read_once(tmp_path: Path) -> None:
    """A thousand routines of one bundle share it."""
    file = tmp_path / "worker.js"
    file.write_bytes(NEW)
    house = _house(*NAMES)
    members = [Member(name, str(file)) for name in NAMES]
    plan = await _plan(house, Rollout(members=members))
    file.unlink()
    async with house.client() as client:
        report = await (await client.start(plan)).result()

    assert Ended.DONE is report.ended
    assert 1 == len({r.release.release.bundle for r in plan.routines if r.release})


class _Disk(MemoryBlobs):
    """A store whose disk takes a second to sync."""

    async def put_file(
        self, path: str | os.PathLike[str], *, commit: str = "", message: str = ""
    ) -> Bundle:
        await anyio.sleep(1)
        return await super().put_file(path, commit=commit, message=message)


async def test_bundles_are_taken_in_beside_each_other(tmp_path: Path) -> None:
    """A fleet whose routines have a bundle each does not wait for the disk for each."""
    code = [tmp_path / f"{name}.js" for name in NAMES]
    for each in code:
        each.write_bytes(NEW + each.name.encode())

    house = _house()
    house.transport.watch = lambda: began.append(anyio.current_time())
    members = [Member(each.stem, each, choices={"create": True}) for each in code]
    async with house.client(blobs=_Disk()) as client:
        began = [anyio.current_time()]
        await client.plan(Rollout(members=members))

    assert len(code) / 4 > began[1] - began[0]


async def test_where_the_world_has_changed_it_is_a_conflict() -> None:
    """Nothing of theirs is touched; the others are released."""
    house = _house("aa", "bb")
    with house:
        budget = FailureBudget(fleet=1)
        async with house.client() as client:
            plan = await client.plan(rollout_of("aa", "bb", budget=budget))
            made = house.cloud.console.add_version("aa", OTHER, "theirs")
            house.cloud.console.deploy("aa", "production", {made: 100})
            report = await (await client.start(plan)).result()

        assert {"aa": RoutineEnd.CONFLICT, "bb": RoutineEnd.RELEASED} == ends(report)
        assert {made: 100} == house.serves("aa")


async def test_two_rollouts_over_one_routine() -> None:
    """The second is refused before anything is done; its plan says so as well."""
    house = _house("aa", "bb")
    with house:
        async with house.client() as client:
            second = await client.plan(rollout_of("aa", "bb"))
            first = await client.start(rollout_of("aa", canary="10:1h,100"))
            await anyio.sleep(60)
            with pytest.raises(RunInProgress, match=f"aa by run {first.id}.1"):
                await client.start(second)

            plan = await client.plan(rollout_of("aa", "bb"))
            await first.abort()
            await first.result()

    assert "Unfinished run" in plan.refused[0].why


@gate(every="1s", name="raises")
async def _raises(watched: Watched) -> bool:
    return watched.routine != "bad" or bool(1 / 0)


@gate(every="1s", name="hangs", timeout="5s")
async def _hangs(watched: Watched) -> bool:
    if watched.routine == "bad":
        await anyio.sleep_forever()

    return True


@gate(every="1s", name="flaps", failure_limit=2)
async def _flaps(watched: Watched) -> bool:
    return watched.routine != "bad" or next(_turns)


_turns = itertools.cycle([True, False])


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (_raises, "ZeroDivisionError"),
        (_hangs, "gave no verdict within 5s"),
        (_flaps, "flaps"),
    ],
)
async def test_a_gate_in_trouble_costs_its_routine_alone(
    asked: GateFunction, sentence: str
) -> None:
    """One that raises, hangs or flaps: its routine goes back, the others go on."""
    house = _house("bad", "fine", "good")
    with house:
        members = [
            Member(name, NEW, canary="50:1m,100", choices={"gates": (asked,)})
            for name in ("bad", "fine", "good")
        ]
        wanted = Rollout(members=members, budget=FailureBudget(fleet=1))
        async with house.client() as client:
            report = await (await client.start(wanted)).result()

    assert Ended.DONE_WITH_FAILURES is report.ended
    assert {
        "bad": RoutineEnd.ROLLED_BACK,
        "fine": RoutineEnd.RELEASED,
        "good": RoutineEnd.RELEASED,
    } == ends(report)
    assert sentence in report.routines[0].reason


async def test_a_plan_is_carried_out_once() -> None:
    """Started again it is joined, or its end is given."""
    house = _house("aa")
    with house:
        async with house.client() as client:
            plan = await client.plan(rollout_of("aa"))
            text = plan.to_json()
            first = await (await client.start(plan)).result()
            house.transport.forget()
            again = await (await client.start(RolloutPlan.parse(text))).result()

    assert first == again
    assert [] == house.transport.calls


@pytest.mark.parametrize("after", [0.5, 400, 1000])
async def test_without_its_journal_a_plan_is_gone_on_with(after: float) -> None:
    """Each routine finds its place from what serves and from the plan."""
    house = _house("aa", "bb", "cc")
    with house:
        async with house.client() as client:
            waves = [Wave(1), Wave.rest()]
            wanted = rollout_of("aa", "bb", "cc", canary="10:5m,100", waves=waves)
            plan = await client.plan(wanted)
            run = await client.start(plan)
            await anyio.sleep(after)

        assert run.id == plan.run
        async with house.client(journal=MemoryJournal(), blobs=house.blobs) as client:
            report: RolloutReport = await client.resume(plan)

        assert Ended.DONE is report.ended
        assert [1, 1, 1] == [len(house.tagged(name)) for name in ("aa", "bb", "cc")]


async def test_a_bundle_that_vanished_is_taken_from_the_store() -> None:
    """Where even that has gone, nothing is begun."""
    house = _house("aa")
    async with house.client() as client:
        plan = await client.plan(rollout_of("aa"))

    async with house.client(blobs=MemoryBlobs()) as client:
        with pytest.raises(InvalidInput, match="The bundle of this plan is nowhere"):
            await client.start(plan)


async def test_what_it_is_bound_by_is_told() -> None:
    """The bakes of a canary; the cap; or the answers, one after the other."""
    house = _house(*NAMES, latency=0.05)
    wide = FailureBudget(fleet="100%")
    bakes = await _plan(house, rollout_of(*NAMES, canary="10:5m,100"))
    waits = await _plan(house, rollout_of(NAMES[0]))
    house.switches = Switches()
    async with house.client(calls_per_second=10) as client:
        capped = await client.plan(rollout_of(*NAMES, budget=wide))

    assert (Bound.BAKE, Bound.LATENCY, Bound.CAP) == (
        bakes.bound,
        waits.bound,
        capped.bound,
    )


async def test_a_rollout_on_its_way_back_has_the_whole_cap() -> None:
    """What else this client does waits meanwhile, and goes on after."""
    house = _house("aa", "bb", "cc", latency=0.5)
    with house:
        async with house.client() as client:
            members = [Member("aa", NEW), Member("bb", NEW, canary="10:1h,100")]
            waves = [Wave(1), Wave(1)]
            wanted = Rollout(members=members, waves=waves, name="big")
            run = await client.start(wanted)
            await anyio.sleep(60)
            moments, goes_back = list[str](), anyio.Event()
            async with anyio.create_task_group() as tasks:
                # The second goes back by itself, then the first is taken back.
                house.transport.before("deploy production 100", goes_back.set, nth=2)
                tasks.start_soon(_look, client, moments, goes_back)
                await run.abort()
                await run.result()
                moments.append("back")

            assert "big" == (await client.runs.get(run.id)).run.subject

    assert ["back", "looked"] == moments


async def _look(client: Client, moments: list[str], when: anyio.Event) -> None:
    """Look at a routine while others go back."""
    await when.wait()
    await client.connection.cloud.observe(RoutineName("cc"))
    moments.append("looked")


async def test_the_live_bytes_are_old_where_nothing_was_done() -> None:
    """A rollout of what serves already does nothing."""
    house = _house("aa")
    with house:
        async with house.client() as client:
            plan = await client.plan(Rollout(members=[Member("aa", OLD)]))
            report = await (await client.start(plan)).result()

    assert not plan.has_changes
    assert {"aa": RoutineEnd.UNCHANGED} == ends(report)


async def test_a_rollout_does_not_begin_inside_a_freeze_window() -> None:
    """Nothing is changed then; with leave to wait, or a reason, it begins."""
    house = _house("aa", "bb")
    lunch = Freeze(cron="0 12 * * *", duration="2h")
    with house:
        async with house.client() as client:
            plan = await client.plan(rollout_of("aa", freezes=[lunch]))
            with pytest.raises(Frozen):
                await client.start(plan)

            unbegun = await client.runs.list()
            other = rollout_of("bb", freezes=[lunch])
            run = await client.start(other, ignore_freeze="the shop is down")
            broken = await run.result()
            at_once = anyio.current_time()
            run = await client.start(plan, wait=True)
            await anyio.sleep(60)
            with pytest.raises(InvalidInput, match="heeds its freeze windows"):
                await client.start(plan, ignore_freeze="late")

            waited = await run.result()

    assert () == unbegun
    assert ("A freeze window was ignored by someone: the shop is down",) == broken.notes
    assert "Waited for the end of a freeze window" in waited.notes[0]
    assert at_once + 7000 < anyio.current_time()


async def test_a_run_that_waits_for_a_window_is_let_go_with_a_reason_alone() -> None:
    """A run that waits for none has nothing to ignore."""
    house = _house("aa", "bb")
    lunch = Freeze(cron="0 12 * * *", duration="2h")
    with house:
        async with house.client() as client:
            wanted = rollout_of("aa", freezes=[lunch])
            run = await client.start(wanted, wait=True)
            await anyio.sleep(60)
            with pytest.raises(InvalidInput, match="waits for the end"):
                await run.deny()

            await run.approve(by="ann", ignore_freeze="the shop is down")
            report = await run.result()
            with pytest.raises(InvalidInput, match="waits for no freeze window"):
                await run.approve(ignore_freeze="again")

    assert Ended.DONE is report.ended
    assert "ignored by ann: the shop is down" in report.notes[0]


async def test_what_has_changed_since_it_was_planned_is_told() -> None:
    """Something else serves; what the plan refuses is told with it."""
    house = _house("aa", "bb", "cc")
    with house:
        async with house.client() as client:
            plan = await client.plan(rollout_of("aa", "bb", "cc", "no"))
            fresh = await client.refused(plan)
            await anyio.sleep(120)
            made = house.cloud.console.add_version("aa", OTHER, "theirs")
            house.cloud.console.deploy("aa", "production", {made: 100})
            house.transport.forget()
            told = await client.refused(plan)
            looks = list(house.transport.calls)
            report = await (await client.start(plan.without(told))).result()
            begun = await client.refused(plan)

    assert ["no"] == list(fresh)
    changed = f"Production of aa serves {made} 100 %; the plan began at"
    assert ["no", "aa"] == list(told)
    assert changed in told[RoutineId("aa")]
    assert ["observe"] * 3 == looks
    gone = dict.fromkeys(("aa", "no"), RoutineEnd.REFUSED)
    kept = dict.fromkeys(("bb", "cc"), RoutineEnd.RELEASED)
    assert gone | kept == ends(report)
    assert {} == begun


async def test_trouble_with_the_account_is_no_change() -> None:
    """It is told as itself, and not of one routine."""
    house = _house("aa", "bb")
    with house:
        async with house.client() as client:
            plan = await client.plan(rollout_of("aa", "bb"))
            await anyio.sleep(120)
            house.cloud.inject(
                Fault(
                    operation="GetRoutine",
                    kind="refuse",
                    code="Forbidden.RAM",
                    times=None,
                )
            )
            with pytest.raises(CallError, match="RAM"):
                await client.refused(plan)


async def _without_journal(house: House, plan: RolloutPlan) -> RolloutReport:
    """Go on with a plan whose journal is gone."""
    async with house.client(journal=MemoryJournal(), blobs=house.blobs) as client:
        report: RolloutReport = await client.resume(plan)

    return report


async def test_without_its_journal_it_waits_once_for_what_was_under_way() -> None:
    """In the first wave; every further one would be as long again."""
    names = ("aa", "bb", "cc", "dd")
    house = _house(*names)
    wanted = rollout_of(*names, waves=[Wave(1), Wave(1), Wave(1), Wave.rest()])
    with house:
        async with house.client() as client:
            plan = await client.plan(wanted)

        began = anyio.current_time()
        report = await _without_journal(house, plan)
        took = anyio.current_time() - began

    assert Ended.DONE is report.ended
    assert 30 <= took < 40


async def test_where_the_first_wave_failed_at_once_the_second_waits() -> None:
    """Nobody of the first has seen what was under way appear."""
    house = _house("bb")
    house.live("aa")
    wanted = rollout_of(
        "aa", "bb", waves=[Wave(1), Wave.rest()], budget=FailureBudget(fleet=1)
    )
    with house:
        async with house.client() as client:
            plan = await client.plan(wanted)

        house.cloud.inject(
            Fault(
                operation="GetRoutine",
                kind="refuse",
                code="RoutineNotExist",
                routine="aa",
                times=None,
            )
        )
        began = anyio.current_time()
        report = await _without_journal(house, plan)
        took = anyio.current_time() - began

    assert {"aa": RoutineEnd.FAILED, "bb": RoutineEnd.RELEASED} == ends(report)
    assert 30 <= took < 40
