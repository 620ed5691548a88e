"""What the parser of YAML says, and what an editor may do about it: the parser knows neither what was meant nor where it went wrong."""

import yaml

_INDENTED = "look at the indentation of this line and of the one above"
_CUT = "close the bracket, set the comma, or quote a text that holds , : # ? ' or begins with * & ! %"
_BEHIND = "something stands behind a closing quotation mark or bracket: quote the whole text"


def remedy(error: yaml.MarkedYAMLError, line: str, column: int) -> str:
    """What to do about a mistake; `line` is the one it was found in, `column` counts from 0."""
    problem = error.problem or ""
    if line[column : column + 1] == "\t":
        return "indent with spaces, not with tabs"
    if "unexpected end of stream" in problem:
        return "a quotation mark that was opened is not closed"
    if "unknown escape" in problem:
        return r"write \\ for \ in double quotes, or take single quotes"
    if "flow" in (error.context or ""):
        return _CUT
    if "cannot start any token" in problem:
        return "quote a text that holds , : # ? or begins with * & ! %"
    if "mapping values" in problem:
        return f"quote a text that holds a colon followed by a space, or {_INDENTED}"
    if "could not find expected ':'" in problem:
        return "a key on this line or above has no colon with a space after it"
    if not line[:column].strip():
        return _INDENTED
    if "expected key" in problem or "<block end>" in problem or "'-' indicator" in problem:
        return _BEHIND
    return "look at this line and at the one above"
