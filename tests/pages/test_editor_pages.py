"""Every page of the workbench: landmarks, headings in order, a label for every field, and nothing hostile in it."""

from itertools import pairwise

import pytest

from services.core import corrections
from services.core.db import transaction
from services.core.models import DeskRequest
from tests.fixtures.markup import page
from tests.fixtures.workbench import NEW, RULES, TOPICS, publish, save

ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(1)>' {{ 7*7 }}"
LINE = {"owner": ATTACK, "list": ATTACK, "term": ATTACK, "at": "a.yaml:1:1"}
FINDING = {"file": "topics/all.yaml", "line": 4, "column": 1, "sentence": ATTACK, "level": "error"}
SUGGESTION = {
    "term": ATTACK, "rule": f"terms: [{ATTACK}]", "inside": 5, "outside": 1, "z": 3.1, "gain": 2, "precision": 0.8,
    "samples": [ATTACK], "warnings": [ATTACK],
}  # fmt: skip
COUNT = LINE | {
    "hits": 3, "articles": 2, "alone": 1, "uniqueness": 0.5, "overlaps": 0, "conflicts": 0, "right": 1, "wrong": 2,
    "precision": 0.33, "last": None,
}  # fmt: skip
ANSWERS = {
    "suggest": {"suggestions": [SUGGESTION]},
    "stats": {
        "version": "v", "articles": 3, "corrected": 3, "label": None, "terms": [COUNT], "offenders": [COUNT],
        "dead_count": 1, "dead": [LINE], "pairs": [{"labels": [ATTACK, ATTACK], "articles": 5, "share": 0.5}],
        "labels": [{"label": ATTACK, "articles": 2, "primary": 1, "right": 1, "wrong": 0, "missed": 0, "precision": None, "recall": None, "f1": None}],
        "sources": [{"source": ATTACK, "articles": 5, "unclassified": 1, "share": 0.2}],
    },
    "diff": {
        "before": "aaaa", "after": "bbbb", "same": False, "reordered": True,
        "labels": [{"what": "added", "id": ATTACK, "name": ATTACK, "at": ATTACK}],
        "settings": [{"subject": ATTACK, "name": "place/KZ", "before": None, "after": 1.0, "at": {"before": None, "after": ATTACK}}],
        "terms": [{"what": "moved", "before": LINE, "after": LINE, "changes": []}],
        "tests": [{"what": "changed", "label": ATTACK, "title": ATTACK, "before": None, "after": {"at": ATTACK}}],
    },
    "publish": {"version": "cccc", "before": "aaaa", "relabelling": 1, "figures": {"tests": 3}},
}  # fmt: skip


def answered(kind, **values):
    asked = DeskRequest(kind=kind, author="aigerim", input={"label": "region/asia"}, **values)
    with transaction() as session:
        session.add(asked)
        session.flush()
        return asked.id


@pytest.fixture
def everything(window, desk):
    """A workbench with something on every page; the addresses of all of them."""
    publish(RULES, ATTACK, ATTACK)
    publish(RULES | NEW, "A second")
    article = desk.article(ATTACK, teaser=ATTACK, topics=["energy"], authors=[ATTACK])
    with transaction() as session:
        said = corrections.Judgement(topics=(), note=ATTACK)
        corrections.correct(session, article, said, author=ATTACK)
    save(window, "topics/all.yaml", f"# {ATTACK}\n{TOPICS}")
    check = answered("check", state="done", answer={"accepted": False, "findings": [FINDING]})
    test = answered("test", state="refused", error={"kind": "invalid-rules", "sentence": ATTACK})
    impact = answered("impact", state="failed", error={"sentence": ATTACK})
    paths = [
        "/editor", "/editor/find?q=script", "/editor/find", "/editor/draft", "/editor/history", "/editor/try",
        "/editor/stats", "/editor/corrections", f"/editor/articles/{article}",
        f"/editor/file?name=topics/all.yaml&check={check}&line=2", "/editor/file?name=regions/asia.yaml",
        f"/editor/review?check={check}&test={test}&diff={test}&impact={impact}",
        *(f"/editor/answers/{answered(kind, state='done', answer=answer)}" for kind, answer in ANSWERS.items()),
    ]  # fmt: skip
    refused = [
        f"/editor/answers/{answered('publish', state='refused', error=error)}"
        for error in (
            {"kind": "conflict", "sentence": "x", "author": ATTACK, "message": ATTACK, "in_force": ATTACK, "base": "a"},
            {"kind": "invalid-rules", "sentence": ATTACK, "findings": [FINDING]},
            {"kind": "tests-fail", "sentence": "x", "tests": 1, "failed": 1, "todo": 0, "results": [
                {"label": ATTACK, "at": ATTACK, "title": ATTACK, "passed": False, "todo": None, "sentence": ATTACK}]},
            {"sentence": ATTACK},
        )
    ]  # fmt: skip
    failed = f"/editor/answers/{answered('stats', state='failed', error={'sentence': ATTACK})}"
    return [(path, 200) for path in paths] + [
        (refused[0], 409),
        (refused[1], 422),
        (refused[2], 422),
        (refused[3], 400),
        (failed, 500),
    ]


def test_every_page_can_be_walked_without_eyes(window, everything):
    for path, status in everything:
        found = window.get(path, status)
        for landmark in ("header", "main", "footer", "nav"):
            assert found.all(landmark), (path, landmark)
        levels = [int(tag[1]) for tag, _, _ in found.found if tag in {"h1", "h2", "h3", "h4"}]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), (path, levels)
        ids = [attributes["id"] for _, attributes, _ in found.found if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        labelled = {attributes.get("for") for attributes, _ in found.all("label")}
        for tag, attributes, _ in found.found:
            if tag in {"input", "select", "textarea"} and attributes.get("type") not in {
                "hidden",
                "radio",
                "checkbox",
            }:
                assert attributes.get("id") in labelled or "aria-label" in attributes, (path, attributes)
        assert len(found.all("a", **{"aria-current": "page"})) == 1, path
        for attributes, _ in found.all("form"):
            assert attributes.get("method") == "post" or attributes.get("role") == "search", path


def test_nothing_hostile_comes_through(window, everything):
    for path, status in everything:
        answer = window.site.get(path, cookie=window.cookie, accept="text/html")
        assert answer.status == status, path
        assert "<script>alert" not in answer.text, path
        assert "<img" not in answer.text, path
        assert "49" not in answer.text.partition("{{ 7*7 }}")[0][-20:], path


def test_every_link_of_the_workbench_leads_somewhere(window, everything):
    links = set()
    for path, status in everything[:9]:
        links |= {a["href"].partition("#")[0] for a, _ in window.get(path, status).all("a") if "href" in a}
    inside = sorted(link for link in links if link.startswith("/"))
    assert len(inside) > 15
    wrong = [link for link in inside if window.site.get(link, cookie=window.cookie).status != 200]
    assert wrong == []


def test_the_door_can_be_walked_too(site, desk):
    door = page(site, "/editor/sign-in")
    assert door.all("h1")[0][1] == "Sign in"
    assert {"q", "token"} <= {a.get("for") for a, _ in door.all("label")}
