"""Endings that the press writes on words, by language, and what goes from the front of them. Tables, and the patterns made of them.

For duplicates, stories and search alike. Each has its own folding, by which the tables are folded too.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

ENDINGS: Final[Mapping[str, tuple[int, str]]] = {
    "en": (3, "ies ied ingly edly ings ing ed es s ly y e"),
    "ru": (
        4,
        (
            "иями ями ами иях ях ах ией ией ией ием ем ом ам ям ия ию ии иев ев ов ей ой ый ий ая яя ое ее ые ие ого его ому ему ых их ым им ыми ими"
            " ую юю ою ею ть ться тся лся лась лось лись ла ло ли л ет ют ит ят ут ешь ете ите а я о е ы и у ю ь й"
        ),
    ),
    "uk": (
        4,
        (
            "ями ами ях ах ією ією ем ом ам ям ія ію ії ів їв ей ой ий ій а я є ого ього ому ьому их іх им ими ою ею ти тися ться вся лася лися ла ло ли"
            " в о е и і у ю ь й"
        ),
    ),
    "de": (4, "ungen innen erin ung isch ische ischen ern en er em es e n s"),
    "fr": (4, "issement ement ements euses euse eux aux ations ation ees ee es er ez ent e s x"),
    "es": (
        4,
        "aciones acion amente mente adores ador adas ados ada ado idas idos ida ido ando iendo aron ieron ando ar er ir es as os a o e s",
    ),
    "pt": (
        4,
        "acoes acao oes ao aes amente mente adores ador adas ados ada ado idas idos ida ido ando endo aram eram ar er ir es as os a o e s",
    ),
    "it": (
        4,
        "azioni azione amente mente atori atore ate ati ata ato ite iti ita ito ando endo are ere ire a e i o",
    ),
    "tr": (
        4,
        (
            "larda lerde lardan lerden lara lere lardaki lerdeki larinin lerinin larinda lerinde larindan lerinden larini lerini larina lerine lari leri larin lerin lar ler"
            " ndan nden nda nde nin nun dan den tan ten da de ta te in un i u a e yi yu ya ye si su na ne ni nu dir tir"
        ),
    ),
    "kk": (
        4,
        (
            "ларда лерде дарда дерде тарда терде ларға лерге дарға дерге тарға терге ларды лерді дарды дерді тарды терді лардың лердің дардың дердің тардың тердің лардан лерден ларының лерінің дарының дерінің тарының терінің ларын лерін дарын дерін тарын терін лары лері дары дері тары тері лар лер дар дер тар тер"
            " ның нің дың дің тың тің нда нде дан ден тан тен нан нен ға ге қа ке на не да де та те ды ді ты ті ны ні мен бен пен сы сі ы і"
        ),
    ),
    "ky": (
        4,
        (
            "ларда лерде дарда дерде ларга лерге дарга дерге ларды лерди дарды дерди лардын лердин дардын дердин лардан лерден ларынын леринин дарынын деринин ларын лерин дарын дерин лары лери дары дери тары тери лар лер дор дөр дар дер тар тер лор лөр"
            " нын нин нун нүн дын дин дун дүн тын тин тун түн нда нде дан ден тан тен дон дөн нан нен га ге го гө ка ке ко кө на не да де до дө та те"
            " ды ди ду дү ты ти ту тү ны ни ну нү сы си су сү ы и у ү"
        ),
    ),
    "uz": (
        4,
        (
            "larning larga larda lardan larni larining lariga larida laridan larini lari lar ining ning idan dan iga ga ka qa ida da ini ni i si"
            " ларнинг ларга ларда лардан ларни ларининг ларига ларида ларидан ларини лари лар ининг нинг идан дан ига га ка қа ида да ини ни и си"
        ),
    ),
    "ar": (3, "ها هم هن نا كم يه ات ان ون ين ة ه ي"),
    "ko": (
        2,
        "에서는 에게서 으로는 에서 에게 으로 까지 부터 에는 에도 이다 라는 은 는 이 가 을 를 의 에 와 과 도 로 만",
    ),
}
"""A language: how many letters of a word stay at least, and what goes from its end, written as people write it."""
PREFIXES: Final[Mapping[str, tuple[int, str]]] = {"ar": (3, "وبال وال بال فال كال لل ال و")}
"""The same for what goes from the front of a word."""


def patterns(
    language: str, fold: Callable[[str], str]
) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """What goes from the front of a folded word and what from its end, longest first; None where nothing does."""
    front = None
    if language in PREFIXES:
        keep, texts = PREFIXES[language]
        front = re.compile(rf"^(?:{_alternatives(texts, fold)})(?=.{{{keep}}})")
    if language not in ENDINGS:
        return front, None
    keep, texts = ENDINGS[language]
    return front, re.compile(rf"(?<=.{{{keep}}})(?:{_alternatives(texts, fold)})$")


def _alternatives(texts: str, fold: Callable[[str], str]) -> str:
    endings = {folded for ending in texts.split() if (folded := fold(ending))}
    return "|".join(sorted(endings, key=lambda ending: (-len(ending), ending)))
