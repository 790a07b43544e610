"""The CSV rules: each option by its documented meaning, and the fast way against the plain way."""

from __future__ import annotations

import random

import pytest

from local_snowflake.loading import csv_reader
from local_snowflake.loading.csv_reader import CsvProblem, ParsedFile, line_of_row, parse
from local_snowflake.staging.file_format import build_format, read_options
from local_snowflake.staging.tokens import Tokens


def csv(text: str):
    return build_format(read_options(Tokens("TYPE = CSV " + text)))


def rows(text: str, options: str) -> list[list[str | None]]:
    parsed = parse(text, csv(options))
    return parsed.ragged if parsed.ragged is not None else [list(row) for row in zip(*parsed.columns)]


QUOTED = "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' NULL_IF = () ESCAPE_UNENCLOSED_FIELD = NONE"


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ('1,"a""b",,""\n', QUOTED, [["1", 'a"b', None, ""]]),
        ('"x\ny,z"\n"\r"\n', QUOTED, [["x\ny,z"], ["\r"]]),
        ("a\r\nb\rc", QUOTED, [["a"], ["b"], ["c"]]),
        ("\n\n", QUOTED, [[None], [None]]),
        ("\n\na\n", QUOTED + " SKIP_BLANK_LINES = TRUE", [["a"]]),
        ("h1\r\nh2\na\n", QUOTED + " SKIP_HEADER = 2", [["a"]]),
        ("a", QUOTED + " SKIP_HEADER = 2", []),
        ("", QUOTED, []),
        (",", QUOTED, [[None, None]]),
        ('a"b,c\n', QUOTED, [['a"b', "c"]]),
        (',""', QUOTED + " EMPTY_FIELD_AS_NULL = FALSE", [["", ""]]),
        ('"",\\N,"\\N"', "FIELD_OPTIONALLY_ENCLOSED_BY = '\"'", [["", None, None]]),
        ('"",x', QUOTED.replace("()", "('', 'x')"), [[None, None]]),
        ('"\\N",\\N', QUOTED, [["\\N", "\\N"]]),
        ("a\\,b,c\\\\d,\\t", "NULL_IF = ()", [["a,b", "c\\d", "\t"]]),
        ("a\\\nb\n", "NULL_IF = ()", [["a\nb"]]),
        ('"a\\"b",c\\,d', "NULL_IF = () FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = '\\\\'", [['a"b', "c,d"]]),
        (' a , "b" \n', QUOTED + " TRIM_SPACE = TRUE", [["a", "b"]]),
        (' a , "b" \n', QUOTED, [[" a ", ' "b" ']]),
        ("'a''b';c", "FIELD_DELIMITER = ';' FIELD_OPTIONALLY_ENCLOSED_BY = '''' NULL_IF = ()", [["a'b", "c"]]),
        ("a||b##c||d", "FIELD_DELIMITER = '||' RECORD_DELIMITER = '##' NULL_IF = ()", [["a", "b"], ["c", "d"]]),
        ("a,b\n", "FIELD_DELIMITER = NONE NULL_IF = ()", [["a,b"]]),
        ("a\tb\n", "FIELD_DELIMITER = '\\t' NULL_IF = ()", [["a", "b"]]),
        ("1,2\n1,2,3\n", QUOTED, [["1", "2"], ["1", "2", "3"]]),
        ("a\0b,\u2028,\U0001f600\n", QUOTED, [["a\0b", "\u2028", "\U0001f600"]]),
    ],
)
def test_reads(text, options, expected):
    assert rows(text, options) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('1,2\n1,"a"x\n', ("Found character 'x' instead of field delimiter ','", 2, 6, 2, 2)),
        ('1,"ab\nc\n', ("Found end of file instead of enclosing character '\"'", 3, 1, 1, 2)),
    ],
)
def test_problems_have_their_place(text, place):
    with pytest.raises(CsvProblem) as caught:
        rows(text, QUOTED)
    problem = caught.value
    assert (problem.message, problem.line, problem.character, problem.row, problem.column) == place


def test_multi_line_false_ends_an_enclosed_field():
    with pytest.raises(CsvProblem):
        rows('"a\nb"\n', QUOTED + " MULTI_LINE = FALSE")


def test_line_of_row_counts_newlines_inside_fields():
    assert line_of_row('h\n"a\nb",1\n"c",2\n', csv(QUOTED + " SKIP_HEADER = 1"), 1) == 4


def test_fast_way_equals_plain_way(monkeypatch):
    generator, compared = random.Random(20), 0

    def outcome(read):
        try:
            return read()
        except CsvProblem as problem:
            return problem.message, problem.line, problem.character, problem.row, problem.column

    for _ in range(4000):
        text = "".join(generator.choice('ab,,""\n\r\\ N') for _ in range(generator.randint(0, 14)))
        options = generator.choice(
            [QUOTED, QUOTED + " EMPTY_FIELD_AS_NULL = FALSE", QUOTED.replace("()", "('', '\\\\N')")]
        )
        monkeypatch.setattr(csv_reader, "BLOCK_CHARACTERS", generator.choice([1, 3, 100]))
        fast = outcome(lambda: parse(text, csv(options)))
        plain = outcome(
            lambda: csv_reader._from_rows([row for row, _ in csv_reader._plain_rows(text, csv(options), 0, 1, 0)])
        )
        assert fast == plain, text
        compared += isinstance(fast, ParsedFile) and fast.ragged is None
    assert compared > 1000
