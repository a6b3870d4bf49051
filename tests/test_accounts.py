"""Several accounts in one rollout: each with a cap, a signer, routines of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from attrs import evolve

from esa_flows import Client
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.retold import retold
from esa_flows.errors import AccountBlocked, InvalidInput
from esa_flows.fleet.account import Account, Variables
from esa_flows.fleet.plan import Course, RolloutPlan
from esa_flows.fleet.report import Ended, RolloutReport, RoutineEnd
from esa_flows.fleet.retreat import AT_ONCE
from esa_flows.fleet.spec import FailureBudget, Member, Rollout, Wave
from esa_flows.localcloud import KEY
from esa_flows.release.legs import take_back
from esa_flows.wire.lane import Lane
from tests.accounts_house import EU, Houses, signer
from tests.fleet.yard import ends
from tests.house import BEGIN, BROKEN, NEW, OTHER

# Bundles are files, which the store of a test reads in the loop.
pytestmark = pytest.mark.may_block


def _member(name: str, **more: Any) -> Member:
    account, _, routine = name.rpartition("/")
    code = more.pop("code", NEW)
    return Member(routine, code, account=account, **more)


def rollout_in(*names: str, **changes: Any) -> Rollout:
    """Give a rollout of routines, those of the second account as `eu/…`."""
    made = {"members": [_member(name) for name in names], "accounts": {"eu": Account()}}
    return Rollout(**{**made, "budget": FailureBudget(fleet="100%"), **changes})


async def test_routines_of_one_name_in_two_accounts_are_two() -> None:
    """Each is released in its own, and told by its account's name."""
    houses = Houses()
    houses.live("cart", "eu/cart")
    with houses.house:
        async with houses.client() as client:
            plan = await client.plan(rollout_in("cart", "eu/cart"))
            report: RolloutReport = await (await client.start(plan)).result()

    assert Ended.DONE is report.ended
    assert {"cart", "eu/cart"} == set(ends(report))
    assert houses.is_new("cart")
    assert houses.is_new("eu/cart")
    assert [("", 1), ("eu", 1)] == [(a.name, a.routines) for a in plan.accounts]
    assert EU.id not in plan.to_json()


async def test_each_account_has_its_own_cap() -> None:
    """Twice the rate in all, and never above either."""
    names = [f"r{n:02}" for n in range(40)]
    alone, both = Houses(), Houses()
    took = []
    for houses, wanted in (
        (alone, [*names, *(f"s{n:02}" for n in range(40))]),
        (both, [*names, *(f"eu/{name}" for name in names)]),
    ):
        houses.live(*wanted)
        with houses.house:
            async with houses.client() as client:
                plan = await client.plan(rollout_in(*wanted))
                await anyio.sleep(2)  # what the plan asked counts no more
                began = anyio.current_time()
                report = await (await client.start(plan)).result()
                took.append(anyio.current_time() - began)

        assert Ended.DONE is report.ended
        assert plan.minimum_time.seconds == pytest.approx(took[-1], rel=0.05, abs=0.5)

    assert 0.45 < took[1] / took[0] < 0.6
    assert both.peak(KEY.id) <= 100
    assert both.peak(EU.id) <= 100
    assert both.peak(EU.id) > 90


# --- killed, blocked, taken back -----------------------------------------------------


async def _begun(client: Client, wanted: Rollout, seconds: float) -> str:
    """Begin a rollout and leave it after a while, as if killed; give its run."""
    started = await client.start(wanted)
    await anyio.sleep(seconds)
    return started.id


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.0, 40.0])
async def test_a_killed_rollout_goes_on_in_every_account(seconds: float) -> None:
    """Another process finds out from the journal alone how each is reached."""
    houses = Houses()
    names = ["aa", "eu/aa", "bb", "eu/bb"]
    houses.live(*names)
    wanted = rollout_in(*names, waves=[Wave(2, bake="1m"), Wave.rest()])
    with houses.house:
        async with houses.client() as client:
            run = await _begun(client, wanted, seconds)

        async with houses.client() as client:
            report: RolloutReport = await client.resume(run)

    assert Ended.DONE is report.ended
    assert all(map(houses.is_new, names))


