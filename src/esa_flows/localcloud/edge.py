"""The edge: answers a visitor as the deployed routine would.

A routine is reached by its default record in the Host header, or, for people with a
browser, as ``<name>.localhost``. The version is chosen by the split in force with the
injected dice. Choices where nothing is documented: an unknown host and an environment
without a deployment both get 404, a version that was deleted while it served gets 503.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from urllib.parse import parse_qs

from attrs import define, field

from .script import Answer, read_answer
from .state import Routine, Split, Version
from .values import Reply, Request
from .world import World

OPERATION = "edge"
_ENVS = {"edge-production": "production", "edge-staging": "staging"}
_MOST_CACHED = 512


@define
class Edge:
    """The visitors' side of the cloud.

    Attributes:
        served: visits answered by ``(routine, environment, version)``.
    """

    world: World
    served: Counter[tuple[str, str, str]] = field(factory=Counter, init=False)
    _answers: dict[str, Answer] = field(factory=dict, init=False, repr=False)

    def routine(self, request: Request) -> Routine | None:
        """Return the routine a visitor means, None for an unknown host."""
        host = request.header("host").partition(":")[0].lower()
        name, dot, rest = host.partition(".")
        if dot and rest == "localhost":
            every = self.world.state.records.values()
            return next((held for held in every if held.name == name), None)

        return self.world.state.records.get(host)

    def visit(self, request: Request, now: datetime) -> Reply:
        """Answer one visitor."""
        routine = self.routine(request)
        if routine is None:
            return _page(404, "No routine answers at this host.", now)

        if self._is_closed(routine, request, now):
            return _page(401, "This routine is not open to visitors yet.", now)

        env = _ENVS[request.listener]
        split = self._in_force(routine, env, now)
        if not split:
            return _page(404, f"Nothing is deployed in {env}.", now)

        chosen = _choose(split, self.world.dice.random() * 100)
        self.served[routine.name, env, chosen] += 1
        version = routine.versions.get(chosen)
        if version is None:
            return _page(503, "The deployed code is gone.", now)

        return self._reply(version, now)

    def _is_closed(self, routine: Routine, request: Request, now: datetime) -> bool:
        """Whether the record is too fresh for a visitor without a token."""
        young = timedelta(seconds=self.world.switches.fresh_edge_401)
        if now >= routine.created + young:
            return False

        tokens = parse_qs(request.query).get("esa_er_token", [])
        opens = self.world.token_opens
        return not any(opens(token, routine.name, now) for token in tokens)

    def _in_force(self, routine: Routine, env: str, now: datetime) -> Split:
        """Return the split the edge knows: the former one while the new one travels."""
        lag = timedelta(seconds=self.world.switches.edge_lag)
        held = routine.in_force(env, now, lag)
        return held.split if held else ()

    def _reply(self, version: Version, now: datetime) -> Reply:
        answer = self._answer(version)
        headers = {"content-type": "text/plain;charset=UTF-8"}
        headers |= {name.lower(): value for name, value in answer.headers}
        headers |= {"server": "ESA", "date": format_datetime(now, usegmt=True)}
        invented = self.world.switches.serving_version_header
        if invented:
            headers[invented] = version.id

        return Reply(
            status=answer.status, headers=tuple(headers.items()), body=answer.body
        )

    def _answer(self, version: Version) -> Answer:
        """Read a bundle once."""
        found = self._answers.get(version.digest)
        if found is not None:
            return found

        if len(self._answers) >= _MOST_CACHED:
            self._answers.clear()

        answer = self._answers[version.digest] = read_answer(version.content)
        return answer


def _choose(split: Split, throw: float) -> str:
    """Return the version whose share of 0..100 the throw falls in."""
    bounds = accumulate(share for _, share in split)
    return next(
        version
        for (version, _), bound in zip(split, bounds, strict=True)
        if throw < bound
    )


def _page(status: int, sentence: str, now: datetime) -> Reply:
    body = f"<!doctype html><title>{status}</title><p>{sentence}</p>\n"
    headers = (
        ("content-type", "text/html;charset=utf-8"),
        ("server", "ESA"),
        ("date", format_datetime(now, usegmt=True)),
    )
    return Reply(status=status, headers=headers, body=body.encode())
