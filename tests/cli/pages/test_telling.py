"""From the journal to a story."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import anyio
import pytest
from tests.dcdn_house import ZHEJIANG, DcdnHouse
from tests.house import BROKEN, NEW, OTHER, WORDS, House

from esa_flows import Client, Context, EsaFlowsError, ReleaseFailed, flow
from esa_flows.cli.pages import telling
from esa_flows.cli.pages.page import page
from esa_flows.cli.pages.story import Phase, Story, Verdict
from esa_flows.cli.pages.style import Look
from esa_flows.cli.pages.telling import story_of, took_words, verbs_of
from esa_flows.errors import Conflict
from esa_flows.localcloud import Fault

RUN = "mine0001"


@flow
async def alike(ctx: Context, value: str) -> dict[str, str]:
    """Give something that looks like a report, and is none."""
    return {"outcome": value, "routine": "shop"}


@flow
async def asking(ctx: Context, value: str) -> str:
    """Ask a person, or fail."""
    if value == "fail":
        raise Conflict("Somebody else did.")

    await ctx.approve(what="Now?")
    return value


async def _story(client: Client, run: str = RUN) -> Story:
    return story_of(await client.runs.get(run))


async def test_a_canary_that_went_well() -> None:
    """Its shares, its bakes, its calls, and the command that takes it back."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW, canary="10:30s,100", run_id=RUN)
            told = await _story(client)

    (line,) = told.routines
    calls = house.cloud.report().calls
    assert Verdict.GOOD is told.verdict
    assert f"Released. Production serves {report.version} 100 %." == told.headline
    assert told.back.startswith("Safe to roll back: yes, esa-flows rollback shop (")
    assert ("10 % · 100 %", f"{old} 100 % → {report.version} 100 %") == (
        line.steps,
        line.change,
    )
    words = WORDS | {"PostObject": "post"}
    assert {words[name]: count for name, count in calls.items()} == told.verbs
    assert told.total == line.calls == sum(told.calls.values())
    assert 1 == told.uploads
    assert ("before", f"{old} 100 %") in told.facts
    (bake,) = [lane for lane in told.lanes if lane.label == "bake at 10 %"]
    assert ("30.0 s", Phase.BAKE) == (bake.note, bake.rows[0][0].phase)
    assert told.seconds == pytest.approx(30.0, abs=5.0)
    assert ["pass"] == [reading.verdict for reading in told.readings]
    assert told.lines[0].endswith("run mine0001 begins")


async def test_a_first_release_cannot_be_taken_back() -> None:
    """There is nothing to go back to; a second one changes nothing."""
    with House() as house:
        async with house.client() as client:
            await client.release("shop", NEW, create=True, run_id=RUN)
            first = await _story(client)
            await client.release("shop", NEW, run_id="mine0002")
            second = await _story(client, "mine0002")

    assert "Safe to roll back: no, nothing served production before." == first.back
    assert second.headline.startswith("Unchanged. ")
    assert second.back.startswith("Nothing to roll back")


async def test_a_release_that_failed_and_is_as_before() -> None:
    """A warning, with the reason, the next move and what the gate said."""
    with House() as house:
        old = house.live()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed):
                await client.release("shop", BROKEN, run_id=RUN)

            told = await _story(client)

    (line,) = told.routines
    assert Verdict.WARN is told.verdict
    assert f"{old} 100 %" == line.change
    assert "The staging gate did not pass" in told.reason
    assert told.next_move.startswith("Mend the bundle")
    assert told.back.startswith("Nothing to roll back: production serves what it")
    assert "fail" == told.readings[-1].verdict
    assert {Phase.BACK, Phase.GATE} <= {
        span.phase for lane in told.lanes for span in lane.rows[0]
    }


async def test_a_release_that_left_something_else() -> None:
    """It is bad, and a person is needed."""
    with House() as house:
        house.live()
        async with house.client() as client:
            with pytest.raises(ReleaseFailed):
                await client.release("shop", BROKEN, run_id=RUN)

            view = await client.runs.get(RUN)

    assert view.history.ended is not None
    view.history.ended["value"]["production_as_before"] = False
    told = story_of(view)

    assert Verdict.BAD is told.verdict
    assert "Not as before: a person is needed." == told.back


