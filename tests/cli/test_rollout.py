"""`esa-flows rollout`, and `esa-flows plan` of a fleet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.cli.fleet_office import files as _files
from tests.cli.fleet_office import fleet_office as _office
from tests.cli.office import COMMIT, Office
from tests.house import BROKEN, OTHER
from tests.notify.hooks import Place

from esa_flows import Client
from esa_flows.cli.desk import Desk
from esa_flows.cli.exits import Exit

# Bundles and plans are files, which a test reads in the loop.
pytestmark = pytest.mark.may_block

CLEAR = "\x1b[2K"


async def test_a_fleet_is_released_from_its_file(tmp_path: Path) -> None:
    """The plan first, then how it ended; each version says who and from what."""
    office = _office()
    with office:
        done = await office.run("rollout", _files(tmp_path))

    assert Exit.OK == done.code
    assert "spring: 2 routines" in done.err
    assert "spring: done" in done.out
    held = office.cloud.console.routine("aa").versions.values()
    newest = max(held, key=lambda version: int(version.id))
    assert "| by ann" in newest.description
    assert f"g={COMMIT[:7]}" in newest.description


async def test_a_rollout_that_ended_can_be_reported(tmp_path: Path) -> None:
    """Its name is no routine's: what comes next is its report."""
    office = _office()
    with office:
        done = await office.run("rollout", _files(tmp_path), "--json")
        found = await office.run("status", done.json["run"], "--json")

    assert [f"esa-flows report {done.json['run']}"] == found.json["next"]


async def test_a_plan_is_shown_written_and_carried_out(tmp_path: Path) -> None:
    """With the exit code that CI asks for."""
    office, out = _office(), str(tmp_path / "plan.json")
    with office:
        done = await office.run(
            "plan", _files(tmp_path), "-o", out, "--detailed-exitcode"
        )
        again = await office.run("rollout", out, "--json")
        last = await office.run("plan", _files(tmp_path), "--detailed-exitcode")

    assert (Exit.CHANGES, Exit.OK, Exit.OK) == (done.code, again.code, last.code)
    for word in ("release     2", "calls", "takes", "failures", "wave 1", "AT LEAST"):
        assert word in done.out
    assert f"esa-flows rollout {out}" in done.err
    assert "done" == again.json["outcome"]
    assert "unchanged   2" in last.out


async def test_only_the_routines_of_a_label_are_released(tmp_path: Path) -> None:
    """The plan says so first; the others stay as they are."""
    office = _office()
    old = office.cloud.report().splits["aa"]["production"]
    file = _files(tmp_path, 'name = "bb"', 'name = "bb"\nlabels = { tier = "3" }')
    with office:
        done = await office.run("rollout", file, "--label", "tier=3", "--json")

    assert Exit.OK == done.code
    assert "Only routines with tier=3: 1 of 2; the others stay." in done.err
    assert ["bb"] == [each["routine"] for each in done.json["routines"]]
    assert old == office.cloud.report().splits["aa"]["production"]


async def test_a_plan_of_a_label_is_a_plan_like_others(tmp_path: Path) -> None:
    """But a part of a plan is not carried out, nor has one routine labels."""
    office, out = _office(), str(tmp_path / "plan.json")
    file = _files(tmp_path, 'name = "bb"', 'name = "bb"\nlabels = { tier = "3" }')
    with office:
        await office.run("plan", file, "--label", "tier=3", "-o", out)
        again = await office.run("rollout", out, "--label", "tier=3")
        done = await office.run("rollout", out, "--json")

    one = await office.run("plan", "aa", "worker.js", "--label", "tier=3")
    assert [Exit.UNUSABLE, Exit.OK, Exit.UNUSABLE] == [again.code, done.code, one.code]
    assert "esa-flows plan FLEET --label tier=3 -o" in again.err
    assert ["bb"] == [each["routine"] for each in done.json["routines"]]


