"""Places that events are written to."""

from __future__ import annotations

import json

import anyio
from attrs import define, field


@define
class Slow:
    """A place that takes its time, or breaks."""

    seconds: float = 0.0
    trouble: OSError | None = None
    written: list[bytes] = field(factory=list)
    is_closed: bool = False

    async def write(self, lines: bytes) -> None:
        """Take lines, in time."""
        await anyio.sleep(self.seconds)
        if self.trouble is not None:
            raise self.trouble

        self.written.append(lines)

    def close(self) -> None:
        """Note the end."""
        self.is_closed = True

    @property
    def numbers(self) -> list[int]:
        """Give the numbers of the lines that arrived."""
        lines = b"".join(self.written).splitlines()
        return [json.loads(line)["seq"] for line in lines]
