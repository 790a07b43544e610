"""Cuts SQL text into tokens and walks them. Statement heads, DDL and SHOW are read with this; queries go to sqlglot.

Strings come out unescaped, quoted identifiers without their quotes, comments are dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from .errors import SnowflakeError, syntax_error

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "'": "'", '"': '"', "\\": "\\"}
_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<dollar>\$\$.*?\$\$)
      | (?P<variable>\$[A-Za-z0-9_]+)
      | (?P<string>'(?:[^'\\]|\\.|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d][\w$]*)
      | (?P<symbol>::|:=|=>|<>|!=|<=|>=|\|\||->>|->|[-+*/%(),.;:=<>\[\]{}?@!^&|~\#])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass
class Token:
    """One token. `kind`: word, quoted, string, number, variable, symbol. `text` is the value, words as written."""

    kind: str
    text: str
    start: int
    end: int

    @cached_property
    def upper(self) -> str:
        """The word folded to upper case; quoted identifiers and strings never equal a keyword."""
        return self.text.upper() if self.kind in ("word", "symbol") else "\0"


def unescape_string(body: str) -> str:
    """The value between the quotes of a '…' literal: doubled quotes and backslash sequences resolved."""
    if "\\" not in body:
        return body.replace("''", "'")
    out, index = [], 0
    while index < len(body):
        character = body[index]
        if character == "'":
            out.append("'")
            index += 2
        elif character != "\\":
            out.append(character)
            index += 1
        else:
            value, index = _escape_at(body, index + 1)
            out.append(value)
    return "".join(out)


def _escape_at(body: str, index: int) -> tuple[str, int]:
    character = body[index]
    for letter, digits in (("u", 4), ("x", 2)):
        code = body[index + 1 : index + 1 + digits]
        if character == letter and re.fullmatch(f"[0-9A-Fa-f]{{{digits}}}", code):
            return chr(int(code, 16)), index + 1 + digits
    octal = re.match(r"[0-7]{3}", body[index:])
    if octal:
        return chr(int(octal.group(), 8) & 255), index + 3
    return _ESCAPES.get(character, character), index + 1


def tokenize(sql: str) -> list[Token]:
    """All tokens of the text; 001003 where no token fits."""
    tokens, index = [], 0
    while index < len(sql):
        match = _PATTERN.match(sql, index)
        if match is None:
            line, column = position_of(sql, index)
            raise syntax_error(sql[index], line, column)
        kind = match.lastgroup or ""
        text = match.group()
        if kind == "string":
            tokens.append(Token("string", unescape_string(text[1:-1]), index, match.end()))
        elif kind == "dollar":
            tokens.append(Token("string", text[2:-2], index, match.end()))
        elif kind == "quoted":
            tokens.append(Token("quoted", text[1:-1].replace('""', '"'), index, match.end()))
        elif kind not in ("space", "comment"):
            tokens.append(Token(kind, text, index, match.end()))
        index = match.end()
    return tokens


def position_of(sql: str, index: int) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of an index, as Snowflake counts them."""
    before = sql[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1)


class TokenCursor:
    """A place in a statement; every refusal is a 001003 at the token that does not fit."""

    def __init__(self, sql: str, tokens: list[Token] | None = None, index: int = 0) -> None:
        self.sql = sql
        self.tokens = tokenize(sql) if tokens is None else tokens
        self.index = index

    @property
    def current(self) -> Token | None:
        """The next token, or None at the end."""
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def at_end(self) -> bool:
        """True when nothing is left."""
        return self.index >= len(self.tokens)

    def peek(self, *words: str) -> bool:
        """True when the next tokens are these words or symbols."""
        tokens, index = self.tokens, self.index
        if index + len(words) > len(tokens):
            return False
        for word in words:
            if tokens[index].upper != word:
                return False
            index += 1
        return True

    def accept(self, *words: str) -> bool:
        """Steps over these words when they come next."""
        if self.peek(*words):
            self.index += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str | None:
        """Steps over one of the words; gives it back."""
        for word in words:
            if self.accept(word):
                return word
        return None

    def expect(self, *words: str) -> None:
        """Steps over these words or refuses the statement."""
        for word in words:
            if not self.accept(word):
                raise self.refuse()

    def take(self, kind: str) -> Token:
        """The next token, which must be of this kind."""
        token = self.current
        if token is None or token.kind != kind:
            raise self.refuse()
        self.index += 1
        return token

    def string(self) -> str:
        """A string literal."""
        return self.take("string").text

    def integer(self) -> int:
        """A whole number, with an optional sign."""
        sign = -1 if self.accept("-") else 1
        token = self.take("number")
        if not token.text.isdigit():
            self.index -= 1
            raise self.refuse()
        return sign * int(token.text)

    def refuse(self) -> SnowflakeError:
        """The syntax error at this place."""
        token = self.current
        if token is None:
            line, column = position_of(self.sql, len(self.sql))
            return syntax_error("<EOF>", line, column)
        line, column = position_of(self.sql, token.start)
        return syntax_error(self.sql[token.start : token.end], line, column)

    def finish(self) -> None:
        """Refuses anything left over."""
        self.accept(";")
        if not self.at_end():
            raise self.refuse()

    def rest(self) -> str:
        """The text from the next token on."""
        token = self.current
        return self.sql[token.start :] if token else ""

    def balanced_text(self, stops: tuple[str, ...]) -> str:
        """The text up to the first stop word or symbol outside parentheses; used for expressions."""
        start = self.index
        depth = 0
        while not self.at_end():
            token = self.tokens[self.index]
            if depth == 0 and token.upper in stops:
                break
            if token.upper in ("(", "[", "{"):
                depth += 1
            if token.upper in (")", "]", "}"):
                if depth == 0:
                    break
                depth -= 1
            self.index += 1
        if self.index == start:
            raise self.refuse()
        return self.sql[self.tokens[start].start : self.tokens[self.index - 1].end]