async def test_a_plan_says_what_is_refused_and_pruned(tmp_path: Path) -> None:
    """With the reasons."""
    office = _office()
    more = "".join(f'[[routine]]\nname = "no{n:02}"\n' for n in range(12))
    file = _files(tmp_path, "[rollout]\n", f"{more}[rollout]\n")
    office.cloud.console.add_version("aa", b"other", "more")
    done = await office.run("plan", file, "--version-quota", "2")

    assert "refuse      12" in done.out
    assert "no00: " in done.out
    assert "and 2 more" in done.out
    assert "1 version of 1 routine, the code saved first" in done.out


@pytest.mark.parametrize(
    ("strict", "code"), [((), Exit.OK), (("--strict-exit",), Exit.WITH_FAILURES)]
)
async def test_failures_within_the_budget(
    strict: tuple[str, ...], code: Exit, tmp_path: Path
) -> None:
    """Are told by a code of their own only to who asks for it."""
    office = _office()
    file = _files(tmp_path, 'name = "aa"', 'name = "aa"\nentry = "bad.js"')
    with office:
        done = await office.run("rollout", file, *strict)

    assert code == done.code
    assert "done with failures" in done.out


async def test_where_a_person_is_asked_nobody_waits(tmp_path: Path) -> None:
    """The run is held; approved, it is gone on with."""
    office = _office()
    file = _files(tmp_path, approve=True)
    with office:
        done = await office.run("rollout", file, "--no-wait", "--json")
        run = done.json["run"]
        await office.run("approve", run)
        again = await office.run("resume", run)

    assert (Exit.OK, "held") == (done.code, done.json["outcome"])
    assert Exit.OK == again.code


async def test_it_stops_after_a_wave(tmp_path: Path) -> None:
    """With a code that says so; approved, it goes on with the next."""
    office = _office()
    with office:
        done = await office.run("rollout", _files(tmp_path), "--wave", "1", "--json")
        run = done.json["run"]
        served = office.cloud.report().splits["bb"]["production"]
        seen = await office.run("status", run)
        await office.run("approve", run)
        again = await office.run("resume", run)

    assert (Exit.PAUSED, "held", 1) == (
        done.code,
        done.json["outcome"],
        done.json["wave"],
    )
    assert f"Run {run} has stopped after wave 1, as was asked." in done.err
    assert f"or go back with: esa-flows abort {run}" in done.err
    assert "Wave 1 is through. Go on with the next one?" in seen.out
    assert Exit.OK == again.code
    assert served != office.cloud.report().splits["bb"]["production"]


async def test_after_the_last_wave_there_is_nothing_to_stop(tmp_path: Path) -> None:
    """And after one that there is not, nothing is begun."""
    office = _office()
    with office:
        none = await office.run("rollout", _files(tmp_path), "--wave", "3")
        done = await office.run("rollout", _files(tmp_path), "--wave", "2")

    assert [Exit.UNUSABLE, Exit.OK] == [none.code, done.code]
    assert "There is no wave 3: this rollout has 2" in none.err


async def test_where_nobody_waits_a_stop_is_no_failure(tmp_path: Path) -> None:
    """CI asks for that with --no-wait."""
    office = _office()
    with office:
        done = await office.run("rollout", _files(tmp_path), "--wave", "1", "--no-wait")

    assert Exit.OK == done.code
    assert "has stopped after wave 1, as was asked" in done.out


async def test_a_run_stops_where_it_was_begun_to(tmp_path: Path) -> None:
    """The same plan with another stop is not gone on with in silence."""
    office, out = _office(), str(tmp_path / "plan.json")
    with office:
        await office.run("plan", _files(tmp_path), "-o", out)
        await office.run("rollout", out, "--wave", "1")
        every = await office.run("rollout", out)
        again = await office.run("rollout", out, "--wave", "1")

    assert (Exit.BUSY, Exit.PAUSED) == (every.code, again.code)
    told = "was begun to ask a person after wave 1; now it should after no wave"
    assert told in every.err
    assert "esa-flows approve" in every.err


