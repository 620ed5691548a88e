"""Words of news texts as duplicates and stories count them: folded, stop words known, endings off. Pure.

Two texts are compared by the tokens they share, so a token should be the same for all forms in which the press
writes a word, and never the same for two words. Languages with spaces give words, cut to a stem for stories;
scripts without spaces give runs of characters (two for Chinese and Japanese, four for Thai, Lao, Khmer, Burmese).
"""

from services.classify.tokens.cut import fold, numbers, tokens
from services.classify.tokens.stems import stem, stems
from services.classify.tokens.stops import guess_language, stop_words

__all__ = ["fold", "guess_language", "numbers", "stem", "stems", "stop_words", "tokens"]
