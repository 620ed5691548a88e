"""Ordinary English words that are also names, codes or acronyms of places, and words that say nothing in any place."""

from services.classify.rules.text.fold import fold

_NAMES = (
    "us it who un am is in to so no me be do at as by he my or id ok up we go if on of an la le de aid "
    "sa chad man male nice split bath reading mobile most polish poles swede swedes dane danes turk turks "
    "finn finns lao thai java jersey reunion phoenix orange essen georgia jordan turkey "
    "guinea march may mark will general field gulf central western eastern northern southern cork "
    "hull deal battle wells sandwich rugby derby ascot epsom palau niue samoa"
)
# Short words that a headline in capitals writes as it would write the acronym.
_SHORT = (
    "us it who un am is in to so no me be do at as by he my or id ok up we go if on of an la le de aid arm sap ram "
    "cop can may aids"
)
# Words that stand in nearly every text of their language: no term of any label.
_STOPS = {
    "en": (
        "the a an and or but of in on at to for from by with as is are was were be been being it its this that these those "
        "he she they we you i his her their our your him them not no so if when while then than who what which where why how "
        "all any some more most other also after before about into over under up out off down only own just now new one two "
        "said say says will would can could may might should must has have had do does did there here very via per"
    ),
    "ru": (
        "и в во не на с со что как по но а к у из за от о об до для это его ее их они он она мы вы был была было были быть "
        "же бы ли или так уже еще при после также только"
    ),
    "fr": "le la les un une des du de et en au aux est sont que qui dans pour par sur avec ne pas plus ce cette ses son sa",
    "de": (
        "der die das ein eine einer und oder in im am an auf aus bei mit nach von vor zu zum zur ist sind war nicht auch den "
        "dem des es er sie wir"
    ),
    "es": "el la los las un una unos y o de del en al por para con que no se su sus es son fue",
    "pt": "o a os as um uma e ou de do da dos das em no na por para com que não se seu sua é são foi",
    "it": "il lo la i gli le un una e o di del della in al per con che non si suo sua è sono",
    "tr": "bir ve bu da de ile için olan olarak",
}
STOP_WORDS = {language: frozenset(fold(word) for word in words.split()) for language, words in _STOPS.items()}
"""By language."""
COMMON_WORDS = frozenset(_NAMES.split())
WORDS_IN_CAPITALS = frozenset(_SHORT.split())