async def test_what_is_refused_is_told_before_anything_begins(tmp_path: Path) -> None:
    """With a code of its own; the rest is released if that is asked for."""
    office = _office()
    file = _files(tmp_path, "[rollout]\n", '[[routine]]\nname = "no"\n[rollout]\n')
    with office:
        done = await office.run("rollout", file, "--json")
        changed = office.changes
        rest = await office.run("rollout", file, "--skip-refused", "--json")

    assert (Exit.CONFLICT, {}) == (done.code, changed)
    assert "1 routine would not be released; nothing was begun." in done.err
    assert "release the rest: --skip-refused" in done.err
    assert ["no"] == [each["routine"] for each in done.json["refused"]]
    assert Exit.OK == rest.code
    assert {"aa": "released", "bb": "released", "no": "refused"} == {
        each["routine"]: each["outcome"] for each in rest.json["routines"]
    }


async def test_what_changed_since_the_plan_is_told_before_anything_begins(
    tmp_path: Path,
) -> None:
    """That routine alone is a conflict, and charged to nothing."""
    office, out = _office(), str(tmp_path / "plan.json")
    with office:
        await office.run("plan", _files(tmp_path, '"50%"', "0"), "-o", out)
        await anyio.sleep(120)
        made = office.cloud.console.add_version("aa", OTHER, "theirs")
        office.cloud.console.deploy("aa", "production", {made: 100})
        before = office.changes
        done = await office.run("rollout", out)
        untouched = before == office.changes
        rest = await office.run("rollout", out, "--skip-refused", "--json")

    assert (Exit.CONFLICT, True) == (done.code, untouched)
    assert f"aa: Production of aa serves {made} 100 %; the plan began at" in done.err
    assert (Exit.OK, 0) == (rest.code, rest.json["failures"])
    assert {"aa": "refused", "bb": "released"} == {
        each["routine"]: each["outcome"] for each in rest.json["routines"]
    }


async def test_a_pause_from_elsewhere_is_told(tmp_path: Path) -> None:
    """By its own code, also where nobody waits for a person."""
    office, file = _office(), _files(tmp_path, approve=True)
    with office:
        codes: list[int] = []

        async def drive() -> None:
            """Drive it until it stops."""
            done = await office.run("rollout", file)
            codes.append(done.code)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(drive)
            async with office.client() as client:
                await client.runs.pause(await _begun(client))

    assert [Exit.PAUSED] == codes


async def _begun(client: Client) -> str:
    """Give the rollout's run, once it is there: files are read in threads first."""
    for _ in range(10_000):
        for row in await client.runs.unfinished("spring"):
            return row.run.id

        await anyio.sleep(0.1)

    raise AssertionError


async def test_too_many_failures_fail(tmp_path: Path) -> None:
    """Everything is as before: a failure that is safe."""
    office, file = _office(), _files(tmp_path, '"50%"', "0", code=BROKEN)
    with office:
        done = await office.run("rollout", file, "--json")

    assert Exit.FAILED == done.code
    assert "RolloutFailed" == done.json["error"]["type"]


@pytest.mark.parametrize(
    "words", [("rollout", "PLAN", "--lost-journal"), ("resume", "--plan", "PLAN")]
)
async def test_without_its_journal_a_plan_is_gone_on_with(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """Each routine finds out where it stands."""
    office, out = _office(), str(tmp_path / "plan.json")
    with office:
        await office.run("plan", _files(tmp_path), "-o", out)
        done = await office.run(*(out if word == "PLAN" else word for word in words))

    assert Exit.OK == done.code


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("[[", "is no TOML"),
        ('{"kind": "esa-flows plan"}', "is no TOML"),
    ],
)
async def test_what_is_no_rollout_is_refused(
    content: str | None, sentence: str, tmp_path: Path
) -> None:
    """As something that cannot be used."""
    file = tmp_path / "fleet.toml"
    if content is not None:
        file.write_text(content)

    done: Any = await _office().run("rollout", str(file))

    assert Exit.UNUSABLE == done.code
    assert sentence in done.err


