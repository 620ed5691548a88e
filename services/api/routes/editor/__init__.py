"""/editor: the rule workbench, for people who never programmed. It works without a script; every form sends on after itself."""

from fastapi import APIRouter, Depends

from services.api.deps import known_parameters
from services.api.routes.editor import (
    adding,
    articles,
    door,
    draft,
    judged,
    judging,
    measures,
    overview,
    review,
    takeover,
    trying,
)

router = APIRouter(tags=["editors"], dependencies=[Depends(known_parameters)])
for _part in (door, overview, draft, takeover, adding, review, trying, measures, articles, judged, judging):
    router.include_router(_part.router)
