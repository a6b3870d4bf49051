"""How a further account of a rollout is reached: values without any secret.

They travel in files, plans and journals, so that a run can go on anywhere its
credentials can be found; the credentials themselves stay where they are.
"""

import re
from collections.abc import Mapping

from attrs import field, frozen
from attrs.converters import optional

from esa_flows.errors import AccountBlocked, InvalidInput
from esa_flows.wire.site import Site

__all__ = ["Account", "Variables", "refuse_blocked"]

_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen(kw_only=True)
class Variables:
    """Environment variables that hold an access key.

    Attributes:
        env: What they begin with: with `EU_` they are `EU_ACCESS_KEY_ID`,
            `EU_ACCESS_KEY_SECRET` and, for a session, `EU_SECURITY_TOKEN`.
    """

    env: str = field()

    @env.validator
    def _is_a_beginning(self, _: object, value: str) -> None:
        if not _PREFIX.fullmatch(value):
            raise InvalidInput(
                f"{value!r} is not how an environment variable begins: write for"
                " example EU_ for EU_ACCESS_KEY_ID and EU_ACCESS_KEY_SECRET."
            )


def _at_least_one(_: object, __: object, value: int | None) -> None:
    if value is not None and value < 1:
        raise InvalidInput(f"With {value} calls a second nothing would be released.")


def _site(value: Site | str) -> Site:
    try:
        return Site(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is no site: use cn or intl.") from None


@frozen(kw_only=True)
class Account:
    """`[accounts.NAME]`: how a further account is reached; never its access key.

    Attributes:
        profile: A profile of the provider's own files of credentials; that of the
            account's name by default.
        credentials: Environment variables that hold its access key: `{ env = "EU_" }`.
        site: `cn` or `intl`; found by trying where neither this nor the client says it.
        calls_per_second: The provider's cap for this account; the client's by default.
    """

    profile: str = ""
    credentials: Variables | None = None
    site: Site | None = field(default=None, converter=optional(_site))
    calls_per_second: int | None = field(default=None, validator=_at_least_one)

    def __attrs_post_init__(self) -> None:
        if self.profile and self.credentials:
            raise InvalidInput(
                "Its access key is either in a profile or in variables: leave out one"
                " of profile and credentials."
            )

    def told(self, name: str) -> str:
        """Say where its credentials are looked for.

        Args:
            name: What the account is called.
        """
        if self.credentials:
            return f"variables {self.credentials.env}…"

        return f"profile {self.profile or name}"


def refuse_blocked(blocked: Mapping[str, AccountBlocked]) -> None:
    """Stop where an account is blocked; a resume goes on.

    Args:
        blocked: What stands in the way of whole accounts, by their names.

    Raises:
        AccountBlocked: What was met first, with the account's name.
    """
    for account, error in blocked.items():
        called = f"Account {account}" if account else "The client's own account"
        error.message = f"{called}: {error.message}"
        raise error
