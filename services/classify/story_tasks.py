"""The job of stories. A role of its own: it needs no rules, and all of the machine's memory that it takes is needed once."""

from services.classify.storykeeping.work import group_articles, save_memory
from services.core.broker import job
from services.core.pool import at_end_of_process
from services.core.queues import Job


@job(Job.GROUP_STORIES)
def group_stories() -> None:
    """Decide what waits."""
    group_articles()


at_end_of_process(save_memory)
