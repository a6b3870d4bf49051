"""`esa-flows doctor`: is everything there that a release needs?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from attrs import asdict
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from esa_flows.cli.desk import Answer, Desk
from esa_flows.cli.exits import Exit
from esa_flows.cli.options import DEFAULTS, Common
from esa_flows.cli.tables import hanging
from esa_flows.cli.text import clean, one_line
from esa_flows.doctor import Check, Verdict, examine

__all__ = ["doctor", "exit_of"]

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


async def doctor(
    *,
    common: Common = DEFAULTS,
    desk: Annotated[Desk, Parameter(parse=False)],
) -> Answer:
    """Check credentials, endpoint, rights, quota, journal and staging; only reads.

    Args:
        common: How to reach the provider.
        desk: Where to write.
    """
    checks = []
    async for check in examine(desk.settings(common), desk.parts):
        checks.append(check)
        desk.say(_told(check))

    return Answer(
        exit=exit_of(checks),
        payload={"checks": [asdict(check) for check in checks]},
    )


def exit_of(checks: Iterable[Check]) -> Exit:
    """Give the exit code: what is to be mended on this machine counts first.

    Args:
        checks: What was found.
    """
    failed = [check for check in checks if check.verdict is Verdict.FAIL]
    if not failed:
        return Exit.OK

    return Exit.UNUSABLE if any(check.is_ours for check in failed) else Exit.FAILED


def _told(check: Check) -> Table:
    told = Text(clean(check.sentence))
    if check.next_move:
        told.append(f"\nnext: {one_line(check.next_move)}", style="dim")

    verdict = Text(check.verdict, style=_STYLES[check.verdict])
    return hanging((verdict, Text(check.name, style="bold"), told), (4, 11))
