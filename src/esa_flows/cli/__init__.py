"""The command line: commands, screens, exit codes.

What answers `--version`, and says what is missing, needs nothing but the standard
library; everything else is imported when it is needed.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

from esa_flows import __version__

__all__ = ["main"]

_EXTRA = frozenset({"cyclopts", "rich"})
_USAGE = 2
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None, *, parts: object = None) -> int:
    """Run the command line and give its exit code.

    Args:
        argv: Arguments without the program's name; by default the process's own.
        parts: `Parts` of the client to use; by default the usual ones.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["--version"]:
        sys.stdout.write(f"esa-flows {__version__}\n")
        return 0

    imported = _kept if argv is None else importlib.import_module
    try:
        commands = imported("esa_flows.cli.commands")
        if commands.is_listing(given):
            listed: int = commands.listing(given)
            return listed

        app = imported("esa_flows.cli.app")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise

        sys.stderr.write(
            f"The command line needs {error.name}, which is not installed.\n"
            'Run: pip install "esa-flows[cli]"\n'
        )
        return _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED  # nothing was begun, so that there is nothing to say

    code: int = app.run(given, parts)
    return code


def _kept(name: str) -> ModuleType:
    """Import a module of a program, which is no garbage as long as its process lives.

    It is not looked through for any while it is imported, nor when the program ends:
    both together take longer than many a command.
    """
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()
