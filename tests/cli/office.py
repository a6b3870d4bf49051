"""The command line in this process: a house, a desk, and what was written on it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, frozen
from tests.house import BASE, EDGE, NEW, House

from esa_flows import Parts
from esa_flows.cli.app import attend
from esa_flows.cli.desk import Desk
from esa_flows.cli.paper import Paper
from esa_flows.testing.transport import ProcessTransport

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PLACE = {
    "ESA_FLOWS_ENDPOINT": BASE,
    "ESA_FLOWS_STAGING_EDGE": EDGE["staging"],
    "ESA_FLOWS_PRODUCTION_EDGE": EDGE["production"],
    # Virtual time, and no threads: each client keeps the cap by itself.
    "ESA_FLOWS_CAP_SHARING": "process",
}


async def no_git(files: Iterable[str], _environ: Mapping[str, str]) -> dict[str, str]:
    """Say what commit everything is from, without asking git."""
    return dict.fromkeys(files, COMMIT)


@frozen(kw_only=True)
class Done:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Give the object on standard output."""
        return json.loads(self.out)


def console(*, is_terminal: bool = False, **options: Any) -> Paper:
    """Make a console that writes into memory."""
    settings = {"width": 10_000 if not is_terminal else 80, "height": 24} | options
    return Paper(
        file=io.StringIO(),
        force_terminal=is_terminal,
        force_interactive=is_terminal,
        color_system=None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        **settings,
    )


def text_on(paper: Any) -> str:
    """Give what was written on a console."""
    return str(paper.file.getvalue())


@define(kw_only=True)
class Office(House):
    """A house whose client is used through the command line."""

    def parts(self, environ: Mapping[str, str] | None = None, **changes: Any) -> Parts:
        """Give the parts of one more process."""
        made = self.client()._parts
        plain = {"transport": ProcessTransport(self.cloud, base_url=BASE)}
        place = {**PLACE, **(environ or {})}
        return evolve(made, environ=place, **{**plain, **changes})

    def desk(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        is_terminal: bool = False,
        **changes: Any,
    ) -> Desk:
        """Make a desk whose papers are kept."""
        return Desk(
            parts=self.parts(environ, **changes),
            out=console(is_terminal=is_terminal),
            err=console(is_terminal=is_terminal),
            commits=no_git,
        )

    async def run(self, *argv: str, desk: Desk | None = None, **options: Any) -> Done:
        """Do a command and give what it left."""
        at = desk or self.desk(**options)
        code = await attend(argv, at)
        return Done(code=int(code), out=text_on(at.out), err=text_on(at.err))

    @property
    def changes(self) -> dict[str, int]:
        """The calls that may change something, by operation, as the cloud counted."""
        return {
            name: count
            for name, count in self.cloud.report().calls.items()
            if not name.startswith(("Get", "List"))
        }


def bundle(folder: Path, content: bytes = NEW, name: str = "worker.js") -> str:
    """Write a bundle and give its path."""
    path = folder / name
    path.write_bytes(content)
    return str(path)
