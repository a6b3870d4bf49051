"""What a command works with: where it writes, whom it asks, what was interrupted."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from anyio import CancelScope
from anyio.abc import TaskGroup
from attrs import define, evolve, field, frozen
from rich.console import Console, RenderableType
from rich.text import Text

from esa_flows.cli.asking import Listen, listener
from esa_flows.cli.complaint import Complaint
from esa_flows.cli.exits import Exit
from esa_flows.cli.keyboard import Keyboard, keyboard
from esa_flows.cli.lines import annotation
from esa_flows.cli.options import Common, Driving
from esa_flows.cli.paper import paper
from esa_flows.cli.provenance import commits_of, git_facts
from esa_flows.cli.tables import hanging
from esa_flows.cli.text import clean, counted, label_width, unmarked
from esa_flows.client import Client
from esa_flows.connection import Parts
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.errors import InvalidInput
from esa_flows.events import EventLog
from esa_flows.files import BlobStore, Lines, open_lines, opened_lines
from esa_flows.model import HOME, Realm
from esa_flows.model.webhook import Webhook
from esa_flows.notify.notifier import Notifier, Post, over_http
from esa_flows.notify.target import targets_of
from esa_flows.settings import Settings, blobs_folder, journal_path

__all__ = ["Answer", "Desk"]

Commits = Callable[[Iterable[str], Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Gives the commit that each file was built from, by the file's path."""

_LABEL = 5
_YES = frozenset({"y", "yes"})
_STYLES = {"error": "bold red", "next": "bold", "facts": "dim", "see": "dim"}


@frozen(kw_only=True)
class Answer:
    """What a command ends with.

    Attributes:
        exit: The exit code.
        payload: For `--json`: what was found or done.
        error: What went wrong; None where nothing did.
    """

    exit: Exit = Exit.OK
    payload: Mapping[str, Any] = field(factory=dict)
    error: Complaint | None = None


