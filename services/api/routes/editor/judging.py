"""/editor/judge/{id}: say what an article is to others, or that it is no news; what that changes is shown before it is said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from services.api.auth import own_hosts
from services.api.errors import Problem
from services.api.queries.articles import LARGEST_ID
from services.api.routes.articles import ArticleId
from services.api.routes.editor.common import Form, Sent, Signed, Slip, go, shown
from services.core import judgements
from services.core.db import in_transaction
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.judgements import NOT_NEWS, Foreseen, Judged, Known, Member, StoryLine
from services.core.tokens import Bearer

router = APIRouter()
SAID_SHOWN = 30
Other = Annotated[
    str, Query(max_length=2200, description="The other article: its number, or an address of it.")
]
Says = Annotated[str, Query(max_length=20, description="`duplicate`, `story`, `no` or `not_news`.")]
Story = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="The story that it does not belong to.")]
Said = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="The judgement that was stored just now.")
]
Mistake = (InvalidInputError, NotFoundError)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is about to be said: of this article, to these (None: of it alone)."""

    article: int
    others: tuple[int | None, ...]
    says: str
    story: int | None = None

    @property
    def articles(self) -> tuple[int, ...]:
        """All that it is of."""
        return (self.article, *(other for other in self.others if other is not None))


@router.get("/editor/judge/{article_id}", response_class=Response)
async def article(editor: Signed, article_id: ArticleId, said: Said = None) -> Response:
    """One article: what stands as one with it, its story, what was said of it, and what can be said."""
    return await _article_page(editor, article_id, said=said)


async def _article_page(
    editor: Bearer, article_id: int, *, said: int | None = None, slip: Slip | None = None
) -> Response:
    def read(session: Session) -> tuple[Known, Sequence[Judged], Judged | None]:
        stored = judgements.find(session, said) if said else None
        known = judgements.known(session, [article_id])
        return known, judgements.listing(session, article=article_id, limit=SAID_SHOWN), stored

    known, found, stored = await in_transaction(read)
    me = known.members[article_id]
    return await shown(
        editor,
        "editor_judge.html",
        title="Judge an article",
        here="judgements",
        me=me,
        members=known.members,
        one_with=[member for member in known.members.values() if member.id != article_id],
        judged=found,
        stored=stored,
        words=judgements.WORDS,
        slip=slip,
    )


@router.get("/editor/judge/{article_id}/say", response_class=Response)
async def look(
    request: Request,
    editor: Signed,
    *,
    article_id: ArticleId,
    says: Says = "",
    other: Other = "",
    story: Story = None,
) -> Response:
    """What would change, and the form to say it."""
    form = Form((("says", says), ("other", other), ("story", str(story or ""))))
    try:
        asked = await _meant(request, article_id, form)
        return await _say_page(editor, asked)
    except Mistake as error:
        return await _article_page(editor, article_id, slip=Slip(str(error), 400, form, "same"))


@router.post("/editor/judge/{article_id}/say", include_in_schema=False)
async def say(request: Request, editor: Signed, form: Sent, article_id: ArticleId) -> Response:
    """Say it: all of it or nothing."""
    note, own, seen = form.one("note").strip(), own_hosts(request), _seen(form)

    def done(session: Session) -> int:
        asked = _asked(session, article_id, form, own)
        stored = [
            judgements.say(
                session, article_id, other, asked.says, author=editor.name, note=note, replaces=seen
            )[0]
            for other in asked.others
        ]
        return stored[0].id

    try:
        number = await in_transaction(done)
    except ConflictError as error:
        return await _refused(request, editor, article_id, Slip(str(error), 409, form))
    except Mistake as error:
        return await _refused(request, editor, article_id, Slip(str(error), 400, form))
    return go(f"/editor/judge/{article_id}", said=number)


def _seen(form: Form) -> set[int] | None:
    """The judgements that stood when the form was shown, 0 for none; None where the form does not say. Raises Problem (400)."""
    given = form.all("replaces")
    return {Form((("replaces", one),)).number("replaces") for one in given} if given else None


