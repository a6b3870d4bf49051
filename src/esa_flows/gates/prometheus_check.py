"""A gate that asks Prometheus, or what answers like it: its values and words."""

import math
from typing import ClassVar, Self
from urllib.parse import urlsplit

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.gates.words import Settings, changed, given, some_time, span_of, variable
from esa_flows.model import Duration
from esa_flows.wire.site import is_loopback

__all__ = ["PrometheusCheck"]


def _server(_: object, __: object, value: str) -> None:
    parts = urlsplit(value)
    odd = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or odd:
        raise InvalidInput(
            f"{value!r} is not the address of a Prometheus server.",
            next_move="Write it as https://prometheus.example.net, without user, query"
            " or password.",
        )


@frozen(kw_only=True)
class PrometheusCheck:
    """Ask Prometheus, or what answers like it, for a number.

    In the query `$routine`, `$version`, `$environment`, `$share` and `$run` stand for
    what is watched.

    Attributes:
        query: An instant query in PromQL; of several series each must be good.
        server: The server's address; the API is below it.
        most: The largest good value; None for any.
        least: The smallest; None for any.
        token_env: The variable of this process that holds a bearer token.
        timeout: How long the answer may take.

    Source: Prometheus, HTTP API, "Instant queries".
    """

    KIND: ClassVar[str] = "prometheus"
    SETTINGS: ClassVar[tuple[str, ...]] = (
        "query",
        "max",
        "min",
        "token_env",
        "timeout",
    )

    query: str
    server: str = field(validator=_server)
    most: float | None = None
    least: float | None = None
    token_env: str = ""
    timeout: Duration = field(
        default=Duration(10), converter=span_of, validator=some_time
    )

    def __attrs_post_init__(self) -> None:
        if not self.query or (self.most is None and self.least is None):
            raise InvalidInput(
                "A Prometheus gate needs a query and a bound.",
                next_move="Add query='...' and max=0.01, or min=0.99.",
            )

        parts = urlsplit(self.server)
        if self.token_env and parts.scheme == "http" and not _is_here(self.server):
            raise InvalidInput(
                f"A token would go to {self.server} in the clear: use https."
            )

        if self.token_env:
            variable(self.token_env)

    @property
    def slug(self) -> str:
        """What such a gate is called where nobody names it."""
        return self.KIND

    @classmethod
    def read(cls, target: tuple[str, ...], told: Settings) -> Self:
        """Read its words.

        Args:
            target: The server's address.
            told: What is set.

        Raises:
            InvalidInput: One of them cannot be used.
        """
        made = {
            "most": _number(told, "max"),
            "least": _number(told, "min"),
            "token_env": told.take("token_env"),
            "timeout": told.take("timeout"),
        }
        return cls(query=told.take("query") or "", server=target[0], **given(made))

    def words(self) -> tuple[str, ...]:
        """Write its words; reading them gives the same check."""
        bounds = {"max": self.most, "min": self.least}
        return (
            f"prometheus:{self.server}",
            f"query={self.query}",
            *(f"{word}={value}" for word, value in given(bounds).items()),
            *changed(self, "token_env", "timeout"),
        )

    def __str__(self) -> str:
        return " ".join(self.words())


def _is_here(server: str) -> bool:
    return is_loopback(urlsplit(server).hostname or "")


def _number(told: Settings, name: str) -> float | None:
    text = told.take(name)
    try:
        found = None if text is None else float(text)
    except ValueError:
        found = math.nan

    if found is not None and not math.isfinite(found):
        raise InvalidInput(f"Gate {told.gate}: {name} {text!r} is no number.")

    return found
