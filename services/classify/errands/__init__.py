"""What editors ask for, done: each kind takes its input and gives its answer as plain JSON data.

Both the desk (HTTP) and the command line call these. A rulebook is referred to as {"texts": {file: YAML}}, {"version":
prefix}, or not at all: the one in force. Wrong rules, unknown versions and articles raise; nothing is changed by them.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from services.classify.errands.agreement import agree
from services.classify.errands.common import Answer, Given
from services.classify.errands.measuring import count_terms, foresee, measure, propose
from services.classify.errands.publishing import publish, roll_back
from services.classify.errands.reading import check, compare, explain_text, test

ERRANDS: dict[str, Callable[[Session, Given, str], Answer]] = {
    "check": check,
    "test": test,
    "explain": explain_text,
    "diff": compare,
    "impact": foresee,
    "publish": publish,
    "rollback": roll_back,
    "stats": count_terms,
    "suggest": propose,
    "evaluate": measure,
    "agreement": agree,
}
"""By kind (`core.models.desk.DESK_KINDS`): session, input and author in, answer out."""
