"""Words that say nothing of the event, by language; a language told by them where nobody names it."""

from collections.abc import Iterable
from functools import cache

from services.classify.rules.text.fold import fold

_STOPS = {
    "en": """a about above according add added adds after again against ago all almost also although am amid among an and another
        any are around as asked at back be became because been before being below between both but by call called can
        could d day days did do does doing don down during each else even ever every few first for former from full further get gets
        getting give given go goes going got had has have having he her here hers him his how however i if in into
        is it its itself just know last late later latest least less let like ll made make makes many may me might mon monday more
        most mr mrs ms much must my n near nearly never new news next no nor not now of off on once one only onto or other our out
        over own part per put re read report reported reports said same saturday say saying says see she should since so some
        still story such sunday t take than that the their them then there these they this those though three through thursday time
        to today told tonight too tuesday two under until up upon us use used ve very want wants was way we wednesday week
        well were what when where whether which while who whom whose why will with within without would year years yet
        you your yesterday friday according s u""",
    "ru": """а без более бы был была были было быть в вам вас весь во вот все всего всех вы где да даже для до его ее если есть еще ж
        же за и из или им их к как какой когда который которая которые которого которых которой кто ли между меня мне может можно мы на над
        надо нас не него нее нет ни них но ну о об один она они оно от очень по под после потом потому почти при про
        с со так также такой там тем то того тоже той только том тот тут ты у уже хотя чем что чтобы эта эти это этого этой
        этом этот я сообщает сообщил сообщила сообщили сообщается заявил заявила заявили рассказал рассказала года году год лет словам
        передает пишет будет будут своих свои свой своей этом время сегодня вчера ранее стало стал стала процитировал данным""",
    "uk": """а але б без був була були було бути в вам вас ви від він вона вони воно все всі де для до є за з зі і із її їх й
        його коли який яка які якого яких між може можна ми на над нас не ні о об один по під після при про у та так також
        там те тим то того тому тільки у це цей ця ці чи що щоб я повідомляє повідомив заявив року рік""",
    "de": """ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da
        dabei dadurch dafur damit dann das dass dazu dem den denen denn der deren des dessen deshalb die dies diese diesem diesen dieser
        dieses doch dort du durch ein eine einem einen einer eines er es etwa etwas fur gegen gibt habe haben hat hatte hatten hier
        ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jahr jahre jahren jede jedem jeden jetzt kann kein keine
        konnen konnte laut man mehr mein mit mussen muss nach nicht nichts noch nun nur ob oder ohne rund sagt sagte schon sehr sei sein seine
        seinem seinen seiner seit selbst sich sie sind so soll sollen sollte sowie uber um und uns unter vom von vor
        war waren was weil weiter welche wenn wer werden wie wieder will wir wird wo wollen worden wurde wurden zu zum zur zwei zwischen uhr
        am montag dienstag mittwoch donnerstag freitag samstag sonntag""",
    "fr": """a afin ai ainsi alors apres au aucun aura aussi autre autres aux avaient avait avant avec avoir bien c ce cela
        celle celui ces cet cette ceux chez comme comment contre d dans de depuis des deux devant dit doit donc dont du elle elles
        en encore entre est et etait ete etre eu fait faire fois font il ils j je jour jours l la le les leur leurs lors lui m
        mais me meme moins n ne ni non nos notre nous on ont ou par parce pas pendant peu peut plus pour pourquoi qu quand
        que quel quelle qui s sa sans se selon sera ses si son sont sous sur t tous tout toute toutes tres un une vers vos votre vous y
        lundi mardi mercredi jeudi vendredi samedi dimanche an ans annee""",
    "es": """a ademas ahora al algo ante antes ano anos aqui asi aun aunque bajo bien cada como con contra cual cuando
        cuatro da de del desde despues dia dias dice dijo donde dos durante e el ella ellas ellos en entre era es esa ese eso
        esta estaba estan estar este esto estos fue fueron ha haber habia han hasta hay hoy la las le les lo los mas me mi
        mientras muy ni no nos o otra otras otro otros para parte pero poco por porque pues que quien se sea segun ser
        si sido sin sobre son su sus tambien tan tanto te tiene tienen todo todos tras tres tu un una uno unos y ya yo
        lunes martes miercoles jueves viernes sabado domingo""",
    "pt": """a agora ainda alem ao aos apos aqui as assim ate cada com como contra da das de depois desde dia dias disse
        do dois dos durante e ela elas ele eles em enquanto entre era essa esse esta estao estar estava este eu foi foram
        ha isso isto ja la lhe mais mas me mesmo meu minha muito na nao nas nem no nos nossa nosso num numa o onde os
        ou para pela pelas pelo pelos por porque quando que quem se segundo sem ser sera seu seus sido so sobre sua suas
        tambem tem ter teve tinha toda todas todo todos tres um uma umas uns ano anos
        segunda terca quarta quinta sexta sabado domingo feira""",
    "it": """a ai al alla alle allo anche ancora anni anno avere c che chi ci come con contro cosi cui da dagli dai dal
        dalla dalle degli dei del della delle dello di dopo dove due e ed era essere fa fino fra gia gli ha hanno i il in io
        l la le lei lo loro lui ma mi nei nel nella nelle non nostro o ogni oggi per perche piu poi prima puo quale quando
        quanto quella quello questa questo qui se sei senza si sia solo sono stata stato su sua sul sulla suo tra tre tutti
        tutto un una uno va""",
    "tr": """acaba ama ancak artik asla aslinda ayrica az bana bazi belki ben beri bile bir biraz biri bircok biz bu buna
        bunu bunun burada cok cunku da daha dahi de defa degil diger diye dolayi dolayisiyla edecek eden ederek edildi ediyor
        etti fakat gibi gore ha hem hep hepsi her hic icin ile ilgili ise iste kadar karsi kez ki kim mi mu nasil ne neden nerede
        o olan olarak oldu oldugu olmak olması olmasi olsa olsun olup oldugunu on ona onlar onu onun oysa oyle pek sanki sen siz son sonra soyle
        sadece su suna tarafindan tum uzere var ve veya ya yani yapilan yapti yeni yer yine yoksa yok zaten dedi soyledi
        aciklamasi acikladi""",
    "ar": """في من على الى إلى عن مع هذا هذه ذلك تلك التي الذي الذين ان أن إن لا ما لم لن كان كانت يكون قد قال قالت وقال وقالت هو هي هم
        كما بعد قبل بين حتى او أو ثم كل بعض غير عند عندما منذ خلال حول بشأن ضد دون اليوم امس أمس يوم عام سنة حيث لكن وفي ومن وعلى
        وان وأن عليه عليها فيه فيها منه منها له لها به بها اي أي وهو وهي ايضا أيضا بحسب وفق وفقا اذا إذا نحو تم وقد""",
    "fa": """و در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت شد می ها های شده شود کند وی بود اما یا دو اگر همه چه
        کرده باید ما او پس هر نه روز سال داد پیش درباره""",
    "kk": """ал ана ары арқылы ау бар барлық бас басқа белгілі бен бір бірақ бірге болады болған болды болып бойынша бұл
        бүгін да дағы де деген дейді деп ді екен ең енді ер егер еді және жоқ жыл жылы жылғы үшін кейін келеді керек көп
        қазір қарай мен мұнда не немесе ол онда оның осы өз өте пен сол соң та тағы те тек туралы үш хабарлайды хабарлады айтты
        шейін""",
    "ky": """ал ар аны анын ага боюнча бар башка бир бирок болгон болду болуп бул бүгүн да дагы деген деди деп ел
        жана жатат жок жылы жыл жылдын жылдагы үчүн кийин керек көп менен мурда мындай ошол ошондой өз өтө тууралуу тарабынан
        тийиш ушул эле эми эмес эң кабарлады билдирди айтты каршы же""",
    "uz": """ham va bilan uchun bu bir yil yili esa edi edilar emas deb dedi degan bo ldi bolib bolgan boldi o sha shu uning
        ular u har kun kuni kerak yoki lekin ammo biroq haqida boyicha keyin mumkin orqali tomonidan qilish qildi qilgan
        ga da dan ni ning yana barcha mazkur xabar berdi bugun ва билан учун бу бир йил йили эса эди эмас деб деди деган
        бўлди бўлиб бўлган унинг улар ҳар кун куни керак ёки лекин ҳақида бўйича кейин мумкин орқали томонидан ҳам яна""",
    "ko": """이 그 저 것 수 등 및 더 또 또는 그리고 하지만 그러나 있는 있다 있다고 했다 한다 하는 된다 대한 대해 위해 위한 지난 이날 오전 오후 관련 통해
        따르면 말했다 밝혔다 전했다 기자 년 월 일 명 개 중 때 곳 이번 오는 모두 함께 라고 이라고""",
    "zh": """我们 他们 这个 一个 没有 可以 进行 表示 报道 记者 已经 以及 对于 关于 目前 今天 昨天 日电 新华 华社 社记""",
    "ja": """した して いる ある する ます です った れた てい から まで など こと よう には では とし して いて され いう った らか にな であ
        ない につ つい いて との ため たと って""",
}
_USUAL = "en"
"""A headline of few words often has no stop word: it is then cut as most others are, not left whole."""
_SCRIPTS = {"zh": (0x4E00, 0x9FFF), "ja": (0x3040, 0x30FF), "ko": (0xAC00, 0xD7A3), "th": (0x0E00, 0x0E7F)}


@cache
def stop_words(language: str | None) -> frozenset[str]:
    """The stop words of a language (its code), folded; empty for a language we have none of."""
    return frozenset(fold(_STOPS.get(language or "", "")).split())


@cache
def _languages() -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((code, stop_words(code)) for code in _STOPS if code not in _SCRIPTS)


def guess_language(words: Iterable[str]) -> str:
    """The language of which the most stop words stand among folded `words`; English for Latin letters without any.

    Scripts that belong to one language settle it. Of two languages with as many words the earlier in the table wins,
    so that the same words always give the same answer.
    """
    found = set(words)
    best, most = "", 1
    for code, stops in _languages():
        shared = len(found & stops)
        if shared > most:
            best, most = code, shared
    return best or _by_script(found) or (_USUAL if any(word.isascii() for word in found) else "")


def _by_script(words: set[str]) -> str:
    signs = [ord(word[0]) for word in words if word]
    counts = {code: sum(low <= sign <= high for sign in signs) for code, (low, high) in _SCRIPTS.items()}
    if counts["ja"] and counts["ja"] * 8 >= counts["zh"]:
        return "ja"
    code = max(counts, key=lambda name: counts[name])
    return code if counts[code] else ""
