"""Packing the rows of runs that have ended: all of them, in a tenth of the room; pure.

A pack holds every column of every row, checksums too, so that an unpacked run is held
to its chain like any other. Nothing that was recorded is lost by packing.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from esa_flows.engine.journal import Row
from esa_flows.engine.journal_columns import columns_of
from esa_flows.errors import JournalCorrupt

__all__ = ["backups_in", "pack", "unpack"]

_BACKUP = re.compile(r'"backup":"([0-9a-f]{64})"')


def pack(rows: Sequence[Row]) -> bytes:
    """Pack the rows of a run; its id is not among them."""
    told = [columns_of(row)[1:] for row in rows]
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode())


def unpack(run: str, content: bytes, *, source: str) -> Iterator[tuple[Any, ...]]:
    """Give the columns of the rows that were packed.

    Args:
        run: The run's id.
        content: What `pack` gave.
        source: The journal's name, for the error.

    Raises:
        JournalCorrupt: It is no pack.
    """
    try:
        told = json.loads(zlib.decompress(content))
        return iter(
            [
                (run, seq, at, kind, step, attempt, fence, body, crc)
                for seq, at, kind, step, attempt, fence, body, crc in told
            ]
        )
    except (TypeError, ValueError, zlib.error) as error:
        raise JournalCorrupt(
            f"{source}: the packed records of run {run} cannot be read ({error}); the"
            " file was damaged or edited.",
            next_move="Restore it from a backup; nothing was changed.",
        ) from error


def backups_in(bodies: Iterable[str]) -> frozenset[str]:
    """Give the digests of the code that was saved before a version was deleted.

    Args:
        bodies: Bodies of rows, as canonical JSON.
    """
    return frozenset(digest for body in bodies for digest in _BACKUP.findall(body))
