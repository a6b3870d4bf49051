"""A plan names the calls that an undisturbed release makes: the local cloud counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from attrs import field, frozen
from tests.house import NEW, OLD, OTHER, House

from esa_flows import Client, Outcome
from esa_flows.errors import Conflict, NothingPrunable
from esa_flows.localcloud import Fault, Switches
from esa_flows.release.forecast import total
from esa_flows.release.planned import Plan

WORDS = {"read code": "read code", "package": "package slot", "quota": "quota"}


@frozen(kw_only=True)
class Case:
    """A world and a release.

    Attributes:
        name: What it is called in a failure.
        world: Makes the world.
        choices: What the release is told.
        code: What is released.
        before: Bundles released before, in order.
        settings: How the clients are set.
    """

    name: str
    world: Callable[[House], Any]
    choices: dict[str, Any]
    code: bytes = NEW
    before: tuple[bytes, ...] = ()
    settings: dict[str, Any] = field(factory=dict)


def _nothing(_: House) -> None:
    pass


def _live(house: House) -> None:
    house.live()


def _full(house: House) -> None:
    house.live(versions=10)


def _nearly_full(house: House) -> None:
    house.live(versions=6)


def _canary(house: House) -> None:
    stable = house.live()
    other = house.cloud.console.add_version("shop", OTHER)
    house.deploy({stable: 70, other: 30})


def _staged_elsewhere(house: House) -> None:
    house.live()
    house.deploy({house.cloud.console.add_version("shop", OTHER): 100}, env="staging")


def _old_canary(house: House) -> None:
    """Their smaller share is the oldest version of a full routine."""
    live = house.live(versions=10)
    house.deploy({live: 70, house.versions()[0]: 30})


def _bound(house: House) -> None:
    house.live_bound()


def _bound_and_full(house: House) -> None:
    for _ in range(8):
        house.cloud.console.add_version("shop", OTHER)

    house.live_bound()


def _unserved(house: House) -> None:
    for env in ("staging", "production"):
        house.cloud.console.set_variable("shop", env, "TOKEN", env)


BAKED = "10:1m,50,100:1m"
CASES = (
    Case(name="fresh", world=_nothing, choices={"create": True}),
    Case(
        name="fresh, shares", world=_nothing, choices={"create": True, "canary": BAKED}
    ),
    Case(name="whole", world=_live, choices={}),
    Case(name="shares", world=_live, choices={"canary": BAKED}),
    Case(name="staging", world=_staged_elsewhere, choices={"to": "staging"}),
    Case(name="no probe", world=_live, choices={"probe": False}),
    Case(name="unchanged", world=_live, choices={}, code=OLD),
    Case(name="unchanged by tag", world=_live, choices={}, before=(NEW,)),
    Case(name="adopted", world=_live, choices={}, before=(NEW, OTHER)),
    Case(name="near the quota", world=_nearly_full, choices={}),
    Case(name="at quota", world=_full, choices={}),
    Case(
        name="at a quota that is set",
        world=_nearly_full,
        choices={},
        settings={"version_quota": 6},
    ),
    Case(
        name="our own goes, from the store",
        world=_live,
        choices={"prune_foreign": False},
        before=(OTHER, b"//1", b"//2"),
        settings={"version_quota": 4},
    ),
    Case(
        name="abort first",
        world=_canary,
        choices={"on_conflict": "abort-first", "canary": BAKED},
    ),
    Case(
        name="abort first at quota",
        world=_old_canary,
        choices={"on_conflict": "abort-first"},
    ),
    Case(
        name="abort first, unchanged",
        world=_canary,
        choices={"on_conflict": "abort-first"},
        code=OLD,
    ),
    Case(name="slow edge", world=_live, choices={}, settings={"edge_lag": "10s"}),
    Case(
        name="slow edge, staged before",
        world=_live,
        choices={},
        before=(NEW, OTHER, NEW),
        settings={"edge_lag": "10s"},
    ),
    Case(name="variables", world=_bound, choices={"canary": BAKED}),
    Case(name="variables, unchanged", world=_bound, choices={}, code=OLD),
    Case(name="variables, adopted", world=_bound, choices={}, before=(NEW, OTHER)),
    Case(name="variables at quota", world=_bound_and_full, choices={}),
    Case(name="variables to staging", world=_bound, choices={"to": "staging"}),
    Case(name="variables left out", world=_bound, choices={"bind": "off"}),
    Case(name="fresh variables", world=_bound, choices={"bind": "fresh"}, code=OLD),
    Case(name="first variables", world=_unserved, choices={}),
    Case(name="bound at birth", world=_nothing, choices={"create": True, "bind": "on"}),
    Case(
        name="supersede",
        world=_canary,
        choices={"on_conflict": "supersede", "canary": BAKED},
    ),
)


def _counted(house: House) -> dict[str, int]:
    """Give the calls as they passed, in the words of a plan."""
    calls = Counter[str]()
    for label in house.transport.calls:
        word = "deploy" if label.startswith("deploy") else WORDS.get(label, label)
        calls[word] += 1

    del calls["ask edge"]
    return dict(calls)


async def _released(house: House, case: Case) -> tuple[Plan, Outcome]:
    """Plan with one client and release with another one; give both ends."""
    case.world(house)
    async with house.client(**case.settings) as client:
        for code in case.before:
            await client.release("shop", code)

    await anyio.sleep(2)  # each client keeps the cap by itself
    house.transport.forget()
    async with house.client(**case.settings) as client:
        plan = await client.plan("shop", case.code, **case.choices)
        changes = {"slot", "post", "commit", "delete", "create", "package"}
        assert not changes & set(house.transport.calls)
        assert not [call for call in house.transport.calls if "deploy" in call]

    await anyio.sleep(2)
    house.transport.forget()
    async with house.client(**case.settings) as client:
        report = await client.release("shop", case.code, **case.choices)

    return plan, report.outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_calls_are_those_of_the_plan(case: Case) -> None:
    """Verb by verb, in every world: none more, none less; and planning only reads."""
    with House() as house:
        plan, outcome = await _released(house, case)

        (planned,) = plan.releases
        is_unchanged = outcome is Outcome.UNCHANGED
        assert _counted(house) == dict(planned.forecast.calls)
        assert is_unchanged is planned.forecast.is_unchanged
        changes = [s for _, s in house.moments]
        assert planned.forecast.is_unchanged or changes


@pytest.mark.may_block
@pytest.mark.parametrize("is_there", [True, False])
async def test_the_calls_of_a_package(*, is_there: bool, tmp_path: Path) -> None:
    """Code with assets, new or adopted."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.js").write_bytes(NEW)
    (tmp_path / "assets" / "index.html").write_bytes(b"<h1>shop</h1>")
    with House() as house:
        house.live()
        async with house.client() as client:
            if is_there:
                await client.release("shop", tmp_path)
                await client.release("shop", OTHER)

            plan = await client.plan("shop", tmp_path)
            house.transport.forget()
            await client.release("shop", tmp_path)

        assert _counted(house) == dict(plan.releases[0].forecast.calls)


