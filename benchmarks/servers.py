"""Real servers to keep slots in, each started for one use and stopped again.

They come from the system's packages, and are run in folders of their own.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis
from attrs import define, field


@define
class Server:
    """A server that can be stopped, frozen and started again in its place.

    Attributes:
        command: How it is started.
        url: Where it is.
        user: Who runs it; empty for ourselves.
        ends: The signal that ends it at once, whatever this process ignores: a shell
            that starts it in the background has the others ignored.
    """

    command: list[str]
    url: str
    user: str = ""
    ends: int = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            self.command,
            user=self.user or None,
            group=pwd.getpwnam(self.user).pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None, f"{self.command[0]} ended"
            assert time.monotonic() < deadline, f"{self.command[0]} does not answer"
            time.sleep(0.02)

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        assert self.process is not None
        self.process.send_signal(self.ends)
        self.process.wait(timeout=30)

    def answers(self) -> bool:
        """Tell whether it does."""
        try:
            if self.url.startswith("redis"):
                with redis.Redis.from_url(self.url) as client:
                    return bool(client.ping())

            psycopg.connect(self.url, connect_timeout=2).close()
        except (redis.RedisError, psycopg.Error):
            return False

        return True


def free_port() -> int:
    """Give a port of this machine that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def redis_server() -> Iterator[Server]:
    """Run a Redis that keeps nothing on disk."""
    program = found("redis-server")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no"]
    with run(Server(command, f"redis://127.0.0.1:{port}/0")) as server:
        yield server


@contextlib.contextmanager
def postgres_server() -> Iterator[Server]:
    """Run a PostgreSQL in a folder of its own; it refuses to be run by root."""
    programs = Path(found("postgres")).parent
    user = "nobody" if os.geteuid() == 0 else ""
    with tempfile.TemporaryDirectory(prefix="esa-flows-pg-") as folder:
        if user:
            shutil.chown(folder, user)

        data, port = f"{folder}/data", free_port()
        making = [str(programs / "initdb"), "--pgdata", data, "--no-sync"]
        subprocess.run(
            [*making, "--auth", "trust", "--username", "ann"],
            user=user or None,
            cwd=folder,
            check=True,
            capture_output=True,
        )
        command = [str(programs / "postgres"), "-D", data, "-p", str(port)]
        command += ["-h", "127.0.0.1", "-k", folder, "-F"]
        url = f"postgresql://ann:FakePassword0001@127.0.0.1:{port}/postgres"
        with run(Server(command, url, user, signal.SIGQUIT)) as server:
            yield server


@contextlib.contextmanager
def run(server: Server) -> Iterator[Server]:
    """Start a server, and end it however the block ends."""
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.send(signal.SIGCONT)
            server.stop()


def found(program: str) -> str:
    """Give the path of a program.

    Raises:
        FileNotFoundError: It is not installed.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)])
    where = shutil.which(program, path=path)
    if where is None:
        raise FileNotFoundError(f"{program} is not installed; .ci/install does that")

    return where
