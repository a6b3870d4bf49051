"""A client of the official credentials package, as our source."""

from __future__ import annotations

import threading

import anyio
import pytest
from attrs import define, evolve
from tests.wire.doubles import KEY_ID, KEY_SECRET, TOKEN, shown

from esa_flows.errors import InvalidInput, NoCredentials, NotSent
from esa_flows.wire import CredentialSource, from_alibabacloud
from esa_flows.wire.credentials import Forgetful

pytestmark = pytest.mark.real_time


@define
class Parts:
    """What the package's client gives; older clients are this themselves."""

    key: str | None = KEY_ID
    secret: str | None = KEY_SECRET
    token: str | None = TOKEN

    def get_access_key_id(self) -> str | None:
        """Give the id."""
        return self.key

    def get_access_key_secret(self) -> str | None:
        """Give the secret."""
        return self.secret

    def get_security_token(self) -> str | None:
        """Give the token."""
        return self.token


@define
class Client:
    """As the package's client is: one snapshot, and an error that quotes secrets."""

    parts: Parts | None = Parts()  # noqa: RUF009  never changed
    asked: int = 0
    thread: int = 0
    fails: bool = False

    def get_credential(self) -> Parts | None:
        """Give a snapshot."""
        self.asked += 1
        self.thread = threading.get_ident()
        if self.fails:
            raise RuntimeError(f"result: {{'SecurityToken': '{TOKEN}'}}")

        return self.parts


async def test_a_client_is_asked_in_a_worker_thread() -> None:
    """It blocks, so it must not do so in the event loop."""
    client = Client()
    got = await from_alibabacloud(client).get()
    assert got.security_token is not None

    assert (KEY_ID, KEY_SECRET, TOKEN) == (
        got.access_key_id,
        got.access_key_secret.reveal(),
        got.security_token.reveal(),
    )
    assert "the official credentials client" == got.source
    assert threading.get_ident() != client.thread


async def test_an_older_client_is_asked_for_each_part() -> None:
    """It has no snapshots; a plain key has no token."""
    got = await from_alibabacloud(Parts(token=None)).get()

    assert (KEY_ID, None) == (got.access_key_id, got.security_token)


async def test_it_is_asked_once_a_minute_and_after_a_refusal() -> None:
    """A thread for each call would be a waste."""
    client, clock = Client(), [0.0]
    source = from_alibabacloud(client, clock=lambda: clock[0])
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(source.get)

    asked = [client.asked]
    clock[0] = 59.0
    got = await source.get()
    asked.append(client.asked)
    clock[0] = 60.0
    await source.get()
    asked.append(client.asked)
    assert isinstance(source, Forgetful)
    source.forget(got)
    await source.get()
    asked.append(client.asked)

    assert [1, 1, 2, 3] == asked


async def test_an_old_refusal_drops_nothing_new() -> None:
    """Two calls were refused with the same key; the second tells of it late."""
    client = Client()
    source = from_alibabacloud(client)
    held = await source.get()
    assert isinstance(source, Forgetful)
    source.forget(evolve(held, access_key_id="LTAI5tFakeKeyId0009"))

    assert held is await source.get()
    assert 1 == client.asked


async def test_an_error_goes_on_as_the_name_of_its_class() -> None:
    """The official package quotes whole answers in its errors."""
    source = from_alibabacloud(Client(fails=True))
    with pytest.raises(NotSent, match="client raised RuntimeError") as caught:
        await source.get()

    assert TOKEN not in shown(caught.value)


@pytest.mark.parametrize(
    "parts", [None, Parts(key=None), Parts(secret=""), Parts(key="", secret=None)]
)
async def test_a_client_without_a_key_has_no_credentials(parts: Parts | None) -> None:
    """A chain may try the next source."""
    source = from_alibabacloud(Client(parts=parts))
    with pytest.raises(NoCredentials, match="it gives no access key"):
        await source.get()


def test_something_else_is_refused_by_its_class() -> None:
    """Before anything is asked."""
    with pytest.raises(InvalidInput, match="str is no client of the official"):
        from_alibabacloud("LTAI5tFakeKeyId0001")  # type: ignore[arg-type]


async def test_repr_shows_no_secret() -> None:
    """Though the client's own may."""
    source: CredentialSource = from_alibabacloud(Parts())
    await source.get()

    assert "<credentials of Parts>" == repr(source)
