"""What a visit to the doctor finds, against the local cloud."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import anyio
import pytest

from esa_flows.doctor import Check, Verdict, examine
from esa_flows.engine.journal import NewRun, Owner
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput, JournalUnavailable, Throttled
from esa_flows.localcloud import Fault, Switches
from esa_flows.settings import Settings
from esa_flows.wire.cap import Cap, InMemory
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.far_stores import FarStores
from esa_flows.wire.slots import Slots
from esa_flows.wire.store_address import StoreAddress
from tests.cli.office import Office
from tests.house import BASE, EDGE, wall

NAMES = [
    "journal",
    "credentials",
    "endpoint",
    "service",
    "clock",
    "rights",
    "quota",
    "staging",
    "cap",
]


async def _examined(
    office: Office,
    *,
    staging_edge: str = EDGE["staging"],
    version_quota: int | None = None,
    **changes: Any,
) -> dict[str, Check]:
    settings = Settings(
        endpoint=BASE,
        staging_edge=staging_edge,
        version_quota=version_quota,
        cap_sharing="process",
    )
    found = examine(settings, office.parts(**changes))
    return {check.name: check async for check in found}


async def test_a_healthy_account() -> None:
    """Everything is looked at, in order, and nothing is changed."""
    office = Office()
    office.live()

    found = await _examined(office)

    assert NAMES == list(found)
    assert {Verdict.OK} == {check.verdict for check in found.values()}
    assert "Access key LTAI…ey01, given by the program." == (
        found["credentials"].sentence
    )
    assert f"{BASE} answers and knows the access key." == found["endpoint"].sentence
    assert "Every read was allowed on shop;" in found["rights"].sentence
    assert "esa:CreateRoutineCodeDeployment" in found["rights"].sentence
    assert "A routine may have 10 versions." == found["quota"].sentence
    assert {} == office.changes


async def test_an_empty_account() -> None:
    """Without a routine the rights are tried on a name that is not there."""
    found = await _examined(Office())

    assert Verdict.OK is found["rights"].verdict
    assert "allowed;" in found["rights"].sentence


async def test_a_routine_without_versions() -> None:
    """Without a version there is no code to read."""
    office = Office()
    office.cloud.console.add_version("shop", b"//x", "x")
    office.cloud.console.delete_version("shop", office.versions()[0])

    found = await _examined(office)

    assert Verdict.OK is found["rights"].verdict


async def test_no_credentials_end_the_visit() -> None:
    """Without an access key the provider cannot be asked anything."""
    found = await _examined(Office(), credentials=None)

    assert ["journal", "credentials"] == list(found)
    assert (Verdict.FAIL, True) == (
        found["credentials"].verdict,
        found["credentials"].is_ours,
    )
    assert found["credentials"].next_move.startswith("Set ALIBABA_CLOUD_ACCESS_KEY_ID")


async def test_wrong_credentials() -> None:
    """A key that no site knows is told with the endpoint, and ends the visit."""
    wrong = Static(
        Credentials(access_key_id="LTAI5tFakeKeyId0001", access_key_secret="Fake01")
    )

    found = await _examined(Office(), credentials=wrong)

    assert ["journal", "credentials", "endpoint"] == list(found)
    assert (Verdict.FAIL, False) == (
        found["endpoint"].verdict,
        found["endpoint"].is_ours,
    )


@pytest.mark.parametrize(
    ("denied", "check", "verdict"),
    [
        ("esa:GetRoutine", "rights", Verdict.FAIL),
        ("esa:ListRoutineCodeVersions", "rights", Verdict.FAIL),
        ("esa:GetRoutineCodeVersion", "rights", Verdict.FAIL),
        ("esa:ListUserRoutines", "rights", Verdict.WARN),
        ("esa:ListRoutineEnvironmentVariables", "rights", Verdict.WARN),
        ("esa:ListEdgeRoutinePlans", "quota", Verdict.WARN),
        ("esa:GetErService", "service", Verdict.WARN),
    ],
)
async def test_a_denied_read(denied: str, check: str, verdict: Verdict) -> None:
    """A missing right is named; needed ones fail, the others warn."""
    office = Office(switches=Switches(denied={denied}))
    office.live()

    found = (await _examined(office))[check]

    assert verdict is found.verdict
    assert denied.removeprefix("esa:") in found.sentence + found.next_move


async def test_denied_rights_come_as_one_policy() -> None:
    """Everything that is missing is one statement to paste."""
    denied = {"esa:GetRoutine", "esa:ListRoutineCodeVersions"}
    office = Office(switches=Switches(denied=denied))
    office.live()

    found = (await _examined(office))["rights"]

    actions = '"Action": ["esa:GetRoutine", "esa:ListRoutineCodeVersions"]'
    assert actions in found.next_move


@pytest.mark.parametrize("operation", ["ListUserRoutines", "GetRoutine"])
async def test_a_provider_in_trouble(operation: str) -> None:
    """Trouble is told as trouble, not as a missing right."""
    office = Office()
    office.live()
    office.cloud.inject(Fault(operation=operation, kind="error", times=9))

    found = (await _examined(office))["rights"]

    assert Verdict.FAIL is found.verdict
    assert operation in found.sentence


async def test_a_service_that_does_not_run() -> None:
    """Another status than running is worth a look at the console."""
    found = await _examined(Office(switches=Switches(service_status="Closed")))

    assert (Verdict.WARN, "The service's status is Closed.") == (
        found["service"].verdict,
        found["service"].sentence,
    )


@pytest.mark.parametrize(
    ("off", "sentence"),
    [
        (dt.timedelta(hours=-1), "clock is 3600 s behind the provider's"),
        (dt.timedelta(hours=1), "clock is 3600 s ahead of the provider's"),
    ],
)
async def test_a_wrong_clock(off: dt.timedelta, sentence: str) -> None:
    """A clock that is off is told; calls are corrected meanwhile."""
    found = (await _examined(Office(), now=lambda: wall() + off))["clock"]

    assert Verdict.WARN is found.verdict
    assert sentence in found.sentence


async def test_another_quota_than_believed() -> None:
    """A plan with fewer versions than were set is told; else the plan is asked."""
    office = Office(switches=Switches(version_quota=5))

    found = (await _examined(office, version_quota=10))["quota"]
    asked = (await _examined(office))["quota"]

    assert (Verdict.WARN, "A routine may have 5 versions; 10 is used.") == (
        found.verdict,
        found.sentence,
    )
    assert "Leave out ESA_FLOWS_VERSION_QUOTA" in found.next_move
    assert (Verdict.OK, "A routine may have 5 versions.") == (
        asked.verdict,
        asked.sentence,
    )


async def test_staging_addresses_are_asked_for() -> None:
    """Without an edge of one's own the provider names the addresses."""
    found = (await _examined(Office(), staging_edge=""))["staging"]

    assert Verdict.OK is found.verdict
    assert found.sentence.startswith("Staging answers at ")