FREEZE = """
[[rollout.freeze]]
cron = "0 12 * * *"
duration = "2h"
timezone = "Asia/Shanghai"
reason = "lunch"

[rollout.failures]"""


async def test_a_freeze_window_that_is_not_met_is_told(tmp_path: Path) -> None:
    """The plan ends before."""
    office = _office()
    file = _files(tmp_path, "[rollout.failures]", FREEZE)
    done = await office.run("plan", file)

    assert (
        "frozen      Mon 2026-03-02 12:00 until Mon 2026-03-02 14:00 Asia/Shanghai"
        " (lunch); this plan ends Sun 2026-03-01 20:00 at the earliest"
    ) in done.out


async def test_inside_a_freeze_window_nothing_begins(tmp_path: Path) -> None:
    """Code 15, and the ways to go on: wait, or say why not."""
    office = _office()
    freeze = FREEZE.replace("Asia/Shanghai", "UTC")
    file = _files(tmp_path, "[rollout.failures]", freeze)
    with office:
        done = await office.run("rollout", file)
        changed = office.changes
        held = await office.run("rollout", file, "--wait", "--no-wait", "--json")
        run = held.json["run"]
        seen = await office.run("status", run)
        refused = await office.run("approve", run)
        await anyio.sleep(2 * 3600)
        again = await office.run("resume", run)

    assert (Exit.BUSY, {}) == (done.code, changed)
    assert "what is begun now waits for its end" in done.err
    assert "until Sun 2026-03-01 14:00 UTC (lunch)" in done.err
    assert (Exit.OK, "held") == (held.code, held.json["outcome"])
    assert f"esa-flows approve {run} --ignore-freeze REASON" in seen.out
    assert "Frozen until Sun 2026-03-01 14:00 UTC" in seen.out
    assert Exit.UNUSABLE == refused.code
    assert Exit.OK == again.code


async def test_a_freeze_window_is_ignored_with_a_reason(tmp_path: Path) -> None:
    """At the beginning, or where it waits; the end says who and why."""
    office = _office()
    freeze = FREEZE.replace("Asia/Shanghai", "UTC")
    file = _files(tmp_path, "[rollout.failures]", freeze)
    with office:
        held = await office.run("rollout", file, "--wait", "--no-wait", "--json")
        reason = ("--ignore-freeze", "the shop is down", "--by", "eve")
        done = await office.run("approve", held.json["run"], *reason)
        edit = ("[rollout.failures]", freeze)
        other = _files(tmp_path, *edit, code=OTHER)
        more = await office.run("rollout", other, "--ignore-freeze", "again")

    assert [Exit.OK] * 2 == [done.code, more.code]
    assert "A freeze window was ignored by eve: the shop is down." in done.out
    assert "A freeze window was ignored by ann: again" in more.out


NOTIFY = """
[[notify]]
url = "https://${env.HOOK}/x"
secret = "${env.HOOK_SECRET}"

[[notify]]
url = "https://chat.example.com/y"
on = ["run.finished"]
format = "text"

[rollout]"""
HOOK = {"HOOK": "hooks.example.com", "HOOK_SECRET": "a-fake-secret-of-hooks"}


def _desk(office: Office, place: Place, environ: Mapping[str, str]) -> Desk:
    desk = office.desk(environ)
    desk.post = place.post
    return desk