async def test_a_steady_release_stays_within_the_promise() -> None:
    """At the quota, with our own version to prune: ten capped calls and a fifth."""
    with House() as house:
        plan, _ = await _released(
            house,
            Case(
                name="steady",
                world=_live,
                choices={"prune_foreign": False},
                before=(OTHER, b"//1", b"//2"),
                settings={"version_quota": 4},
            ),
        )

        assert 10 == plan.capped_calls
        assert "list" not in plan.calls


async def test_ten_steady_releases_take_a_hundred_and_two_calls() -> None:
    """At the quota, each making room: one list in five releases, counted there."""
    with House() as house:
        house.live()
        codes = [b"//%d" % number for number in range(14)]
        async with house.client(version_quota=4) as client:
            for code in codes[:4]:
                await client.release("shop", code)

            house.transport.forget()
            for code in codes[4:]:
                await client.release("shop", code)

        counted = _counted(house)
        assert 2 == counted["list"]
        assert 10 == counted["delete"]
        assert 102 == total(counted)


def _drawn(seed: int) -> Case:
    """Draw a world and a release."""
    draw = Random(seed)
    quota, held = draw.randint(4, 10), draw.randint(1, 9)
    bound = draw.random() < 0.3
    codes = [NEW, OTHER, *(b"//%d" % number for number in range(5))]

    def world(house: House) -> None:
        """Make a routine with so many versions."""
        house.live(versions=min(held, quota))
        if bound:
            house.live_bound()

    return Case(
        name=str(seed),
        world=world,
        choices={
            "canary": draw.choice(["100", "100:1m", "10:1m,100", BAKED, "5,20,100:5m"]),
            "probe": draw.random() < 0.8,
            "prune_foreign": True,
            "to": draw.choice(["production", "production", "staging"]),
        },
        code=draw.choice(codes),
        before=tuple(draw.choices(codes, k=draw.randint(0, 7))),
        settings={"version_quota": quota} if draw.random() < 0.7 else {},
    )


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_is_released_the_plan_counts_it(seed: int) -> None:
    """Shares, bakes, variables, the quota's place, what was released before."""
    case = _drawn(seed)
    with House() as house:
        plan, outcome = await _released(house, case)

        (planned,) = plan.releases
        assert _counted(house) == dict(planned.forecast.calls)
        assert (outcome is Outcome.UNCHANGED) is planned.forecast.is_unchanged