async def test_staging_addresses_that_are_denied() -> None:
    """Without them a release can do without the probe: a warning."""
    office = Office(switches=Switches(denied={"esa:GetRoutineStagingEnvIp"}))

    found = (await _examined(office, staging_edge=""))["staging"]

    assert Verdict.WARN is found.verdict
    assert "esa:GetRoutineStagingEnvIp" in found.next_move


async def test_unfinished_runs_are_named() -> None:
    """The journal's check says what could be resumed."""
    office = Office()
    await office.journal.create(_new_run(), Owner("boot", 7, "0", "test"))

    found = (await _examined(office))["journal"]

    assert "unfinished runs: mine0001." in found.sentence


async def test_a_journal_that_cannot_be_used() -> None:
    """A broken journal does not hide what else there is to mend."""

    class Broken(MemoryJournal):
        """A journal that cannot be used."""

        async def list(self, **_: object) -> tuple[()]:
            """Refuse."""
            raise JournalUnavailable("The disk is full.", next_move="Free space.")

    office = Office()

    found = await _examined(office, journal=Broken())

    assert NAMES == list(found)
    assert (Verdict.FAIL, "The disk is full.", "Free space.", True) == (
        found["journal"].verdict,
        found["journal"].sentence,
        found["journal"].next_move,
        found["journal"].is_ours,
    )


@pytest.mark.real_time
@pytest.mark.may_block
async def test_a_journal_that_could_be_safer(tmp_path: Any) -> None:
    """A folder that a group may write to is a warning, with the command to mend it."""
    tmp_path.chmod(0o770)
    settings = Settings(endpoint=BASE, journal=tmp_path / "j.db", cap_sharing="process")
    parts = Office().parts(journal=None, credentials=None)

    found = [check async for check in examine(settings, parts)]

    assert Verdict.WARN is found[0].verdict
    assert f"chmod g-w {tmp_path}" in found[0].next_move


def _new_run() -> NewRun:
    started = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return NewRun(
        id="mine0001", flow="release", subject="shop", content="", started_at=started
    )


async def test_the_cap_is_told() -> None:
    """How many calls are made in any second, and with whom that is shared."""
    found = (await _examined(Office()))["cap"]

    assert "At most 100 calls a second, counted for this client alone." == (
        found.sentence
    )


async def test_what_refusals_have_taught_is_told() -> None:
    """Fewer calls than are set: how many, of what, and what to do."""
    cap = Cap(100)
    for code in ("Throttling.User", "Throttling.Api"):
        async with cap.slot("esa.GetRoutine") as slot:
            slot.throttled(Throttled("Too many.", code=code))

    found = (await _examined(Office(), cap=cap))["cap"]

    assert Verdict.WARN is found.verdict
    assert found.sentence.endswith(
        "made now are 5 of 100 calls a second, 5 of 100 calls a second of"
        " esa.GetRoutine."
    )
    assert "ESA_FLOWS_CALLS_PER_SECOND" in found.next_move


@pytest.mark.real_time
@pytest.mark.may_block
async def test_a_store_of_the_cap_that_is_lost_is_ours_to_mend() -> None:
    """Not the provider's: its name is beside the cap, not beside the endpoint."""
    stores = FarStores(
        StoreAddress.of("redis://127.0.0.1:9/0"),
        place="",
        token=1,
        clock=time.monotonic,
    )
    found = await _examined(Office(), cap=Cap(stores=stores))
    await anyio.to_thread.run_sync(stores.close)

    assert ["journal", "credentials", "cap"] == list(found)
    assert Verdict.FAIL is found["cap"].verdict
    assert "redis://127.0.0.1:9/0, through which" in found["cap"].sentence
    assert found["cap"].is_ours


async def test_a_cap_that_cannot_be_shared_ends_the_visit() -> None:
    """Nothing can be sent: the check says which file, and that it is ours to mend."""

    class Broken(InMemory):
        """Has no slots."""

        async def open(self, gate: str, key: str) -> Slots:
            """Refuse."""
            raise InvalidInput(f"The cap of {gate} cannot be shared.")

    found = await _examined(Office(), cap=Cap(stores=Broken()))

    assert ["journal", "credentials", "cap"] == list(found)
    assert Verdict.FAIL is found["cap"].verdict
    assert found["cap"].is_ours
