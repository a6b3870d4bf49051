"""A cloud with a clock in the hand, and somebody who signs calls for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

from attrs import define, evolve, field

from esa_flows.localcloud import KEY, AccessKey, LocalCloud, Reply, Request, Switches
from esa_flows.localcloud.signature import canonical_request, string_to_sign
from esa_flows.localcloud.values import Listener

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = "127.0.0.1:8080"
CODE = b'export default { fetch: () => new Response("one") };\n'


@define
class Desk:
    """Where a test sits: the cloud, its clock and a key."""

    switches: Switches = field(factory=Switches)
    key: AccessKey = KEY
    seconds: float = 0.0
    cloud: LocalCloud = field(init=False)
    _nonces: count[int] = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        """Make an empty cloud."""
        self.cloud = LocalCloud(
            now=self.now,
            monotonic=lambda: self.seconds,
            random=random.Random(1),
            switches=self.switches,
        )

    def now(self) -> datetime:
        """Return the wall clock."""
        return START + timedelta(seconds=self.seconds)

    def sign(self, request: Request, key: AccessKey | None = None) -> Request:
        """Add a signature over all headers the request has."""
        key = key or self.key
        signed = tuple(sorted({name for name, _ in request.headers}))
        text = string_to_sign(canonical_request(request, signed))
        seal = hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        claim = (
            f"ACS3-HMAC-SHA256 Credential={key.id},"
            f"SignedHeaders={';'.join(signed)},Signature={seal}"
        )
        return evolve(request, headers=(*request.headers, ("authorization", claim)))

    def unsigned(
        self, operation: str, params: Mapping[str, str], **headers: str
    ) -> Request:
        """Return a form POST without its signature; header names with underscores."""
        body = urlencode(params).encode()
        told = {
            "host": HOST,
            "x-acs-action": operation,
            "x-acs-version": "2024-09-10",
            "x-acs-date": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": f"nonce{next(self._nonces)}",
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            "content-type": "application/x-www-form-urlencoded",
        }
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return Request(
            method="POST", target="/", headers=tuple(told.items()), body=body
        )

    def request(self, operation: str, **params: str) -> Request:
        """Return a signed call."""
        return self.sign(self.unsigned(operation, params))

    def in_query(self, operation: str, method: str = "GET", **params: str) -> Request:
        """Return a signed call with its parameters in the query."""
        bare = self.unsigned(operation, {})
        headers = tuple(item for item in bare.headers if item[0] != "content-type")
        query = urlencode(params, quote_via=quote)
        asked = evolve(bare, method=method, target=f"/?{query}", headers=headers)
        return self.sign(asked)

    def in_json(self, operation: str, value: Any) -> Request:
        """Return a signed call with a JSON body."""
        body = json.dumps(value).encode()
        digest = hashlib.sha256(body).hexdigest()
        bare = self.unsigned(
            operation,
            {},
            content_type="application/json; charset=utf-8",
            x_acs_content_sha256=digest,
        )
        return self.sign(evolve(bare, body=body))

    def reply(self, operation: str, **params: str) -> Reply:
        """Make a call and return the whole answer."""
        return self.cloud.handle(self.request(operation, **params))

    def ask(self, operation: str, **params: str) -> Any:
        """Make a call that succeeds and return its members."""
        reply = self.reply(operation, **params)
        assert reply.status == 200, reply.body

        return json.loads(reply.body)

    def code(self, operation: str, **params: str) -> str:
        """Make a call that is refused and return its code."""
        return code_of(self.reply(operation, **params))

    def dcdn_reply(self, operation: str, **params: str) -> Reply:
        """Make a call of the other API and return the whole answer."""
        bare = self.unsigned(operation, params, x_acs_version="2018-01-15")
        return self.cloud.handle(self.sign(bare))

    def dcdn(self, operation: str, **params: str) -> Any:
        """Make a call of the other API that succeeds and return its members."""
        reply = self.dcdn_reply(operation, **params)
        assert reply.status == 200, reply.body

        return json.loads(reply.body)

    def failure(self, operation: str, **params: str) -> str:
        """Make a call of the other API that fails and return its free text."""
        told = json.loads(self.dcdn_reply(operation, **params).body)
        assert told["Code"] == "EdgeRoutine.GeneralError"

        text: str = told["Message"]
        assert text.startswith("A server error occurred: ")

        return text.removeprefix("A server error occurred: ")

    def revision(self, code: bytes = CODE, text: str = "one") -> str:
        """Upload a revision of ``hello`` and return its id."""
        told = self.dcdn("UploadRoutineCode", Name="hello", CodeDescription=text)
        assert self.post(told["Content"]["OssPostConfig"], code).status == 200

        return str(told["Content"]["CodeRevision"])

    def deploy(self, env: str, shares: Mapping[str, int], name: str = "hello") -> Any:
        """Set a split."""
        return self.ask("CreateRoutineCodeDeployment", **split(env, shares, name))

    def form(self, name: str = "hello", description: str = "") -> dict[str, str]:
        """Ask for an upload form."""
        told = self.ask(
            "GetRoutineStagingCodeUploadInfo", Name=name, CodeDescription=description
        )
        held: dict[str, str] = told["OssPostConfig"]
        return held

    def post(self, form: Mapping[str, str], code: bytes = CODE) -> Reply:
        """Upload with a form."""
        return self.cloud.handle(upload(form, code))

    def version(
        self, name: str = "hello", code: bytes = CODE, text: str = "one"
    ) -> str:
        """Upload and commit, and return the version's id."""
        assert self.post(self.form(name), code).status == 200

        told = self.ask("CommitRoutineStagingCode", Name=name, CodeDescription=text)
        return str(told["CodeVersion"])

    def visit(self, env: str = "production", host: str = "", query: str = "") -> Reply:
        """Visit the edge; without a host, the routine ``hello``."""
        host = host or self.cloud.console.routine("hello").record
        listener: Listener = "edge-staging"
        if env == "production":
            listener = "edge-production"

        return self.cloud.handle(
            Request(
                method="GET",
                target=f"/{query}",
                headers=(("host", host),),
                listener=listener,
            )
        )


