"""Every address, one file per noun. Routes read as steps: ask, read, name, answer."""

from fastapi import APIRouter

from services.api.routes import (
    articles,
    changes,
    docs,
    feeds,
    health,
    labels,
    latest,
    pages,
    sources,
    static,
    websub,
)

ROUTERS: tuple[APIRouter, ...] = (
    latest.router,
    changes.router,
    articles.router,
    labels.router,
    sources.router,
    feeds.router,
    health.router,
    docs.router,
    static.router,
    websub.router,
    pages.router,
)
