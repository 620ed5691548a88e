"""Ordinary English words that are also names, codes or acronyms of places."""

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
COMMON_WORDS = frozenset(_NAMES.split())
WORDS_IN_CAPITALS = frozenset(_SHORT.split())
