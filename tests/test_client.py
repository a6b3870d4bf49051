"""The front door: what it takes, joins and refuses, and what it never tells."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import evolve

from esa_flows import Client, Context, Outcome, Parts, flow
from esa_flows.engine.observe import Happening, Moment
from esa_flows.errors import (
    AlreadyRunning,
    EsaFlowsError,
    InvalidInput,
    Misuse,
    RoutineNotFound,
    UnknownRun,
    WrongEventLoop,
)
from esa_flows.localcloud import KEY, AccessKey, Fault
from esa_flows.model import RoutineName
from esa_flows.steps.observe import look
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.secret import Secret
from tests.house import BROKEN, NEW, House

CANARY = "10:5m,100"


async def _leave_half_way(house: House, code: bytes = NEW, run_id: str = "") -> None:
    """Begin a canary and walk out during its first bake."""
    async with house.client() as client:
        with anyio.move_on_after(60):
            await client.release("shop", code, canary=CANARY, run_id=run_id)


# --- opening and closing ------------------------------------------------------------


async def test_a_client_must_be_open() -> None:
    """The mistake is named, with the way to do it."""
    client = House().client()

    with pytest.raises(Misuse, match="not open: use `async with Client"):
        await client.release("shop", NEW)

    assert "<Client closed>" == repr(client)


async def test_a_client_is_opened_once() -> None:
    """A second `async with` around an open client is a mistake of the program."""
    async with House().client() as client:
        assert "<Client open>" == repr(client)

        with pytest.raises(Misuse, match="open already; make one per"):
            await client.__aenter__()


async def test_a_closed_client_may_be_opened_again() -> None:
    """Nothing of the first time is left over."""
    with House() as house:
        house.live()
        client = house.client()
        async with client:
            await client.versions("shop")

        async with client:
            world = await client.versions("shop")

        assert set(house.versions()) == world.ids


async def test_another_thread_is_refused() -> None:
    """A client that was carried elsewhere says what to do instead."""
    with House() as house:
        async with house.client() as client:
            client._home = (object(), 0, 0)  # as if opened elsewhere

            with pytest.raises(WrongEventLoop) as caught:
                await client.versions("shop")

    assert (
        "This client was opened in another event loop, thread or process."
        " Open a client of its own where it is used."
    ) == str(caught.value)


@pytest.mark.real_time
def test_another_loop_is_refused() -> None:
    """A client kept from one `anyio.run` to the next does not work there."""
    kept: list[Client] = []

    async def opens() -> None:
        """Open a client and leave it open."""
        client = House().client()
        await client.__aenter__()
        kept.append(client)

    async def uses() -> None:
        """Use the client of another loop."""
        await kept[0].versions("shop")

    anyio.run(opens)
    with pytest.raises(WrongEventLoop):
        anyio.run(uses)


# --- what it takes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"routine": "Shop"}, "'Shop' is not a routine name"),
        ({"canary": "10"}, "A canary must end at 100"),
        ({"to": "moon"}, "'moon' is no environment: use staging or production."),
        ({"protect": ("latest",)}, "'latest' is not a version id"),
        ({"run_id": "Deploy-42"}, "'Deploy-42' is not a run id: use 4 to 32"),
        ({"run_id": "abc"}, "'abc' is not a run id"),
        ({"code": b""}, "The bundle is empty"),
        ({"code": b"x" * 5_000_001}, "5,000,001 bytes; the provider takes less than"),
    ],
)
async def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    changes: dict[str, Any], said: str
) -> None:
    """Each mistake has its sentence, and costs no call."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(InvalidInput, match=said):
                await client.release(**{"routine": "shop", "code": NEW} | changes)

            assert () == await client.runs.list()

        assert [] == house.transport.calls


async def test_a_provider_that_takes_more_may_be_told() -> None:
    """The limit is a setting, because plans differ."""
    with House() as house:
        house.live()
        async with house.client(most_bytes=10) as client:
            with pytest.raises(InvalidInput, match="set most_bytes"):
                await client.release("shop", NEW)


@pytest.mark.may_block
async def test_the_bundle_is_read_once(tmp_path: Path) -> None:
    """A build that runs on, or is cleaned away, changes nothing of the release."""
    source = tmp_path / "worker.js"
    source.write_bytes(NEW)
    with House() as house:
        house.live()
        house.transport.before("slot", lambda: source.write_bytes(BROKEN))
        house.transport.before("post", source.unlink)
        async with house.client() as client:
            report = await client.release("shop", source)

        assert report.version is not None
        assert (
            NEW == house.cloud.console.routine("shop").versions[report.version].content
        )


