"""The rules: an editor's YAML in, labels with their reasons out. Pure: texts and documents, no files, no clock.

    rulebook = load_texts({"regions.yaml": "..."})       # or RulebookError with every finding
    compiled = compile_rulebook(rulebook)                # once per version; share it between threads
    verdict = classify(Document("Kazakh leader visits Tashkent"), compiled)

The rooms: `loading` (YAML in), `text` (an article made ready), `engine` (compile, scan, score, give reasons), `linting`, `judging`
(corrections, examples, labelled texts), `tools` (what editors ask before and after a change). The language is described in
docs/reference/rules.md, how it runs in docs/explanation/rules.md.
"""

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.compiling import compile_rulebook
from services.classify.rules.engine.explain import explain, from_json, to_json
from services.classify.rules.engine.score import classify
from services.classify.rules.findings import Finding, RulebookError
from services.classify.rules.judging.corrections import Correction, corrected
from services.classify.rules.judging.examples import ExampleResult, run_tests
from services.classify.rules.linting.lint import lint
from services.classify.rules.loading.load import load_texts
from services.classify.rules.model import (
    Document,
    Label,
    LabelInfo,
    Reason,
    Rulebook,
    Verdict,
)
from services.classify.rules.tools.diff import diff
from services.classify.rules.tools.difference import Difference
from services.classify.rules.tools.impact import ImpactPlan
from services.classify.rules.tools.impact_told import Impact
from services.classify.rules.tools.stats import Stats
from services.classify.rules.tools.stats_counts import StatsCounts
from services.classify.rules.tools.stored import StoredArticle
from services.classify.rules.tools.suggest import Suggester
from services.classify.rules.tools.suggest_counts import SuggestCounts, Suggestion

__all__ = [
    "CompiledRulebook",
    "Correction",
    "Difference",
    "Document",
    "ExampleResult",
    "Finding",
    "Impact",
    "ImpactPlan",
    "Label",
    "LabelInfo",
    "Reason",
    "Rulebook",
    "RulebookError",
    "Stats",
    "StatsCounts",
    "StoredArticle",
    "SuggestCounts",
    "Suggester",
    "Suggestion",
    "Verdict",
    "classify",
    "compile_rulebook",
    "corrected",
    "diff",
    "explain",
    "from_json",
    "lint",
    "load_texts",
    "run_tests",
    "to_json",
]