def desk(**switches: Any) -> Desk:
    """Return a desk whose cloud has the empty routine ``hello``."""
    made = Desk(Switches(**switches))
    made.cloud.console.routine("hello")
    return made


def dcdn_desk(**switches: Any) -> Desk:
    """Return a desk whose cloud has the empty DCDN routine ``hello``."""
    made = Desk(Switches(**switches))
    made.dcdn("CreateRoutine", Name="hello")
    return made


def split(env: str, shares: Mapping[str, int], name: str = "hello") -> dict[str, str]:
    """Return the parameters of a deployment."""
    entries = [{"CodeVersion": v, "Percentage": share} for v, share in shares.items()]
    return {
        "Name": name,
        "Env": env,
        "Strategy": "percentage",
        "CodeVersions": json.dumps(entries),
    }


def code_of(reply: Reply) -> str:
    """Return the code of a refusal, ``""`` for a success."""
    return str(json.loads(reply.body).get("Code", ""))


def upload(form: Mapping[str, str], code: bytes = CODE, *, last: str = "") -> Request:
    """Return the POST of a form; ``last`` names a field put after the file."""
    fields = {name: value for name, value in form.items() if name != "Url"}
    for name in ("Policy", "Key"):
        if name in fields:
            fields[name.lower()] = fields.pop(name)

    if "XOssSecurityToken" in fields:
        fields["x-oss-security-token"] = fields.pop("XOssSecurityToken")

    after = {last: fields.pop(last)} if last else {}
    file = (
        'Content-Disposition: form-data; name="file"; filename="index.js"\r\n'
        "Content-Type: application/javascript\r\n\r\n"
    )
    parts = [_field(*item) for item in fields.items()]
    parts.append(file.encode() + code)
    parts += [_field(*item) for item in after.items()]
    body = b"".join(b"--BOUNDARY\r\n" + part + b"\r\n" for part in parts)
    return Request(
        method="POST",
        target="/oss-local-edge-routine",
        headers=(
            ("host", HOST),
            ("content-type", "multipart/form-data; boundary=BOUNDARY"),
        ),
        body=body + b"--BOUNDARY--\r\n",
    )


def _field(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def in_base64(value: Any) -> str:
    """Return JSON in Base64."""
    return base64.b64encode(json.dumps(value).encode()).decode()
