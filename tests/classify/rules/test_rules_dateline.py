"""Datelines are found, measured and cut off; look-alikes are left in the text."""

import pytest

from services.classify.rules.dateline import cut_dateline


@pytest.mark.parametrize(
    ("text", "dateline", "rest"),
    [
        ("ASTANA, Nov 23 (Reuters) - Talks began.", "ASTANA", "Talks began."),
        ("BISHKEK (AKIpress) - Talks began.", "BISHKEK", "Talks began."),
        ("Bishkek (AKIpress) – Talks began.", "Bishkek", "Talks began."),
        ("WASHINGTON/MOSCOW, Nov 23 - Talks began.", "WASHINGTON/MOSCOW", "Talks began."),
        ("BAGHDAD, Iraq (AP) -- Talks began.", "BAGHDAD, Iraq", "Talks began."),
        ("AP - KUWAIT CITY - Talks began.", "KUWAIT CITY", "Talks began."),
        ("    NEW YORK, March 26 - Talks began.", "NEW YORK", "Talks began."),
        ("АСТАНА. 23 ноября. КАЗИНФОРМ - Начались переговоры.", "АСТАНА", "Начались переговоры."),
        ("МОСКВА, 18 ноя — РИА Новости. Начались.", "МОСКВА", "РИА Новости. Начались."),
        ("AP - Talks began - and ended.", "", "Talks began - and ended."),
        ("Talks began - and ended.", "", "Talks began - and ended."),
        ("BREAKING - Talks began.", "", "BREAKING - Talks began."),
        ("The well-known man spoke.", "", "The well-known man spoke."),
        ("A 5-4 win", "", "A 5-4 win"),
        ("", "", ""),
    ],
)
def test_cut(text: str, dateline: str, rest: str) -> None:
    cut = cut_dateline(text)
    assert (text[cut.start : cut.end], text[cut.rest :]) == (dateline, rest)
