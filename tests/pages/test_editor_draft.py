"""A draft on the workbench: found, changed, checked beside its lines, kept from other windows, brought up to date."""

import pytest

from tests.fixtures.markup import Page
from tests.fixtures.workbench import (
    NEW,
    REGIONS,
    RULES,
    TOPICS,
    hidden_fields,
    publish,
    save,
    stored,
    text_of,
)


@pytest.fixture
def version(service):
    return publish(RULES)


def test_a_word_is_found_with_its_file_line_and_label(window, version):
    found = window.get("/editor/find?q=KYRGYZ")
    (link,) = [a for a, text in found.all("a") if text == "regions/asia.yaml:4"]
    assert link["href"] == "/editor/file?name=regions/asia.yaml&line=4#L4"
    assert "region/central-asia" in text_of(found)
    assert [text for _, text in found.all("mark")] == ["Kyrgyz"]
    assert window.get(link["href"].partition("#")[0]).all("li", id="L4", class_="asked-line")


def test_saving_begins_the_draft_and_checks_it(window, version, classify):
    assert stored() is None
    saved = window.follow(save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal]")))
    assert "Saved." in text_of(saved)
    assert stored().texts == RULES | {"topics/all.yaml": TOPICS.replace("[oil]", "[oil, coal]")}
    assert (stored().base, stored().author) == (version, "aigerim")
    draft = window.get("/editor/draft")
    assert [text for _, text in draft.all("span", class_="badge")] == ["changed"]
    assert "1 file changed" in text_of(window.get("/editor"))


def test_what_is_wrong_stands_beside_its_line(window, version, classify):
    saved = window.follow(
        save(window, "topics/all.yaml", TOPICS.replace("strong: [measles]", "strnog: [measles]"))
    )
    assert "The rules cannot be read like this" in text_of(saved)
    assert saved.all("li", id="L9", class_="error")
    (finding,) = [text for attributes, text in saved.all("li") if attributes.get("id") == "here-1"]
    assert "did you mean 'strong'?" in finding
    assert ("#L9", "line 9, column 5") in [
        (a["href"], text) for a, text in saved.all("a") if "data-line" in a
    ]
    other = window.get("/editor/file?name=regions/asia.yaml")
    assert not other.all("li", class_="error")


def test_a_text_comes_back_as_it_was_sent(window, version):
    odd = "\n\n# <b>&amp; </textarea> \"'\n" + REGIONS
    window.post(
        "/editor/file", name="regions/asia.yaml", text=odd.replace("\n", "\r\n"), revision="0", base=version
    )
    assert stored().texts["regions/asia.yaml"] == odd
    source = window.site.get("/editor/file?name=regions/asia.yaml", cookie=window.cookie).text
    shown = source.partition("data-code")[2].partition(">\n")[2].partition("</textarea>")[0]
    assert shown.startswith("\n\n# &lt;b&gt;&amp;amp; &lt;/textarea&gt;")


def test_another_window_is_not_overwritten_unseen(window, version):
    early = window.get("/editor/file?name=topics/all.yaml")
    save(window, "topics/all.yaml", TOPICS + "# first\n")
    late = window.post(
        "/editor/file", name="topics/all.yaml", text=TOPICS + "# second\n", revision="0", base=version
    )
    assert late.status == 409
    assert "was changed in another window" in late.text
    assert "# second" in late.text
    assert stored().texts["topics/all.yaml"] == TOPICS + "# first\n"
    for action in ("/editor/draft/drop", "/editor/draft/rebase", "/editor/draft/term", "/editor/draft/file"):
        fields = {"revision": "7", "base": version, "label": "topic/energy", "term": "coal", "name": "a.yaml"}
        assert window.post(action, **fields).status == 409, action
    assert early.all("textarea")


def test_a_term_is_added_without_opening_its_file(window, version, classify):
    draft = window.get("/editor/draft")
    shown = window.send(
        draft, "/editor/draft/term", label="topic/energy", term=" wind  farm*1 ", tier="terms"
    )
    assert stored().texts["topics/all.yaml"] == TOPICS.replace(
        "strong: [oil]\n", "strong: [oil]\n    terms: [wind farm*1]\n"
    )
    assert shown.all("h1")[0][1] == "topics/all.yaml"
    assert shown.all("li", id="L5", class_="asked-line")


@pytest.mark.parametrize(
    "fields",
    [{"label": "topic/nothing", "term": "x"}, {"label": "", "term": "x"}, {"label": "topic/energy", "term": " "},
     {"label": "topic/energy", "term": "x" * 201}, {"label": "topic/energy", "term": "x", "tier": "name"}],
)  # fmt: skip
def test_a_term_that_cannot_be_added_is_refused(window, version, fields):
    answer = window.post("/editor/draft/term", revision="0", base=version, **fields)
    assert answer.status in {400, 422}
    assert stored() is None
    shown = Page(answer.text)
    assert shown.all("p", role="alert")
    assert (shown.all("input", id="term")[0][0]).get("value") == fields["term"]
    assert [
        a["value"] for a, _ in shown.all("option") if "selected" in a and a["value"] == fields["label"]
    ] == ([fields["label"]] if fields["label"] == "topic/energy" else [])