async def test_unknown_addresses_of_staging_cost_a_call() -> None:
    """Once for a client, where the gate asks and nobody has set them."""
    with House() as house:
        house.live()
        async with house.client(staging_edge="") as client:
            plan = await client.plan("shop", NEW)
            unprobed = await client.plan("shop", NEW, probe=False)

        assert 1 == plan.calls["addresses"]
        assert "addresses" not in unprobed.calls


async def test_what_is_shown_is_what_happens() -> None:
    """The version that goes, the shares, the ones that stay."""
    with House() as house:
        house.live(versions=10)
        oldest, *others = house.versions()
        async with house.client() as client:
            plan = await client.plan("shop", NEW, canary=BAKED)

        (told,) = (each.forecast for each in plan.releases)
        assert (oldest,) == told.deletes
        assert ("10:1m", "50", "100:1m") == told.shares
        assert set(others) == {stay.version for stay in told.stays}
        assert "2m" == str(plan.minimum_time)


async def test_the_time_is_that_of_the_way_that_is_gone() -> None:
    """A first release has its last stage only; staging alone takes no time."""
    with House() as house:
        house.live()
        async with house.client() as client:
            first = await client.plan("new-one", NEW, canary=BAKED, create=True)
            alone = await client.plan("shop", NEW, canary=BAKED, to="staging")
            served = await client.plan("shop", OLD, canary=BAKED)

        assert "1m" == str(first.minimum_time)
        assert "0s" == str(alone.minimum_time) == str(served.minimum_time)


@pytest.mark.parametrize(
    ("gates", "told"),
    [
        ((), True),
        (("http:/ at=staging",), True),
        (("http:/",), False),
        (("command: true",), False),
    ],
)
async def test_a_production_that_nobody_looks_at_is_told(
    gates: tuple[str, ...], *, told: bool
) -> None:
    """Without a gate a bake is a timer only, and the plan says so."""
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW, canary=BAKED, gates=gates)
            alone = await client.plan("shop", NEW, to="staging")

        notes = plan.releases[0].forecast.notes
        assert told is any("Timer only: nothing will be observed" in n for n in notes)
        assert () == alone.releases[0].forecast.notes


@pytest.mark.parametrize(
    ("gate", "time"),
    [
        ("http:/ every=30s at=production", "2m30s"),
        ("http:/ every=10s count=13 at=production", "6m"),
        ("http:/ every=10s count=4 at=staging", "2m30s"),
    ],
)
async def test_gates_take_time_and_calls_as_foretold(gate: str, time: str) -> None:
    """What is watched is looked at again after; the count and the time are exact."""
    with House() as house:
        house.live()
        async with house.client() as client:
            plan = await client.plan("shop", NEW, canary=BAKED, gates=(gate,))
            house.transport.forget()
            began = anyio.current_time()
            await client.release("shop", NEW, canary=BAKED, gates=(gate,))

        assert time == str(plan.minimum_time)
        took = anyio.current_time() - began
        assert plan.minimum_time.seconds <= took < plan.minimum_time.seconds + 10
        assert _counted(house) == plan.calls


async def test_a_plan_that_cannot_be_carried_out_is_none() -> None:
    """No room, or somebody's canary: known before anything is done."""
    with House() as house:
        _canary(house)
        async with house.client(version_quota=2) as client:
            with pytest.raises(Conflict, match="a canary is under way"):
                await client.plan("shop", NEW)

            with pytest.raises(NothingPrunable, match="2 of 2 versions"):
                await client.plan("shop", NEW, on_conflict="supersede")


async def test_a_superseded_canary_is_noted() -> None:
    """It drops out, and whoever reads the plan knows."""
    with House() as house:
        _canary(house)
        async with house.client() as client:
            plan = await client.plan("shop", NEW, on_conflict="supersede")

        assert "which is superseded" in plan.releases[0].forecast.notes[0]


async def test_a_quota_that_nobody_may_read_is_taken_as_set() -> None:
    """The plan goes on with what the settings say."""
    with House() as house:
        house.live(versions=9)
        house.cloud.inject(
            Fault(
                operation="ListEdgeRoutinePlans",
                kind="refuse",
                code="Forbidden.RAM",
                times=None,
            )
        )
        async with house.client() as client:
            plan = await client.plan("shop", NEW)

        assert plan.releases[0].forecast.deletes == ()


def test_uploads_are_not_under_the_cap() -> None:
    """They go to the object store."""
    assert 3 == total({"observe": 2, "post": 5, "list": 1})


async def test_a_provider_that_takes_its_time_costs_more_looks() -> None:
    """The figures are of one that is ready at once; the docstring says so."""
    with House(switches=Switches(ready_after=3.0)) as house:
        house.live()
        async with house.client() as client:
            plan = await _planned(client)
            house.transport.forget()
            await client.release("shop", NEW)

        more = Counter(_counted(house)) - Counter(dict(plan.calls))
        assert {"info"} == set(more)


async def _planned(client: Client) -> Plan:
    return await client.plan("shop", NEW)
