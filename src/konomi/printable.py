"""Text from files as it may be printed: what a terminal would obey is shown instead."""

# Control characters, marks that turn the direction of writing, and halves of UTF-16 pairs, which stand for bytes of
# file names that are not UTF-8. A terminal obeys the first two: a title could erase lines or rename the window.
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SHOWN = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *range(0xD800, 0xE000))}
_LONGEST = 200
_KEPT = (ord("\n"), ord("\t"))
_SHOWN_IN_LINES = {code: shown for code, shown in _SHOWN.items() if code not in _KEPT}


def printable(text: str) -> str:
    """The text with control characters written as JSON writes them: ESC as `\\u001b`. Lines and tabs stay."""
    return text.translate(_SHOWN_IN_LINES)


def one_line(text: str) -> str:
    """The same for a name or title, whose line ends and tabs are written so too."""
    return text.translate(_SHOWN)


def brief(error: BaseException) -> str:
    """The first line of an error's text, at most 200 characters of it: a library's may hold a part of the file."""
    first = next(iter(str(error).strip().splitlines()), "")
    return one_line(first if len(first) <= _LONGEST else f"{first[:_LONGEST]}...")
