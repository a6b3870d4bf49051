"""Single keys of the person at the terminal."""

from __future__ import annotations

import importlib
import io
import os
import termios
from collections.abc import Iterator

import anyio
import pytest

from esa_flows.cli.keyboard import Terminal, keyboard

pytestmark = [pytest.mark.real_time, pytest.mark.may_block]

Line = tuple[int, Terminal]


def _modes(handle: int) -> int:
    """Give whether lines and echo are on."""
    flags: int = termios.tcgetattr(handle)[3]
    return flags & (termios.ICANON | termios.ECHO)


@pytest.fixture
def pty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """Give the far end of a terminal, and the keyboard at it."""
    far, near = os.openpty()
    monkeypatch.setattr("os.tcgetpgrp", lambda _: os.getpgrp())
    with os.fdopen(near) as stream:
        found = keyboard(stream)
        assert isinstance(found, Terminal)
        yield far, found

    os.close(far)


def test_where_nobody_types_there_is_no_keyboard(
    pty: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe, nothing at all, or a system without such terminals."""
    none = importlib.import_module

    def missing(name: str) -> object:
        """Have no such module."""
        if name == "termios":
            raise ImportError(name)

        return none(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with os.fdopen(os.dup(pty[0])) as stream:
        assert None is keyboard(stream)

    assert (None, None) == (keyboard(None), keyboard(io.StringIO()))


async def test_keys_come_one_by_one_while_it_is_held(pty: Line) -> None:
    """At once, without Enter and without being shown; then all is as before."""
    far, terminal = pty
    before = _modes(far)
    with terminal.held():
        held, shown = _modes(far), repr(terminal)
        os.write(far, b"a")
        first = await terminal.key()
        os.write(far, b"x")
        second = await terminal.key()

    assert ("a", "x") == (first, second)
    assert before != 0
    assert (0, before) == (held, _modes(far))
    assert shown.endswith("held>")
    assert repr(terminal).endswith("free>")


async def test_what_comes_in_one_piece_is_no_key(pty: Line) -> None:
    """An arrow, or a text that was pasted by mistake, aborts nothing."""
    far, terminal = pty
    found: list[str] = []

    async def type_(text: bytes) -> None:
        """Type after a while."""
        await anyio.sleep(0.1)
        os.write(far, text)

    with terminal.held():
        os.write(far, b"\x1b[Axy")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(type_, b"d")
            found.append(await terminal.key())

    assert ["d"] == found


def test_an_error_gives_the_terminal_back(pty: Line) -> None:
    """And giving it back twice changes nothing."""
    far, terminal = pty
    before = _modes(far)
    with pytest.raises(ZeroDivisionError), terminal.held():
        raise ZeroDivisionError

    after = _modes(far)
    terminal.give_back()

    assert before == after == _modes(far)


async def test_in_the_background_no_terminal_is_touched(
    pty: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process would be stopped for it; nor where the terminal is gone."""
    far, terminal = pty
    before = _modes(far)
    monkeypatch.setattr("os.tcgetpgrp", lambda _: 0)
    os.write(far, b"a\n")
    with terminal.held(), anyio.move_on_after(0.1) as waiting:
        held = _modes(far)
        await terminal.key()

    def gone(_: int) -> int:
        """Be hung up."""
        raise OSError

    monkeypatch.setattr("os.tcgetpgrp", gone)
    with terminal.held():
        assert before == held == _modes(far)

    assert waiting.cancelled_caught


async def test_where_nobody_is_any_more_no_key_comes(
    pty: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the file is no key, and is not asked for again and again."""
    far, terminal = pty
    asked: list[int] = []

    def read(_: int, size: int) -> bytes:
        """Be at the end."""
        asked.append(size)
        return b""

    monkeypatch.setattr("os.read", read)
    os.write(far, b"a\n")
    with terminal.held(), anyio.move_on_after(0.1):
        await terminal.key()

    assert 1 == len(asked)
