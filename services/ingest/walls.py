"""Whether a wall against robots answered in place of the feed (pure).

Three ways to tell, from certain to likely: headers that the products themselves set when they challenge or block; a refusal made
at the edge of a network that guards sites; and, of pages that came with status 200, the words and scripts of challenges. Pages are
looked at only once they have proved to be no feed, so that an article about captchas is never taken for one.
"""

import re
from collections.abc import Mapping

_HEADERS = (
    ("Cloudflare", "cf-mitigated", r"challenge|block"),
    ("AWS WAF", "x-amzn-waf-action", r"challenge|captcha"),
    ("Vercel", "x-vercel-mitigated", r"challenge|deny"),
    ("SiteGround", "sg-captcha", r"challenge"),
    ("Sucuri", "x-sucuri-block", r"."),
    ("DataDome", "x-dd-b", r"."),
)
"""Product, header, and what stands in it when the product has held us up."""

_EDGES = (
    ("DataDome", "x-datadome", r"."),
    ("DataDome", "server", r"datadome"),
    ("Imperva Incapsula", "x-iinfo", r"."),
    ("Imperva Incapsula", "x-cdn", r"incapsula|imperva"),
    ("Imperva Incapsula", "set-cookie", r"incap_ses_|visid_incap_"),
    ("PerimeterX", "set-cookie", r"\b_px(?:hd|vid|3)?="),
    ("Kasada", "x-kpsdk-ct", r"."),
    ("Akamai", "server", r"akamaighost"),
    ("Sucuri", "server", r"sucuri"),
    ("DDoS-Guard", "server", r"ddos-guard"),
    ("Qrator", "server", r"qrator"),
)
"""The same of networks that guard sites: they prove a wall where the answer is a refusal."""

_REFUSALS = frozenset({401, 403, 405, 406})
_BUSY = frozenset({429, 503})

_SCRIPTS = (
    ("Cloudflare", r"_cf_chl_opt|cf-browser-verification|cf-error-details|/cdn-cgi/challenge-platform/h/"),
    ("Imperva Incapsula", r"_incapsula_resource"),
    ("PerimeterX", r"px-captcha|perimeterx"),
    ("DataDome", r"captcha-delivery\.com|geo\.captcha-delivery"),
    ("Akamai", r"errors\.edgesuite\.net|/_sec/cp_challenge/"),
    ("Sucuri", r"sucuri_cloudproxy_js|sucuri website firewall"),
    ("DDoS-Guard", r"/\.well-known/ddos-guard/"),
    ("AWS WAF", r"awswafintegration\.|window\.gokuprops"),
    ("Anubis", r"/\.within\.website/x/cmd/anubis/"),
    ("Yandex SmartCaptcha", r"/showcaptcha\?|smart-captcha"),
)
"""What only a challenge holds, wherever in the page it stands."""

_TITLES = re.compile(
    r"just a moment|attention required|ddos[ -]protection|ddos-guard|access denied|pardon our interruption"
    r"|robot (?:challenge|check)|(?:are|re) (?:you )?(?:not )?a (?:ro)?bot|human verification|verify(?:ing)? (?:you|your browser)"
    r"|security (?:check|verification)|checking your browser|bot (?:verification|protection)|client challenge|one moment, please"
    r"|captcha|nur einen moment|un instant|un momento|um momento|один момент|проверка браузера|не робот|bir dakika"
)
_WORDS = re.compile(
    r"enable javascript and cookies|please enable cookies|verif(?:y|ying) (?:that )?you are (?:a )?human|complete the captcha"
    r"|g-recaptcha|h-captcha|cf-turnstile|unusual traffic|automated (?:access|requests|queries)|are not a (?:ro)?bot"
    r"|support id is|reference\s*(?:#|&#35;)|request blocked|checking your browser"
)
_SMALL = 20_000
"""Challenges are small pages; a large one that mentions a captcha has a form for comments."""
_LOOKED_AT = 65_536
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,300})", re.IGNORECASE)


def wall_by_headers(status: int, headers: Mapping[str, str]) -> str | None:
    """The product that held us up as the headers tell, None where it was the site itself."""
    if name := _first(_HEADERS, headers):
        return name
    if status in _REFUSALS and (name := _first(_EDGES, headers)):
        return name
    if status in _REFUSALS | _BUSY and _cloudflares_own(status, headers):
        return "Cloudflare"
    return None


def _first(table: tuple[tuple[str, str, str], ...], headers: Mapping[str, str]) -> str | None:
    for name, header, pattern in table:
        if re.search(pattern, headers.get(header, ""), re.IGNORECASE):
            return name
    return None


def _cloudflares_own(status: int, headers: Mapping[str, str]) -> bool:
    """A page that Cloudflare made: what it only passes on tells what its cache did with it. "Too many" and "busy" with a time
    to come back are no walls.
    """
    return (
        headers.get("server", "").lower() == "cloudflare"
        and "cf-cache-status" not in headers
        and headers.get("content-type", "").lower().startswith("text/html")
        and not (status in _BUSY and "retry-after" in headers)
    )


def wall_by_page(body: bytes) -> str | None:
    """The product whose challenge a page is; an empty name where it is one of nobody in particular, None where it is none."""
    page = body[:_LOOKED_AT].decode("utf-8", "replace").lower()
    for name, pattern in _SCRIPTS:
        if re.search(pattern, page):
            return name
    title = _TITLE.search(page)
    if (title and _TITLES.search(title[1])) or (len(body) <= _SMALL and _WORDS.search(page)):
        return "Cloudflare" if "cloudflare" in page else ""
    return None
