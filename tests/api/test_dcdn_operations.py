"""DCDN's tables, and the page of both clouds' operations that is made of them.

With `ESA_FLOWS_WRITE_DOCS=1` the page is written anew instead of compared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from esa_flows.api import esa
from esa_flows.api.cloud import Op
from esa_flows.api.dcdn_operations import (
    API_VERSION,
    AREA_OPERATIONS,
    CALLS_PER_SECOND,
    DESCRIBE,
    OPERATIONS,
    calls_per_second,
    ram_actions,
)
from esa_flows.localcloud.dcdn import DCDN
from esa_flows.localcloud.esa import ESA

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operations.md"
HELP = "https://www.alibabacloud.com/help/en"
UNPUBLISHED = frozenset({"CreateRoutineWithAssetsCodeVersion"})
"""Operations that only the official SDK tells of."""

OPENING = f"""\
<!-- Made of the tables in the code; tests/api/test_dcdn_operations.py holds it. -->

# Operations

What the library calls, for each verb of its port and for each cloud. A verb's own
operation comes first. The others are reads that DCDN needs beside it: its errors have
one code and a free text, and a look tells whether a change happened.

* **RAM action**: what a policy must allow. Grant the verbs you use and no more.
* **Limit**: calls per second of one account. DCDN documents it for each operation; the
  pages of ESA name none, and the library keeps to {CALLS_PER_SECOND} for all of them
  together unless `calls_per_second` says otherwise.
* Uploads go to OSS with a form that the provider signed: they need no RAM action and
  take nothing of the limit.
"""


@frozen
class Product:
    """A cloud, as the page tells of it."""

    title: str
    prefix: str
    version: str
    pages: str

    def rows(
        self, verb: str, names: tuple[str, ...], *, mutates: bool
    ) -> Iterator[str]:
        """Give the lines of one verb."""
        for number, name in enumerate(names):
            changes = mutates and name != DESCRIBE
            yield self._row("" if number else verb, name, changes=changes)

    def _row(self, verb: str, name: str, *, changes: bool) -> str:
        link = f"[page]({self.pages}-{name.lower()})"
        cells = (
            verb,
            name,
            "changes" if changes else "reads",
            f"`{self.prefix}:{name}`",
            self._limit(name),
            "official SDK only" if name in UNPUBLISHED else link,
        )
        return f"| {' | '.join(cells)} |"

    def _limit(self, name: str) -> str:
        return str(calls_per_second(name)) if self.prefix == "dcdn" else "none named"


PRODUCTS = {
    "esa": Product(
        "ESA",
        "esa",
        esa.API_VERSION,
        f"{HELP}/edge-security-acceleration/esa/api-esa-{esa.API_VERSION}",
    ),
    "dcdn": Product(
        "DCDN",
        "dcdn",
        API_VERSION,
        f"{HELP}/edge-security-acceleration/dcdn/developer-reference"
        f"/api-dcdn-{API_VERSION}",
    ),
}
HEAD = """\
| Verb | Operation | Effect | RAM action | Limit | Source |
|---|---|---|---|---|---|"""


def table(key: str) -> Iterator[str]:
    """Give the part of the page about one cloud."""
    product = PRODUCTS[key]
    operations = esa.OPERATIONS if key == "esa" else OPERATIONS
    yield f"\n## {product.title}, API {product.version}\n"
    yield HEAD
    for op in Op:
        yield from product.rows(op.value[0], operations[op], mutates=op.mutates)

    if key == "dcdn":
        edit, remove = AREA_OPERATIONS
        yield from product.rows("add areas", (edit,), mutates=True)
        yield from product.rows("remove areas", (remove,), mutates=True)

    missing = [op.value[0] for op in Op if not operations[op] and op is not Op.POST]
    if missing:
        yield f"\nNo operation for: {', '.join(missing)}."


def page() -> str:
    """Give the whole page."""
    return "\n".join([OPENING.rstrip(), *table("esa"), *table("dcdn")]) + "\n"


def test_the_page_shows_what_the_code_calls() -> None:
    """A line for each operation of each verb, and none for any other."""
    if os.environ.get("ESA_FLOWS_WRITE_DOCS"):
        PAGE.write_text(page(), encoding="utf-8")

    assert page() == PAGE.read_text(encoding="utf-8")


def test_every_operation_is_one_that_the_provider_has() -> None:
    """By its exact name."""
    named = {name for names in OPERATIONS.values() for name in names}

    assert {*named, *AREA_OPERATIONS} <= set(DCDN.operations)
    assert {n for names in esa.OPERATIONS.values() for n in names} <= set(
        ESA.operations
    )


def test_every_verb_has_its_line() -> None:
    """An empty one where DCDN has nothing to call."""
    assert set(Op) == set(OPERATIONS)
    assert {
        Op.POST,
        Op.QUOTA,
        Op.ADDRESSES,
        Op.TOKEN,
        Op.PACKAGE,
        Op.ROUTES,
        Op.RECORDS,
        Op.VARIABLES,
    } == {op for op, names in OPERATIONS.items() if not names}


def test_ram_actions_are_the_operations() -> None:
    """In order, each once; an upload needs none."""
    assert ram_actions([Op.DELETE, Op.OBSERVE, Op.POST]) == (
        "dcdn:DeleteRoutineCodeRevision",
        "dcdn:DescribeRoutine",
    )
    assert 9 == len(ram_actions())


def test_a_reader_may_change_nothing() -> None:
    """Verbs that read need actions that describe."""
    actions = ram_actions(op for op in Op if not op.mutates)

    assert [] == [name for name in actions if not name.startswith("dcdn:Describe")]


def test_the_cap_is_documented_for_each_operation() -> None:
    """A hundred calls, and fewer for one."""
    assert 100 == calls_per_second("UploadRoutineCode")
    assert 30 == calls_per_second("DescribeUserErStatus")


def test_there_is_one_endpoint() -> None:
    """Over TLS, for every region."""
