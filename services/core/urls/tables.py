"""The tables behind `core.urls.canonical_url`. Data only: an editor of rules reads and changes this file.

Every change of a table changes keys: raise `core.urls.KEY_VERSION` with it.
"""

import re


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


HOST_PREFIX = re.compile(
    r"^(?:(?:www\d{0,2}|m|mobile|amp|touch|wap)\.|amp-(?=[^.]+\.[^.]+\.)|(?P<language>[a-z]{2}\.)m\.)"
)
"""What goes from the front of a host, one at a time, while a registrable name stays; `en.m.` becomes `en.`."""

SECOND_LEVEL = _names(
    "ac co com edu gob gov gouv go govt ltd mil ne net nhs or org plc sch in gen info biz web id my"
)
"""Second labels under a country code that are no site of their own (`co.uk`, `com.tr`)."""

HOST_ALIASES = {
    "bbc.co.uk": "bbc.com",
    "news.bbc.co.uk": "news.bbc.com",
    "edition.cnn.com": "cnn.com",
    "us.cnn.com": "cnn.com",
    "lite.cnn.com": "cnn.com",
    "amp.cnn.com": "cnn.com",
    "x.com": "twitter.com",
    "guardian.co.uk": "theguardian.com",
    "thetimes.co.uk": "thetimes.com",
    "dailymail.com": "dailymail.co.uk",
    "old.reddit.com": "reddit.com",
    "new.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "youtube-nocookie.com": "youtube.com",
}
"""Hosts that serve the same articles under the same paths. Looked up before and after prefixes go."""

REDIRECTORS: tuple[tuple[re.Pattern[str], re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"(?:news\.)?google\.[a-z.]{2,6}"), re.compile(r"/(?:news/)?url$"), _names("url q")),
    (
        re.compile(r"google\.[a-z.]{2,6}"),
        re.compile(r"/amp/(?P<secure>s/)?(?P<target>[^/]+\.[^/]+(?:/.*)?)$"),
        frozenset(),
    ),
    (
        re.compile(r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org"),
        re.compile(r"/[cvri]/(?P<secure>s/)?(?P<target>[^/]+\.[^/]+(?:/.*)?)$"),
        frozenset(),
    ),
    (
        re.compile(r"bc\.marfeel(?:cache)?\.com"),
        re.compile(r"/(?:amp/)?(?P<secure>)(?P<target>[^/]+\.[^/]+/.*)$"),
        frozenset(),
    ),
    (
        re.compile(r"redir\.folha\.com\.br"),
        re.compile(r"/redir/.*\*http(?P<secure>s)?:/+(?P<target>[^/]+\.[^/]+/.*)$"),
        frozenset(),
    ),
    (
        re.compile(r"urldefense\.com"),
        re.compile(r"/v3/__http(?P<secure>s)?:/+(?P<target>[^/]+\.[^/]+/.*?)__;"),
        frozenset(),
    ),
    (re.compile(r"t\.me"), re.compile(r"/iv$"), _names("url")),
    (re.compile(r"l\.messenger\.com"), re.compile(r"/l\.php$"), _names("u")),
    (re.compile(r"getpocket\.com"), re.compile(r"/redirect$"), _names("url")),
    (re.compile(r"exit\.sc"), re.compile(r"/?$"), _names("url")),
    (re.compile(r"go\.(?:skimresources|redirectingat)\.com"), re.compile(r"/?$"), _names("url")),
    (re.compile(r"redirect\.viglink\.com"), re.compile(r"/?$"), _names("u")),
    (re.compile(r"bing\.com"), re.compile(r"/news/apiclick\.aspx$"), _names("url")),
    (
        re.compile(r"(?:l|lm|m)\.facebook\.com|facebook\.com"),
        re.compile(r"/(?:l|flx/warn/?)(?:\.php)?$"),
        _names("u"),
    ),
    (re.compile(r"l\.(?:instagram|threads)\.(?:com|net)"), re.compile(r"/?$"), _names("u")),
    (re.compile(r"(?:out|click)\.reddit\.com"), re.compile(r"/"), _names("url")),
    (re.compile(r"youtube\.com"), re.compile(r"/redirect$"), _names("q")),
    (
        re.compile(r"(?:m\.)?(?:vk\.com|ok\.ru|away\.vk\.com)"),
        re.compile(r"/(?:away(?:\.php)?|dk)$"),
        _names("to st.link"),
    ),
    (re.compile(r"t\.umblr\.com"), re.compile(r"/redirect$"), _names("z")),
    (re.compile(r"duckduckgo\.com"), re.compile(r"/l/?$"), _names("uddg")),
    (re.compile(r"linkedin\.com"), re.compile(r"/(?:redir/redirect|safety/go)/?$"), _names("url")),
    (re.compile(r"slack-redir\.net"), re.compile(r"/link$"), _names("url")),
    (re.compile(r"[a-z0-9.]+\.safelinks\.protection\.outlook\.com"), re.compile(r"/"), _names("url")),
    (re.compile(r"steamcommunity\.com"), re.compile(r"/linkfilter/?$"), _names("url u")),
    (re.compile(r"yandex\.[a-z.]{2,6}"), re.compile(r"/turbo$"), _names("text")),
    (
        re.compile(r"yandex\.[a-z.]{2,6}"),
        re.compile(r"/turbo/(?P<secure>s/)?(?P<target>[^/]+\.[^/]+/.*)$"),
        frozenset(),
    ),
)
"""Host, path, and the parameters that carry the target; or a path whose group `target` is it (`secure`: https)."""

