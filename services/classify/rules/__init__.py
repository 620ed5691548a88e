"""The rules: an editor's YAML in, labels with their reasons out. Pure: texts and documents, no files, no clock.

    rulebook = load_texts({"regions.yaml": "..."})       # or RulebookError with every finding
    compiled = compile_rulebook(rulebook)                # once per version; share it between threads
    verdict = classify(Document("Kazakh leader visits Tashkent"), compiled)

The language is described in docs/reference/rules.md.
"""

from services.classify.rules.compiled import CompiledRulebook
from services.classify.rules.compiling import compile_rulebook
from services.classify.rules.corrections import Correction, corrected
from services.classify.rules.diff import Difference, diff
from services.classify.rules.examples import ExampleResult, run_tests
from services.classify.rules.explain import explain, from_json, to_json
from services.classify.rules.findings import Finding, RulebookError
from services.classify.rules.impact import ImpactPlan
from services.classify.rules.impact_told import Impact
from services.classify.rules.lint import lint
from services.classify.rules.load import load_texts
from services.classify.rules.model import (
    Document,
    Label,
    LabelInfo,
    Reason,
    Rulebook,
    Verdict,
)
from services.classify.rules.score import classify
from services.classify.rules.stats import Stats, StatsCounts
from services.classify.rules.stored import StoredArticle
from services.classify.rules.suggest import Suggester
from services.classify.rules.suggest_counts import SuggestCounts, Suggestion

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