@pytest.mark.may_block
async def test_a_missing_bundle_names_its_path(tmp_path: Path) -> None:
    """The path is in the error, and nothing is sent."""
    with House() as house:
        async with house.client() as client:
            with pytest.raises(InvalidInput, match=r"nothing\.js"):
                await client.release("shop", tmp_path / "nothing.js")

        assert [] == house.transport.calls


@pytest.mark.parametrize("commit", ["HEAD", "v1.2", "0123ABCDEF", ""])
async def test_what_is_no_commit_hash_leaves_the_tag_readable(commit: str) -> None:
    """A tag that cannot be read back would hide our own version from us."""
    with House() as house:
        house.live()
        house.cloud.inject(Fault(operation="CommitRoutineStagingCode", kind="lost"))
        async with house.client() as client:
            report = await client.release(
                "shop", NEW, commit=commit, message="Täglich | neu"
            )
            world = await client.versions("shop")

        newest = world.versions[0]
        assert newest.tag is not None
        assert ("0123abc" if commit.startswith("0") else "") == newest.tag.commit
        assert "Täglich | neu" == newest.tag.text
        assert report.run == newest.tag.run
        assert 1 == house.transport.calls.count("commit")


async def test_from_env_reads_the_variables_given() -> None:
    """Arguments win over variables; a wrong variable is named."""
    environ = {"ESA_FLOWS_VERSION_QUOTA": "5", "ESA_FLOWS_SITE": "cn"}
    client = Client.from_env(environ, site="intl", parts=Parts(environ={}))

    assert 5 == client._settings.version_quota
    assert "intl" == client._settings.site

    with pytest.raises(InvalidInput, match="ESA_FLOWS_SITE: 'moon' is no site"):
        Client.from_env(parts=Parts(environ={"ESA_FLOWS_SITE": "moon"}))


# --- what it raises -----------------------------------------------------------------


async def test_an_observer_is_told() -> None:
    """From the first moment to the last, with the run's id in each."""
    told: list[Happening] = []
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW, observer=told.append)

    assert Moment.RUN_STARTED is told[0].moment
    assert Moment.RUN_ENDED is told[-1].moment
    assert {report.run} == {each.run for each in told}


async def test_cancelling_pauses_and_resuming_comes_to_the_same_end() -> None:
    """A host that is stopped during a bake leaves a run that goes on later."""
    with House() as house:
        house.live()
        await _leave_half_way(house)
        assert [10, 90] == sorted(house.serves().values())

        async with house.client() as client:
            run = (await client.runs.unfinished("shop"))[0].run.id
            report = await client.resume(run[:4])

        assert Outcome.RELEASED is report.outcome
        assert {report.version: 100} == house.serves()


async def test_a_bake_goes_on_where_it_was() -> None:
    """The time to wake up is recorded: a resumed run waits for the rest alone."""
    with House() as house:
        house.live()
        await _leave_half_way(house)
        async with house.client() as client:
            run = (await client.runs.unfinished("shop"))[0].run.id
            await client.resume(run)

        assert [0.0, 0.0, 300.0] == [at for at, _ in house.moments]


async def test_an_unknown_run_is_said_to_be_unknown() -> None:
    """The journal is named, and how to list what it has."""
    async with House().client() as client:
        with pytest.raises(UnknownRun, match="no run begins with 'abcd'"):
            await client.resume("abcd")


async def test_a_run_that_another_process_drives_is_not_driven_twice() -> None:
    """The lease beats: whoever resumes it is told so."""
    with House() as house:
        house.live()
        house.alive.update({1, 2})
        async with (
            house.client() as one,
            house.client() as two,
            anyio.create_task_group() as both,
        ):

            async def drive() -> None:
                """Drive the run."""
                await one.release("shop", NEW, canary=CANARY)

            both.start_soon(drive)
            await anyio.sleep(1)
            run = (await two.runs.unfinished("shop"))[0].run.id
            with pytest.raises(AlreadyRunning):
                await two.resume(run)


async def test_aborting_a_run_that_has_ended_gives_its_report() -> None:
    """There is nothing to stop: what happened stays."""
    with House() as house:
        house.live()
        async with house.client() as client:
            report = await client.release("shop", NEW)
            again = await client.abort(report.run)

        assert report == again
        assert {report.version: 100} == house.serves()


