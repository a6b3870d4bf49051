"""Gates around and during a release: what is caught, and what is borne."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from attrs import define, field
from tests.house import BROKEN, NEW, OLD, House

from esa_flows import (
    Gate,
    Outcome,
    Reading,
    ReleaseFailed,
    Report,
    Verdict,
    Watched,
)
from esa_flows.errors import Paused
from esa_flows.gates.functions import GateFunction
from esa_flows.gates.limits import Limits
from esa_flows.gates.python_check import PythonCheck
from esa_flows.localcloud import Fault, Switches
from esa_flows.model import Bundle, Canary, Environment
from esa_flows.release.spec import Release
from esa_flows.release.watch import gates_at, unobserved

CANARY = "10:5m,50:5m,100:1m"
LETTERS = {"p": Verdict.PASS, "f": Verdict.FAIL, "i": Verdict.INCONCLUSIVE}


@define
class Script:
    """A gate that answers as it is told, letter by letter; then always the last one."""

    story: str
    asked: list[Watched] = field(factory=list)
    times: list[float] = field(factory=list)

    async def __call__(self, watched: Watched) -> Reading | Verdict:
        """Answer, raise or hang."""
        place = min(len(self.asked), len(self.story) - 1)
        self.asked.append(watched)
        self.times.append(anyio.current_time())
        letter = self.story[place]
        if letter == "r":
            raise RuntimeError("no dashboard")

        if letter == "h":
            await anyio.sleep_forever()

        return Reading(verdict=LETTERS[letter], reason=f"It reads {letter}.")


def scripted(story: str, **limits: Any) -> tuple[Script, GateFunction, Gate]:
    """Make a gate that plays a story in production."""
    script = Script(story)
    function = GateFunction(script, "script")
    check = PythonCheck(function="script", timeout="10s")
    return script, function, Gate(check=check, limits=Limits(**limits))


async def release(house: House, code: bytes = NEW, **more: Any) -> Report:
    """Release and give the report, however it ends."""
    given: dict[str, Any] = {"canary": CANARY, "check": False} | more
    functions = given.pop("functions", ())
    async with house.client(gates=functions) as client:
        return await client.release("shop", code, **given)


async def play(
    story: str, *, canary: str = CANARY, **limits: Any
) -> tuple[House, Script, Report]:
    """Release with a gate that plays a story."""
    script, function, asked = scripted(story, **limits)
    with House() as house:
        house.live()
        report = await release(
            house, canary=canary, functions=(function,), gates=(asked,)
        )

    return house, script, report


async def test_a_bundle_that_answers_500_in_its_canary_is_rolled_back() -> None:
    """Caught with the first reading at 10 %, seconds after; the rest is never tried."""
    with House() as house:
        old = house.live()
        report = await release(
            house, BROKEN, probe=False, gates=["http:/health at=production"]
        )

        assert Outcome.ROLLED_BACK is report.outcome
        assert report.production_as_before
        assert "Gate health did not pass in production at 10 %" in report.reason
        assert {old: 100} == house.serves()
        assert {old: 100} == house.serves(env="staging")
        (first, shares), (second, back) = house.moments[1:]
        assert ((10, 90), (100,)) == (shares, back)
        assert second - first < 10
        assert "deploy production 50+50" not in house.transport.calls


@pytest.mark.parametrize("edge_lag", ["0s", "20s"])
async def test_gates_of_staging_wait_for_the_edge_where_nothing_else_does(
    edge_lag: str,
) -> None:
    """Without the default gate: they would hear the former code, and be content."""
    gates = ["http:/ at=staging"]
    with House(switches=Switches(edge_lag=19.0)) as house:
        old = house.live()
        await anyio.sleep(60)
        async with house.client(edge_lag=edge_lag) as client:
            report = await client.release(
                "shop", BROKEN, check=False, probe=False, gates=gates
            )

        waits = edge_lag != "0s"
        assert (Outcome.FAILED if waits else Outcome.RELEASED) is report.outcome
        assert waits is (house.serves() == {old: 100})


@pytest.mark.parametrize("probe", [True, False])
async def test_gates_of_staging_wait_for_the_edge_no_more_than_once(
    *, probe: bool
) -> None:
    """The default gate waits for them, too; what served there before is known."""
    with House() as house:
        house.live()
        began = anyio.current_time()
        async with house.client(edge_lag="1h") as client:
            for to in ("staging", "production"):
                await client.release(
                    "shop", NEW, to=to, probe=probe, gates=["http:/ at=staging"]
                )

        assert 3600 <= anyio.current_time() - began < 3660


async def test_the_way_back_follows_the_bad_reading_at_once() -> None:
    """A look, the deployment, and a reading back: nothing else is asked for."""
    with House() as house:
        house.live()
        await release(house, BROKEN, probe=False, gates=["http:/ at=production"])

        last = max(n for n, c in enumerate(house.transport.calls) if c == "ask edge")
        assert ["observe", "deploy production 100", "observe"] == (
            house.transport.calls[last + 1 :][:3]
        )


async def test_a_good_bundle_is_watched_at_every_share() -> None:
    """Twenty-nine requests at a tenth with every reading, and it goes through."""
    with House() as house:
        house.live()
        report = await release(house, gates=["http:/ at=production every=1m"])

        assert Outcome.RELEASED is report.outcome
        assert [(10, 90), (50, 50), (100,)] == [s for _, s in house.moments[1:]]
        times = [round(at) for at, _ in house.moments]
        assert times[2] - times[1] == pytest.approx(300, abs=10)
        assert house.transport.calls.count("ask edge") > 29


async def test_a_gate_in_staging_keeps_production_untouched() -> None:
    """By default HTTP is asked there, too: before anybody is exposed."""
    with House() as house:
        old = house.live()
        report = await release(house, gates=["http:/health 'body=right'"])

        assert Outcome.FAILED is report.outcome
        assert "Gate health did not pass in staging" in report.reason
        assert "its body is not 'right'" in report.reason
        assert {old: 100} == house.serves()
        assert "deploy production" not in " ".join(house.transport.calls)


async def test_somebody_on_staging_while_it_is_watched_is_a_conflict() -> None:
    """The evidence was about something else, then."""
    script, function, asked = scripted("p")
    with House() as house:
        house.live()
        other = house.cloud.console.add_version("shop", OLD)

        async def meddle(watched: Watched) -> Verdict:
            """Deploy as somebody else."""
            house.deploy({other: 100}, env=watched.environment.value)
            return Verdict.PASS

        gates = [GateFunction(meddle, "script")]
        text = "python:script at=staging"
        report = await release(house, functions=gates, gates=[text])

        assert Outcome.CONFLICT is report.outcome
        assert "deploy production" not in " ".join(house.transport.calls)
        assert [] == script.asked
        assert asked.name == function.gate.name


async def test_the_watched_is_told_what_it_is() -> None:
    """Version, share, what served before, and which run asks."""
    house, script, report = await play("p")

    first, *_, last = script.asked
    assert (10, 100) == (first.share, last.share)
    assert report.version == first.version
    assert report.before is not None
    assert report.before.split.majority == first.former
    assert report.run == first.run
    assert Environment.PRODUCTION is first.environment
    assert first.record in house.cloud.state.records


async def test_it_is_read_as_often_as_it_was_told() -> None:
    """At once, then with a pause in between, last at the end of the bake."""
    _, script, report = await play("p", canary="10:2m,100", every="50s")

    assert Outcome.RELEASED is report.outcome
    at = [round(time - script.times[0]) for time in script.times]
    assert [0, 50, 120, 120, 170] == at


@pytest.mark.parametrize(
    ("story", "limits", "outcome", "read"),
    [
        ("pf", {}, Outcome.ROLLED_BACK, 2),
        ("pfpp", {"failure_limit": 1}, Outcome.RELEASED, 0),
        ("pfpfp", {"failure_limit": 1}, Outcome.ROLLED_BACK, 4),
        ("rp", {}, Outcome.RELEASED, 0),
        ("r", {}, Outcome.ROLLED_BACK, 4),
        ("r", {"error_limit": 0}, Outcome.ROLLED_BACK, 1),
        ("h", {"error_limit": 0}, Outcome.ROLLED_BACK, 1),
        ("i", {"count": 1}, Outcome.ROLLED_BACK, 4),
        ("i", {"count": 1, "on_inconclusive": "pass"}, Outcome.RELEASED, 0),
        ("r", {"on_inconclusive": "pass"}, Outcome.RELEASED, 0),
    ],
)
async def test_a_gate_that_raises_hangs_or_flaps_has_an_outcome(
    story: str, limits: dict[str, Any], outcome: Outcome, read: int
) -> None:
    """Bad evidence, none, or too little: each ends as it was told to."""
    house, script, report = await play(story, canary="10:5m,100", **limits)

    assert outcome is report.outcome
    assert report.production_as_before is (outcome is Outcome.ROLLED_BACK)
    assert read in {0, len(script.asked)}
    assert (100,) == house.moments[-1][1]


async def test_what_was_passed_over_is_in_the_report() -> None:
    """Nobody learns of it otherwise."""
    _, _, report = await play("i", canary="100", count=1, on_inconclusive="pass")

    assert any(
        "Gate script did not pass in production (inconclusive, read 4 times):"
        " It reads i. The release went on, as it was told to." in note
        for note in report.notes
    )


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_person_may_be_asked(*, agrees: bool) -> None:
    """Held until somebody decides: who goes on is noted, a no goes back."""
    _, function, asked = scripted("i", count=1, on_inconclusive="hold")
    found: list[Report] = []
    with House() as house:
        house.live()
        async with house.client(gates=(function,)) as client:

            async def begin() -> None:
                """Release."""
                found.append(
                    await client.release(
                        "shop", NEW, canary="100", gates=(asked,), check=False
                    )
                )

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(begin)
                await anyio.sleep(300)
                (view,) = await client.runs.list()
                question = [q.what for q in view.history.questions.values()]
                answer = client.runs.approve if agrees else client.runs.deny
                await answer(view.run.id)

        (report,) = found
        assert question[0].endswith("It reads i. Go on all the same?")
        if agrees:
            assert Outcome.RELEASED is report.outcome
            assert report.notes[-1].endswith("someone agreed to go on.")
        else:
            assert Outcome.ROLLED_BACK is report.outcome
            assert "someone said no to" in report.reason


async def test_several_gates_are_read_side_by_side() -> None:
    """Each in its own time; the first that fails ends it for all."""
    one = Script("p")
    two = Script("ppf")
    with House() as house:
        house.live()
        report = await release(
            house,
            canary="10:10m,100",
            functions=(GateFunction(one, "one"), GateFunction(two, "two")),
            gates=("python:one every=30s", "python:two every=1m"),
        )

        assert Outcome.ROLLED_BACK is report.outcome
        assert "Gate two did not pass" in report.reason
        assert [0, 30, 60, 90, 120] == [round(t - one.times[0]) for t in one.times]
        assert [0, 60, 120] == [round(t - two.times[0]) for t in two.times]


async def test_an_abort_does_not_wait_for_a_gate_that_hangs() -> None:
    """The reading is broken off and the way back begins."""
    _, function, asked = scripted("h", error_limit=99)
    with House() as house:
        old = house.live()
        house.alive.add(1)
        async with (
            house.client(gates=(function,)) as client,
            house.client() as other,
            anyio.create_task_group() as tasks,
        ):

            async def begin() -> None:
                """Release until it is aborted."""
                with pytest.raises(ReleaseFailed):
                    await client.release("shop", NEW, canary=CANARY, gates=(asked,))

            tasks.start_soon(begin)
            await anyio.sleep(33)
            (view,) = await client.runs.list()
            began = anyio.current_time()
            report = await other.abort(view.run.id)

            assert anyio.current_time() - began < 2
            assert Outcome.ABORTED is report.outcome

        assert {old: 100} == house.serves()


@pytest.mark.parametrize("reads", [1, 3])
async def test_a_process_that_goes_on_reads_neither_twice_nor_too_seldom(
    reads: int,
) -> None:
    """What was recorded is kept; what remains of the bake is watched."""
    script = Script("p")
    with House() as house:
        house.live()
        stopping = _stopping_at(script, reads)
        with pytest.raises(Paused):
            await _until_it_stops(house, stopping)

        seen = len(script.asked)
        async with house.client(gates=(GateFunction(script, "script"),)) as client:
            (view,) = await client.runs.list()
            report = await client.resume(view.run.id)

        assert Outcome.RELEASED is report.outcome
        at_ten = [w for w in script.asked if w.share == 10]
        assert 11 + (seen - reads + 1) == len(at_ten)


def _stopping_at(script: Script, reads: int) -> GateFunction:
    """Make a gate of a process that dies while it is read for the n-th time."""

    async def body(watched: Watched) -> Reading | Verdict:
        """Answer, or never."""
        if len(script.asked) + 1 == reads:
            script.asked.append(watched)
            await anyio.sleep_forever()

        return await script(watched)

    return GateFunction(body, "script")


async def _until_it_stops(house: House, function: GateFunction) -> None:
    async with house.client(gates=(function,)) as client:
        with anyio.move_on_after(100):
            await client.release(
                "shop", NEW, canary=CANARY, gates=("python:script timeout=1h",)
            )

    raise Paused("The client was closed.")


async def test_an_edge_that_is_gone_is_no_verdict_on_the_code() -> None:
    """Without evidence it goes back, and says why."""
    with House() as house:
        old = house.live()
        house.transport.after(
            "deploy production 10",
            lambda: house.cloud.inject(
                Fault(operation="edge", kind="reset", times=None)
            ),
        )
        report = await release(house, gates=["http:/ patience=1s error_limit=1"])

        assert Outcome.ROLLED_BACK is report.outcome
        assert "(error, read 2 times)" in report.reason
        assert {old: 100} == house.serves()


def _wanted(gates: tuple[str, ...], to: str = "production") -> Release:
    return Release(
        routine="shop",
        bundle=Bundle(digest="0" * 64, size=1),
        canary=Canary.parse(CANARY),
        target=Environment(to),
        gates=gates,
    )


@pytest.mark.parametrize(
    ("gates", "to", "told"),
    [
        ((), "production", True),
        ((), "staging", False),
        (("http:/",), "production", False),
        (("http:/ at=staging",), "production", True),
    ],
)
def test_nothing_is_observed_without_a_gate(
    gates: tuple[str, ...], to: str, *, told: bool
) -> None:
    """And that is said."""
    assert told is unobserved(_wanted(gates, to)).startswith("Timer only")


def test_gates_are_read_where_they_belong() -> None:
    """Some in staging, some in production, some in both."""
    wanted = _wanted(("http:/a", "http:/b at=staging", "command: c"))

    def names(environment: Environment) -> list[str]:
        """Give their names."""
        return [each.name for each in gates_at(wanted, environment)]

    assert ["a", "b"] == names(Environment.STAGING)
    assert ["a", "c"] == names(Environment.PRODUCTION)
