"""A defence: the text that makes it, what stands there without it, who must notice."""

from __future__ import annotations

from typing import Self

from attrs import frozen

__all__ = ["Defence"]


@frozen
class Defence:
    """One check that a promise rests on.

    Attributes:
        name: What it holds, as a sentence without its full stop.
        file: Where it is, below the package's folder.
        old: The text that makes it; stands there once.
        new: What stands there without it.
        test: The test that must fail without it.
    """

    name: str
    file: str
    old: str
    new: str
    test: str

    @classmethod
    def never(cls, name: str, file: str, condition: str, test: str) -> Self:
        """Give a defence that is a condition: without it, it never holds."""
        return cls(name, file, f"if {condition}:", "if False:", test)

    def without(self, text: str) -> str:
        """Give a module's text without the defence.

        Args:
            text: The module as it is.
        """
        return text.replace(self.old, self.new)
