"""Read a version's code, and tell it from the page that stands where it is missing."""

from typing import Protocol, TypeVar

import anyio

from esa_flows.model import VersionId

__all__ = ["LOOKS", "LOOK_AGAIN", "is_error_page", "read_code"]

LOOKS = 3
"""Readings before a missing object is believed to be gone."""

LOOK_AGAIN = 1.0
"""Seconds between readings."""

_HEAD = 256

N_contra = TypeVar("N_contra", contravariant=True)
M = TypeVar("M")


class _Library(Protocol[N_contra]):
    """What gives the code of versions: the cloud released to, or one taken from."""

    async def read_code(self, name: N_contra, version: VersionId) -> bytes:
        """Give the code of a version."""
        ...


def is_error_page(code: bytes) -> bool:
    """Tell the store's error document from code: pure. No JavaScript begins so."""
    head = code[:_HEAD].lstrip()
    return head.startswith(b"<?xml") and b"<Error>" in head


async def read_code(cloud: _Library[M], routine: M, version: VersionId) -> bytes:
    """Read a version's code, again where the store's error document came for it.

    Returns:
        What came last; that may be the error document still.

    Source: ESA API 2024-09-10, GetRoutineCodeVersion: where the stored object is
    missing it answers with that document, and with status 200.
    """
    code = await cloud.read_code(routine, version)
    for _ in range(LOOKS - 1):
        if not is_error_page(code):
            break

        await anyio.sleep(LOOK_AGAIN)
        code = await cloud.read_code(routine, version)

    return code