async def test_webhooks_are_told_and_told_again_by_who_goes_on(tmp_path: Path) -> None:
    """Signed; the plan, the journal and what is shown hold no secret."""
    office, place, out = _office(), Place(), tmp_path / "plan.json"
    file = _files(tmp_path, "[rollout]", NOTIFY, approve=True)
    with office:
        await office.run("plan", file, "-o", str(out))
        desk = _desk(office, place, HOOK)
        held = await office.run("rollout", str(out), "--no-wait", "--json", desk=desk)
        asked = [json.loads(body) for body in place.bodies]
        run, again = held.json["run"], _desk(office, place, HOOK)
        done = await office.run("approve", run, desk=again)
        async with office.client() as client:
            rows = repr((await client.runs.get(run)).rows)

    *_, finished, text = sorted(place.got, key=lambda each: each.host, reverse=True)
    first = dict(place.got[0].headers)
    assert (Exit.OK, Exit.OK) == (held.code, done.code)
    assert {"approval.asked", "run.paused"} == {each["kind"] for each in asked}
    assert first["x-esa-flows-signature"].startswith("sha256=")
    assert "hooks.example.com" == finished.host
    assert "chat.example.com" == text.host
    assert b"has ended: done" in place.bodies[place.got.index(text)]
    written = (out.read_text(), rows, held.out, held.err, done.out, done.err)
    assert not any(HOOK["HOOK_SECRET"] in each for each in written)
    assert "${env.HOOK_SECRET}" in written[0]


async def test_a_webhook_whose_variable_is_missing(tmp_path: Path) -> None:
    """Nothing begins without it; what has begun goes on without it."""
    office, place = _office(), Place()
    file = _files(tmp_path, "[rollout]", NOTIFY, approve=True)
    with office:
        refused = await office.run("rollout", file)
        changed = office.changes
        desk = _desk(office, place, HOOK)
        held = await office.run("rollout", file, "--no-wait", "--json", desk=desk)
        done = await office.run("approve", held.json["run"])

    assert (Exit.UNUSABLE, {}) == (refused.code, changed)
    assert "variable HOOK, which is not set" in refused.err
    assert Exit.OK == done.code
    assert "Nobody is notified: A webhook needs the variable HOOK" in done.err


async def test_webhooks_that_are_not_reached_change_nothing(tmp_path: Path) -> None:
    """How many, and why, is told at the end; the exit code is the rollout's."""
    office, place = _office(), Place(answers=[404] * 99)
    file = _files(tmp_path, "[rollout]", NOTIFY)
    with office:
        done = await office.run("rollout", file, desk=_desk(office, place, HOOK))

    assert Exit.OK == done.code
    assert (
        "1 of 1 notifications did not reach chat.example.com: it answered 404."
    ) in done.err


async def test_facts_of_the_repository_are_filled_in(tmp_path: Path) -> None:
    """Where the file names them; one that is not known is an error."""
    office, asked = _office(), list[str]()

    async def git(file: str, _: Mapping[str, str]) -> Mapping[str, str]:
        """Say what the branch is."""
        asked.append(file)
        return {"git.branch": "spring"}

    desk, other = office.desk({"USER": "ann"}), office.desk({"USER": "ann"})
    desk.git = other.git = git
    file = _files(tmp_path, "by ${USER}", "of ${git.branch}")
    done = await office.run("plan", file, "--json", desk=desk)
    unknown = _files(tmp_path, "by ${USER}", "of ${git.tag}")
    refused = await office.run("plan", unknown, desk=other)

    assert '"message": "of spring"' in done.out
    assert [file] * 2 == asked
    assert Exit.UNUSABLE == refused.code
    assert "${git.tag} is not set" in refused.err


async def test_on_a_terminal_it_is_told_below_the_last_picture(tmp_path: Path) -> None:
    """Nothing is written where the next picture would take it away again."""
    office = _office()
    with office:
        desk = office.desk(is_terminal=True)
        desk.out.file = desk.err.file
        done = await office.run("rollout", _files(tmp_path), "--wave", "1", desk=desk)

    assert Exit.PAUSED == done.code
    assert "has stopped after wave 1, as was asked." in done.out.rpartition(CLEAR)[2]