async def test_a_flow_of_ones_own_runs_and_is_resumed() -> None:
    """What it returns and what it raises come out as they are."""

    @flow
    async def peek(ctx: Context, name: RoutineName) -> str:
        """Look at a routine."""
        seen = await ctx.do(look, name)
        return str(seen.name)

    with House() as house:
        house.live()
        async with house.client(flows=(peek,)) as client:
            found = await client.run(
                peek, RoutineName("shop"), subject="shop", run_id="peek1"
            )
            again = await client.resume("peek1")
            with pytest.raises(RoutineNotFound):
                await client.run(peek, RoutineName("cart"), run_id="peek2")

            with pytest.raises(RoutineNotFound):
                await client.resume("peek2")

        assert ["shop", "shop"] == [found, again]


# --- secrets ------------------------------------------------------------------------

SECRETS = {
    "access key secret": "fake-secret-CANARY-7f3a",
    "security token": "fake-token-CANARY-91bc",
}


class _Ears(logging.Handler):
    """Keeps everything that any logger says."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


def _told(error: BaseException | None) -> list[str]:
    """Give everything an exception can show, its notes, causes and repr included."""
    said = []
    while error is not None:
        said += [str(error), repr(error), *getattr(error, "__notes__", ())]
        said += traceback.format_exception(error)
        error = error.__cause__ or error.__context__

    return said


def _secret_house() -> tuple[House, Static]:
    """Make a house whose key has a recognisable secret and token."""
    house = House()
    house.cloud.console.add_key(
        AccessKey(
            id="LTAI5tFakeKeyCanary01",
            secret=SECRETS["access key secret"],
            token=SECRETS["security token"],
            account=KEY.account,
        )
    )
    signer = Static(
        Credentials(
            access_key_id="LTAI5tFakeKeyCanary01",
            access_key_secret=Secret(SECRETS["access key secret"]),
            security_token=Secret(SECRETS["security token"]),
        )
    )
    return house, signer


@pytest.fixture
def ears() -> Iterator[_Ears]:
    """Hear every logger, down to the least word."""
    handler, root = _Ears(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


async def _everything_shown(house: House, signer: Static) -> list[str]:
    """Release, and give everything the library shows meanwhile and after."""
    shown: list[str] = []
    maker = house.client()
    parts = evolve(maker._parts, credentials=signer)
    async with Client(maker._settings, parts) as client:
        try:
            report = await client.release("shop", NEW, observer=_saying(shown))
            shown.append(repr(report))
        except EsaFlowsError as error:
            shown += _told(error)

        held = client.connection
        views = await client.runs.list()
        shown += [row.record.body for view in views for row in view.rows]
        shown += map(repr, (client, held, held.parts, held.caller, held.cloud, views))

    return shown


@pytest.mark.parametrize("fault", [None, "refuse", "error", "lost", "callback"])
async def test_no_secret_is_ever_shown(fault: Any, ears: _Ears) -> None:
    """Journal, reports, errors, reprs and logs of a whole release hold none."""
    house, signer = _secret_house()
    forms: list[str] = []
    house.transport.edit("slot", lambda reply: _noted(forms, reply))
    house.live()
    if fault:
        operation = "PostObject" if fault == "callback" else "CommitRoutineStagingCode"
        house.cloud.inject(Fault(operation=operation, kind=fault, times=None))

    shown = await _everything_shown(house, signer)
    everything = "\n".join([*shown, *ears.heard])

    assert forms
    assert "run.started" in everything
    for secret in (*SECRETS.values(), *forms):
        assert secret not in everything


def _saying(shown: list[str]) -> Any:
    return lambda happening: shown.append(repr(happening))


def _noted(forms: list[str], reply: Any) -> Any:
    """Note what is secret in an upload form: all but host and key."""
    config = json.loads(reply.body)["OssPostConfig"]
    forms += [
        value
        for name, value in config.items()
        if name.lower() not in {"url", "key", "ossaccesskeyid"} and len(value) > 8
    ]
    return reply


def test_the_search_for_secrets_can_find_one() -> None:
    """What hides in a note or in the cause of a cause would be found."""
    error = ValueError("outer")
    error.add_note(f"note {SECRETS['security token']}")
    error.__cause__ = KeyError(SECRETS["access key secret"])
    said = "\n".join(_told(error))

    assert all(secret in said for secret in SECRETS.values())
