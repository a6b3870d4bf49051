"""A fleet's file, and an office of somebody who releases it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define
from tests.cli.office import Office
from tests.house import BROKEN, NEW

from esa_flows import Parts
from esa_flows.cli.desk import Desk

__all__ = ["FleetOffice", "answering", "files", "fleet_office"]

FLEET = """
[defaults]
entry = "worker.js"
message = "by ${USER}"

[[routine]]
name = "aa"

[[routine]]
name = "bb"

[rollout]
name = "spring"

[[rollout.wave]]
size = 1
approve = APPROVE

[[rollout.wave]]
size = "rest"

[rollout.failures]
fleet = "50%"
"""


def files(folder: Path, *edits: str, approve: bool = False, code: bytes = NEW) -> str:
    """Write a fleet's file and its bundle; give the file's path.

    Args:
        folder: Where.
        edits: What to replace, and by what, in turns.
        approve: Whether a person is asked.
        code: The bundle.
    """
    (folder / "worker.js").write_bytes(code)
    (folder / "bad.js").write_bytes(BROKEN)
    file = folder / "fleet.toml"
    text = FLEET.replace("APPROVE", str(approve).lower())
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        text = text.replace(old, new)

    file.write_text(text)
    return str(file)


@define(kw_only=True)
class FleetOffice(Office):
    """An office of somebody with a name."""

    def parts(self, environ: Mapping[str, str] | None = None, **changes: Any) -> Parts:
        """Give the parts of one more process."""
        return super().parts({"USER": "ann", **(environ or {})}, **changes)


def fleet_office() -> FleetOffice:
    """Give an office whose account has the two routines of the file."""
    office = FleetOffice()
    for name in ("aa", "bb"):
        office.live(name)

    return office


def answering(office: Office, *answers: str) -> Desk:
    """Give a desk at whose terminal a person types these answers, in turn."""
    desk, left = office.desk(), iter(answers)

    async def listen() -> str:
        """Give the next answer."""
        return next(left)

    desk.listen = listen
    return desk
