"""Which of our topics an article of a foreign class may lead with, and why: one table for all sets of labelled news.

A class stands only where a reader of both would call our topic right. Classes that mean no topic of ours are left out, and their
texts are not counted.
"""

POLITICS = frozenset({"politics", "elections", "diplomacy", "human-rights", "migration", "corruption"})
WORLD = POLITICS | {
    "conflict",
    "crime",
    "disaster",
    "society",
    "religion",
    "environment",
    "climate",
    "weather",
}
BUSINESS = frozenset({"business", "markets", "energy", "work"})
SCIENCE = frozenset({"science", "technology", "space"})
CULTURE = frozenset({"culture", "media", "lifestyle"})

TOPICS: dict[str, dict[str, frozenset[str]]] = {
    # "World" is everything that is not sport, money or science: wars, elections, disasters, rights, churches.
    # "Sci/Tech" carries climate and medicine as science news does.
    "agnews-test": {
        "World": WORLD | {"health"},
        "Sports": frozenset({"sport"}),
        "Business": BUSINESS,
        "Sci/Tech": SCIENCE | {"environment", "climate", "health"},
    },
    "bbc": {
        "sport": frozenset({"sport"}),
        "business": BUSINESS,
        "politics": POLITICS,  # of Britain: courts and wars are not in it
        "entertainment": CULTURE - {"lifestyle"},
        "tech": SCIENCE,
    },
    # Der Standard's sections. "Etat" is media; "Panorama" (mixed news of the day) is no topic and left out.
    "10kgnad-test": {
        "Web": SCIENCE,
        "Wirtschaft": BUSINESS,
        "Sport": frozenset({"sport"}),
        "Kultur": CULTURE - {"lifestyle"},
        "Wissenschaft": SCIENCE | {"environment", "climate", "health"},
        "International": WORLD,
        "Inland": WORLD | {"education"},
        "Etat": CULTURE - {"lifestyle"},
    },
    "masakhanews": {
        "politics": WORLD,  # the class of whatever states, parties and armies do
        "sports": frozenset({"sport"}),
        "business": BUSINESS,
        "entertainment": CULTURE,
        "health": frozenset({"health"}),
        "technology": SCIENCE,
        "religion": frozenset({"religion"}),
    },
    # "society" took politics, elections, incidents and crime in the contest's instructions.
    "tgcontest": {
        "sports": frozenset({"sport"}),
        "economy": BUSINESS,
        "entertainment": CULTURE,
        "technology": frozenset({"technology"}),
        "science": frozenset({"science", "space", "health"}),
        "society": WORLD | {"health", "education"},
    },
}
