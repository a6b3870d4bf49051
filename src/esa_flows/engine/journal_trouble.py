"""SQLite's troubles as ours: what is wrong with the file, and the next move."""

import sqlite3

from esa_flows.errors import EsaFlowsError, JournalCorrupt, JournalUnavailable

__all__ = ["TROUBLE", "told"]

TROUBLE = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; the latter where its own message quotes a damaged name."""

# Primary result codes, the lower eight bits of the extended ones.
# Source: SQLite, "Result and Error Codes".
_PRIMARY = 0xFF
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_RIGHT = "Let this user write to it and to its folder, or choose another file with"
_NO_RIGHT += " --journal."
_BUSY = "Another process holds it: let that one finish, then try again."
_MOVES = {
    sqlite3.SQLITE_FULL: "Free space on its disk, then resume the run.",
    sqlite3.SQLITE_IOERR: "Check its disk and the free space there, then resume the"
    " run.",
    sqlite3.SQLITE_READONLY: _NO_RIGHT,
    sqlite3.SQLITE_PERM: _NO_RIGHT,
    sqlite3.SQLITE_CANTOPEN: _NO_RIGHT,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
}
_ELSE = "Check the file, then resume the run."


def told(error: sqlite3.Error | UnicodeDecodeError, *, source: str) -> EsaFlowsError:
    """Tell SQLite's error as one of ours.

    Args:
        error: What SQLite raised.
        source: The journal's file.
    """
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in _DAMAGED or isinstance(error, UnicodeDecodeError):
        return JournalCorrupt(
            f"The journal {source} cannot be read: {error}.",
            next_move="Restore it from a backup, or choose another file with"
            " --journal; nothing was changed.",
        )

    return JournalUnavailable(
        f"The journal {source} does not work now: {error}; nothing was recorded.",
        next_move=_MOVES.get(code, _ELSE),
    )
