"""A transport that remembers what was said last, for what a typed answer leaves out."""

from __future__ import annotations

from attrs import define, field

from esa_flows.errors import Misuse
from esa_flows.wire.transport import Request, Response, Transport

__all__ = ["Ear"]

_OK = 200


@define(repr=False, eq=False)
class Ear:
    """Passes requests on and remembers the last exchange.

    Attributes:
        inner: What carries them.
        response: What came back last; None while something is under way or was lost.
        refusal: The first response that was no success; None where there was none.
        headers: Names of all headers that ever came back.
    """

    inner: Transport
    _request: Request | None = field(init=False, default=None)
    response: Response | None = field(init=False, default=None)
    refusal: Response | None = field(init=False, default=None)
    headers: set[str] = field(init=False, factory=set)

    async def send(self, request: Request) -> Response:
        """Pass a request on, and remember how it went.

        Raises:
            NotSent: Not one byte of the request left.
            OutcomeUnknown: It may have arrived.
        """
        self._request, self.response = request, None
        response = await self.inner.send(request)
        self.headers |= set(response.headers)
        self.response = response
        if response.status != _OK and self.refusal is None:
            self.refusal = response

        return response

    async def repeat(self) -> Response:
        """Send the last request once more, byte for byte: its nonce is used already.

        Raises:
            Misuse: Nothing was sent yet.
            NotSent: Not one byte of the request left.
            OutcomeUnknown: It may have arrived.
        """
        if self._request is None:
            raise Misuse("Nothing was sent yet, so there is nothing to repeat.")

        return await self.send(self._request)

    def __repr__(self) -> str:
        return f"<Ear: {self.response}>"
