"""Texts to try: values that lie, names that mislead, numbers out of range."""

from __future__ import annotations

import random
import string

NUMBERS = (
    *("0", "-0", "1", "-1", "-3.5", "1/2", "1/0", "0/0", "1e5", "1e308", "1e-400", "1e999"),
    *("10^10^10", "9" * 400, "9" * 5000, "0x10", "1_000", "+1", "--1", ".5", "5.", "nan", "inf"),
    *("-inf", "NaN", "Infinity", "True", "1,5", "1 2", "٣", "²", "½", "1e", "e1", "1e+-2", "1/2/3"),
)
NAMES = (
    *("x", "T", "t", "p", "H", "N", "sigma", "lambda", "delta", "sqrt", "star", "output", "loss"),
    *("__class__", "a" * 40, "a" * 4000, "é", "Ω", "a.b", "a b", "", " ", "\u202e", "\u2028"),
    *("0", "-", "*", "a\nb", "a\x00b", "\ud800", "%s", "{x}", "\\input", "$HOME", "../..", "x;y"),
)
PATHS = (
    "/etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/mem",
    ".",
    "/",
    "~",
    "con",
    "a" * 300,
)
SIGNS = "()[]{}<>^*/+-=,;:.!?'\"\\|&%$#@~` \t\n\r\x00\x0b\x1f\u00e9\u03a3\u2212\U0001f600"


def number(rng: random.Random) -> str:
    """A number, mostly one that is none."""
    return rng.choice(NUMBERS) if rng.random() < 0.7 else str(rng.randint(-99, 10**6))


def word(rng: random.Random) -> str:
    """A name, a path, or letters and signs."""
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(NAMES)
    if kind < 0.5:
        return rng.choice(PATHS)
    letters = string.ascii_letters + string.digits + SIGNS
    return "".join(rng.choice(letters) for _ in range(rng.randint(0, 24)))


def mutated(rng: random.Random, text: str) -> str:
    """A text with a piece left out, doubled, moved, replaced, or repeated many times."""
    for _ in range(rng.randint(1, 3)):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.randint(0, 12))
        piece = text[start:end]
        new = rng.choice(
            ("", piece * 2, piece[::-1], word(rng), number(rng), piece * rng.choice((7, 300)))
        )
        text = text[:start] + new + text[end:]
    return text
