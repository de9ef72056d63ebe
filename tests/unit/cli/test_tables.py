"""A table is readable in whatever terminal there is."""

from __future__ import annotations

from rich.console import Console

from cli import terminal

HEADINGS = ["Event>", "When", "Who", "Why"]
ROWS = [
    ["5", "2026-11-22 00:39:18", "automation", "the data in service has drifted away from it"],
    ["12", "2026-11-22 00:40:00", "[bold]eve[/bold]", ""],
]


def shown(width: int) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(terminal.table(HEADINGS, ROWS))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    assert shown(120).splitlines() == [
        "Event   When                  Who                Why",
        "    5   2026-11-22 00:39:18   automation         " + ROWS[0][-1],
        "   12   2026-11-22 00:40:00   [bold]eve[/bold]",
    ]


def test_the_widest_column_is_folded_before_any_other() -> None:
    lines = shown(80).splitlines()
    assert lines[1].endswith("the data in service has drifted")
    assert lines[2].strip() == "away from it"
    assert "2026-11-22 00:40:00   [bold]eve[/bold]" in lines[3]


def test_rows_of_a_table_that_is_too_wide_stand_below_each_other() -> None:
    assert shown(50).splitlines() == [
        "Event   5",
        "When    2026-11-22 00:39:18",
        "Who     automation",
        "Why     the data in service has drifted away from",
        "        it",
        "",
        "Event   12",
        "When    2026-11-22 00:40:00",
        "Who     [bold]eve[/bold]",
    ]
