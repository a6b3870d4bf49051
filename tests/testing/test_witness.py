"""What everybody did."""

from __future__ import annotations

import anyio
import pytest
from tests.crash.plays import NEW, live

from esa_flows.localcloud.values import Reply, Request
from esa_flows.testing.rehearsal import Rehearsal
from esa_flows.testing.witness import (
    Act,
    Effect,
    Sight,
    Witness,
    answer_of,
    routine_of,
    verb_of,
)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Reply(status=200), "ok"),
        (Reply(status=203), "ok"),
        (Reply(status=200, cut="truncate"), "unknown"),
        (Reply(status=502), "unknown"),
        (Reply(status=400, body=b'{"Code":"LockFailed"}'), "unknown"),
        (Reply(status=400, body=b'{"Code":"RoutineNotExist"}'), "refused"),
        (Reply(status=307), "refused"),
    ],
)
def test_an_answer_says_what_a_caller_can_know(reply: Reply, answer: str) -> None:
    """Done, certainly not done, or neither."""
    assert answer == answer_of(reply)


@pytest.mark.parametrize(
    ("request_", "verb"),
    [
        (Request(method="GET", target="/", listener="edge-staging"), "edge"),
        (
            Request(method="POST", target="/", headers=(("x-acs-action", "GetIt"),)),
            "GetIt",
        ),
        (Request(method="POST", target="/oss", listener="oss"), "PostObject"),
    ],
)
def test_a_request_has_a_verb(request_: Request, verb: str) -> None:
    """The operation's own name, where it has one."""
    assert verb == verb_of(request_)


@pytest.mark.parametrize(
    ("body", "routine"),
    [
        (b"Env=staging&Name=shop", "shop"),
        (b'name="key"\r\n\r\nsp_esa_rwa/17/shop/unstable/routine/index.js\r\n', "shop"),
        (b"PageNumber=1", ""),
    ],
    ids=["a call", "a form", "neither"],
)
def test_a_request_names_a_routine(body: bytes, routine: str) -> None:
    """Among its parameters, or by the object that a form makes."""
    assert routine == routine_of(Request(method="POST", target="/", body=body))


async def test_a_sight_shows_what_changed() -> None:
    """Versions made and gone, deployments by what they deploy."""
    rehearsal = Rehearsal()
    live(rehearsal, versions=2)
    console = rehearsal.cloud.console
    old, now = console.routine("shop").versions
    before = Sight.of(rehearsal.cloud)
    new = console.add_version("shop", NEW)
    console.delete_version("shop", old)
    console.deploy("shop", "production", {now: 90, new: 10})
    effect = before.until(Sight.of(rehearsal.cloud))

    assert (new,) == effect.made
    assert (old,) == effect.gone
    assert (("production", ((now, 90), (new, 10))),) == effect.deployed
    assert effect
    assert not before.until(before)


def test_an_answer_nobody_heard_is_corrected() -> None:
    """What the cloud said counts for nothing then."""
    witness = Witness()
    place = witness.note(Act(at=0.0, actor="1", verb="GetRoutine"))
    witness.unheard(place)

    assert "unknown" == witness.acts[0].answer
    assert "<Witness of 1 acts>" == repr(witness)


def test_an_act_reads_like_a_line() -> None:
    """When, who, what, what came of it; and what it was asked with."""
    act = Act(
        at=1.5,
        actor="2",
        verb="Deploy",
        sent=b"Env=staging&Name=shop",
        got=b'{"Id":"7"}',
        effect=Effect(made=("17",)),
    )

    assert (
        "     1.50        2 Deploy -> ok Effect(made=('17',), gone=(), deployed=())"
        == (str(act))
    )
    assert {"Env": "staging", "Name": "shop"} == act.given
    assert {"Id": "7"} == act.told
    assert act.is_call


@pytest.mark.parametrize("got", [b"<html>", b"[1]"])
def test_an_answer_that_is_no_object_tells_nothing(got: bytes) -> None:
    """Pages and lists alike."""
    assert {} == Act(at=0.0, actor="1", verb="x", got=got).told


async def test_a_rehearsal_notes_calls_and_records_in_one_list() -> None:
    """An intent stands before the call it is about."""
    rehearsal = Rehearsal()
    live(rehearsal)
    await anyio.sleep(60)
    await rehearsal.live(lambda client: client.release("shop", NEW))
    verbs = [f"{act.verb} {act.subject}" for act in rehearsal.witness.acts]
    named = {act.routine for act in rehearsal.witness.acts if act.is_call}
    commit = verbs.index("CommitRoutineStagingCode ")

    assert "run.started " == verbs[0]
    assert ["intent commit#1", "outcome commit#1"] == verbs[commit - 1 : commit + 2 : 2]
    assert "run.ended " == verbs[-1]
    assert {"shop", ""} == named
