"""Addresses: which ones may be fetched, and which two of them lead to the same article. Pure, never the network.

`canonical_url` gives a key, not an address: it is compared and stored beside the publisher's own URL and never
fetched. Its rules are the tables of `core.urls.tables`, and what editors add to them (`AddressRules`). They err on one side: two spellings that stay apart cost a reader one
double, two articles that fall together cost an article. So a parameter goes only where its name says that it
tracks, or where its name may and its value says so; the case of paths stays, and so does an unknown parameter.
"""

from services.core.urls.anew import Keys, keys_anew
from services.core.urls.check import check_http_url, first_http_url, host_of, is_settled
from services.core.urls.keys import (
    KEY_VERSION,
    canonical_url,
    is_decoration,
    is_front_page,
    is_registrable,
    key_host,
)
from services.core.urls.parts import MAX_URL
from services.core.urls.rules import BUILT_IN, AddressRules, ends

__all__ = [
    "BUILT_IN",
    "KEY_VERSION",
    "MAX_URL",
    "AddressRules",
    "Keys",
    "canonical_url",
    "check_http_url",
    "ends",
    "first_http_url",
    "host_of",
    "is_decoration",
    "is_front_page",
    "is_registrable",
    "is_settled",
    "key_host",
    "keys_anew",
]
