"""Tokens of the small language of problem files, and a cursor over them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from diagrams.errors import BadInput

LENGTH_LIMIT = 2000
DIGIT_LIMIT = 40

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+)|(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|[-+*/^()\[\],])"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text: its kind (number, name, sign, end), itself, and where it starts."""

    kind: str
    text: str
    start: int


class Cursor:
    """A text in tokens, read from left to right; refusals name field, place and piece."""

    def __init__(self, text: str, field: str) -> None:
        self.text, self.field = text, field
        if len(text) > LENGTH_LIMIT:
            raise BadInput(f"length of {field}", len(text), f"at most {LENGTH_LIMIT} characters")
        self.tokens = self._tokenized()
        self.ahead = 0

    def _tokenized(self) -> list[Token]:
        tokens: list[Token] = []
        place = 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise self.error(
                    Token("", self.text[place], place),
                    "ASCII letters, digits, blanks and + - * / ^ ( ) [ ] ,",
                )
            kind = str(match.lastgroup)
            token = Token(kind, match.group(), place)
            if len(token.text) > (32 if kind == "name" else DIGIT_LIMIT) and kind != "blank":
                raise self.error(token, f"names of 32 characters, numbers of {DIGIT_LIMIT}")
            before = tokens[-1] if tokens else None
            glued = before and before.start + len(before.text) == place
            if kind == "name" and before and before.kind == "number" and glued:
                wrong = Token("", before.text + token.text, before.start)
                raise self.error(wrong, "a blank or * between a number and a name")
            if kind != "blank":
                tokens.append(token)
            place = match.end()
        tokens.append(Token("end", "end of text", len(self.text)))
        return tokens

    def place(self, token: Token) -> str:
        """Where a token stands: ``column 7``, or ``line 2, column 7`` in a text of several."""
        column = token.start - self.text.rfind("\n", 0, token.start)
        line = self.text.count("\n", 0, token.start) + 1
        return f"line {line}, column {column}" if "\n" in self.text else f"column {column}"

    def error(self, token: Token, allowed: str) -> BadInput:
        """The refusal of a token, to be raised."""
        return BadInput(f"{self.field}, {self.place(token)}", token.text, allowed)

    @property
    def token(self) -> Token:
        """The token ahead."""
        return self.tokens[self.ahead]

    def sees(self, *texts: str) -> bool:
        """Whether one of these signs is ahead."""
        return self.token.kind == "sign" and self.token.text in texts

    def take(self) -> Token:
        """Take the token ahead; the end of the text stays."""
        token = self.token
        self.ahead += token.kind != "end"
        return token

    def expect(self, text: str) -> Token:
        """Take this sign; raises ``BadInput`` where another token is ahead."""
        if not self.sees(text):
            raise self.error(self.token, text)
        return self.take()