@define(kw_only=True)
class Desk:
    """What a command works with.

    Attributes:
        parts: What the client is made of.
        out: Standard output.
        err: Standard error.
        is_json: Whether standard output is for one JSON object.
        commits: Finds the commits files were built from; empty where there is none.
        git: Finds what else is known of a file's repository.
        beside: Runs what goes on beside the command.
        scope: Around the command.
        realm: Whose routines the command is about.
        run: The run this process drives, as soon as it has an id.
        interrupted: Number of the signal that asked to stop; 0 where none did.
        ends_by_signal: Whether a signal is the usual end.
        listen: Gives the next line a person types; None where nobody does.
        keyboard: Gives single keys of that person; None where there are none.
        events: Writes what runs do for programs; None where none follows.
        streams: Whether standard output is for events.
        notifier: Tells webhooks what runs do; None where none is told.
        post: Opens what carries that.
    """

    parts: Parts
    out: Console
    err: Console
    is_json: bool = False
    commits: Commits = commits_of
    git: Callable[[str, Mapping[str, str]], Awaitable[Mapping[str, str]]] = git_facts
    beside: TaskGroup | None = None
    scope: CancelScope | None = None
    realm: Realm = HOME
    run: str = ""
    interrupted: int = 0
    ends_by_signal: bool = False
    listen: Listen | None = None
    keyboard: Keyboard | None = None
    events: EventLog | None = None
    streams: bool = False
    notifier: Notifier | None = None
    post: Post = over_http

    @classmethod
    def of(cls, parts: Parts | None) -> Desk:
        """Make the desk of this process."""
        made = parts or Parts()
        return cls(
            parts=made,
            out=paper(made.environ),
            err=paper(made.environ, is_error=True),
            listen=listener(sys.stdin),
            keyboard=keyboard(sys.stdin),
        )

    @property
    def annotates(self) -> bool:
        """Whether GitHub's runner reads what is written."""
        return self.parts.environ.get("GITHUB_ACTIONS") == "true"

    @property
    def is_live(self) -> bool:
        """Whether a person watches a terminal that can be redrawn.

        That a log is asked to be in colour makes it no terminal.
        """
        dumb = self.err.is_dumb_terminal or self.annotates
        return self.err.is_interactive and not dumb and self.beside is not None

    def adopt(self, common: Common) -> None:
        """Show things as the flags say."""
        self.is_json = self.is_json or common.json
        for console in (self.out, self.err):
            console.no_color = console.no_color or common.no_color

    async def follow(self, common: Driving, beside: TaskGroup) -> None:
        """Write events from now on, where the flags or the environment say so.

        Args:
            common: The flags of a command that drives runs.
            beside: Where the writing goes on.

        Raises:
            InvalidInput: They cannot be written there.
        """
        path = common.events or self.parts.environ.get("ESA_FLOWS_EVENTS", "")
        if not path:
            return

        if path.startswith("-") and path != "-":
            raise InvalidInput(
                f"--events wants a file, or - for standard output, not {path}."
            )

        self.streams = path == "-"
        if self.streams and self.is_json:
            raise InvalidInput(
                "Standard output cannot be both for events and for one JSON object.",
                next_move="Write the events to a file: --events FILE",
            )

        lines = _standard(self.out) if self.streams else await open_lines(path)
        self.events = EventLog(lines)
        beside.start_soon(self.events.write)

    def notify(self, hooks: Sequence[Webhook]) -> None:
        """Tell webhooks from now on what rollouts do.

        Args:
            hooks: The webhooks.

        Raises:
            InvalidInput: A variable that one needs is not set, or cannot be used.
        """
        targets = targets_of(hooks, self.parts.environ)
        if not targets or self.beside is None:
            return

        self.notifier = Notifier(targets, self.parts.random.random, self.post)
        self.beside.start_soon(self.notifier.deliver)

    async def finish(self) -> None:
        """Wait for what is still to be told; say what was not."""
        if self.notifier is not None:
            await self.notifier.finish()
            self.note(*self.notifier.lost)

        if self.events is None:
            return

        await self.events.finish()
        if self.events.lost:
            why = self.events.trouble
            told = f": {why.strerror}" if why else " in time"
            self.note(
                f"{counted(self.events.lost, 'event')} could not be written{told}."
            )

    async def commit(self, file: str) -> str:
        """Give the commit that a file was built from; empty where none is known.

        Args:
            file: Its path.
        """
        return (await self.commits((file,), self.parts.environ))[file]

    def client(self, common: Common) -> Client:
        """Make the client that the flags and the environment describe.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        return Client(self.settings(common), self.parts)

    def client_in_need(self, common: Common) -> Client:
        """Make a client that records nothing: for when the journal cannot be used.

        What was saved beside the journal can still be read, as far as it is there.

        Raises:
            InvalidInput: A flag or variable cannot be used.
        """
        settings, parts = self.settings(common), self.parts
        file = journal_path(settings, parts.environ, parts.home)
        blobs = parts.blobs or BlobStore(blobs_folder(str(file)))
        return Client(settings, evolve(parts, journal=MemoryJournal(), blobs=blobs))

    def settings(self, common: Common) -> Settings:
        """Give the settings that the flags and the environment describe.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        made = Settings.from_env(self.parts.environ, **common.settings)
        self.realm = made.realm
        return made

    def say(self, *lines: RenderableType) -> None:
        """Write what was asked for: to standard output, unless that is for JSON."""
        is_taken = self.is_json or self.streams
        for line in lines:
            self._write(self.err if is_taken else self.out, line)

    async def ask(self, question: str, *, instead: str) -> str:
        """Ask the person at the terminal, and give what was typed.

        Args:
            question: What to show.
            instead: The flag that answers it where nobody can be asked.

        Raises:
            InvalidInput: Nobody can be asked.
        """
        if self.listen is None:
            raise InvalidInput(
                "This must be confirmed, and standard input is no terminal.",
                next_move=f"Say it on the command line: {instead}",
            )

        self.note(question)
        return await self.listen()

    async def agrees(self, question: str) -> bool:
        """Ask the person at the terminal, and take only a plain yes for one.

        Args:
            question: What to ask.

        Raises:
            InvalidInput: Nobody can be asked.
        """
        typed = await self.ask(f"{question} [y/N]", instead="--yes")
        return typed.strip().lower() in _YES

    def let_go(self) -> None:
        """Leave the terminal as it was, for who ends the process at once."""
        if self.keyboard is not None:
            self.keyboard.give_back()

        if self.is_live:
            self.err.show_cursor()

        self.err.file.flush()

    def note(self, *lines: RenderableType) -> None:
        """Write to standard error what is worth knowing beside."""
        for line in lines:
            self._write(self.err, line)

    def command(self, line: str) -> None:
        """Tell GitHub's runner something, where it listens."""
        if self.annotates:
            self.err.print(Text(line), soft_wrap=True)

    def complain(self, told: Complaint) -> None:
        """Write what went wrong."""
        for label, text in told.lines():
            cells = (Text(label, style=_STYLES[label]), Text(self._safe(text)))
            if label == "see":
                # An address is not broken, so that it can be clicked and copied.
                self.err.print(*cells, sep="   ", soft_wrap=True)
                continue

            self._write(self.err, hanging(cells, (_LABEL,)))

        self.command(annotation("error", told.message, title="esa-flows"))

    def give(self, answer: Answer) -> Exit:
        """Write what went wrong, and the JSON object where one was asked for."""
        if answer.error is not None:
            self.complain(answer.error)

        if self.is_json:
            told = answer.error.to_json() if answer.error else None
            ending = {"exit_code": int(answer.exit), "error": told}
            self.out.file.write(json.dumps({**answer.payload, **ending}) + "\n")
            self.out.file.flush()

        return answer.exit

    def _write(self, console: Console, line: RenderableType) -> None:
        if not isinstance(line, str):
            console.print(line, soft_wrap=not console.is_interactive)
            return

        shown, label = Text(self._safe(line)), label_width(line)
        if console.is_interactive and label and "\n" not in line:
            cells = (shown[: label - 1], shown[label:])  # what is long hangs beside it
            console.print(hanging(cells, (label - 1,)))
            return

        console.print(shown, soft_wrap=not console.is_interactive)

    def _safe(self, text: str) -> str:
        shown = clean(text)
        if not self.annotates:
            return shown

        return "\n".join(unmarked(line) for line in shown.split("\n"))


def _standard(out: Console) -> Lines:
    """Give standard output for lines that bypass the console.

    Raises:
        InvalidInput: There is none.
    """
    try:
        return opened_lines(out.file.fileno())
    except (OSError, ValueError) as error:
        raise InvalidInput("There is no standard output for events.") from error
