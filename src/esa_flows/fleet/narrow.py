"""Only some routines of a rollout, by their labels: pure."""

from collections.abc import Iterable, Mapping, Sequence

from esa_flows.errors import InvalidInput
from esa_flows.fleet.spec import Member

__all__ = ["label_words", "labels_of", "left_out", "narrowed"]

_SHOWN = 10


def labels_of(texts: Iterable[str]) -> dict[str, str]:
    """Read labels as people write them, such as `tier=3`.

    Args:
        texts: One label each.

    Raises:
        InvalidInput: One of them is none, or a key is there twice.
    """
    labels: dict[str, str] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            raise InvalidInput(f"{text!r} is no label: write for example tier=3.")

        if labels.setdefault(key, value) != value:
            raise InvalidInput(
                f"No routine has both {key}={labels[key]} and {key}={value}."
            )

    return labels


def label_words(labels: Mapping[str, str]) -> str:
    """Write labels as people do."""
    return " ".join(f"{key}={value}" for key, value in labels.items())


def narrowed(
    members: Sequence[Member], labels: Mapping[str, str]
) -> tuple[Member, ...]:
    """Give those routines that carry all of some labels.

    Args:
        members: The routines; of patterns those that they mean.
        labels: The labels; all routines where there are none.

    Raises:
        InvalidInput: None carries them.
    """
    chosen = tuple(each for each in members if labels.items() <= each.labels.items())
    if chosen:
        return chosen

    raise InvalidInput(
        f"No routine of this rollout has {label_words(labels)}.",
        next_move=f"Labels that there are: {_there(members)}.",
    )


def left_out(labels: Mapping[str, str], meant: int, there: int) -> tuple[str, ...]:
    """Say that a plan is not of all routines; nothing where it is.

    Args:
        labels: What they had to carry.
        meant: How many do.
        there: How many there are.
    """
    if not labels:
        return ()

    told = label_words(labels)
    return (f"Only routines with {told}: {meant} of {there}; the others stay.",)


def _there(members: Iterable[Member]) -> str:
    told = sorted({f"{k}={v}" for each in members for k, v in each.labels.items()})
    more = len(told) - _SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(told[:_SHOWN]) + rest if told else "none"
