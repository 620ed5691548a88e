"""Walls against robots: told from refusals of the site itself, and from pages that only speak of captchas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.walls import wall_by_headers, wall_by_page

HTML = {"content-type": "text/html; charset=UTF-8"}


@pytest.mark.parametrize(
    ("status", "headers", "name"),
    [
        (403, {"cf-mitigated": "challenge", "server": "cloudflare"}, "Cloudflare"),
        (200, {"cf-mitigated": "challenge"}, "Cloudflare"),
        (202, {"x-amzn-waf-action": "challenge"}, "AWS WAF"),
        (429, {"x-vercel-mitigated": "challenge"}, "Vercel"),
        (202, {"sg-captcha": "challenge"}, "SiteGround"),
        (403, {"x-sucuri-block": "IP"}, "Sucuri"),
        (403, {"x-datadome": "protected"}, "DataDome"),
        (403, {"x-iinfo": "12-34"}, "Imperva Incapsula"),
        (403, {"set-cookie": "visid_incap_1=x"}, "Imperva Incapsula"),
        (403, {"server": "AkamaiGHost"}, "Akamai"),
        (403, {"server": "ddos-guard"}, "DDoS-Guard"),
        (401, {"server": "QRATOR"}, "Qrator"),
        (403, {"server": "cloudflare", **HTML}, "Cloudflare"),
        (503, {"server": "cloudflare", **HTML}, "Cloudflare"),
    ],
)
def test_a_wall_is_known_by_its_headers(status, headers, name):
    assert wall_by_headers(status, headers) == name


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {}),
        (403, {"server": "nginx", **HTML}),
        (200, {"server": "ddos-guard"}),
        (200, {"x-iinfo": "12-34"}),
        (404, {"server": "AkamaiGHost"}),
        (503, {"server": "AkamaiGHost"}),
        (200, {"x-datadome": "protected"}),
        (403, {"server": "cloudflare", "cf-cache-status": "DYNAMIC", **HTML}),
        (403, {"server": "cloudflare", "content-type": "text/plain"}),
        (503, {"server": "cloudflare", "retry-after": "60", **HTML}),
        (429, {"server": "cloudflare", "retry-after": "60", **HTML}),
        (304, {"server": "cloudflare", **HTML}),
    ],
)
def test_what_a_guarding_network_only_passes_on_is_no_wall(status, headers):
    assert wall_by_headers(status, headers) is None


def page(title: str = "", body: str = "", *, size: int = 0) -> bytes:
    return f"<html><head><title>{title}</title></head><body>{body}{'x' * size}</body></html>".encode()


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (page("Just a moment..."), ""),
        (page("Just a moment...", "<script>window._cf_chl_opt={}</script>"), "Cloudflare"),
        (page("Attention Required! | Cloudflare"), "Cloudflare"),
        (page("DDoS protection by somebody"), ""),
        (page("Access Denied", "Reference&#32;&#35;18.2f https://errors.edgesuite.net/18.2f"), "Akamai"),
        (page(body="<iframe src='/_Incapsula_Resource?x=1'></iframe>"), "Imperva Incapsula"),
        (page(body="<div id='px-captcha'></div>", size=90_000), "PerimeterX"),
        (page(body="<script src='https://ct.captcha-delivery.com/c.js'>"), "DataDome"),
        (page(body="Please enable JavaScript and cookies to continue"), ""),
        (page("Проверка браузера"), ""),
        (page(body="<div class='g-recaptcha'></div>"), ""),
        (page("Making sure", "<link href='/.within.website/x/cmd/anubis/static/a.css'>"), "Anubis"),
    ],
)
def test_a_challenge_is_known_by_its_page(document, name):
    assert wall_by_page(document) == name


@pytest.mark.parametrize(
    "document",
    [
        b"",
        page("News of the valley", "Nothing happened."),
        page("News of the valley", "<div class='g-recaptcha'></div>", size=40_000),
        page("The valley", "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"),
    ],
)
def test_an_ordinary_page_is_no_wall(document):
    assert wall_by_page(document) is None


@given(
    st.binary(max_size=300), st.integers(0, 999), st.dictionaries(st.text(max_size=20), st.text(max_size=40))
)
def test_nothing_that_a_server_says_is_an_error(body, status, headers):
    assert isinstance(wall_by_page(body), str | None)
    assert isinstance(wall_by_headers(status, headers), str | None)