async def test_a_routine_s_own_run_goes_on_in_its_account() -> None:
    """Its rollout's journal says how that is reached."""
    houses = Houses()
    houses.live("eu/aa")
    wanted = rollout_in("eu/aa", waves=[Wave(canary="10:1h,100")])
    with houses.house:
        async with houses.client() as client:
            run = await _begun(client, wanted, 60)

        async with houses.client() as client:
            with pytest.raises(InvalidInput, match="was begun on eu; this is esa"):
                await evolve(client.connection.engine, reach=_nothing).resume(
                    f"{run}.1"
                )

            report = await client.abort(f"{run}.1")

    assert ("eu", False) == (report.account, houses.is_new("eu/aa"))


async def _nothing(run: str, started: Mapping[str, Any]) -> None:
    """See to no account."""


async def test_a_credential_that_is_gone_refuses_a_resume_before_anything() -> None:
    """Nothing is sent; with the credential it goes on."""
    houses = Houses()
    houses.live("aa", "eu/aa")
    wanted = rollout_in("aa", "eu/aa", waves=[Wave(1, bake="1h"), Wave.rest()])
    with houses.house:
        async with houses.client() as client:
            run = await _begun(client, wanted, 60)

        houses.house.transport.forget()
        async with houses.client(accounts={}) as client:
            with pytest.raises(InvalidInput, match=r"^Account eu: .*'eu'"):
                await client.resume(run)

        assert [] == houses.house.transport.calls
        async with houses.client() as client:
            report = await client.resume(run)

    assert Ended.DONE is report.ended


async def test_an_account_without_money_holds_all_that_is_new() -> None:
    """What is under way elsewhere comes to its end, nothing begins, a resume goes on.

    Wave two has a routine in each account; the one of `eu` meets the block.
    """
    houses = Houses()
    names = ["aa", "eu/aa", "bb", "eu/bb", "cc", "eu/cc"]
    houses.live(*names)
    waves = [Wave(2), Wave(2, canary="10:5m,100"), Wave.rest()]
    with houses.house:
        async with houses.client() as client:
            started = await client.start(rollout_in(*names, waves=waves))
            await anyio.sleep(120)  # in the canary of wave two
            houses.house.cloud.world.halted.add(EU.account)
            with pytest.raises(AccountBlocked, match=r"^Account eu: .*halted"):
                await started.result()

        held = [houses.is_new(name) for name in names]
        houses.house.cloud.world.halted.clear()
        async with houses.client() as client:
            report: RolloutReport = await client.resume(started.id)

    assert [True, True, True, False, False, False] == held
    assert Ended.DONE is report.ended
    assert all(map(houses.is_new, names))


async def test_an_abort_takes_back_what_is_in_accounts_that_answer() -> None:
    """The blocked one's routines follow when it answers again."""
    houses = Houses()
    names = ["eu/aa", "aa", "eu/bb", "bb"]
    houses.live(*names)
    waves = [Wave(2, bake="1h"), Wave.rest()]
    with houses.house:
        async with houses.client() as client:
            started = await client.start(rollout_in(*names, waves=waves))
            await anyio.sleep(60)
            before = [houses.is_new(name) for name in names]
            houses.house.cloud.world.halted.add(EU.account)
            await started.abort()
            with pytest.raises(AccountBlocked, match=r"^Account eu"):
                await started.result()

        held = [houses.is_new(name) for name in names]
        houses.house.cloud.world.halted.clear()
        async with houses.client() as client:
            report: RolloutReport = await client.resume(started.id)

    assert [True, True, False, False] == before
    assert [True, False, False, False] == held
    assert Ended.ROLLED_BACK is report.ended
    assert not any(map(houses.is_new, names))


async def test_failures_of_all_accounts_are_counted_together() -> None:
    """One in each, one tolerated: the wave goes back in both."""
    houses = Houses()
    names = ["aa", "eu/aa", "bb", "eu/bb"]
    houses.live(*names)
    members = [
        _member(name, code=BROKEN if name.endswith("bb") else NEW) for name in names
    ]
    wanted = rollout_in(members=members, budget=FailureBudget(fleet=1))
    with houses.house:
        async with houses.client() as client:
            report: RolloutReport = await (await client.start(wanted)).result()

    assert Ended.ROLLED_BACK is report.ended
    assert 2 == report.failures
    assert not any(map(houses.is_new, names))
    assert {"aa", "eu/aa"} == {
        each.routine for each in report.routines if each.end is RoutineEnd.TAKEN_BACK
    }


