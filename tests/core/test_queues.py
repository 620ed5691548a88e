"""Queues, jobs and events agree with one another, and hints stay few."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import worker
from services.core import broker
from services.core.events import Event
from services.core.queues import HINTS_AT_MOST, JOBS_FOR, QUEUE_OF, ROLES, Job, Queue, hints_wanted


def test_every_job_has_a_queue_and_every_queue_a_job():
    assert set(QUEUE_OF) == set(Job)
    assert set(QUEUE_OF.values()) == set(Queue)


def test_every_queue_is_consumed_by_exactly_one_role():
    assert sorted(queue for queues in ROLES.values() for queue in queues) == sorted(Queue)


def test_every_event_is_answered_for_even_if_by_no_job():
    assert set(JOBS_FOR) == set(get_args(Event))
    assert {job for jobs in JOBS_FOR.values() for job in jobs} <= set(Job)


def test_every_job_has_a_function_behind_its_name(service):
    """A job that nobody registered would be dropped by Celery."""
    worker.register(tuple(ROLES))
    assert {job.value for job in Job} <= set(broker.app().tasks)


@pytest.mark.parametrize(
    ("waiting", "batch", "queued", "wanted"),
    [
        (0, 20, 0, 0),
        (1, 20, 0, 1),
        (20, 20, 0, 1),
        (21, 20, 0, 2),
        (21, 20, 1, 1),
        (21, 20, 2, 0),
        (21, 20, 9, 0),
        (101, 1, 0, HINTS_AT_MOST),
        (101, 1, HINTS_AT_MOST - 1, 1),
    ],
)
def test_hints_wanted(waiting, batch, queued, wanted):
    assert hints_wanted(waiting=waiting, batch=batch, queued=queued) == wanted


@given(st.integers(0, 10**6), st.integers(1, 1000), st.integers(0, 100))
def test_hints_never_pile_up_and_never_fail_to_come(waiting, batch, queued):
    wanted = hints_wanted(waiting=waiting, batch=batch, queued=queued)
    assert wanted >= 0
    assert wanted == 0 or queued + wanted <= HINTS_AT_MOST
    assert wanted <= max(0, (waiting + batch - 1) // batch)
    assert wanted > 0 or waiting == 0 or queued > 0
