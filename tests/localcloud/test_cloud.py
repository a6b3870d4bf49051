"""The cloud as a whole."""

from __future__ import annotations

import time

from attrs import evolve

from esa_flows.localcloud import KEY, Fault, Switches

from .desk import CODE, Desk, desk


def test_the_seeded_key_needs_no_seeding() -> None:
    """An empty cloud knows its one fake key."""
    assert Desk().ask("ListUserRoutines")["TotalCount"] == 0


def test_seeding_adds_the_samples_or_not() -> None:
    """As ``local serve`` does, with and without ``--empty``."""
    made = Desk()
    made.cloud.seed(empty=True)
    empty = made.ask("ListUserRoutines")["TotalCount"]
    made.cloud.seed()

    assert (empty, made.ask("ListUserRoutines")["TotalCount"]) == (0, 2)


def test_a_reset_forgets_everything() -> None:
    """State, faults, counts, nonces, violations; the samples are back."""
    made = desk()
    made.cloud.inject(Fault(operation="*", kind="html", times=None))
    made.reply("GetErService")
    made.cloud.reset()
    report = made.cloud.report()

    assert (report.calls, report.violations) == ({}, ())
    assert made.ask("ListUserRoutines")["TotalCount"] == 2


def test_switches_can_be_thrown_while_running() -> None:
    """From the next call on."""
    made = desk()
    made.cloud.switch(Switches(service_status="NotOpened"))

    assert made.ask("GetErService")["Status"] == "NotOpened"


def test_the_same_dice_give_the_same_answers() -> None:
    """Nothing else is random."""
    replies = [
        [made.version(), made.reply("GetRoutine", Name="hello").body]
        for made in (desk(), desk())
    ]

    assert replies[0] == replies[1]


def test_the_report_is_plain_json() -> None:
    """For other processes."""
    made = desk()
    made.reply("DeleteRoutineCodeVersion", Name="hello", CodeVersion="1")
    made.post(made.form())
    told = made.cloud.report().to_json()

    assert told["calls"] == {
        "DeleteRoutineCodeVersion": 1,
        "GetRoutineStagingCodeUploadInfo": 1,
        "PostObject": 1,
    }
    assert told["codes"] == {"InvalidParameter": 1}
    assert (told["peak_window"], told["peak_fixed"]) == (2, 2)
    assert told["peak_by_operation"]["GetRoutineStagingCodeUploadInfo"] == 1


def test_routines_of_other_accounts_are_labelled() -> None:
    """The same name in two accounts stays two entries."""
    made = desk()
    other = evolve(made.cloud.console, account="2")
    other.add_version("hello", CODE)

    assert set(made.cloud.report().versions) == {"hello", "2/hello"}


def test_the_repr_is_short() -> None:
    """Routines and calls."""
    made = desk()
    made.ask("GetErService")

    assert repr(made.cloud) == "<LocalCloud: 1 routines, 1 calls>"
    assert KEY.secret not in repr(made.cloud.world)


def test_a_call_is_cheap() -> None:
    """Tens of thousands of scenarios go through here."""
    made = desk(cap=None)
    requests = [made.request("GetRoutine", Name="hello") for _ in range(500)]
    start = time.perf_counter()
    for request in requests:
        made.cloud.handle(request)

    assert (time.perf_counter() - start) / len(requests) < 0.002
