"""Tables whose cells come from elsewhere."""

from __future__ import annotations

from rich.text import Text
from tests.cli.office import console, text_on

from esa_flows.cli.tables import hanging, table


def _shown(what: object, width: int) -> list[str]:
    paper = console(is_terminal=True, width=width)
    paper.print(what)
    return [line.rstrip() for line in text_on(paper).splitlines()]


def test_only_the_last_column_is_cut() -> None:
    """Ids stay whole on a narrow terminal; the text at the end gives way."""
    made = table(("ID", "TEXT"), [("1772366400000000001", "a rather long text here")])

    assert ["ID                   TEXT", "1772366400000000001  a rather…"] == (
        _shown(made, 30)
    )


def test_cells_are_cleaned() -> None:
    """Nothing in a cell steers the terminal, breaks the line or is markup."""
    made = table(("A",), [("[red]x\x1b[2J\ny",)])

    assert "[red]x\N{REPLACEMENT CHARACTER}[2J y" == _shown(made, 60)[1]


def test_wide_letters_count_double() -> None:
    """Columns stay straight with Chinese in them."""
    made = table(("A", "B"), [("版本", "x"), ("ab", "y")])

    assert ["A     B", "版本  x", "ab    y"] == _shown(made, 40)


def test_a_long_text_hangs_beside_its_label() -> None:
    """The last cell wraps under itself."""
    made = hanging((Text("error"), Text("one two three four")), (5,))

    assert ["error one two", "      three four"] == _shown(made, 16)
