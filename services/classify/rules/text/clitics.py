"""Arabic and Hebrew write small words into the next one ("and", "in", "the"): a term takes them along."""

# Longest forms of conjunction + preposition + article that news uses; all are folded text.
_ARABIC_PLAIN = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول")
_ARABIC_DEFINITE = ("ال", "وال", "فال", "بال", "كال", "لل", "وبال", "ولل")
_HEBREW = ("", "ו", "ה", "ב", "ל", "מ", "ש", "כ", "וה", "וב", "ול", "ומ", "שב", "של", "מה")
MIN_LETTERS = 3  # shorter words would match too much inside others


def with_clitics(head: str, lang: str | None) -> tuple[str, ...]:
    """All written forms of a folded phrase in its language; other languages give it back alone."""
    first = head.partition(" ")[0]
    if lang == "ar" and "\u0600" <= head[:1] <= "\u06ff" and len(first) >= MIN_LETTERS:
        if head.startswith("ال") and len(first) > MIN_LETTERS + 1:
            return tuple(prefix + head[2:] for prefix in _ARABIC_DEFINITE)
        return tuple(prefix + head for prefix in _ARABIC_PLAIN + _ARABIC_DEFINITE)
    if lang == "he" and "\u0590" <= head[:1] <= "\u05ff" and len(first) >= MIN_LETTERS:
        return tuple(prefix + head for prefix in _HEBREW)
    return (head,)
