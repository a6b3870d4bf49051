"""Which commands there are and where each lives: it is imported when it is used.

So the list of commands, which people ask for most, needs none of them.
"""

from __future__ import annotations

import ast
import os
import pkgutil
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cyclopts import App, Parameter

from esa_flows.cli.paper import page, paper

__all__ = ["is_listing", "listing", "make_app"]

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "release": "release:release",
        "plan": "plan:plan",
        "rollout": "rollout:rollout",
        "migrate": "migrate:migrate",
        "rollback": "rollback:rollback",
        "resume": "resume:resume",
        "approve": "approve:approve",
        "abort": "abort:abort",
        "pause": "pause:pause",
        "status": "status:status",
        "report": "report:report",
        "runs": "runs:runs",
        "schema": "schema:schema",
        "doctor": "doctor:doctor",
        "conformance": "conformance:conformance",
    }
)
"""Commands by name: the module of this folder, and the function in it."""

_GROUPS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "versions": (
            "The versions of a routine.",
            {
                "list": "versions:versions_list",
                "prune": "prune:versions_prune",
                "restore": "restore:versions_restore",
            },
        ),
        "routines": (
            "The routines of the account.",
            {
                "list": "routines:routines_list",
                "show": "routines:routines_show",
                "delete": "delete:routines_delete",
            },
        ),
        "journal": (
            "The journal's file: check it, keep it small.",
            {
                "check": "journal:journal_check",
                "export": "journal:journal_export",
                "compact": "journal:journal_compact",
                "rebuild": "journal:journal_rebuild",
            },
        ),
        "local": (
            "A cloud on this machine, to try things on.",
            {
                "serve": "local:serve",
                "snapshot": "local_state:snapshot",
                "seed": "local_state:seed",
            },
        ),
    }
)
"""Commands of two words: what the first is about, and the second as above."""

_ASKS = frozenset({"--help", "-h"})


def make_app(*, lists: bool = False) -> App:
    """Make the commands.

    Args:
        lists: Whether they are only listed, with a sentence each.
    """
    app = App(
        name="esa-flows",
        help="Safe, resumable releases of edge functions on Alibaba Cloud ESA.",
        version_flags=["--version"],
        help_format="plaintext",
        default_parameter=Parameter(show_default=lambda value: value or None),
    )
    _add(app, _COMMANDS, lists=lists)
    for name, (about, commands) in _GROUPS.items():
        group = App(name=name, help=about)
        _add(group, commands, lists=lists)
        app.command(group)

    return app


def is_listing(argv: Sequence[str]) -> bool:
    """Whether arguments ask for nothing but which commands there are.

    Args:
        argv: Arguments without the program's name.
    """
    words = [word for word in argv if word not in _ASKS]
    return not words or (len(words) == 1 and words[0] in _GROUPS)


def listing(argv: Sequence[str]) -> int:
    """Print which commands there are, and give the exit code.

    Args:
        argv: Arguments for which `is_listing` holds.
    """
    words = [word for word in argv if word not in _ASKS]
    make_app(lists=True).help_print(words, console=page(paper(os.environ)))
    return 0


def _add(app: App, commands: Mapping[str, str], *, lists: bool) -> None:
    for name, place in commands.items():
        told = {"help": _sentence(place)} if lists else {}
        app.command(f"esa_flows.cli.{place}", name=name, **told)


def _sentence(place: str) -> str:
    """Read what a command says of itself, without importing what it needs."""
    module, _, function = place.partition(":")
    source = pkgutil.get_data("esa_flows.cli", f"{module}.py") or b""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name == function:
            return (ast.get_docstring(node) or "").partition("\n")[0]

    return ""