DEFAULT_PAGE = re.compile(r"/(?:index|default)\.(?:html?|xhtml|shtml|php|aspx?|jsp|cfm)$", re.IGNORECASE)
"""The file that a server gives for a folder."""

PATH_ALIASES: dict[str, tuple[re.Pattern[str], str]] = {
    "cnn.com": (re.compile(r"^/cnn/(?=\d{4}/)"), "/"),
    "bbc.com": (re.compile(r"^/(news|sport)/amp/"), r"/\1/"),
    "spiegel.de": (re.compile(r"(-a-[0-9a-f-]+)-amp$"), r"\1"),
    "youtube.com": (re.compile(r"^/(?:embed|live|shorts|v)/([\w-]{6,})$"), r"/watch?v=\1"),
}
"""Beginnings of paths under which one site serves the same article again, by the host of a key."""

AMP_FIRST = (("platform", "amp"), ("amp",), ("amphtml",))
AMP_LAST = _names("amp amp.html")
"""Segments at the front or the end of a path that mark the AMP copy of an article."""

TRACKING_PREFIXES = (
    "utm_", "utm-", "gaa_", "gad_", "hss_", "__cft__", "__xts__", "mtm_", "matomo_", "pk_", "piwik_", "hsa_", "_hs", "__hs", "at_", "ns_", "oly_", "vero_", "wt.", "wt_",
    "fb_action", "fb_", "guce_", "trk_", "_bta_", "ga_", "_ga", "stm_", "sc_", "itm_", "int_", "dm_", "mc_", "pf_rd",
    "rb_clickid", "s_cid", "s_kw", "wickedid", "soc_", "sr_share", "ir_", "gs_l", "dpg_", "__cf_chl", "amp_", "cx_",
)  # fmt: skip
"""Beginnings of names that only ever say where a reader came from."""

TRACKING = _names(
    "utm fbclid gclid gclsrc dclid msclkid yclid ysclid twclid ttclid igshid igsh wbraid gbraid srsltid li_fat_id"
    " epik mkt_tok _openstat openstat echobox ftag xtor xtref smid smtyp emc ncid cmp cmpid cmp_id ocid icid"
    " intcid intcmp icmp cmpsrc ito tsrc .tsrc spref sref soc_src soc_trk guccounter __twitter_impression twitter_impression"
    " ref_src ref_url referer referrer refer referral traffic_source rss_source rssid outputtype taid sh_kit"
    " ssm mid_campaign adgroupid clickid click_id _branch_match_id"
    " xtcr xts xtnp xtloc mibextid wpamp campaignid adgroupid"
    " phpsessid jsessionid aspsessionid cftoken cfid"
    " usqp amp isamp _amp __amp ampmode nomobile fromrss zanpid spm scm share_id sharetype"
    " share_from shared_from xing_share fbrefresh action_object_map action_type_map action_ref_map"
    " n_cid mktcid mktcval _gl irclickid irgwc wpsrc wprss tpcc ftcamp sharetoken sfnsn extid __s ck_subscriber_id"
    " trkcampaign trkid gnt-cfr cn-reloaded ao_noptimize from_rss isrss is_rss isappinstalled nsukey"
    " wprov cndid esrc bxid hashed_user leadsource nlid nltr subid tduid vgo_ee yptr promoid mkevt mkcid mkrid"
)
"""Names that only ever say where a reader came from, or how the page is to look."""