async def test_a_rollout_that_ended_is_taken_back_in_every_account() -> None:
    """By a client that hears of the accounts from its journal alone."""
    houses = Houses()
    names = ["aa", "eu/aa"]
    houses.live(*names)
    with houses.house:
        async with houses.client() as client:
            report = await (await client.start(rollout_in(*names))).result()

        async with houses.client() as client:
            back: RolloutReport = await client.undo(report.run)

    assert Ended.ROLLED_BACK is back.ended
    assert not any(map(houses.is_new, names))


# --- a whole fleet, by its file ------------------------------------------------------


async def _released_by_hand(houses: Houses, names: list[str]) -> Rollout:
    """Release routines of two accounts; give the fleet that they are."""
    houses.live(*names)
    async with houses.client() as client:
        await (await client.start(rollout_in(*names))).result()

    await anyio.sleep(2)  # another process does not know what this one just sent
    return rollout_in(*names)


async def test_a_fleet_goes_back_in_every_account() -> None:
    """Each routine in its own, by a client that no rollout has told of them."""
    houses = Houses()
    names = ["cart", "eu/cart", "eu/pay"]
    with houses.house:
        fleet = await _released_by_hand(houses, names)
        async with houses.client() as client:
            plan = await client.plan_rollback(fleet)
            held = [houses.is_new(name) for name in names]
            report = await client.rollback_fleet(plan)

    assert names == [each.routine for each in plan.returns]
    assert ((), 12) == (plan.stays, plan.calls)
    assert [True] * 3 == held
    assert Ended.ROLLED_BACK is report.ended
    assert dict.fromkeys(names, RoutineEnd.TAKEN_BACK) == ends(report)
    assert not any(map(houses.is_new, names))


async def test_a_pattern_of_a_fleet_goes_back_in_its_account() -> None:
    """And in no other one."""
    houses = Houses()
    names = ["cart-a", "eu/cart-b", "eu/cart-c"]
    with houses.house:
        await _released_by_hand(houses, names)
        async with houses.client() as client:
            report = await client.rollback_fleet(rollout_in("eu/cart-*"))

    assert {"eu/cart-b", "eu/cart-c"} == set(ends(report))
    assert [True, False, False] == [houses.is_new(name) for name in names]


@pytest.mark.parametrize("turns", [1, 4, 8, 14])
async def test_a_killed_way_back_of_a_fleet_goes_on_in_every_account(
    turns: int,
) -> None:
    """Another process finds out from the journal alone how each is reached."""
    houses = Houses()
    names = ["aa", "eu/aa", "eu/bb"]
    left = iter(range(turns))
    with houses.house:
        fleet = await _released_by_hand(houses, names)
        async with houses.client() as client:
            with anyio.CancelScope() as scope:

                def cut(_: Happening) -> None:
                    """Die with one of the first things that are told."""
                    if next(left, None) is None:
                        scope.cancel()

                await client.rollback_fleet(fleet, observer=cut)

        async with houses.client() as client:
            (view,) = [v for v in await client.runs.list() if v.run.flow == "fallback"]
            report: RolloutReport = await client.resume(view.run.id)

    assert Ended.ROLLED_BACK is report.ended
    assert not any(map(houses.is_new, names))


async def test_a_fleet_goes_back_where_an_account_answers() -> None:
    """The blocked one's routines follow when it answers again, by a resume."""
    houses = Houses()
    names = ["eu/aa", "aa", "eu/bb", "bb"]
    with houses.house:
        fleet = await _released_by_hand(houses, names)
        async with houses.client() as client:
            plan = await client.plan_rollback(fleet)
            houses.house.cloud.world.halted.add(EU.account)
            with pytest.raises(AccountBlocked, match=r"^Account eu: .*halted"):
                await client.rollback_fleet(plan)

        held = [houses.is_new(name) for name in names]
        houses.house.cloud.world.halted.clear()
        async with houses.client() as client:
            (view,) = [v for v in await client.runs.list() if v.run.flow == "fallback"]
            report: RolloutReport = await client.resume(view.run.id)

    assert [True, False, True, False] == held
    assert Ended.ROLLED_BACK is report.ended
    assert not any(map(houses.is_new, names))


