"""Tables: which columns take several lines, and how rows are parted."""

import pytest

from derivations.documents.view import ROWS, TableView

WORDY = "words of which no line holds all"
NUMBER = r"$-1.234567891234567\cdot10^{-15}$"


def test_columns_of_words_take_several_lines_and_numbers_stand_on_one():
    table = TableView(("", "a", "b", "c"), (("C1", WORDY, NUMBER, WORDY * 4), ("C2", "few", NUMBER, "few")))
    mark, short, number, long = table.shares
    assert mark == number == 0
    assert 0 < short < 1 < long
    assert short + long == pytest.approx(2)


def test_a_long_source_of_little_that_is_seen_takes_one_line():
    assert TableView(("a",), ((r"at $\operatorname{x}\mathcal{L}\varepsilon$",),)).shares == (0,)


@pytest.mark.parametrize("rows", [1, ROWS, ROWS + 1, 3 * ROWS - 1])
def test_parts_of_a_table_hold_all_rows_and_none_is_much_longer(rows):
    table = TableView(("a",), tuple((str(k),) for k in range(rows)))
    assert sum(table.pages, ()) == table.rows
    assert max(map(len, table.pages)) <= ROWS
    assert max(map(len, table.pages)) - min(map(len, table.pages)) <= len(table.pages)
