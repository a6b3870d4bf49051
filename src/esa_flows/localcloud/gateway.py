"""The RPC gateway: from signed bytes to an operation, and back to JSON.

Order: count the arrival, authenticate, find the operation, admit, permit, execute.
An answer always has ``RequestId``; a refusal has the documented error shape.
Source: help page "Responses" of Alibaba Cloud OpenAPI, RPC style.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from attrs import define, evolve, field, frozen

from .apis import APIS, api_of
from .call import Call
from .caps import Caps
from .dcdn.phrases import failure
from .faults import FaultScript
from .identity import Doorman
from .judge import Judge
from .mishap import strike
from .operation import Api, Operation
from .parameters import merge_parameters
from .refusal import CloudError
from .state import AccessKey
from .switches import Switches
from .values import Headers, Reply, Request
from .world import World

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@frozen(kw_only=True)
class _Visit:
    """One request on its way through the gateway."""

    request: Request
    api: Api
    operation: str
    request_id: str
    now: datetime
    at: float


@define(kw_only=True)
class Gateway:
    """The door of the API.

    Attributes:
        calls: arrivals by operation.
        codes: refusals by error code.
        caps: gates and tallies.
    """

    world: World
    faults: FaultScript
    judge: Judge
    caps: Caps = field(factory=Caps, init=False)
    calls: Counter[str] = field(factory=Counter, init=False)
    codes: Counter[str] = field(factory=Counter, init=False)
    _doorman: Doorman = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Put a doorman at the door."""
        self._doorman = Doorman(self.world)

    def answer(self, request: Request, now: datetime, at: float) -> Reply:
        """Answer one API request.

        Args:
            request: as it arrived.
            now: the cloud's wall clock.
            at: arrival on the monotonic clock, seconds.
        """
        visit = self._visit(request, now, at)
        self.calls[visit.operation] += 1
        self.caps.arrived(_claimed_key(request), visit.api.product, visit.operation, at)
        try:
            return self._pass(visit)
        except CloudError as error:
            return self._refuse(visit, error)

    def refuse(self, request: Request, now: datetime, error: CloudError) -> Reply:
        """Refuse a request that could not even be read."""
        return self._refuse(self._visit(request, now, 0.0), error)

    def _visit(self, request: Request, now: datetime, at: float) -> _Visit:
        return _Visit(
            request=request,
            api=api_of(request.header("x-acs-version")),
            operation=request.header("x-acs-action"),
            request_id=self.world.uuid(),
            now=now,
            at=at,
        )

    def _pass(self, visit: _Visit) -> Reply:
        """Check a request and do it, with the fault that may strike it."""
        key = self._doorman.check(visit.request, visit.now)
        operation = self._find(visit)
        lane = (key.account, visit.api.product, visit.operation)
        headers = self.caps.admit(lane, visit.at, self.world.switches)
        self._permit(visit, operation, key.account)
        call = _call(visit, key, self.world.switches)
        fault = self.faults.next(
            visit.operation, call.name, call.envs, visit.api.product
        )
        if fault is None:
            return self._execute(visit, operation, call, headers)

        if fault.inside:
            played = evolve(call, fault=fault.kind)
            return self._execute(visit, operation, played, headers)

        execute = partial(self._execute, visit, operation, call, headers)
        refuse = partial(self._refuse, visit)
        return strike(fault, execute, refuse, self.world.switches)

    def _find(self, visit: _Visit) -> Operation:
        request = visit.request
        if request.method not in {"GET", "POST"}:
            raise CloudError("UnsupportedHTTPMethod", "Use GET or POST.")

        found = visit.api.operations.get(visit.operation)
        if found is None or request.header("x-acs-version") != visit.api.version:
            raise CloudError(
                "InvalidApi.NotFound",
                "Specified api is not found, please check your url and method.",
                self._not_found_status(visit),
            )

        return found

    def _not_found_status(self, visit: _Visit) -> int:
        """Return 404; as a switch says where only the version is wrong."""
        known = any(visit.operation in api.operations for api in APIS.values())
        return self.world.switches.wrong_version_status if known else 404

    def _permit(self, visit: _Visit, operation: Operation, account: str) -> None:
        """Refuse what RAM, the transport or an unpaid bill forbids."""
        switches = self.world.switches
        action = f"{visit.api.product}:{visit.operation}"
        if action in switches.denied:
            raise _forbidden(action)

        if operation.https_only and switches.require_tls:
            _require_tls(visit.request)

        is_halted = switches.service_halted or account in self.world.halted
        if operation.halts and is_halted:
            raise self._halted(visit)

    def _halted(self, visit: _Visit) -> CloudError:
        """Return the refusal of an account that has not paid."""
        if visit.api.product == "dcdn":
            return failure(self.world, "halted")

        return CloudError(
            "RoutineUserServiceStatusHalt", "The service of this user is halted."
        )

    def _execute(
        self, visit: _Visit, operation: Operation, call: Call, headers: Headers
    ) -> Reply:
        """Do the call, show it to the judge, write the answer."""
        refused = ""
        try:
            members = operation.handler(call, self.world)
            return self._reply(visit, 200, members, headers)
        except CloudError as error:
            refused = error.code
            return self._refuse(visit, error)
        finally:
            self.judge.watch(call, self.world, refused)

    def _refuse(self, visit: _Visit, error: CloudError) -> Reply:
        self.codes[error.code] += 1
        members = {
            "HostId": visit.request.header("host"),
            "Code": error.code,
            "Message": error.message,
            "Recommend": "https://api.aliyun.com/troubleshoot"
            f"?q={error.code}&product={visit.api.product.upper()}&requestId={visit.request_id}",
            **error.detail,
        }
        return self._reply(visit, error.status, members, error.headers)

    def _reply(
        self, visit: _Visit, status: int, members: Mapping[str, Any], extra: Headers
    ) -> Reply:
        body = {"RequestId": visit.request_id, **members}
        date = (("date", format_datetime(visit.now, usegmt=True)),)
        headers = (
            *(date if self.world.switches.date_header else ()),
            ("content-type", "application/json;charset=utf-8"),
            ("x-acs-request-id", visit.request_id),
            ("x-acs-trace-id", visit.request_id.replace("-", "").lower()),
            *extra,
        )
        return Reply(
            status=status,
            headers=headers,
            body=_json(body),
            delay=self.world.span(self.world.switches.latency),
        )


def _json(members: Mapping[str, Any]) -> bytes:
    """Return compact JSON in UTF-8; half a character pair, which has none, is ``?``."""
    return _COMPACT.encode(members).encode(errors="replace")


def _call(visit: _Visit, key: AccessKey, switches: Switches) -> Call:
    return Call(
        product=visit.api.product,
        operation=visit.operation,
        account=key.account,
        params=merge_parameters(visit.request),
        now=visit.now,
        clamps=switches.bad_page == "clamp",
    )


def _claimed_key(request: Request) -> str:
    """Return the access key id a request names, true or not; ``""`` without one."""
    _, _, rest = request.header("authorization").partition("Credential=")
    return rest.partition(",")[0]


def _require_tls(request: Request) -> None:
    if request.scheme == "https":
        return

    raise CloudError(
        "InvalidProtocol.NeedSsl",
        "Your request is denied as lack of ssl protect.",
        404,
    )


def _forbidden(action: str) -> CloudError:
    """Return a RAM denial with the detail the provider adds."""
    detail = {
        "AuthAction": action,
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }
    return CloudError(
        "Forbidden.RAM",
        f"User not authorized to operate on the specified resource: {action}.",
        403,
        detail={"AccessDeniedDetail": detail},
    )