async def test_a_blocked_account_is_asked_no_more_on_the_way_back() -> None:
    """What waits for its turn there is not begun."""
    houses = Houses()
    names = ["aa", *(f"eu/r{n:03}" for n in range(AT_ONCE + 4))]
    with houses.house:
        fleet = await _released_by_hand(houses, names)
        async with houses.client() as client:
            plan = await client.plan_rollback(fleet)
            houses.house.cloud.world.halted.add(EU.account)
            with pytest.raises(AccountBlocked, match=r"^Account eu"):
                await client.rollback_fleet(plan)

            (view,) = [v for v in await client.runs.list() if v.run.flow == "fallback"]
            begun = [run.subject async for run, _ in client.runs.children(view.run.id)]

    assert not houses.is_new("aa")
    assert AT_ONCE <= len(begun) < len(names)


async def test_the_way_back_of_a_fleet_is_as_long_as_its_slowest_account() -> None:
    """Each goes at its own rate, and it takes at least the time that is told."""
    houses = Houses()
    names = ["aa", *(f"eu/r{n:02}" for n in range(40))]
    accounts = {"eu": Account(calls_per_second=20)}
    with houses.house:
        await _released_by_hand(houses, names)
        async with houses.client() as client:
            plan = await client.plan_rollback(rollout_in(*names, accounts=accounts))
            await anyio.sleep(2)  # what the plan asked counts no more
            began = anyio.current_time()
            await client.rollback_fleet(plan)
            took = anyio.current_time() - began

    assert 41 * 4 == plan.calls
    assert plan.minimum_time.seconds == pytest.approx((40 * 4 - 20) / 20, rel=0.1)
    assert 1 <= took / plan.minimum_time.seconds < 1.5


async def test_a_fleet_whose_account_cannot_be_reached_is_refused() -> None:
    """Before anything is sent."""
    houses = Houses()
    async with houses.client(accounts={}) as client:
        with pytest.raises(InvalidInput, match=r"^Account eu: .*no file has a profile"):
            await client.plan_rollback(rollout_in("aa", "eu/aa"))

    assert [] == houses.house.transport.calls


async def test_a_routine_of_another_account_that_is_held_is_left_alone() -> None:
    """Who holds it is told with the account's name where it is needed."""
    houses = Houses()
    names = ["aa", "eu/aa", "eu/bb"]
    waves = [Wave(canary="10:1h,100")]
    with houses.house:
        await _released_by_hand(houses, names)
        async with houses.client(account="eu") as client:
            with anyio.move_on_after(60):
                await client.release("aa", OTHER, canary="10:5m,100", run_id="single1")

        async with houses.client() as client:
            wanted = rollout_in(members=[_member("eu/bb", code=OTHER)], waves=waves)
            await _begun(client, wanted, 60)

        async with houses.client() as client:
            plan = await client.plan_rollback(rollout_in(*names))

    held, led = plan.stays
    assert ["aa"] == [each.routine for each in plan.returns]
    assert "esa-flows resume single1 --account eu" in held.next_move
    assert "--account" not in led.next_move


# --- how it is asked for -------------------------------------------------------------


async def test_a_pattern_means_the_routines_of_its_account() -> None:
    """The same pattern in two accounts means other routines."""
    houses = Houses()
    houses.live("cart-a", "eu/cart-b", "eu/cart-c", "pay")
    async with houses.client() as client:
        plan = await client.plan(rollout_in("cart-*", "eu/cart-*"))
        with pytest.raises(InvalidInput, match=r"account eu is called like pay.*--acc"):
            await client.plan(rollout_in("eu/pay*"))

    assert {"cart-a", "eu/cart-b", "eu/cart-c"} == {r.routine for r in plan.routines}


async def test_dependencies_cross_accounts_and_waves_select_them() -> None:
    """A name alone is of the same account."""
    houses = Houses()
    houses.live("aa", "eu/aa", "eu/bb")
    members = [
        _member("aa", depends_on="eu/bb"),
        _member("eu/bb", depends_on="aa"),
        _member("eu/aa"),
    ]
    waves = [Wave(account="eu"), Wave.rest()]
    async with houses.client() as client:
        plan = await client.plan(rollout_in(members=members, waves=waves))

    assert [("eu/aa", "eu/bb"), ("aa",)] == [wave.routines for wave in plan.waves]
    assert ["rest of account eu" in wave.told for wave in plan.waves] == [True, False]