HOST_TRACKING = {
    "youtube.com": _names("feature si pp ab_channel t"),
    "youtu.be": _names("feature si t"),
    "twitter.com": _names("s t cxt"),
    "instagram.com": _names("hl img_index"),
    "news.google.com": _names("oc hl gl ceid"),
    "nytimes.com": _names(
        "partner rss smprod mwrsm campaign_id instance_id regi_id segment_id te user_id nl unlocked_article_code searchresultposition"
        " pgtype action module"
    ),
    "ft.com": _names("segmentid accesstoken"),
    "theatlantic.com": _names("gift"),
    "economist.com": _names("fsrc"),
    "nbcnews.com": _names("cid"),
    "abcnews.go.com": _names("cid"),
    "npr.org": _names("ft f"),
    "scmp.com": _names("module pgtype campaign"),
    "dw.com": _names("maca"),
    "faz.net": _names("gepc service"),
    "msn.com": _names("cvid ei pc"),
    "facebook.com": _names("refid __tn__ _rdr _rdc fref hc_ref hc_location pnref paipv eav"),
    "mp.weixin.qq.com": _names("chksm scene srcid pass_ticket devicetype version lang ascene exportkey"),
    "n.news.naver.com": _names("sid cds"),
    "kommersant.ru": _names("from"),
    "rbc.ru": _names("from"),
    "vedomosti.ru": _names("from"),
    "wsj.com": _names("mod st reflink"),
    "barrons.com": _names("mod"),
    "marketwatch.com": _names("mod"),
    "reuters.com": _names("feedtype feedname rpc edition-redirect"),
    "washingtonpost.com": _names("itid wpisrc wpmm tid"),
    "cnbc.com": _names("__source"),
    "forbes.com": _names("ss sh"),
    "medium.com": _names("source sk"),
    "bloomberg.com": _names("srnd sref cmpid"),
    "lenta.ru": _names("f"),
}
"""Names that track on one site alone, by the host of a key."""

AMBIGUOUS = _names(
    "ref reff ref_ source src sourceid from frm via s c ch chan mode partner sp cid campaign camp channel medium feed feedname feedtype"
    " feedid rss origin output output_type view platform app share shared soc social mod ns int hp mc cn utm sc post_type"
    " link linkid source_id type mobile m nl newsletter format wt_mc trk track tracking referer_site cmp_source site kw in ito_source"
)
"""Names that say it on some sites and choose the article on others: they go only where the value is a channel."""

ARTICLE_NAMES = _names(
    "id p a n q v i t u url article articleid article_id aid nid newsid news_id news story storyid story_id idx doc docid doc_id"
    " post postid post_id page page_id pageid content contentid content_id item itemid item_id key lang language edition date"
    " section cat category tab option task do act action mid pid gid vid tid fid eid rid no num number start offset image photo"
    " slide gallery video title name slug file path year month day"
)
"""Names that choose the article, or a part of the site, on many sites: no rule of an editor drops them everywhere."""

CHANNEL = _names(
    "rss rss2 rss20 rdf atom xml feed feeds feedburner syndication aggregator twitter tw tweet facebook fb meta telegram tg tgm whatsapp wa"
    " linkedin li email mail newsletter newsletters nl digest alert alerts push notification home homepage"
    " front frontpage hp startseite index main social socialflow soc sns mobile app android ios iphone ipad amp share sharing shared"
    " google googlenews gnews flipboard applenews instagram ig reddit pinterest youtube yt tiktok"
    " vk vkontakte ok odnoklassniki yandex yandexnews dzen zen msn yahoo bing baidu weibo wechat line viber messenger"
    " from newsfeed hotnews glavnoe top topnews topstory latest mostread popular trending nav navigation menu sidebar widget related recommended"
    " ticker banner footer header bottom button link links web www desktop pocket feedly inoreader smartnews"
    " newsnow upday buffer hootsuite dlvr dlvrit ifttt echobox outbrain taboola addthis referral organic cpc"
)
"""Words of which the value of an ambiguous parameter must consist to be a channel and no article."""

TRACKING_FRAGMENTS = re.compile(r"[!/]?(?:utm_|xtor=|ref=|echobox=|at_|ns_)", re.IGNORECASE)
"""Beginnings of fragments that track, where fragments are kept at all."""
