"""What the doctor says of the desk and of relabelling."""

from services.core import desk as requests
from services.core import health
from services.core.db import transaction
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish


def told(about: str) -> tuple[bool, str] | None:
    found = {finding.about: (finding.ok, finding.says) for finding in health.examine()}
    return found.get(about)


def test_requests_that_nobody_does_are_told_with_the_remedy(service):
    with transaction() as session:
        requests.ask(session, "check", {}, author="ada")
    assert told("desk") is None
    sql("UPDATE desk_requests SET created_at = now() - interval '1 minute'")
    ok, says = told("desk")
    assert not ok
    assert says.startswith("1 request of editors waited")
    assert "dateline worker classify" in says
    sql("UPDATE desk_requests SET state = 'failed', created_at = now()")
    assert told("desk") == (False, "1 request of editors failed in the last hour: see the log of classify.")


def test_a_relabelling_is_told_while_it_goes_on_and_when_it_stands_still(service):
    publish(ECONOMY)
    sql("UPDATE relabellings SET finished_at = now(), ended = 'done'")
    assert told("relabelling") is None
    version = publish(ENERGY)
    sql("UPDATE relabellings SET looked = 12 WHERE finished_at IS NULL")
    assert told("relabelling") == (True, "goes on, 12 articles so far")
    sql("UPDATE relabellings SET next_at = now() - interval '2 minutes' WHERE finished_at IS NULL")
    ok, says = told("relabelling")
    assert not ok
    assert says.startswith(f"by {version[:12]} has stood still")
