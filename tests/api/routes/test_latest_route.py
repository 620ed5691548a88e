"""GET /v1/latest over real HTTP on a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from services.api.schemas.answers import LatestBody
from services.core.db import transaction
from services.core.models import StreamState
from tests.fixtures.environment import forget_connections
from tests.fixtures.furniture import furnish


def titles(body) -> list[str]:
    return [item["title"] for item in body["items"]]


def test_the_newest_stand_first_and_the_body_is_as_described(site, desk):
    furnish(desk)
    body = site.json("/v1/latest?limit=200")
    LatestBody.model_validate(body)
    times = [item["published_at"] for item in body["items"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 33


def test_times_are_rfc_3339_in_utc(site, desk):
    desk.article()
    assert site.json("/v1/latest")["items"][0]["first_seen_at"].endswith("Z")


def test_also_at_names_other_sources_once_each(site, desk):
    shown = desk.article("Shown", source="a.example")
    copy = desk.duplicate(shown, source="b.example")
    desk.sighting(shown, source="c.example", url="https://c.example/1")
    desk.sighting(shown, source="c.example", url="https://c.example/2")
    desk.sighting(copy, source="d.example", url="https://b.example/2?from=d")
    (item,) = site.json("/v1/latest")["items"]
    assert [(other["source"]["id"], other["url"]) for other in item["also_at"]] == [
        ("b.example", "https://b.example/2"),
        ("c.example", "https://c.example/1"),
        ("d.example", "https://b.example/2?from=d"),
    ]


def test_what_waits_for_labels_and_what_is_a_duplicate_is_not_in_latest(site, desk):
    shown = desk.article("Shown")
    desk.article("Waits", listed=False)
    desk.duplicate(shown, source="b.example")
    assert titles(site.json("/v1/latest")) == ["Shown"]


@pytest.mark.parametrize(
    "query", ["", "region=asia&", "region=asia&region=russia&", "topic=energy&", "q=article&"]
)
def test_paging_repeats_nothing_and_skips_nothing_while_articles_arrive(site, desk, query):
    """Equal times included: three articles share each moment."""
    for n in range(30):
        desk.article(regions=["central-asia"], topics=["energy"], age=timedelta(minutes=10 + n // 3))
    before = {item["id"] for item in site.json("/v1/latest?limit=200")["items"]}
    seen, cursor = [], ""
    while cursor is not None:
        body = site.json(f"/v1/latest?{query}limit=7" + (f"&before={cursor}" if cursor else ""))
        seen += [item["id"] for item in body["items"]]
        cursor = body["next"]
        desk.article(regions=["russia"], topics=["energy"], age=timedelta(seconds=1))
    assert len(seen) == len(set(seen))
    assert before == set(seen) & before


def test_a_region_includes_the_regions_below_it_and_labels_combine(site, desk):
    desk.article("KZ", regions=["central-asia"], topics=["energy"])
    desk.article("IN", regions=["south-asia"])
    desk.article("RU", regions=["russia"], topics=["energy", "science"])
    assert titles(site.json("/v1/latest?region=asia")) == ["KZ", "IN"]
    assert titles(site.json("/v1/latest?region=central-asia&region=russia")) == ["KZ", "RU"]
    assert titles(site.json("/v1/latest?topic=energy&topic=science")) == ["KZ", "RU"]
    assert titles(site.json("/v1/latest?region=asia&topic=energy")) == ["KZ"]
    assert titles(site.json("/v1/latest?region=asia&region=russia&topic=science")) == ["RU"]


def test_language_source_and_words_filter(site, desk):
    desk.article("Rain in Almaty", language="en-GB", source="a.example", regions=["central-asia"])
    desk.article(
        "Дождь в Алматы", language="ru", source="b.example", text="наводнение", regions=["central-asia"]
    )
    desk.article("Rain elsewhere", language="en", source="b.example")
    assert titles(site.json("/v1/latest?language=en")) == ["Rain in Almaty", "Rain elsewhere"]
    assert titles(site.json("/v1/latest?language=EN_gb")) == ["Rain in Almaty"]
    assert titles(site.json("/v1/latest?source=b.example&source=a.example&q=rain")) == [
        "Rain in Almaty",
        "Rain elsewhere",
    ]
    assert titles(site.json("/v1/latest?q=rain+-almaty")) == ["Rain elsewhere"]
    assert titles(
        site.json("/v1/latest?region=asia&q=%D0%BD%D0%B0%D0%B2%D0%BE%D0%B4%D0%BD%D0%B5%D0%BD%D0%B8%D0%B5")
    ) == ["Дождь в Алматы"]


def test_changes_go_on_exactly_where_latest_ends(site, desk):
    desk.article("Old", regions=["asia"])
    cursor = site.json("/v1/latest?region=asia")["changes"]
    desk.article("New", regions=["asia"])
    desk.article("Elsewhere", regions=["russia"])
    body = site.json(f"/v1/changes?region=asia&since={cursor}")
    assert [(entry["change"], entry["article"]["title"]) for entry in body["items"]] == [("added", "New")]


def test_completeness_tells_who_is_late_failing_or_has_a_gap(site, desk):
    furnish(desk)
    found = site.json("/v1/latest")["completeness"]
    assert (found["sources"], found["late"], found["failing"], found["gaps"]) == (15, 1, 1, 1)
    assert found["sentence"] == (
        "Of 15 sources, 1 is late, 1 is failing and 1 may have missed articles in the last 24 hours."
    )
    assert {trouble["source"] for trouble in found["troubles"]} == {
        "old-harbour.example", "quiet-valley.example", "flood-of-news.example",
    }  # fmt: skip


def test_completeness_of_a_region_is_about_the_sources_behind_it(site, desk):
    furnish(desk)
    desk.feed("hinted.example", region_hint="central-asia", checked_at=None)
    found = site.json("/v1/latest?region=central-asia")["completeness"]
    assert (found["sources"], found["asked"]) == (4, 3)


def test_a_reader_who_has_it_gets_304_until_something_changes(site, desk):
    desk.article(regions=["asia"])
    first = site.get("/v1/latest")
    again = site.get("/v1/latest", if_none_match=first.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    desk.article(regions=["asia"])
    assert site.get("/v1/latest", if_none_match=first.headers["etag"]).status == 200


def test_every_representation_has_a_tag_of_its_own(site, desk):
    for _ in range(4):
        desk.article(regions=["asia"])
    paths = [
        "/v1/latest",
        "/v1/latest?limit=2",
        "/v1/latest?region=asia",
        "/feeds/latest.atom",
        "/feeds/latest.rss",
    ]
    tags = [site.get(path).headers["etag"] for path in paths]
    tags.append(site.get("/v1/latest", accept_encoding="gzip").headers["etag"])
    assert len(set(tags)) == len(tags)


def test_answers_compress_and_say_what_they_vary_by(site, desk):
    for _ in range(5):
        desk.article(teaser="A teaser that repeats itself. " * 5)
    plain, packed = site.get("/v1/latest"), site.get("/v1/latest", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.body == plain.body
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert "max-age=15" in plain.headers["cache-control"]
    assert site.get("/v1/latest", if_none_match=packed.headers["etag"]).status == 304


def test_the_following_page_is_also_linked(site, desk):
    for _ in range(3):
        desk.article()
    answer = site.get("/v1/latest?limit=2")
    assert answer.json["next"] in answer.headers["link"]
    assert 'rel="next"' in answer.headers["link"]


@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ("regoin=asia", "unknown-parameter", "Did you mean region?"),
        ("limit=201", "invalid-parameter", "limit"),
        ("limit=x", "invalid-parameter", "limit"),
        ("before=nonsense", "invalid-cursor", "before"),
        ("region=centralasia", "unknown-label", "central-asia"),
        ("topic=enrgy", "unknown-label", "energy"),
        ("source=nobody.example", "unknown-source", "nobody.example"),
        ("q=%00", "invalid-parameter", "NUL"),
        ("q=" + "x" * 201, "invalid-parameter", "q"),
        ("limit=1&limit=2", "invalid-parameter", "limit: once at most"),
        ("q=a&region=asia&q=a", "invalid-parameter", "q: once at most"),
        ("region=", "invalid-parameter", "region: it has no value"),
        ("region=asia&region=", "invalid-parameter", "region: it has no value"),
        ("before=", "invalid-parameter", "before: it has no value"),
        ("limit=", "invalid-parameter", "limit: it has no value"),
        ("q=%20", "invalid-parameter", "q: it has no value"),
        ("language=!!", "invalid-parameter", "language: '!!'"),
        ("language=e", "invalid-parameter", "language: 'e'"),
        ("language=cn", "unknown-language", "language: there is no language 'cn'. Did you mean zh?"),
        ("language=en&language=kz", "unknown-language", "'kz'. Did you mean kk or ru?"),
        ("language=chinese", "unknown-language", "'chinese'. Did you mean zh?"),
        ("language=xq-CN", "unknown-language", "'xq-CN'. A tag begins with a code of ISO 639"),
    ],
)
def test_a_wrong_request_is_refused_with_a_sentence(site, desk, query, kind, said):
    answer = site.get(f"/v1/latest?{query}")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["type"] == f"/docs#{kind}"
    assert answer.json["parameter"] == query.rpartition("&")[2].partition("=")[0]
    assert said in answer.json["detail"]


def test_an_unknown_parameter_is_named_with_those_there_are(site, desk):
    body = site.get("/v1/latest?page=2").json
    assert body["parameter"] == "page"
    assert body["known"] == ["before", "language", "limit", "q", "region", "source", "topic"]


def test_before_there_is_a_rulebook_labels_are_refused_with_the_reason(site, service):
    answer = site.get("/v1/latest?region=asia")
    assert (answer.status, "No rulebook is published yet" in answer.json["detail"]) == (400, True)
    assert site.json("/v1/latest")["items"] == []


def test_a_cursor_does_not_survive_a_restore(site, desk):
    for _ in range(3):
        desk.article()
    body = site.json("/v1/latest?limit=1")
    with transaction() as session:
        session.execute(update(StreamState).values(epoch="another"))
    for path in (f"/v1/latest?before={body['next']}", f"/v1/changes?since={body['changes']}"):
        answer = site.get(path)
        assert (answer.status, answer.json["latest"]) == (410, "/v1/latest")


def test_any_well_formed_language_may_be_asked_for_and_lists_may_repeat(site, desk):
    found = desk.article(language="sr-Latn", regions=["asia"])
    for query in (
        "language=SR_latn",
        "language=kk&language=sr-latn",
        "region=asia&region=russia&language=sr",
    ):
        assert [item["id"] for item in site.json(f"/v1/latest?{query}")["items"]] == [found]


def test_a_language_that_nothing_is_written_in_is_empty_and_other_codes_mean_the_same(site, desk):
    found = desk.article("新疆", language="zh")
    for query, ids in (
        ("zh", [found]),
        ("zho", [found]),
        ("CHI", [found]),
        ("ay", []),
        ("ckb", []),
        ("zh-Hant", []),
    ):
        assert [item["id"] for item in site.json(f"/v1/latest?language={query}")["items"]] == ids, query


def test_a_cursor_of_words_goes_on_under_the_same_words_in_another_case(site, desk):
    ids = [desk.article("Kazakh oil") for _ in range(2)]
    first = site.json("/v1/latest?q=Kazakh&limit=1")
    second = site.json(f"/v1/latest?q=KAZAKH&limit=1&before={first['next']}")
    assert {item["id"] for item in first["items"] + second["items"]} == set(ids)
    assert site.json(f"/v1/changes?q=kazakh&since={first['changes']}")["items"] == []
    assert site.get(f"/v1/latest?q=oil&before={first['next']}").status == 400


def test_a_form_of_a_page_may_send_a_field_that_is_empty(site, desk):
    assert site.get("/latest?q=").status == 200


def test_the_link_to_the_next_page_begins_as_the_world_knows_us(site, service, desk):
    service.setenv("DATELINE_PUBLIC_URL", "https://news.example/")
    forget_connections()
    for _ in range(2):
        desk.article()
    link = site.get("/v1/latest?limit=1&language=en").headers["link"]
    assert link.startswith("<https://news.example/v1/latest?limit=1&language=en&before=")