async def test_a_plan_says_what_each_account_takes() -> None:
    """Calls and time of each under its own cap; the slowest one bounds the whole."""
    houses = Houses()
    names = ["aa", *(f"eu/r{n:02}" for n in range(30))]
    houses.live(*names)
    accounts = {"eu": Account(calls_per_second=20)}
    async with houses.client() as client:
        plan = await client.plan(rollout_in(*names, accounts=accounts))

    own, eu = plan.accounts
    assert (100, 20) == (own.calls_per_second, eu.calls_per_second)
    assert plan.capped_calls == own.capped_calls + eu.capped_calls
    assert plan.slowest is eu
    assert eu.least.seconds == pytest.approx(plan.minimum_time.seconds, rel=0.1)
    assert eu.access_key == "LTAI…Eu01"
    assert plan == RolloutPlan.parse(plan.to_json())


async def test_a_lower_cap_of_an_account_is_kept() -> None:
    """Its own, however fast the others go."""
    houses = Houses()
    names = [f"eu/r{n}" for n in range(6)]
    houses.live(*names)
    accounts = {"eu": Account(calls_per_second=20)}
    with houses.house:
        async with houses.client() as client:
            wanted = rollout_in(*names, accounts=accounts)
            await (await client.start(wanted)).result()

    assert 15 <= houses.peak(EU.id) <= 20


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accounts": {}}, "Account eu: .*no file has a profile"),
        ({"accounts": {"eu": signer(KEY)}}, "have the same access key"),
    ],
)
async def test_an_account_is_refused_before_anything_is_sent(
    changes: dict[str, Any], said: str
) -> None:
    """One without credentials, and one that is another one by a second name."""
    houses = Houses()
    async with houses.client(**changes) as client:
        with pytest.raises(InvalidInput, match=said):
            await client.plan(rollout_in("aa", "eu/aa"))

    assert [] == houses.house.transport.calls


async def test_credentials_may_be_variables() -> None:
    """Named in the rollout by how they begin; nothing else of them is."""
    houses = Houses()
    houses.live("eu/aa")
    environ = {"EU_ACCESS_KEY_ID": EU.id, "EU_ACCESS_KEY_SECRET": EU.secret}
    accounts = {"eu": Account(credentials=Variables(env="EU_"))}
    async with houses.client(accounts={}, environ=environ) as client:
        plan = await client.plan(rollout_in("eu/aa", accounts=accounts))
        other = {"eu": Account(profile="europe")}
        with pytest.raises(InvalidInput, match=r"as variables EU_….*profile europe"):
            await client.plan(rollout_in("eu/aa", accounts=other))

        assert "<Accounts [own, eu]>" == repr(client.connection.accounts)

    assert [Course.RELEASE] == [each.course for each in plan.routines]
    assert EU.secret not in plan.to_json()


async def test_an_account_nobody_described_is_not_there() -> None:
    """The client cannot guess it."""
    async with Houses().client() as client:
        with pytest.raises(InvalidInput, match="Nothing says how the account us is"):
            client.connection.at("us")

        assert client.connection.at("") is client.connection


async def test_a_client_may_work_in_an_account_by_its_name() -> None:
    """As the last rollout said that named it; its runs are told by that name."""
    houses = Houses()
    houses.live("aa", "eu/aa")
    environ = {"EU_ACCESS_KEY_ID": EU.id, "EU_ACCESS_KEY_SECRET": EU.secret}
    accounts = {"eu": Account(credentials=Variables(env="EU_"), calls_per_second=50)}
    with houses.house:
        async with houses.client(environ=environ, accounts={}) as client:
            wanted = rollout_in("eu/aa", accounts=accounts)
            await (await client.start(wanted)).result()

        client = houses.client(environ=environ, accounts={}, account="eu")
        client._parts = evolve(client._parts, credentials=None)
        async with client:
            cap = client.connection.cap.statistics().calls
            report = await client.rollback("aa")
            (run, *_) = await client.runs.list(routine="aa")

    assert (50, "eu", "eu/aa") == (cap, report.account, run.run.subject)
    assert not houses.is_new("eu/aa")
    assert not houses.is_new("aa")


async def test_an_account_no_rollout_named_is_the_profile_of_its_name() -> None:
    """Nothing else is tried: another account's key would be found there."""
    houses = Houses()
    client = houses.client(accounts={}, account="eu")
    client._parts = evolve(client._parts, credentials=None)
    async with client:
        with pytest.raises(InvalidInput, match="'eu', and no file has a profile"):
            await client.release("aa", NEW)

    assert [] == houses.house.transport.calls


