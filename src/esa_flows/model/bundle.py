"""The bytes a user wants to release."""

from attrs import field, frozen

from esa_flows.errors import InvalidInput
from esa_flows.model.names import Digest

__all__ = ["Bundle"]


@frozen(kw_only=True)
class Bundle:
    """The bytes a user wants to release, known by their digest.

    Attributes:
        digest: SHA-256 of the bytes.
        size: Bytes.
        source: The path it was read from, for people; never read again.
        commit: Git commit it was built from; empty where unknown.
        message: One line for people, in any language.
    """

    digest: Digest = field(converter=Digest)
    size: int = field()
    source: str = ""
    commit: str = ""
    message: str = ""

    @size.validator
    def _not_empty(self, _: object, value: int) -> None:
        if value < 1:
            raise InvalidInput(f"{self.source or 'The bundle'} is empty.")
