"""The other person, and the seeds."""

from __future__ import annotations

from .desk import desk


def test_the_console_is_neither_counted_nor_judged() -> None:
    """It goes past the API, over every quota."""
    made = desk(version_quota=1)
    ids = [made.cloud.console.add_version("hello", b"x") for _ in range(3)]
    made.cloud.console.deploy("hello", "production", {ids[0]: 50, ids[1]: 50})
    made.cloud.console.delete_version("hello", ids[0])
    report = made.cloud.report()

    assert (report.calls, report.violations) == ({}, ())
    assert report.versions == {"hello": (ids[1], ids[2])}
    assert report.splits == {"hello": {"production": {ids[0]: 50, ids[1]: 50}}}


def test_the_console_sets_variables_and_makes_bound_versions() -> None:
    """A version takes along what its environment had when it was made."""
    console = desk().cloud.console
    console.set_variable("hello", "staging", "KEY", "one", is_secret=True)
    made = console.add_version("hello", b"x", deploy_env="staging")
    console.set_variable("hello", "staging", "KEY", "two")
    version = console.routine("hello").versions[made]

    assert ("staging", "one") == (version.deploy_env, version.variables["KEY"].value)
    assert "secret_text" == version.variables["KEY"].type
    assert "two" == console.routine("hello").variables["staging"]["KEY"].value


def test_the_slot_can_be_overwritten() -> None:
    """What a concurrent release does between an upload and its commit."""
    made = desk()
    made.post(made.form())
    made.cloud.console.overwrite_slot("hello", b"theirs")
    made.ask("CommitRoutineStagingCode", Name="hello", CodeDescription="mine")
    (version,) = made.cloud.console.routine("hello").versions.values()

    assert (version.content, version.description) == (b"theirs", "mine")


def test_the_console_knows_the_other_cloud() -> None:
    """It makes routines, revisions, and publishes what no API would."""
    made = desk(revision_quota=1)
    ids = [made.cloud.console.add_revision("fn", b"x") for _ in range(2)]
    made.cloud.console.publish("fn", ids[0], "production", "staging")
    made.cloud.console.delete_revision("fn", ids[0])
    report = made.cloud.report()

    assert report.versions["dcdn/fn"] == (ids[1],)
    assert report.splits["dcdn/fn"]["staging"] == {ids[0]: 100}
    assert (report.calls, report.violations) == ({}, ())
