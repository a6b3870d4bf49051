"""The command that looks at everything a release needs."""

from __future__ import annotations

import pytest
from tests.cli.office import Office

from esa_flows.cli.doctor import exit_of
from esa_flows.cli.exits import Exit
from esa_flows.doctor import Check, Verdict
from esa_flows.localcloud import Switches


def _check(verdict: Verdict, *, is_ours: bool = False) -> Check:
    return Check(name="n", verdict=verdict, sentence="s", is_ours=is_ours)


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ([], Exit.OK),
        ([_check(Verdict.OK), _check(Verdict.WARN, is_ours=True)], Exit.OK),
        ([_check(Verdict.FAIL), _check(Verdict.WARN, is_ours=True)], Exit.FAILED),
        ([_check(Verdict.FAIL), _check(Verdict.FAIL, is_ours=True)], Exit.UNUSABLE),
    ],
)
def test_what_is_to_be_mended_here_counts_first(
    checks: list[Check], code: Exit
) -> None:
    """A script can tell its own configuration from the provider's side."""
    assert code == exit_of(checks)


async def test_a_healthy_account() -> None:
    """One line for each check, code 0, nothing changed."""
    office = Office()
    office.live()

    done = await office.run("doctor")

    assert 0 == done.code
    assert 9 == len(done.out.splitlines())
    assert all(line.startswith("ok ") for line in done.out.splitlines())
    assert {} == office.changes


async def test_a_denied_read() -> None:
    """A failed check has its next move, and the code says that it is not ours."""
    office = Office(switches=Switches(denied={"esa:GetRoutine"}))
    office.live()

    done = await office.run("doctor")

    assert 10 == done.code
    assert "fail rights      The access key may not call esa:GetRoutine." in done.out
    assert 'next: Attach this policy to its RAM user or role: {"Version"' in done.out


async def test_as_json() -> None:
    """Programs get every check."""
    done = await Office().run("doctor", "--json", credentials=None)

    assert 2 == done.code == done.json["exit_code"]
    assert ["ok", "fail"] == [check["verdict"] for check in done.json["checks"]]
