"""A whole house in one process and in virtual time: client, local cloud, journal.

``with House() as house`` asks the local cloud's judge at the end: a promise that was
broken fails the test, whatever else it looked at.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import anyio
from attrs import define, evolve, field

from esa_flows import Client, Parts, Settings
from esa_flows.engine.journal import Journal, Owner
from esa_flows.engine.journal_memory import MemoryJournal
from esa_flows.engine.process import Life
from esa_flows.files import Blobs, MemoryBlobs
from esa_flows.localcloud import ACCOUNT, KEY, LocalCloud, Switches
from esa_flows.testing.transport import ProcessTransport
from esa_flows.wire.credentials import Credentials, Static
from esa_flows.wire.transport import Request, Response, Transport

BEGIN = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
BASE = "http://127.0.0.1:8080"
EDGE = {"staging": "http://127.0.0.1:8082", "production": "http://127.0.0.1:8081"}
OLD = b'export default { fetch() { return new Response("old"); } };\n'
NEW = b'export default { fetch() { return new Response("new"); } };\n'
OTHER = b'export default { fetch() { return new Response("other"); } };\n'
BROKEN = b'export default { fetch() { return new Response("", { status: 500 }); } };\n'

WORDS = {
    "GetRoutine": "observe",
    "ListRoutineCodeVersions": "list",
    "GetRoutineStagingCodeUploadInfo": "slot",
    "CommitRoutineStagingCode": "commit",
    "GetRoutineCodeVersion": "read code",
    "GetRoutineCodeVersionInfo": "info",
    "CreateRoutineCodeDeployment": "deploy",
    "DeleteRoutineCodeVersion": "delete",
    "CreateRoutine": "create",
    "GetRoutineStagingEnvIp": "addresses",
    "GetRoutineAccessToken": "token",
    "GetErService": "service",
    "ListEdgeRoutinePlans": "quota",
    "ListRoutineEnvironmentVariables": "variables",
    "CreateRoutineWithAssetsCodeVersion": "package",
    "DeleteRoutine": "gone",
    "GetRoutineUserInfo": "roll",
    "ListRoutineRelatedRecords": "records",
    "ListRoutineRoutes": "routes",
    "ListUserRoutines": "routines",
    "DescribeRoutine": "observe",
    "UploadRoutineCode": "slot",
    "DescribeRoutineCodeRevision": "read code",
    "PublishRoutineCodeRevision": "deploy",
    "DeleteRoutineCodeRevision": "delete",
    "DescribeUserErStatus": "service",
}
"""Operations in the words of the port."""


def wall() -> dt.datetime:
    """Give a wall clock that goes with virtual time."""
    return BEGIN + dt.timedelta(seconds=anyio.current_time() % 1e9)


def label_of(request: Request) -> str:
    """Say what a request asks for: `observe`, `post`, `deploy production 10+90`.

    On DCDN both lists are one operation: `observe`.
    """
    operation = dict(request.headers).get("x-acs-action", "")
    if not operation:
        return "post" if request.method == "POST" else "ask edge"

    word = WORDS[operation]
    if word != "deploy" or not isinstance(request.body, bytes):
        return word

    form = parse_qs(request.body.decode())
    if "Envs" in form:
        return f"deploy {'+'.join(json.loads(form['Envs'][0]))}"

    shares = [row["Percentage"] for row in json.loads(form["CodeVersions"][0])]
    return f"deploy {form['Env'][0]} {'+'.join(map(str, sorted(shares)))}"


@define
class _Hook:
    label: str
    left: int
    act: Callable[[], Any]
    is_after: bool
    edit: Callable[[Response], Response] | None = None

    def counts(self, label: str) -> bool:
        """Count a request it is about; tell whether it is the one."""
        if not label.startswith(self.label):
            return False

        self.left -= 1
        return self.left == 0


@define
class Tap:
    """A transport that notes what passes, and lets a test act in between.

    Attributes:
        calls: Labels of the requests, in order.
        watch: Called after each request.
    """

    _inner: Transport
    calls: list[str] = field(factory=list)
    watch: Callable[[], None] = lambda: None
    _hooks: list[_Hook] = field(factory=list)

    def before(self, label: str, act: Callable[[], Any], *, nth: int = 1) -> None:
        """Act right before the n-th request whose label begins so."""
        self._hooks.append(_Hook(label, nth, act, is_after=False))

    def after(self, label: str, act: Callable[[], Any], *, nth: int = 1) -> None:
        """Act right after the n-th request whose label begins so."""
        self._hooks.append(_Hook(label, nth, act, is_after=True))

    def edit(
        self, label: str, edit: Callable[[Response], Response], *, nth: int = 1
    ) -> None:
        """Change what is answered to the n-th request whose label begins so."""
        self._hooks.append(_Hook(label, nth, lambda: None, is_after=True, edit=edit))

    def forget(self) -> None:
        """Begin the list of requests anew."""
        self.calls.clear()

    async def send(self, request: Request) -> Response:
        """Pass a request on."""
        label = label_of(request)
        self.calls.append(label)
        due = [hook for hook in self._hooks if hook.counts(label)]
        for hook in due:
            if not hook.is_after:
                hook.act()

        try:
            response = await self._inner.send(request)
        finally:
            for hook in due:
                if hook.is_after:
                    hook.act()

            self.watch()

        for hook in due:
            response = hook.edit(response) if hook.edit else response

        return response


def edited(**members: Any) -> Callable[[Response], Response]:
    """Make an edit that sets members of an answer in JSON."""

    def edit(response: Response) -> Response:
        return evolve(
            response, body=json.dumps(json.loads(response.body) | members).encode()
        )

    return edit


@define(kw_only=True)
class House:
    """Everything a release touches, made to order.

    Attributes:
        switches: How the local cloud behaves where nobody knows.
        journal: Survives clients, as a file would.
        blobs: Survive clients too.
        seed: Of all randomness.
        cloud: The provider.
        transport: Where every client sends; notes what passes.
        clients: How many clients were made.
        alive: Numbers of the clients whose process is alive to the others.
        moments: When production changed, in seconds of the test, and its shares.
    """

    switches: Switches = field(factory=Switches)
    journal: Journal = field(factory=MemoryJournal)
    blobs: Blobs = field(factory=MemoryBlobs)
    seed: int = 1
    cloud: LocalCloud = field(init=False)
    transport: Tap = field(init=False)
    clients: int = 0
    alive: set[int] = field(factory=set)
    moments: list[tuple[float, tuple[int, ...]]] = field(factory=list)
    _began: float | None = None

    def __attrs_post_init__(self) -> None:
        self.cloud = LocalCloud(
            switches=self.switches,
            now=wall,
            monotonic=anyio.current_time,
            random=random.Random(self.seed),
        )
        self.cloud.seed(empty=True)
        inner = ProcessTransport(self.cloud, base_url=BASE)
        self.transport = Tap(inner, watch=self._note)

    def __enter__(self) -> Self:
        self._began = anyio.current_time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.judge()

    def judge(self) -> None:
        """Hold the clients to what they promise, as the cloud saw it."""
        seen = self.cloud.report()

        assert () == seen.violations
        assert seen.peak_window <= 100
        assert [] == self.strays()

    def strays(self) -> list[tuple[str, str]]:
        """Give our versions that ever served where their variables do not belong."""
        return [
            (env, version.id)
            for routine in self.cloud.state.routines.values()
            for env, ids in routine.served.items()
            for version in routine.versions.values()
            if version.id in ids
            and version.description.startswith("ef1 ")
            and version.deploy_env not in {"", env}
        ]

    def bound(self) -> dict[str, str]:
        """Give the versions that carry variables, and whose; oldest first."""
        held = self.cloud.console.routine("shop").versions.values()
        return {v.id: v.deploy_env for v in held if v.deploy_env}

    def live_bound(self, code: bytes = OLD) -> dict[str, str]:
        """Make a routine whose environments serve their own version and variables.

        Returns:
            The versions by environment.
        """
        console, made = self.cloud.console, {}
        for env in EDGE:
            console.set_variable("shop", env, "TOKEN", f"old-{env}", is_secret=True)
            console.set_variable("shop", env, "COLOUR", f"hue-{env}")
            made[env] = console.add_version("shop", code, env, deploy_env=env)
            console.deploy("shop", env, {made[env]: 100})

        self._note()
        return made

    def client(self, **changes: Any) -> Client:
        """Make a client, each as if in a process of its own."""
        self.clients += 1
        given = (
            "flows",
            "ports",
            "environ",
            "blobs",
            "journal",
            "transport",
            "life",
            "cap",
            "gates",
            "accounts",
        )
        mine: dict[str, Any] = {
            "transport": self.transport,
            "journal": self.journal,
            "blobs": self.blobs,
            "environ": {},
            "life": self._life,
        }
        parts = Parts(
            credentials=Static(
                Credentials(
                    access_key_id=KEY.id,
                    access_key_secret=KEY.secret,
                    security_token=KEY.token,
                )
            ),
            home=Path("/nowhere"),
            now=wall,
            clock=anyio.current_time,
            random=random.Random(self.seed + self.clients),
            owner=Owner("boot", self.clients, "0", "test"),
            **mine | {key: changes.pop(key) for key in given if key in changes},
        )
        settings = Settings(
            **{
                "endpoint": BASE,
                "staging_edge": EDGE["staging"],
                "production_edge": EDGE["production"],
                # Virtual time, and no threads: each client keeps the cap by itself.
                "cap_sharing": "process",
            }
            | changes
        )
        return Client(settings, parts)

    def live(self, name: str = "shop", code: bytes = OLD, versions: int = 1) -> str:
        """Make a routine that serves its newest version everywhere; give that."""
        ids = [
            self.cloud.console.add_version(name, code, f"release {n}")
            for n in range(versions)
        ]
        for env in EDGE:
            self.cloud.console.deploy(name, env, {ids[-1]: 100})

        self._note()
        return ids[-1]

    def serves(self, name: str = "shop", env: str = "production") -> dict[str, int]:
        """Give what an environment serves: shares by version."""
        return dict(self.cloud.report().splits[name].get(env, {}))

    def versions(self, name: str = "shop") -> tuple[str, ...]:
        """Give the version ids of a routine, oldest first."""
        return self.cloud.report().versions[name]

    def tagged(self, name: str = "shop") -> tuple[str, ...]:
        """Give the ids of the versions that carry our tag, oldest first."""
        held = self.cloud.console.routine(name).versions.values()
        return tuple(v.id for v in held if v.description.startswith("ef1 "))

    def digest(self, version: str, name: str = "shop") -> str:
        """Give the digest of what a version holds."""
        return self.cloud.console.routine(name).versions[version].digest

    def deploy(self, shares: Mapping[str, int], env: str = "production") -> None:
        """Deploy as somebody at the console."""
        self.cloud.console.deploy("shop", env, shares)

    def _life(self, owner: Owner) -> Life:
        return Life.ALIVE if owner.pid in self.alive else Life.DEAD

    def _note(self) -> None:
        """Note production's shares where they changed; the newest version first."""
        shop = self.cloud.state.routines.get((ACCOUNT, "shop"))
        held = shop.splits().get("production", {}) if shop else {}
        newest = sorted(held.items(), key=lambda item: -int(item[0]))
        shares = tuple(share for _, share in newest)
        began = self._began if self._began is not None else anyio.current_time()
        if shares and (not self.moments or self.moments[-1][1] != shares):
            at = round(anyio.current_time() - began, 2)
            self.moments.append((at, shares))