def test_files_are_added_and_taken_away(window, version):
    window.send(window.get("/editor/draft"), "/editor/draft/file", do="add", name="topics/water.yaml")
    assert stored().texts["topics/water.yaml"] == "labels:\n"
    window.send(window.get("/editor/file?name=topics/water.yaml"), "/editor/draft/file")
    assert stored().texts == RULES
    refused = window.post("/editor/draft/file", do="add", name="../x.yaml", revision="2", base=version)
    assert refused.status == 400
    assert "is no file name" in refused.text
    assert Page(refused.text).all("input", id="name")[0][0]["value"] == "../x.yaml"
    long = window.post(
        "/editor/file", name="topics/all.yaml", text="# long\n" * 800_000, revision="2", base=version
    )
    assert (long.status, stored().texts) == (413, RULES)
    assert "at most 5,000,000 bytes" in text_of(Page(long.text))
    assert long.text.count("# long\n") == 800_000


def test_one_file_is_put_back_and_one_that_was_taken_away_is_brought_back(window, version):
    save(window, "topics/all.yaml", TOPICS + "# mine\n")
    save(window, "regions/asia.yaml", REGIONS + "# mine too\n")
    publish(RULES | NEW, "New", "dana")
    page = window.get("/editor/file?name=topics/all.yaml")
    assert "Back to what your draft began from" in text_of(page)
    window.send(page, "/editor/draft/file")
    assert stored().texts == RULES | {"regions/asia.yaml": REGIONS + "# mine too\n"}
    assert "Back to what" not in text_of(window.get("/editor/file?name=topics/all.yaml"))
    fields = hidden_fields(page, "/editor/draft/file") | {"revision": "3"}
    window.post("/editor/draft/file", **fields | {"do": "remove"})
    assert "topics/all.yaml" not in stored().texts
    window.send(window.get("/editor/draft"), "/editor/draft/file")
    assert stored().texts["topics/all.yaml"] == TOPICS
    assert window.post("/editor/draft/file", **fields | {"revision": "5", "name": "no.yaml"}).status == 404


def test_the_draft_is_thrown_away(window, version):
    save(window, "topics/all.yaml", TOPICS + "# mine\n")
    window.send(window.get("/editor/draft"), "/editor/draft/drop")
    assert stored() is None
    assert "You have none." in text_of(window.get("/editor"))


def test_what_others_published_is_taken_over(window, version, classify):
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[oil, coal]"))
    theirs = RULES | {
        "topics/all.yaml": TOPICS.replace("[measles]", "[measles, polio]"),
        **NEW,
    }
    newer = publish(theirs, "Polio", "dana")
    draft = window.get("/editor/draft")
    assert "dana published since you began: “Polio”".replace("“", "").replace("”", "") in text_of(
        draft
    ).replace("“", "").replace("”", "")
    window.send(draft, "/editor/draft/rebase")
    assert stored().base == newer
    assert stored().texts == theirs | {
        "topics/all.yaml": TOPICS.replace("[oil]", "[oil, coal]").replace("[measles]", "[measles, polio]")
    }
    assert "published since you began" not in text_of(window.get("/editor/draft"))


def test_where_both_changed_the_same_lines_the_editor_chooses(window, version):
    save(window, "topics/all.yaml", TOPICS.replace("[oil]", "[mine]"))
    newer = publish(
        RULES | {"topics/all.yaml": TOPICS.replace("[oil]", "[theirs]") + "# more of theirs\n"}, "Theirs"
    )
    torn = Page(window.post("/editor/draft/rebase", revision="1", base=version).text)
    assert torn.all("h2")[0][1] == "topics/all.yaml"
    assert [text.strip() for _, text in torn.all("code")] == ["strong: [mine]", "strong: [theirs]"]
    assert [a["value"] for a, _ in torn.all("input", name="place-0-0")] == ["mine", "theirs", "both"]
    assert stored().base == version
    fields = hidden_fields(torn, "/editor/draft/rebase")
    nothing = window.post("/editor/draft/rebase", **fields)
    assert (nothing.status, stored().base) == (400, version)
    assert "Choose at each place" in nothing.text
    older = window.post("/editor/draft/rebase", **fields | {"newer": version, "place-0-0": "mine"})
    assert (older.status, stored().base) == (409, version)
    window.send(torn, "/editor/draft/rebase", **{"place-0-0": "mine"})
    assert (stored().base, stored().texts["topics/all.yaml"]) == (
        newer,
        TOPICS.replace("[oil]", "[mine]") + "# more of theirs\n",
    )


def test_terms_that_two_editors_added_to_one_list_are_both_kept(window, version, classify):
    window.send(
        window.get("/editor/draft"), "/editor/draft/term", label="topic/energy", term="wind", tier="strong"
    )
    theirs = TOPICS.replace(
        "[oil]\n", "[oil, coal]\n    tests:\n      - {title: Coal mine opens, expect: [topic/energy]}\n"
    )
    newer = publish(RULES | {"topics/all.yaml": theirs}, "Coal")
    window.send(window.get("/editor/draft"), "/editor/draft/rebase")
    assert stored().base == newer
    assert stored().texts["topics/all.yaml"] == theirs.replace("[oil, coal]", "[oil, wind, coal]")


def test_a_file_that_is_not_there_is_not_found(window, version):
    assert "There is no file" in text_of(window.get("/editor/file?name=nothing.yaml", 404))
    assert (
        window.post("/editor/file", name="nothing.yaml", text="x", revision="0", base=version).status == 404
    )
