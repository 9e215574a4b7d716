from marki.comparison import AGREES, DEVIATES, OPEN, ComparisonRow, as_markdown, as_text, tally


def row(verdict, reason=""):
    return ComparisonRow(
        statement="a statement", source="a paper", documented="1", simulated="2", verdict=verdict, reason=reason
    )


ROWS = [row(AGREES), row(DEVIATES, reason="since a | b"), row(DEVIATES), row(OPEN)]


def test_every_verdict_is_counted():
    assert tally(ROWS) == "1 agrees, 2 deviate, 0 not told apart, 1 not comparable"
    assert tally([]) == "0 agree, 0 deviate, 0 not told apart, 0 not comparable"


def test_a_reason_stands_where_there_is_one():
    lines = as_text(ROWS).splitlines()
    assert lines[:3] == ["[agrees] a statement", "    documented  1  (a paper)", "    simulated   2"]
    assert [line for line in lines if "note" in line] == ["    note        since a | b"]
    assert lines[-1] == tally(ROWS)


def test_each_row_is_a_line_of_the_table_whatever_it_says():
    lines = as_markdown(ROWS).splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert lines[3] == "| a statement | a paper | 1 | 2 | *deviates* | since a \\| b |"
