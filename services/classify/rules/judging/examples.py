"""The tests that stand beside the rules: run, compared, reported."""

from dataclasses import dataclass

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.score import classify
from services.classify.rules.model import Example, Verdict


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One test of a label. `passed` is what publishing asks for: a known failure (`todo`) must go on failing."""

    label: str
    example: Example
    passed: bool
    sentence: str
    verdict: Verdict


def run_tests(compiled: CompiledRulebook) -> list[ExampleResult]:
    """Run the tests of every label, in the order of the files."""
    return [_run(rule.id, example, compiled) for rule in compiled.rulebook.rules for example in rule.tests]


def _run(label: str, example: Example, compiled: CompiledRulebook) -> ExampleResult:
    verdict = classify(example.document, compiled)
    problems = _problems(example, verdict)
    if example.todo is None:
        return ExampleResult(label, example, not problems, " ".join(problems), verdict)
    if problems:
        return ExampleResult(label, example, True, f"known failure: {example.todo}", verdict)
    sentence = f"Passes although marked todo ({example.todo}); take the mark away."
    return ExampleResult(label, example, False, sentence, verdict)


def _problems(example: Example, verdict: Verdict) -> list[str]:
    """What is not as the example wants it."""
    given = labels_of(verdict)
    found = [f"Expected {label}, not given." for label in example.expect if label not in given]
    found += [f"Rejected {label}, but given." for label in example.reject if label in given]
    primary = f"region/{verdict.region}" if verdict.region else "none"
    if example.primary is not None and example.primary not in (primary, _first_topic(verdict)):
        found.append(f"Expected {example.primary} first, got {primary}.")
    if found:
        found.append("Given: " + (", ".join(given) or "nothing") + ".")
    return found


def _first_topic(verdict: Verdict) -> str | None:
    return f"topic/{verdict.topics[0].slug}" if verdict.topics else None


def labels_of(verdict: Verdict) -> list[str]:
    """Everything a verdict gives, as region/…, topic/… and place/…."""
    return [
        *(f"region/{label.slug}" for label in verdict.regions),
        *(f"topic/{label.slug}" for label in verdict.topics),
        *(f"place/{label.slug}" for label in verdict.places),
    ]
