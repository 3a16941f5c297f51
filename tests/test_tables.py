"""Plain text tables for terminals."""

from rich.cells import cell_len

from konomi.tables import Column, table


def test_numbers_are_aligned_right_and_text_left():
    drawn = table([Column("n", [1, 100]), Column("what", ["a", "bcd"])], width=80)
    assert drawn.splitlines() == ["  n  what", "  1  a", "100  bcd"]


def test_full_width_titles_keep_the_columns_aligned():
    titles = ["君の名は。", "Your Name"]
    lines = table([Column("title", titles, wide=True), Column("type", ["Movie", "TV"])], width=80).splitlines()
    where = [cell_len(line[: line.index(word)]) for line, word in zip(lines, ("type", "Movie", "TV"), strict=True)]
    assert where == [12, 12, 12]


def test_long_text_is_cut_to_fit_the_width_with_an_ellipsis():
    drawn = table([Column("#", [1]), Column("title", ["あ" * 60], wide=True)], width=40)
    assert max(cell_len(line) for line in drawn.splitlines()) <= 40
    assert drawn.splitlines()[1].endswith("…")


def test_a_missing_value_is_an_empty_cell():
    assert table([Column("year", [None, 1998]), Column("t", ["a", "b"])]).splitlines()[1] == "      a"


def test_a_column_without_values_is_left_out():
    assert table([Column("year", [None, None]), Column("t", ["a", "b"])]).splitlines() == ["t", "a", "b"]


def test_notes_are_below_the_table():
    assert table([Column("a", [1])], notes=["little to go on"]).splitlines()[-1] == "Note: little to go on"
