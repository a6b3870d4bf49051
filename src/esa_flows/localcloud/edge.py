"""The edge: answers a visitor as the deployed routine would.

An ESA routine is reached by its default record or by a record bound to it, a DCDN
routine by a host that its environments allow; people with a browser say
``<name>.localhost`` and ``<name>.dcdn.localhost``. The version is chosen by the split
in force with the injected dice; on DCDN, by the area that a header names. Choices where
nothing is documented: an unknown host and an environment without a deployment both get
404, a version that was deleted while it served gets 503.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from urllib.parse import parse_qs

from attrs import define, field

from .asset import asset_reply
from .routine import DcdnRoutine, Routine, Serving, Split, Version
from .script import Answer, read_answer
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

    def routine(self, request: Request) -> Serving | None:
        """Return the routine a visitor means, None for an unknown host."""
        host = request.header("host").partition(":")[0].lower()
        state = self.world.state
        name, dot, rest = host.partition(".")
        if dot and rest == "localhost":
            return _named(name, state.routines.values())

        if dot and rest == "dcdn.localhost":
            return _named(name, state.functions.values())

        return state.records.get(host) or self._bound(host) or self._allowing(host)

    def _bound(self, host: str) -> Routine | None:
        """Return the ESA routine that a host is bound to."""
        for record in self.world.state.related.values():
            if record.name == host:
                return self.world.state.routines[record.account, record.routine]

        return None

    def _allowing(self, host: str) -> DcdnRoutine | None:
        """Return the first DCDN routine that allows a host."""
        for routine in self.world.state.functions.values():
            if any(host in conf.hosts for conf in routine.envs.values()):
                return routine

        return None

    def visit(self, request: Request, now: datetime) -> Reply:
        """Answer one visitor."""
        routine = self.routine(request)
        if routine is None:
            return _page(404, "No routine answers at this host.", now)

        if self._is_closed(routine, request, now):
            return _page(401, "This routine is not open to visitors yet.", now)

        env = self._env(routine, request)
        split = self._in_force(routine, env, now)
        if not split:
            return _page(404, f"Nothing is deployed in {env}.", now)

        chosen = _choose(split, self.world.dice.random() * 100)
        self.served[routine.name, env, chosen] += 1
        version = routine.versions.get(chosen)
        if version is None:
            return _page(503, "The deployed code is gone.", now)

        return self._reply(version, request, now)

    def _env(self, routine: Serving, request: Request) -> str:
        """Return the environment that serves: the area's, where it has its own."""
        env = _ENVS[request.listener]
        area = request.header(self.world.switches.area_header)
        if env == "production" and area in routine.deployments:
            return area if isinstance(routine, DcdnRoutine) else env

        return env

    def _is_closed(self, routine: Serving, request: Request, now: datetime) -> bool:
        """Whether the record is too fresh for a visitor without a token."""
        young = timedelta(seconds=self.world.switches.fresh_edge_401)
        if now >= routine.created + young:
            return False

        tokens = parse_qs(request.query).get("esa_er_token", [])
        opens = self.world.token_opens
        return not any(opens(token, routine.name, now) for token in tokens)

    def _in_force(self, routine: Serving, env: str, now: datetime) -> Split:
        """Return the split the edge knows: the former one while the new one travels."""
        lag = timedelta(seconds=self.world.switches.edge_lag)
        held = routine.in_force(env, now, lag)
        return held.split if held else ()

    def _reply(self, version: Version, request: Request, now: datetime) -> Reply:
        """Answer with an asset where the version has one, else as its code would."""
        answer = asset_reply(version, request) or self._answer(version)
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


def _named(name: str, routines: Iterable[Serving]) -> Serving | None:
    return next((held for held in routines if held.name == name), None)


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
