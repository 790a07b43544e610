"""A small tokenizer and cursor for the statements handled outside the SQL engine (PUT, COPY, CREATE STAGE, …).

It reads Snowflake's words, quoted identifiers, string literals with their escapes and stage locations; whatever is
not expected is error 001003 at its place. It does not build trees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..engine import SnowflakeError

_SPACE = re.compile(r"(?:\s+|--[^\n]*|//[^\n]*|/\*.*?\*/)*", re.S)
_TOKEN = re.compile(
    r"""(?P<word>[A-Za-z_][A-Za-z0-9_$]*)
      |(?P<number>\d+(?:\.\d+)?)
      |(?P<quoted>"(?:[^"]|"")*")
      |(?P<string>'(?:[^'\\]|\\.|'')*')
      |(?P<dollars>\$\$.*?\$\$)
      |(?P<location>@(?:"(?:[^"]|"")*"|[^\s"();,])*)
      |(?P<mark>[=(),.;*%:<>|+-]|\$\d+|\$[A-Za-z_]\w*)""",
    re.S | re.X,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "\n": ""}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|([0-7]{3})|(.))|''", re.S)


@dataclass(frozen=True)
class Token:
    """One token: its kind (a group name of the pattern, or `end`), its text as written, and where it starts."""

    kind: str
    text: str
    start: int


def unescape_string(literal: str) -> str:
    """The value of a string literal, quotes included in the argument."""

    def replace(match: re.Match) -> str:
        hexadecimal, unicode_point, octal, other = match.groups()
        if hexadecimal or unicode_point:
            return chr(int(hexadecimal or unicode_point, 16))
        if octal:
            return chr(int(octal, 8))
        if other is None:
            return "'"
        return _ESCAPES.get(other, other)

    return _ESCAPE.sub(replace, literal[1:-1])


def fold_identifier(text: str) -> str:
    """The name that an identifier means: unquoted ones fold to upper case."""
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.upper()


class Tokens:
    """A cursor over a statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._position = 0
        self.current = self._read()

    def _read(self) -> Token:
        start = _SPACE.match(self.text, self._position).end()
        if start >= len(self.text):
            self._position = start
            return Token("end", "<EOF>", start)
        match = _TOKEN.match(self.text, start)
        if match is None:
            self.current = Token("unknown", self.text[start], start)
            raise self.unexpected()
        self._position = match.end()
        return Token(match.lastgroup, match.group(), start)

    def unexpected(self) -> SnowflakeError:
        """The syntax error at the current token."""
        before = self.text[: self.current.start]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
        return SnowflakeError(
            "001003",
            "42000",
            f"SQL compilation error:\nsyntax error line {line} at position {column} unexpected '{self.current.text}'.",
        )

    def take(self) -> Token:
        """The current token; moves on."""
        token = self.current
        self.current = self._read()
        return token

    def at_word(self, *words: str) -> bool:
        """Is the current token one of these keywords?"""
        return self.current.kind == "word" and self.current.text.upper() in words

    def accept(self, *words: str) -> bool:
        """Moves over a sequence of keywords if all of them come."""
        saved = self._position, self.current
        for word in words:
            if not self.at_word(word):
                self._position, self.current = saved
                return False
            self.take()
        return True

    def expect(self, *words: str) -> None:
        """Moves over keywords that must come."""
        for word in words:
            if not self.at_word(word):
                raise self.unexpected()
            self.take()

    def accept_mark(self, mark: str) -> bool:
        """Moves over punctuation if it comes."""
        if self.current.kind == "mark" and self.current.text == mark:
            self.take()
            return True
        return False

    def expect_mark(self, mark: str) -> None:
        """Moves over punctuation that must come."""
        if not self.accept_mark(mark):
            raise self.unexpected()

    def expect_end(self) -> None:
        """The statement must be over."""
        self.accept_mark(";")
        if self.current.kind != "end":
            raise self.unexpected()

    def keyword(self) -> str:
        """Any word, in upper case."""
        if self.current.kind != "word":
            raise self.unexpected()
        return self.take().text.upper()

    def string(self) -> str:
        """The value of a string literal."""
        if self.current.kind == "dollars":
            return self.take().text[2:-2]
        if self.current.kind != "string":
            raise self.unexpected()
        return unescape_string(self.take().text)

    def identifier(self) -> str:
        """One name, folded or unquoted."""
        if self.current.kind not in ("word", "quoted"):
            raise self.unexpected()
        return fold_identifier(self.take().text)

    def qualified_name(self) -> list[str]:
        """One to three names joined by dots."""
        parts = [self.identifier()]
        while self.accept_mark("."):
            parts.append(self.identifier())
        if len(parts) > 3:
            raise self.unexpected()
        return parts

    def boolean(self) -> bool:
        """TRUE or FALSE, also written as a string."""
        text = self.string() if self.current.kind == "string" else None
        word = text.upper() if text is not None else (self.keyword() if self.at_word("TRUE", "FALSE") else None)
        if word not in ("TRUE", "FALSE"):
            raise self.unexpected()
        return word == "TRUE"

    def integer(self) -> int:
        """A whole number without a sign."""
        if self.current.kind != "number" or "." in self.current.text:
            raise self.unexpected()
        return int(self.take().text)

    def strings(self) -> list[str]:
        """A list of string literals in parentheses, possibly empty."""
        self.expect_mark("(")
        values: list[str] = []
        if self.accept_mark(")"):
            return values
        while True:
            values.append(self.string())
            if self.accept_mark(")"):
                return values
            self.expect_mark(",")

    def raw_until_from(self) -> str:
        """The text up to the FROM of the same parenthesis level, which is not consumed."""
        start, depth = self.current.start, 0
        while True:
            if self.current.kind == "end":
                raise self.unexpected()
            if depth == 0 and self.at_word("FROM"):
                return self.text[start : self.current.start].strip()
            if self.current.kind == "mark":
                depth += {"(": 1, ")": -1}.get(self.current.text, 0)
                if depth < 0:
                    raise self.unexpected()
            self.take_loosely()

    def take_loosely(self) -> None:
        """Moves on over any character, for text that the SQL engine will read."""
        try:
            self.take()
        except SnowflakeError:
            self._position = self.current.start + 1
            self.current = Token("unknown", self.text[self.current.start], self._position)
