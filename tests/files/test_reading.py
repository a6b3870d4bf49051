"""Small files, read beside the event loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from esa_flows.files import read_bytes, read_text

pytestmark = pytest.mark.real_time


async def test_small_files_are_read_beside_the_loop(tmp_path: Path) -> None:
    """On asyncio and trio alike."""
    path = tmp_path / "config.json"
    path.write_text("ü", encoding="utf-8")

    assert await read_text(path) == "ü"
    assert await read_bytes(str(path)) == "ü".encode()


async def test_missing_file_is_told_as_the_system_does(tmp_path: Path) -> None:
    """Only the caller knows what the file is for."""
    with pytest.raises(FileNotFoundError):
        await read_text(tmp_path / "gone.json")