async def test_who_signs_for_an_account_may_be_brought_by_the_host() -> None:
    """By the account's name, before anything else."""
    houses = Houses()
    houses.live("aa", "eu/aa")
    with houses.house:
        async with houses.client(account="eu") as client:
            report = await client.release("aa", NEW)

    assert "eu" == report.account
    assert (True, False) == (houses.is_new("eu/aa"), houses.is_new("aa"))


async def test_the_way_back_has_the_cap_of_its_own_account() -> None:
    """Whatever else is called there waits; the other account goes on as it did."""
    async with Houses().client() as client:
        accounts = client.connection.accounts
        await accounts.open({"eu": Account()}, ["eu"])
        begun = Happening(
            moment=Moment.RUN_STARTED,
            run="7k2f.1",
            at=BEGIN,
            facts={"flow": take_back.name, "subject": "eu/aa"},
        )
        with client._rollouts.watched(None) as watch:
            watch(begun)
            watch(begun)
            only = [accounts.at(name).cap._only[:] for name in ("", "eu")]

        after = accounts.at("eu").cap._only

    assert [[], [Lane.ROLLBACK]] == only
    assert [] == after


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_rollout_may_leave_room_for_others(*, is_killed: bool) -> None:
    """In each account, also when another process goes on; the plan counts with it."""
    houses = Houses()
    names = [*(f"r{n}" for n in range(8)), *(f"eu/r{n}" for n in range(8))]
    houses.live(*names)
    wanted = rollout_in(*names, calls_per_second=20)
    with houses.house:
        async with houses.client() as client:
            plan = await client.plan(wanted)

        houses.house.cloud._gateway.caps.tallies.clear()
        async with houses.client() as client:
            await client.start(plan)
            await anyio.sleep(2 if is_killed else 60)

        await anyio.sleep(2)  # another process does not know what this one just sent
        async with houses.client() as client:
            report: RolloutReport = await client.resume(plan.run)
            told = retold((await client.runs.get(plan.run)).rows)

        took = (told[-1].at - told[0].at).total_seconds()

    assert Ended.DONE is report.ended
    assert [20, 20] == [each.calls_per_second for each in plan.accounts]
    assert (20, 20) == (plan.limit, RolloutPlan.parse(plan.to_json()).limit)
    assert is_killed or plan.minimum_time.seconds == pytest.approx(took, rel=0.15)
    assert plan.rollback_time.seconds < 1
    assert 15 <= houses.peak(KEY.id) <= 20
    assert 15 <= houses.peak(EU.id) <= 20


async def test_the_way_back_needs_no_room() -> None:
    """It has the whole cap, however little the rollout wanted."""
    houses = Houses()
    names = [f"r{n:02}" for n in range(20)]
    houses.live(*names)
    members = [Member(name, NEW, canary="10:1h,100") for name in names]
    with houses.house:
        async with houses.client() as client:
            wanted = Rollout(
                members=members,
                budget=FailureBudget(fleet="100%"),
                calls_per_second=10,
            )
            started = await client.start(wanted)
            await anyio.sleep(120)
            began = anyio.current_time()
            await started.abort()
            report: RolloutReport = await started.result()
            took = anyio.current_time() - began

    assert Ended.ROLLED_BACK is report.ended
    assert took < 5


async def test_a_way_back_is_as_long_as_that_of_its_slowest_account() -> None:
    """Each goes at its own rate, beside the others."""
    houses = Houses()
    names = ["aa", *(f"eu/r{n}" for n in range(8))]
    houses.live(*names)
    accounts = {"eu": Account(calls_per_second=5)}
    with houses.house:
        async with houses.client() as client:
            wanted = rollout_in(*names, accounts=accounts)
            report = await (await client.start(wanted)).result()
            back = await client.plan_undo(report.run)

    assert 9 == len(back.returns)
    assert back.minimum_time.seconds == pytest.approx((8 * 6 - 5) / 5, rel=0.2)


async def test_a_rollout_may_name_the_client_s_own_account() -> None:
    """It is the same one, whether a routine says so or not."""
    houses = Houses()
    houses.live("eu/aa", "eu/bb")
    members = [Member("aa", NEW), Member("bb", NEW, account="eu")]
    with houses.house:
        async with houses.client(account="eu") as client:
            wanted = rollout_in(members=members)
            report: RolloutReport = await (await client.start(wanted)).result()
            there = client.connection.at("eu") is client.connection

    assert there
    assert Ended.DONE is report.ended
    assert {"eu/aa", "eu/bb"} == set(ends(report))
