"""Ask the metadata service of an ECS instance for the credentials of its role.

Source: ECS, "Instance metadata" and "Instance RAM roles": a token by PUT, valid for six
hours at most, goes with each question (version 2). Version 1 answers without a token
whoever can make the machine send a GET; it is used only where it is allowed by name.
Nothing here ever goes through a proxy: it would ask about the proxy's machine.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from attrs import define, field

from esa_flows.errors import InvalidInput, NoCredentials, NotSent
from esa_flows.wire.credentials import Credentials
from esa_flows.wire.exchange import Request, Response, Timeout
from esa_flows.wire.refresh import Refreshing
from esa_flows.wire.reply import object_in
from esa_flows.wire.secret import Secret
from esa_flows.wire.session import ask, no_session, session_in
from esa_flows.wire.surroundings import Surroundings

__all__ = ["ECS_OFF", "EcsRole"]

_OK = 200
_NOT_FOUND = 404
_ADDRESS = "http://100.100.100.200"
_TOKEN = "/latest/api/token"  # noqa: S105  a path
_ROLES = "/latest/meta-data/ram/security-credentials/"
_GIVER = "the ECS metadata service"
_QUICK = Timeout(connect=1.0, silence=1.0, total=1.0)
_TTL = ("x-aliyun-ecs-metadata-token-ttl-seconds", "21600")
ECS_OFF = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"
_V1 = "ALIBABA_CLOUD_IMDSV1_DISABLED"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def _role_name(_source: object, _attribute: object, value: str) -> None:
    if value and not _NAME.fullmatch(value):
        raise InvalidInput(
            f"{value!r} is not the name of a role: write it without account and path."
        )


@define(repr=False, eq=False)
class EcsRole:
    """The credentials of the instance's role, refreshed before they expire.

    Args:
        around: Variables, clock and transport.
        role: The role's name; by default the service is asked for it.
        meant: Whether somebody said that this is an ECS instance; otherwise a service
            that gives no token means that it is none.
        source: Where the role was named, in words.
        address: Of the service.
    """

    _around: Surroundings
    _role: str = field(kw_only=True, default="", validator=_role_name)
    _meant: bool = field(kw_only=True, default=True)
    _source: str = field(kw_only=True, default="ECS")
    _address: str = field(kw_only=True, default=_ADDRESS)
    _kept: Refreshing = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with nothing fetched."""
        self._kept = Refreshing(self._fetch, now=self._around.now)

    async def get(self) -> Credentials:
        """Give the role's credentials.

        Raises:
            NoCredentials: This is no instance, it has no role, or the service is
                switched off for us.
            InvalidInput: The same, where this source was meant.
            NotSent: The service did not give them.
        """
        if self._around.is_on(ECS_OFF):
            raise self._nothing(f"switched off by {ECS_OFF}.")

        return await self._kept.get()

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` asks again."""
        self._kept.forget(refused)

    def __repr__(self) -> str:
        return f"<EcsRole {self._role or 'of the instance'}>"

    async def _fetch(self) -> Credentials:
        token = await self._token()
        name = self._role or await self._name(token)
        response = await self._ask("GET", f"{_ROLES}{name}", token)
        found = object_in(response.body) if response.status == _OK else None
        if found is None or found.get("Code", "Success") != "Success":
            raise _refused(f"It does not give those of role {name}", response)

        return session_in(found, _GIVER, source=f"{self._source}, role {name}")

    async def _token(self) -> Secret | None:
        """Get the token of version 2; `None` for version 1, where it is allowed."""
        try:
            response = await self._ask("PUT", _TOKEN, None)
        except NotSent as error:
            if self._meant:
                raise

            why = f"{_GIVER} does not answer; this is no ECS instance."
            raise self._nothing(why) from error

        text = _line(response)
        if text:
            return Secret(text)

        if self._around.variable(_V1).lower() == "false":
            return None

        refused = _refused("It gives no token", response)
        refused.next_move += f" Its version 1 is used only with {_V1}=false."
        raise refused if self._meant else self._nothing(str(refused))

    async def _name(self, token: Secret | None) -> str:
        response = await self._ask("GET", _ROLES, token)
        if response.status == _NOT_FOUND:
            raise self._nothing("the instance has no RAM role.")

        name = _line(response)
        if not _NAME.fullmatch(name):
            raise _refused("It does not name the instance's role", response)

        return name

    def _nothing(self, why: str) -> InvalidInput:
        # Where somebody meant this source, the search for another one must stop.
        error = InvalidInput if self._meant else NoCredentials
        return error(f"{self._source}: {why}")

    async def _ask(self, method: str, path: str, token: Secret | None) -> Response:
        named = [("host", urlsplit(self._address).netloc)]
        if method == "PUT":
            named.append(_TTL)

        if token is not None:
            named.append(("x-aliyun-ecs-metadata-token", token.reveal()))

        request = Request(
            method=method,
            url=f"{self._address}{path}",
            headers=named,
            timeout=_QUICK,
            direct=True,
        )
        return await ask(self._around.transport, request, _GIVER)


def _line(response: Response) -> str:
    """Give the one line of a good answer, or an empty text."""
    try:
        text = response.body.decode("ascii").strip()
    except UnicodeDecodeError:
        return ""

    usable = response.status == _OK and text.isprintable() and " " not in text
    return text if usable else ""


def _refused(what: str, response: Response) -> NotSent:
    return no_session(_GIVER, NotSent(f"{what} (HTTP {response.status})."))
