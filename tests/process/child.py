"""One process of a release: dies by SIGKILL at a chosen moment, or comes to its end.

    python child.py BACKEND release FILE MOMENT    before:OPERATION:N, after:OPERATION:N
    python child.py BACKEND release FILE full:OPERATION:N    the disk is full from there
    python child.py BACKEND resume                 goes on with the only unfinished run

`after` is the worst moment there is: the provider has executed the call and answered,
and nothing of it is recorded yet.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections import Counter

import anyio

from esa_flows import Client, Parts
from esa_flows.wire.transport import (
    HttpxTransport,
    Request,
    Response,
    Transport,
    open_client,
)

ROUTINE = "checkout-edge"


class Deadly:
    """A transport that kills its process at a chosen call."""

    def __init__(self, inner: Transport, moment: str) -> None:
        """Take the moment as `before:CommitRoutineStagingCode:1`."""
        self._inner = inner
        self._when, self._operation, count = (*moment.split(":"), "", "0")[:3]
        self._count = int(count)
        self._seen: Counter[str] = Counter()

    async def send(self, request: Request) -> Response:
        """Send, and die before or after it, or let no file grow any more."""
        operation = dict(request.headers).get("x-acs-action", "PostObject")
        self._seen[operation] += 1
        is_it = (operation, self._seen[operation]) == (self._operation, self._count)
        if is_it and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)

        response = await self._inner.send(request)
        if is_it and self._when == "full":
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        elif is_it:
            os.kill(os.getpid(), signal.SIGKILL)

        return response


async def main(*words: str) -> None:
    """Do what the command line says."""
    verb, file, moment, *_ = (*words, "", "")
    async with open_client() as http:
        parts = Parts(transport=Deadly(HttpxTransport(http), moment))
        async with Client.from_env(parts=parts) as client:
            if verb == "release":
                report = await client.release(ROUTINE, file, canary="10:1s,50:1s,100")
            else:
                row = (await client.runs.unfinished(ROUTINE))[0]
                report = await client.resume(row.run.id)

            print(report.outcome)  # noqa: T201  the parent reads it


anyio.run(main, *sys.argv[2:], backend=sys.argv[1])
