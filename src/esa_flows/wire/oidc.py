"""Take on a RAM role with the token of an OIDC provider, as pods of a cluster do.

Source: STS API 2015-04-01, AssumeRoleWithOIDC, which is called unsigned: the token is
what proves who calls. It travels in the body, because addresses end up in logs.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from attrs import define, field, frozen

from esa_flows import trace
from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.wire.credentials import Credentials, CredentialSource
from esa_flows.wire.exchange import Request
from esa_flows.wire.lookup import Lookup
from esa_flows.wire.refresh import Refreshing
from esa_flows.wire.secret import Secret, redacted
from esa_flows.wire.session import ask, session_of_sts
from esa_flows.wire.site import Endpoint
from esa_flows.wire.sts import Role
from esa_flows.wire.surroundings import Surroundings

__all__ = ["OidcRole", "OidcVariables", "TokenFile"]

_OPERATION = "AssumeRoleWithOIDC"
_VARIABLES = (
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
)


@frozen(kw_only=True)
class TokenFile:
    """Whose token it is and where it lies.

    Attributes:
        provider: The provider's ARN in RAM.
        path: Read at each use, because clusters write a new token every hour.
    """

    provider: str
    path: Path


@define(repr=False, eq=False)
class OidcRole:
    """The credentials of a role taken on with a token, refreshed before they expire.

    Args:
        role: The role to take on; the external id is not used.
        token: Who vouches for us.
        around: Clock, files and transport.
        endpoint: Of STS; https.
        source: Where the role was named, in words.
    """

    _role: Role
    _token: TokenFile = field(kw_only=True)
    _around: Surroundings = field(kw_only=True)
    _endpoint: Endpoint = field(kw_only=True)
    _source: str = field(kw_only=True, default="given by the program")
    _kept: Refreshing = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with nothing fetched."""
        self._kept = Refreshing(self._assume, now=self._around.now)

    async def get(self) -> Credentials:
        """Give the role's credentials.

        Raises:
            CallError: STS did not give any.
            InvalidInput: There is no token.
        """
        return await self._kept.get()

    def forget(self, refused: Credentials) -> None:
        """Drop these credentials; the next `get` takes on the role again."""
        self._kept.forget(refused)

    def __repr__(self) -> str:
        return f"<OidcRole {self._role.arn}>"

    async def _assume(self) -> Credentials:
        token = await self._read_token()
        request = self._request(token)
        with trace.call_span(_OPERATION, host=self._endpoint.host):
            response = await ask(
                self._around.transport, request, "STS", operation=_OPERATION
            )
            return session_of_sts(
                response,
                _OPERATION,
                source=f"{self._source}, role {self._role.arn}",
                redact=lambda text: redacted(text, (token,)),
            )

    async def _read_token(self) -> Secret:
        words = f"the OIDC token file of {self._source}"
        try:
            text = await self._around.contents(self._token.path, words)
        except NoCredentials as error:
            raise InvalidInput(error.message) from error

        if not text.strip():
            raise InvalidInput(f"{words}: it is empty.")

        return Secret(text.strip())

    def _request(self, token: Secret) -> Request:
        query = {
            "Action": _OPERATION,
            "Format": "JSON",
            "SignatureNonce": self._around.nonce(),
            "Timestamp": self._around.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2015-04-01",
        }
        form = {
            **self._role.parameters(),
            "OIDCProviderArn": self._token.provider,
            "OIDCToken": token.reveal(),
        }
        present = {name: text for name, text in form.items() if text is not None}
        return Request(
            method="POST",
            url=f"{self._endpoint.url}/?{urlencode(query)}",
            headers=(
                ("host", self._endpoint.host),
                ("content-type", "application/x-www-form-urlencoded"),
                ("accept", "application/json"),
                ("user-agent", "esa-flows"),
            ),
            body=urlencode(present).encode(),
        )


class OidcVariables(Lookup):
    """The role named by ``ALIBABA_CLOUD_ROLE_ARN`` and its two companions."""

    async def _look(self) -> CredentialSource:
        around = self._around
        missing = [name for name in _VARIABLES if not around.variable(name)]
        if missing:
            raise NoCredentials(f"OIDC role: {' and '.join(missing)} not set.")

        arn, provider, path = map(around.variable, _VARIABLES)
        session = around.variable("ALIBABA_CLOUD_ROLE_SESSION_NAME") or "esa-flows"
        return OidcRole(
            Role(arn=arn, session=session),
            token=TokenFile(provider=provider, path=Path(path)),
            around=around,
            endpoint=around.sts(),
            source="environment ALIBABA_CLOUD_ROLE_ARN",
        )
