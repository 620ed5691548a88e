"""Stories: what joins, what stays apart, what is remembered, and that the state is plain data."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.stories import Document, Limits, Stories, export, load, rebuild, snapshot
from services.core.errors import InvalidInputError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

EVENTS = {
    "en": [
        ("Powerful earthquake strikes northern Chile", "A powerful earthquake shook the port of Iquique in northern Chile on Monday, cutting power and sending residents to higher ground after a tsunami warning."),
        ("Tsunami warning after Chile quake", "Residents of Iquique fled to higher ground when a strong earthquake hit northern Chile; the navy issued a tsunami warning for the coast."),
    ],
    "ru": [
        ("В Киргизии прошли досрочные выборы президента", "В Киргизии в воскресенье прошли досрочные президентские выборы, явка составила 40 процентов, сообщила Центральная избирательная комиссия республики."),
        ("ЦИК Киргизии назвал явку на выборах президента", "Явка на досрочных выборах президента Киргизии составила около 40 процентов избирателей, сообщили в Центральной избирательной комиссии."),
    ],
    "de": [
        ("Bahn streicht nach Sturm Züge im Norden", "Nach dem Sturm Xaver hat die Deutsche Bahn den Fernverkehr im Norden eingestellt; umgestürzte Bäume blockieren die Strecken zwischen Hamburg und Bremen."),
        ("Sturm Xaver: Kein Fernverkehr zwischen Hamburg und Bremen", "Umgestürzte Bäume haben den Zugverkehr im Norden lahmgelegt, die Bahn stellte nach dem Sturm Xaver den Fernverkehr zwischen Hamburg und Bremen ein."),
    ],
    "es": [
        ("El Senado argentino aprueba la ley de glaciares", "El Senado de Argentina aprobó en la madrugada la reforma de la ley de glaciares, que permite la minería en zonas periglaciares, con 41 votos a favor."),
        ("Argentina: aprobada la reforma de la ley de glaciares", "Con 41 votos a favor, el Senado argentino dio luz verde a la reforma de la ley de glaciares que abre zonas periglaciares a la minería."),
    ],
    "tr": [
        ("İzmir'de orman yangını kontrol altına alındı", "İzmir'in Çeşme ilçesinde çıkan orman yangını 14 saat sonra kontrol altına alındı, yangında üç mahalle boşaltıldı."),
        ("Çeşme'deki orman yangını söndürüldü", "İzmir Çeşme'de üç mahallenin boşaltılmasına yol açan orman yangını 14 saatin ardından kontrol altına alındı."),
    ],
    "ar": [
        ("فيضانات تجتاح درنة شرق ليبيا", "اجتاحت فيضانات مدينة درنة شرقي ليبيا بعد انهيار سدين بسبب العاصفة دانيال ما أدى إلى مقتل الآلاف وفقدان عائلات بأكملها."),
        ("انهيار سدين في درنة الليبية بسبب العاصفة دانيال", "أدى انهيار سدين في مدينة درنة الليبية إلى فيضانات قتلت الآلاف بعد مرور العاصفة دانيال شرقي البلاد."),
    ],
    "zh": [
        ("四川泸定发生6.8级地震", "四川省甘孜州泸定县周一发生6.8级地震，造成多人伤亡，救援队伍已经赶赴震中磨西镇。"),
        ("泸定地震救援队抵达磨西镇", "四川泸定6.8级地震发生后，救援队伍连夜抵达震中磨西镇，当地道路和通信仍然中断。"),
    ],
    "ja": [
        ("能登半島で震度7、津波警報", "石川県能登半島で震度7の地震があり、気象庁は日本海沿岸に大津波警報を発表した。輪島市では火災が起きている。"),
        ("輪島市で大規模火災、能登半島地震", "能登半島の地震で石川県輪島市では大規模な火災が発生し、気象庁が大津波警報を発表した沿岸では避難が続いている。"),
    ],
    "ko": [
        ("서울 시내버스 파업 돌입", "서울 시내버스 노조가 임금 협상 결렬로 새벽 4시부터 파업에 들어가 출근길 시민들이 불편을 겪었다."),
        ("서울 버스 노조 파업에 출근길 혼잡", "임금 협상이 결렬된 서울 시내버스 노조가 파업에 들어가면서 출근길 지하철이 혼잡을 빚었다."),
    ],
    "th": [
        ("น้ำท่วมใหญ่เชียงใหม่ ระดับน้ำปิงทะลุจุดวิกฤต", "ระดับน้ำในแม่น้ำปิงที่จังหวัดเชียงใหม่สูงเกินจุดวิกฤต ทำให้น้ำท่วมย่านไนท์บาซาร์และต้องอพยพประชาชน"),
        ("เชียงใหม่อพยพประชาชน น้ำปิงท่วมไนท์บาซาร์", "ประชาชนในจังหวัดเชียงใหม่ต้องอพยพหลังแม่น้ำปิงสูงเกินจุดวิกฤตและน้ำท่วมย่านไนท์บาซาร์"),
    ],
    "kk": [
        ("Алматыда метроның жаңа стансалары ашылды", "Алматыда метроның екі жаңа стансасы – Сарыарқа мен Бауыржан Момышұлы ашылды, құрылыс он жылға созылды."),
        ("Алматы метросының екі жаңа стансасы іске қосылды", "Он жылға созылған құрылыстан кейін Алматы метросының Сарыарқа және Бауыржан Момышұлы стансалары ашылды."),
    ],
    "ky": [
        ("Нарында кар көчкү жолду жаап калды", "Нарын облусунда кар көчкү түшүп, Бишкек – Торугарт унаа жолу жабылды, жолду тазалоо иштери жүрүп жатат."),
        ("Бишкек – Торугарт жолу кар көчкүдөн улам жабылды", "Нарын облусунда түшкөн кар көчкүнүн айынан Бишкек – Торугарт унаа жолу жабылып, тазалоо иштери башталды."),
    ],
    "uz": [
        ("Samarqandda yangi aeroport terminali ochildi", "Samarqand xalqaro aeroportida yangi terminal ochildi, u soatiga 800 yo'lovchiga xizmat ko'rsatadi, loyiha qiymati 80 million dollar."),
        ("Samarqand aeroportining yangi terminali ishga tushdi", "Soatiga 800 yo'lovchiga xizmat ko'rsatadigan yangi terminal Samarqand xalqaro aeroportida ochildi, loyiha 80 million dollarga tushdi."),
    ],
}  # fmt: skip


def document(number, title, body="", *, hours=0.0, source=None, places=()):
    at, source = NOON + hours * HOUR, source or f"paper{number}.example"
    return Document(number, title, body, at, source, places=frozenset(places))


def stream():
    rows = [row for reports in zip(*EVENTS.values(), strict=True) for row in reports]
    return [document(n, *row, hours=n / 10) for n, row in enumerate(rows)]


def decide_all(documents, stories=None):
    stories = stories or Stories()
    return stories, [stories.decide(one, one.at or NOON) for one in documents]


def test_two_reports_of_one_event_are_one_story_in_every_language():
    _, decisions = decide_all(stream())
    first, second = decisions[: len(EVENTS)], decisions[len(EVENTS) :]
    assert all(decision.founded for decision in first)
    apart = {
        code: two.sentence()
        for code, one, two in zip(EVENTS, first, second, strict=True)
        if one.story != two.story
    }
    assert apart == {}


LOOK_ALIKES = {
    "two quakes": [
        ("Strong earthquake strikes northern Chile", "A magnitude 7.1 earthquake struck the coast near Iquique in Chile on Monday, killing six people and cutting power."),
        ("Strong earthquake strikes eastern Turkey", "A magnitude 6.2 earthquake struck the province of Elazig in Turkey on Monday, killing 22 people and destroying houses."),
    ],
    "two votes": [
        ("Moldova votes in parliamentary election", "Voters in Moldova cast their ballots on Sunday with the party of president Maia Sandu seeking a majority in Chisinau."),
        ("Ghana votes in presidential election", "Voters in Ghana cast their ballots on Sunday with John Mahama seeking a return to the presidency in Accra."),
    ],
    "two arrests": [
        ("Police arrest former mayor in bribery case", "Police in Palermo arrested the former mayor Carlo Bruno on suspicion of taking bribes from a waste company."),
        ("Police arrest former minister in bribery case", "Police in Lima arrested the former minister Ana Quispe on suspicion of taking bribes from a road builder."),
    ],
    "two floods": [
        ("Наводнение в Оренбурге: эвакуированы жители", "В Оренбурге из-за подъема уровня реки Урал эвакуированы более тысячи жителей, затоплены дома в нескольких поселках."),
        ("Наводнение в Валенсии: эвакуированы жители", "В испанской Валенсии после ливней эвакуированы сотни жителей, затоплены улицы и подземные парковки торговых центров."),
    ],
    "two rate decisions": [
        ("Central bank raises key rate to 18 percent", "The Bank of Russia raised its key rate to 18 percent on Friday, citing inflation and a tight labour market, governor Nabiullina said."),
        ("Central bank cuts key rate to 4 percent", "The Bank of Canada cut its key rate to 4 percent on Wednesday as inflation eased, governor Tiff Macklem said in Ottawa."),
    ],
}  # fmt: skip

PLACES = {"two floods": ("RU", "ES"), "two rate decisions": ("RU", "CA")}
"""What the rules say of them, where the texts name too few names or the same institution."""


@pytest.mark.parametrize("what", LOOK_ALIKES)
def test_look_alike_events_stay_apart(what):
    """The two differ by where and who, among the words of a stream that has seen such events before."""
    stories, _ = decide_all(stream())
    rows = zip(LOOK_ALIKES[what], PLACES.get(what, ("", "")), strict=True)
    one, two = (
        document(f"{what} {n}", *row, hours=3, places=place.split()) for n, (row, place) in enumerate(rows)
    )
    first, second = (stories.decide(doc, NOON) for doc in (one, two))
    assert first.story != second.story, second.sentence()


def test_a_decision_tells_its_words_and_figures():
    stories, _ = decide_all(stream()[: len(EVENTS)])
    joined = stories.decide(document(99, *EVENTS["en"][1]), NOON)
    assert not joined.founded
    assert joined.similarity >= joined.needed
    spoken = [spoke.word for spoke in joined.words]
    assert {"chile", "earthquake"} <= {*spoken}
    assert 0 < sum(spoke.share for spoke in joined.words) <= 1
    assert "chile" in joined.sentence()
    strange = stories.decide(
        document(100, "Zzyzx quorum plumbing", "Nothing of this was heard before anywhere."), NOON
    )
    assert strange.founded
    assert "begins" in strange.sentence()


def test_asked_twice_the_first_answer_stands():
    documents = stream()
    stories, decisions = decide_all(documents)
    before = image(stories)
    _, again = decide_all(documents, stories)
    assert [d.story for d in again] == [stories.story_of[d.document] for d in decisions]
    assert image(stories) == before


def test_a_story_is_over_a_week_after_its_last_article():
    title, body = EVENTS["en"][0]
    stories, _ = decide_all([document(1, title, body)])
    late = stories.decide(document(2, title, body, hours=24 * 7 + 2), NOON + 170 * HOUR)
    assert late.founded
    assert 1 not in stories.open
    assert 1 not in stories.story_of


def test_a_story_that_runs_for_weeks_is_compared_by_its_last_days():
    title, body = EVENTS["en"][0]
    days = [document(n, f"{title}, day {n}", body, hours=24 * n) for n in range(20)]
    stories, decisions = decide_all(days)
    assert {decision.story for decision in decisions} == {1}
    assert {*stories.open[1].members} == {12, 13, 14, 15, 16, 17, 18, 19}
    assert stories.story_of.keys() == stories.open[1].members.keys()
    assert "0" not in stories.open[1].total
    assert "19" in stories.open[1].total


def test_time_parts_what_words_do_not():
    title, body = EVENTS["en"]
    near, far = (
        decide_all([document(1, *title), document(2, *body, hours=hours)])[1][1] for hours in (2, 120)
    )
    assert near.similarity > far.similarity
    assert not near.founded
    assert far.founded


def test_a_stream_that_runs_backwards_gives_the_same_stories():
    forth = stream()
    _, decisions = decide_all(forth)
    _, back = decide_all(forth[::-1])
    groups = [
        {frozenset(d.document for d in found if d.story == story) for story in {d.story for d in found}}
        for found in (decisions, back)
    ]
    assert groups[0] == groups[1]


def test_publishers_are_counted_by_owner():
    title, body = EVENTS["en"][0]
    documents = [document(n, title, body, source=source) for n, source in enumerate(["a", "a", "b"])]
    stories, _ = decide_all(documents)
    (story,) = stories.open.values()
    assert (len(story.members), story.publishers) == (3, 2)


def bridge():
    """Two stories of different words, and an article that holds the words of both."""
    one = "Iquique port quake tsunami navy warning coast residents hills"
    two = "Codelco copper mine Radomiro shaft collapse miners trapped rescue"
    rows = [
        ("Quake at Iquique port", one),
        ("Copper mine collapse at Codelco", two),
        ("Iquique quake collapse Codelco copper mine port", f"{one} {two}"),
    ]
    limits = Limits(join=0.5, bridge=0.2, merge=0.0)
    return [document(n, *row) for n, row in enumerate(rows)], limits


def test_a_merge_keeps_the_story_that_was_founded_first():
    documents, limits = bridge()
    stories, decisions = decide_all(documents, Stories(limits))
    assert [[(merge.lost, merge.kept) for merge in decision.merges] for decision in decisions] == [
        [],
        [],
        [(2, 1)],
    ]
    assert decisions[2].story == 1
    assert set(stories.story_of.values()) == {1}
    assert stories.open.keys() == {1}
    assert stories.next_id == 3


def test_a_round_up_of_two_look_alikes_does_not_make_them_one():
    """The article below holds the words of both; the two name other people and other places."""
    one, two = LOOK_ALIKES["two arrests"]
    both = (f"{one[0]}; {two[0]}", f"{one[1]} {two[1]}")
    for places in (("", "", ""), ("IT", "PE", "IT PE")):
        documents = [
            document(n, *row, hours=n, places=where.split())
            for n, (row, where) in enumerate(zip((one, two, both), places, strict=True))
        ]
        stories, decisions = decide_all([*documents], Stories(Limits(merge=0.25)))
        assert decisions[0].story != decisions[1].story
        assert decisions[2].merges == ()
        assert len(stories.open) == 2


def test_an_editor_pins_and_bars():
    stories, decisions = decide_all(stream())
    title, body = EVENTS["en"][1]
    pinned = stories.decide(document(200, title, body), NOON, pinned=decisions[1].story)
    assert (pinned.story, pinned.by) == (decisions[1].story, "editor")
    barred = stories.decide(document(201, title, body), NOON, barred=frozenset({decisions[0].story}))
    assert barred.story != decisions[0].story
    reopened = stories.decide(document(202, title, body), NOON, pinned=5000)
    assert reopened.story == 5000
    assert stories.next_id > 5000


def test_a_rewritten_article_stays_unless_it_is_of_something_else():
    stories, decisions = decide_all(stream())
    number, story = len(EVENTS), decisions[0].story
    title, body = EVENTS["en"][1]
    assert stories.revise(document(number, title, body + " Schools stay closed."), NOON).story == story
    moved = stories.revise(
        document(number, "Nobel prize in literature", "The Swedish Academy gave the prize to a poet."), NOON
    )
    assert moved.story != story
    assert stories.story_of[number] == moved.story
    alone = stories.revise(
        document(0, "Nobel prize in physics", "The prize went to three who study light."), NOON
    )
    assert alone.story == story


def test_a_removed_article_leaves_no_trace():
    documents = stream()
    kept, _ = decide_all(documents[:10])
    other, _ = decide_all(documents[:10])
    extra = document(300, *EVENTS["en"][1])
    frequencies = export(other)["frequencies"]
    other.decide(extra, NOON)
    other.remove(300)
    found, wanted = export(other), export(kept)
    assert found["members"] == wanted["members"]
    assert [number for number, _ in found["stories"]] == [number for number, _ in wanted["stories"]]
    assert {word: list(filed.items()) for word, filed in other.filed.items()} == {
        word: list(filed.items()) for word, filed in kept.filed.items()
    }
    assert found["frequencies"] != frequencies
    with pytest.raises(KeyError):
        other.remove(300)


def test_an_older_article_that_is_rewritten_does_not_take_its_storys_place():
    """A story is filed by the newest of its articles, before and after a snapshot."""
    title, body = EVENTS["en"][0]
    stories, _ = decide_all([document(n, title, body, hours=n / 10) for n in range(3)])
    stories.revise(document(0, title, body + " Schools stay closed."), NOON)
    assert whole(load(stored(export(stories)))) == whole(stories)
    stories.remove(2)
    assert whole(load(stored(export(stories)))) == whole(stories)


def test_a_snapshot_of_another_version_is_refused():
    with pytest.raises(InvalidInputError, match="version 0"):
        load({"version": 0})


WORDS = [
    "quake", "flood", "vote", "bank", "court", "fire", "strike", "mine", "Chile", "Osh", "Ghana", "Oslo", "Turkey", "Peru", "Palermo", "Accra", "storm",
    "train", "coup", "budget", "gas", "water", "river", "glacier", "senate", "mayor", "verdict", "rescue", "harbour", "airport", "metro", "border",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(" ".join)
ARTICLES = st.lists(
    st.tuples(TEXTS, TEXTS | st.just(""), st.integers(-30, 30), st.sampled_from("abcd"), st.booleans()),
    min_size=1,
    max_size=30,
)
LOOSE = Limits(join=0.15, bridge=0.15, merge=0.1, bridge_titles=0.12, merge_titles=0.1)


def articles(rows, *, step=5):
    """Documents in the order in which they are decided, dates up to a day and more before and after."""
    for number, (title, body, late, source, dated) in enumerate(rows):
        now = NOON + number * step * HOUR
        yield Document(number, title, body, now + late * HOUR if dated else None, source), now


def stored(data):
    """As it comes back from where it was stored: `sheaves` are bytes and stand there as they are."""
    return json.loads(json.dumps(data | {"sheaves": []})) | {"sheaves": data["sheaves"]}


def image(stories):
    """What a snapshot would hold, the order of everything included; whatever was packed before."""
    data, stories.sheaves = export(stories), {}
    assert export(stories)["sheaves"] == data["sheaves"]
    return json.dumps(data | {"sheaves": []}), data["sheaves"]


def whole(stories):
    return image(stories), {word: list(filed.items()) for word, filed in stories.filed.items()}


@given(ARTICLES, st.integers(0, 30), st.sampled_from([1, 3, 1024]))
@settings(deadline=None)
def test_a_snapshot_decides_what_comes_next_as_the_state_it_was_taken_of(rows, cut, together):
    documents = list(articles(rows))
    lived = Stories(LOOSE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SHEAF", together)
        for one, now in documents[:cut]:
            lived.decide(one, now)
        woken = load(stored(export(lived)), LOOSE)
        assert whole(woken) == whole(lived)
        assert sums(woken) == sums(lived)
        woken = load(stored(export(lived)), LOOSE)
        for one, now in documents[cut:]:
            assert lived.decide(one, now) == woken.decide(one, now)
        assert whole(woken) == whole(lived)
        assert sums(woken) == sums(lived)


def sums(stories):
    """The articles of each story, and all that follows from them."""
    return {
        one.id: (one.members, one.total, one.square, one.first, one.last, one.sources, one.names, one.places)
        for one in stories.open.values()
    }


@given(ARTICLES, st.lists(st.integers(0, 30)))
@settings(deadline=None)
def test_a_snapshot_after_another_packs_again_what_has_changed_and_no_more(rows, taken):
    stories, documents = Stories(LOOSE), list(articles(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SHEAF", 5)
        for number, (one, now) in enumerate(documents):
            stories.decide(one, now)
            before = dict(stories.sheaves)
            export(stories)
            assert [key for key, kept in stories.sheaves.items() if before.get(key) is not kept] == [
                (number + 1) // 5
            ]
        for number in {number for number in taken if number in stories.story_of}:
            place = stories.remove(number).number // 5
            before = dict(stories.sheaves)
            export(stories)
            again = {key for key, kept in stories.sheaves.items() if before[key] is not kept}
            assert again <= {place}
            assert before.keys() - stories.sheaves.keys() <= {place}
        assert export(load(stored(export(stories)), LOOSE))["sheaves"] == export(stories)["sheaves"]


@given(ARTICLES)
@settings(deadline=None)
def test_a_state_rebuilt_from_the_articles_and_their_stories_is_the_state(rows):
    lived, placed, merged = Stories(LOOSE), {}, {}
    documents = list(articles(rows))
    for one, now in documents:
        decision = lived.decide(one, now)
        placed[one.id] = decision.story
        merged |= {merge.lost: merge.kept for merge in decision.merges}

    def final(story):
        return final(merged[story]) if story in merged else story

    again = rebuild([(one, final(placed[one.id]), now) for one, now in documents], limits=LOOSE)
    again.next_id = lived.next_id
    assert image(again) == image(lived)
    assert again.filed == lived.filed


@given(ARTICLES)
@settings(max_examples=50, deadline=None)
def test_every_article_has_one_story_and_ids_are_never_given_twice(rows):
    stories, seen, over = Stories(LOOSE), set(), set()
    for one, now in articles(rows):
        decision = stories.decide(one, now)
        if decision.founded:
            assert decision.story not in seen
            seen.add(decision.story)
        for merge in decision.merges:
            assert merge.kept < merge.lost
            over.add(merge.lost)
        assert stories.story_of[one.id] == decision.story
        assert not over & stories.open.keys()
    members = [document for story in stories.open.values() for document in story.members]
    assert len(members) == len(set(members))
    assert stories.story_of == {
        document: story.id for story in stories.open.values() for document in story.members
    }


def test_an_article_costs_a_bounded_number_of_steps():
    """However many stories are open, no more are looked at than the limits say."""
    limits = Limits(newest=20)
    stories = Stories(limits)
    for number in range(400):
        words = " ".join(WORDS[(number * 7 + k * k) % len(WORDS)] for k in range(6))
        stories.decide(document(number, f"{words} x{number} y{number} z{number}"), NOON)
    assert stories.cost.documents == 400
    assert stories.cost.touches <= 400 * limits.heavy * limits.newest
    before = stories.cost.touches
    stories.decide(document(1000, " ".join(WORDS[:6])), NOON)
    assert stories.cost.touches - before <= 6 * limits.newest
