"""What the doctor says of webhooks: nothing while they get through, then which, since when and what to do."""

from sqlalchemy import text

from services.core import health, webhooks
from services.core.db import transaction


def told() -> list[tuple[bool, str]]:
    return [(found.ok, found.says) for found in health.examine() if found.about == "webhooks"]


def test_webhooks_in_trouble_are_told_with_the_remedy(service):
    with transaction() as session:
        for name in ("newsroom", "archive"):
            webhooks.add(session, webhooks.New(name, "https://a.example/hook", {}, "olzhas"))
    assert told() == []

    def trouble(since: str) -> None:
        with transaction() as session:
            session.execute(
                text(
                    "UPDATE webhooks SET failures = 3, error = 'It answers with 500.',"
                    f" failing_since = now() - interval '{since}' WHERE name = 'newsroom'"
                )
            )

    trouble("5 minutes")
    assert told() == [
        (
            True,
            "1 webhook failing, newsroom for 5 min: It answers with 500. `dateline webhooks show newsroom` tells of every attempt.",
        )
    ]
    trouble("3 hours")
    assert [ok for ok, _ in told()] == [False]
    with transaction() as session:
        session.execute(
            text(
                "UPDATE webhooks SET paused_reason = 'It answers with 410. That ends a webhook.' WHERE id = 2"
            )
        )
    ok, says = told()[0]
    assert not ok
    assert says.startswith("1 webhook paused, such as archive: It answers with 410.")
    assert "dateline webhooks resume archive" in says
