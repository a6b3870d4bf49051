"""The look of a report: its style sheet and its one script, as they lie beside this."""

from __future__ import annotations

from importlib.resources import files
from typing import Self

from attrs import frozen

__all__ = ["Look"]


@frozen(kw_only=True)
class Look:
    """What a page is written with.

    Attributes:
        style: The style sheet.
        script: The script.
    """

    style: str
    script: str

    @classmethod
    def load(cls) -> Self:
        """Read both from the package; blocks."""
        place = files(__package__)
        style, script = (
            place.joinpath(name).read_text("utf-8")
            for name in ("report.css", "report.js")
        )
        return cls(style=style, script=script)
