"""Every address, one file per noun. Routes read as steps: ask, read, name, answer."""

from fastapi import APIRouter

from services.api.routes import (
    articles,
    changes,
    corrections,
    docs,
    drafts,
    editor,
    feeds,
    health,
    judgements,
    labels,
    latest,
    pages,
    rules,
    rules_asked,
    sources,
    static,
    stories,
    story_feed,
    story_page,
    trending,
    webhooks,
    websub,
)

ROUTERS: tuple[APIRouter, ...] = (
    latest.router,
    changes.router,
    articles.router,
    stories.router,
    trending.router,
    labels.router,
    sources.router,
    story_feed.router,  # before the streams, whose addresses would take it for a region
    feeds.router,
    health.router,
    docs.router,
    static.router,
    websub.router,
    webhooks.router,
    rules.router,
    rules_asked.router,
    drafts.router,
    corrections.router,
    judgements.router,
    editor.router,
    pages.router,
    story_page.router,
)