async def _refused(request: Request, editor: Bearer, article_id: int, slip: Slip) -> Response:
    """The form as it was filled in, with what is wrong; the article's own page where there is no form to fill in."""
    try:
        return await _say_page(editor, await _meant(request, article_id, slip.form), slip=slip)
    except Mistake:
        return await _article_page(editor, article_id, slip=replace(slip, at="same"))


async def _meant(request: Request, article_id: int, form: Form) -> Asked:
    own = own_hosts(request)
    return await in_transaction(lambda session: _asked(session, article_id, form, own))


def _asked(session: Session, article_id: int, form: Form, own: Collection[str]) -> Asked:
    """What is meant. Raises InvalidInputError and NotFoundError."""
    says, other = form.one("says"), form.one("other")
    story = form.number("story") if form.one("story") else None
    if says == NOT_NEWS:
        return Asked(article_id, (None,), says)
    if story is not None and says == "no" and not other:
        others = judgements.others_of(session, article_id, story)
        return Asked(article_id, tuple(others), says, judgements.survivor_of(session, story))
    if says not in judgements.OF_PAIRS:
        raise InvalidInputError("Choose what the two are to each other.")
    return Asked(article_id, (judgements.article_named(session, other, own_hosts=own),), says)


async def _say_page(editor: Bearer, asked: Asked, *, slip: Slip | None = None) -> Response:
    """Raises InvalidInputError for what cannot be said; after a slip the page is shown all the same."""

    def read(session: Session) -> tuple[list[Member], list[Foreseen]]:
        known = judgements.known(session, asked.articles)
        members = [known.members[number] for number in asked.articles]
        try:
            return members, [
                judgements.would(session, asked.article, other, asked.says) for other in asked.others
            ]
        except InvalidInputError:
            if slip is None:
                raise
            return members, []

    members, foreseen = await in_transaction(read)
    sentences = list(dict.fromkeys(sentence for found in foreseen for sentence in found.sentences))
    if sentences and asked.story is not None and _began(members):
        sentences.insert(0, f"Story {asked.story} began with this article and keeps it; the others leave.")
    return await shown(
        editor,
        "editor_judge_say.html",
        title=_title(asked),
        here="judgements",
        asked=asked,
        members=members,
        sentences=sentences,
        replaces=sorted({found.replaces or 0 for found in foreseen}) or (slip or Slip()).form.all("replaces"),
        slip=slip,
    )


def _began(members: Sequence[Member]) -> bool:
    """Whether the story of the first of these began with it."""
    first, *others = ((member.number or 0, member.id) for member in members)
    return first < min(others)


def _title(asked: Asked) -> str:
    if asked.story is not None:
        return f"It does not belong to story {asked.story}"
    if asked.says == NOT_NEWS:
        return "It is no news"
    return {"duplicate": "They are one text", "story": "They are of one event", "no": "They are two things"}[
        asked.says
    ]


@router.get("/editor/stories/{story_id}", response_class=Response)
async def story(
    editor: Signed,
    story_id: Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of a story.")],
    saved: Annotated[
        str, Query(max_length=10, description="`yes`: it was stored; `no`: there was nothing to change.")
    ] = "",
) -> Response:
    """One story: keep it out of Trending, or let it in again."""

    def read(session: Session) -> StoryLine:
        return judgements.story_line(session, story_id)

    found = await in_transaction(read)
    return await shown(
        editor,
        "editor_story.html",
        title="Judge a story",
        here="judgements",
        story=found,
        saved=saved,
    )


@router.post("/editor/stories/{story_id}", include_in_schema=False)
async def mute(editor: Signed, form: Sent, story_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
    """Mute it, or take that back."""
    wanted = form.one("do")
    if wanted not in {"mute", "unmute"}:
        raise Problem(400, "invalid-body", "do is mute or unmute.", {"member": "do"})

    def done(session: Session) -> tuple[int, bool]:
        if wanted == "mute":
            return judgements.mute(session, story_id, author=editor.name), True
        return judgements.unmute(session, story_id)

    survivor, changed = await in_transaction(done)
    return go(f"/editor/stories/{survivor}", saved="yes" if changed else "no")
