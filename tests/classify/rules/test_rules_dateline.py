"""Datelines are found, measured and cut off; look-alikes are left in the text."""

import pytest

from services.classify.rules.text.dateline import cut_dateline


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
        ("МОСКВА, 14 ноября. /ТАСС/. Начались.", "МОСКВА", "Начались."),
        ("БИШКЕК /24.kg/ - Начались.", "БИШКЕК", "Начались."),
        ("BISHKEK, November 23 /Kabar/. Talks began.", "BISHKEK", "Talks began."),
        ("WASHINGTON/MOSCOW/LONDON, Nov 23 - Talks began.", "WASHINGTON/MOSCOW/LONDON", "Talks began."),
        ("Астана. 23 ноября. Казинформ - Начались.", "Астана", "Начались."),
        ("BEIJING, Nov. 3 (Xinhua) -- Talks began.", "BEIJING", "Talks began."),
        ("SÃO PAULO, 3 de novembro (Reuters) - Começou.", "SÃO PAULO", "Começou."),
        ("Buenos Aires, 3 nov. (EFE).- Empezó.", "Buenos Aires", "Empezó."),
        ("القاهرة (رويترز) - بدأت المحادثات", "القاهرة", "بدأت المحادثات"),
        ("NEW DELHI: Talks began.", "NEW DELHI", "Talks began."),
        ("KATHMANDU, Nov 3: Talks began.", "KATHMANDU", "Talks began."),
        ("WATCH: Talks began.", "", "WATCH: Talks began."),
        ("Analysis: talks began.", "", "Analysis: talks began."),
        ("Ministers said: talks began.", "", "Ministers said: talks began."),
        ("قال الوزير (اليوم) - بدأت", "", "قال الوزير (اليوم) - بدأت"),
        ("The deal/no deal vote - talks.", "", "The deal/no deal vote - talks."),
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
