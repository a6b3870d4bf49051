"""Our line in a version's description."""

import re
from typing import Self

from attrs import field, frozen

from esa_flows.model.names import VersionId
from esa_flows.model.split import Environment

__all__ = ["Tag"]


@frozen(kw_only=True)
class Tag:
    """Our line in a version's description: what it holds, who made it, what it follows.

    It finds candidates; only the digest of the content read back decides.

    Attributes:
        content: First 16 hexadecimal digits of the content's SHA-256.
        run: Run that made the version.
        previous: Version that served production before; None where none did.
        environment: Environment whose variables were baked in, if any.
        commit: Seven digits of a git commit; empty where unknown.
        text: A line for people, cut to what fits in 100 bytes.
    """

    content: str = field()
    run: str = field()
    previous: VersionId | None = None
    environment: Environment | None = None
    commit: str = ""
    text: str = ""

    MOST_BYTES = 100
    _RULE = re.compile(
        r"ef1 s=(?P<content>[0-9a-f]{16}) r=(?P<run>[0-9a-z.]{4,32})"
        r" p=(?P<previous>[0-9]+|-) e=(?P<environment>[sp-])"
        r" g=(?P<commit>[0-9a-f]{7}|-)(?: \| (?P<text>.*))?",
        re.DOTALL,
    )

    @classmethod
    def find(cls, description: str) -> Self | None:
        """Find the tag in a description; None where it has none of ours."""
        found = cls._RULE.search(description)
        if found is None:
            return None

        part = found.groupdict()
        environments = {"s": Environment.STAGING, "p": Environment.PRODUCTION}
        return cls(
            content=part["content"],
            run=part["run"],
            previous=None if part["previous"] == "-" else VersionId(part["previous"]),
            environment=environments.get(part["environment"]),
            commit="" if part["commit"] == "-" else part["commit"],
            text=part["text"] or "",
        )

    def __str__(self) -> str:
        head = (
            f"ef1 s={self.content} r={self.run} p={self.previous or '-'}"
            f" e={self.environment.value[0] if self.environment else '-'}"
            f" g={self.commit[:7] or '-'}"
        )
        if not self.text:
            return head

        room = max(0, self.MOST_BYTES - len(head.encode()) - 3)
        text = self.text.encode()[:room].decode(errors="ignore")
        return f"{head} | {text}" if text else head