async def test_a_run_under_way() -> None:
    """Says where it stands, what can be done, and how one goes back."""
    with House() as house:
        house.live()
        with anyio.move_on_after(10):
            async with house.client() as client:
                await client.release("shop", NEW, canary="10:30s,100", run_id=RUN)

        async with house.client() as client:
            told = await _story(client)

    assert (Verdict.OPEN, "Paused", "paused") == (
        told.verdict,
        told.headline,
        told.state,
    )
    assert "esa-flows resume mine0001 or esa-flows abort mine0001" == told.next_move
    assert "To go back to what served before: esa-flows abort mine0001" == told.back
    assert () == told.routines


@pytest.mark.parametrize(
    ("work", "value", "verdict", "headline", "reason"),
    [
        (alike, "fine", Verdict.GOOD, "Succeeded", "fine"),
        (asking, "fail", Verdict.BAD, "Failed", "Somebody else did."),
    ],
)
async def test_a_flow_of_ones_own(
    work: Any, value: str, verdict: Verdict, headline: str, reason: str
) -> None:
    """Has no report; its state and its error are told."""
    house = House()
    async with house.client(flows=(work,)) as client:
        with suppress(EsaFlowsError):
            await client.run(work, value, run_id=RUN)

        told = await _story(client)

    assert (verdict, headline, reason) == (told.verdict, told.headline, told.reason)
    assert ("", "", ()) == (told.back, told.next_move, told.routines)
    assert (("cloud", "ESA"),) == told.facts


async def test_a_run_of_very_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a lane for each phase, and so much of its lines as one reads."""

    @flow
    async def patient(ctx: Context, value: str) -> str:
        """Wait often."""
        for number in range(45):
            await ctx.sleep("1s", key=f"production:{number}")

        return value

    monkeypatch.setattr(telling, "LINES", 20)
    house = House()
    async with house.client(flows=(patient,)) as client:
        await client.run(patient, "x", run_id=RUN)
        told = await _story(client)

    assert ["bake"] == [lane.label for lane in told.lanes]
    assert 45 == len(told.lanes[0].rows[0])
    assert (20, 71) == (len(told.lines), told.left_out)


async def test_a_run_that_waits_for_a_person() -> None:
    """Its question is the first thing one reads."""
    house = House()
    async with house.client(flows=(asking,)) as client:
        with anyio.move_on_after(5):
            await client.run(asking, "x", run_id=RUN)

        told = await _story(client)

    assert "Waits for a person: Now?" == told.headline
    assert "" == told.reason


async def test_a_release_with_pruned_versions() -> None:
    """What was deleted is told, with what is kept of it."""
    with House() as house:
        house.live(versions=10)
        async with house.client() as client:
            await client.release("shop", NEW, run_id=RUN)
            told = await _story(client)

    (gone,) = [fact for name, fact in told.facts if name == "deleted"]
    assert "its code kept as " in gone


async def test_a_release_on_dcdn() -> None:
    """Commands name the cloud, shares are areas."""
    with DcdnHouse() as house:
        house.live()
        house.areas(ZHEJIANG)
        async with house.client() as client:
            await client.release(
                "shop", OTHER, canary="Zhejiang:5s,production", run_id=RUN
            )
            told = await _story(client)

    assert "esa-flows rollback shop --cloud dcdn" in told.back
    assert "Zhejiang · 100 %" == told.routines[0].steps


async def test_a_page_of_a_release_with_variables_holds_no_secret() -> None:
    """Neither values of variables, nor keys, nor upload forms."""
    with House() as house:
        house.live_bound()
        house.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
        async with house.client() as client:
            await client.release("shop", NEW, run_id=RUN)
            told = await _story(client)

    written = page(told, Look(style="", script=""))
    for word in ("LocalCloudSecret", "old-staging", "old-production", "hue-"):
        assert word not in written


def test_verbs_are_told_as_plans_do_most_first() -> None:
    """Those of somebody's own port by their name."""
    counted = {"READ_CODE": 2, "OBSERVE": 9, "MY_OWN": 2}

    assert [("observe", 9), ("my_own", 2), ("read code", 2)] == list(
        verbs_of(counted).items()
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "0 ms"), (0.0517, "52 ms"), (1.0, "1.0 s")]
)
def test_short_times_are_told_in_milliseconds(seconds: float, words: str) -> None:
    """A call takes some tens of them."""
    assert words == took_words(seconds)
