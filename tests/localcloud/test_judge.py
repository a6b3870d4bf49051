"""The judge names broken promises, and only those."""

from __future__ import annotations

import hashlib

from esa_flows.localcloud import Orphan, Violation
from esa_flows.localcloud.call import Call

from .desk import CODE, Desk, dcdn_desk, desk, split

TAG = "ef1 s=0123456789abcdef r=run1 p=- e=- g=- | text"


def rules(made: Desk) -> list[tuple[str, bool]]:
    """Return rule and harm of each violation."""
    return [(seen.rule, seen.executed) for seen in made.cloud.report().violations]


def test_a_clean_release_breaks_nothing() -> None:
    """Upload, commit, deploy, delete the idle one."""
    made = desk()
    made.cloud.judge.expect([hashlib.sha256(CODE).hexdigest()])
    old, new = made.version(), made.version(text=TAG)
    made.deploy("production", {old: 100})
    made.deploy("production", {new: 100})
    made.ask("DeleteRoutineCodeVersion", Name="hello", CodeVersion=old)

    assert made.cloud.report().violations == ()
    assert made.cloud.report().orphans == ()


def test_i1_more_versions_than_the_quota() -> None:
    """Possible when the quota was lowered or somebody else filled it."""
    made = desk()
    made.version()
    for _ in range(9):
        made.cloud.console.add_version("hello", CODE)

    full = Call(
        operation="CommitRoutineStagingCode",
        account=made.key.account,
        params={"Name": "hello"},
        now=made.now(),
    )
    made.cloud.judge.watch(full, made.cloud.world, refused="")
    before = rules(made)
    made.cloud.console.add_version("hello", CODE)
    made.reply("CommitRoutineStagingCode", Name="hello")

    assert (before, rules(made)) == ([], [("I1", True)])


def test_i2_deleting_a_live_version() -> None:
    """Also when the cloud refused; then no harm was done."""
    made = desk()
    version = made.version()
    made.deploy("staging", {version: 100})
    made.reply("DeleteRoutineCodeVersion", Name="hello", CodeVersion=version)
    loose = desk(delete_guard=False)
    version = loose.version()
    loose.deploy("staging", {version: 100})
    loose.reply("DeleteRoutineCodeVersion", Name="hello", CodeVersion=version)

    assert (rules(made), rules(loose)) == ([("I2", False)], [("I2", True)])


def test_i3_unexpected_content_in_production() -> None:
    """Staging may have it; without expectations nobody minds."""
    made = desk()
    version = made.version()
    made.deploy("production", {version: 100})
    made.cloud.judge.expect(["0" * 64])
    made.deploy("staging", {version: 100})
    before = rules(made)
    made.deploy("production", {version: 100})

    assert (before, rules(made)) == ([], [("I3", True)])


def test_i3_holds_for_the_older_call_too() -> None:
    """Publishing is deploying."""
    made = desk()
    made.cloud.judge.expect(["0" * 64])
    made.ask(
        "PublishRoutineCodeVersion",
        Name="hello",
        Env="production",
        CodeVersion=made.version(),
    )

    assert rules(made) == [("I3", True)]


def test_i9_illegal_splits() -> None:
    """A client that sends one is wrong although it is refused."""
    made = desk()
    version = made.version()
    for shares in ({version: 99}, {"1": 100}):
        made.reply("CreateRoutineCodeDeployment", **split("staging", shares))

    assert rules(made) == [("I9", False), ("I9", False)]


def test_i11_more_calls_than_the_cap() -> None:
    """Counted at arrival, by the gates in scope."""
    made = desk(cap=3, cap_scope={"account"})
    for _ in range(4):
        made.reply("GetErService")

    seen = made.cloud.report().violations

    assert seen == (
        Violation(
            rule="I11",
            operation="",
            routine="",
            message="4 calls in one second where 3 are allowed",
        ),
    )


def test_i11_is_not_broken_at_the_cap() -> None:
    """Exactly the cap in one second, then as many again."""
    made = desk(cap=3)
    for moment in (0.0, 0.0, 0.0, 1.0, 1.0, 1.0):
        made.seconds = moment
        made.ask("GetErService")

    assert made.cloud.report().violations == ()


def test_i11_needs_a_cap() -> None:
    """Switched off, nothing can be over it."""
    made = desk(cap=None)
    for _ in range(200):
        made.ask("GetErService")

    assert made.cloud.report().violations == ()


def test_i4_orphans() -> None:
    """Tagged, not live, not known: told with where it served."""
    made = desk()
    staged, lost, live = (made.version(text=TAG) for _ in range(3))
    made.version(text="made by hand")
    made.deploy("staging", {staged: 100})
    made.deploy("staging", {live: 100})
    orphans = made.cloud.report().orphans

    assert orphans == (
        Orphan(routine="hello", version=staged, description=TAG, served=("staging",)),
        Orphan(routine="hello", version=lost, description=TAG, served=()),
    )
    assert made.cloud.report(kept=[staged, lost]).orphans == ()


def test_calls_about_unknown_routines_are_nobody_s_fault() -> None:
    """There is nothing to look at."""
    made = desk()
    made.reply("DeleteRoutineCodeVersion", Name="nobody", CodeVersion="1")

    assert rules(made) == []


def test_dcdn_is_judged_alike() -> None:
    """Quota, live deletions, unexpected content, illegal publishing."""
    made = dcdn_desk(revision_quota=1)
    revision = made.revision()
    made.cloud.judge.expect(["0" * 64])
    asked = {"Name": "hello", "SelectCodeRevision": revision}
    made.dcdn("PublishRoutineCodeRevision", **asked, Envs='["staging"]')
    made.dcdn("PublishRoutineCodeRevision", **asked, Envs='["production","staging"]')
    made.dcdn_reply("PublishRoutineCodeRevision", **asked, Envs='["moon"]')
    made.dcdn_reply("DeleteRoutineCodeRevision", **asked)
    made.cloud.console.add_revision("hello", b"x")
    made.cloud.console.add_revision("hello", b"y")
    made.dcdn_reply("UploadRoutineCode", Name="hello", CodeDescription="z")

    assert rules(made) == [("I3", True), ("I9", False), ("I2", False), ("I1", True)]


def test_dcdn_orphans() -> None:
    """A tagged revision that serves nowhere."""
    made = dcdn_desk()
    revision = made.revision(text=TAG)
    (orphan,) = made.cloud.report().orphans

    assert (orphan.version, orphan.routine) == (revision, "hello")
