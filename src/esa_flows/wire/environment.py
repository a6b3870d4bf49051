"""Take credentials from environment variables.

Source: the official credential chain, and the older names esa-cli reads.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from esa_flows.errors import NoCredentials
from esa_flows.wire.credentials import Credentials

__all__ = ["FromEnvironment"]


@frozen(kw_only=True)
class FromEnvironment:
    """The variables of one family, such as ``ALIBABA_CLOUD_ACCESS_KEY_ID``.

    Attributes:
        environ: The variables; read at each call, never shown.
        prefix: What comes before ``ACCESS_KEY_ID``.
    """

    environ: Mapping[str, str] = field(repr=False)
    prefix: str = "ALIBABA_CLOUD_"

    async def get(self) -> Credentials:
        """Give what the variables hold now.

        Raises:
            NoCredentials: The id or the secret is not set.
        """
        names = (f"{self.prefix}ACCESS_KEY_ID", f"{self.prefix}ACCESS_KEY_SECRET")
        missing = [name for name in names if not self._text(name)]
        if missing:
            raise NoCredentials(f"environment: {' and '.join(missing)} not set.")

        return Credentials(
            access_key_id=self._text(names[0]),
            access_key_secret=self._text(names[1]),
            security_token=self._text(f"{self.prefix}SECURITY_TOKEN"),
            source=f"environment {names[0]}",
        )

    def _text(self, name: str) -> str:
        return self.environ.get(name, "").strip()
