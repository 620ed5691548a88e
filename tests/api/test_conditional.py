import pytest

from services.api.conditional import accepts_gzip, compressed, etag_of, matching

TAG = etag_of("latest", 7)


def test_a_tag_is_strong_and_decided_by_every_part():
    assert TAG.startswith('"')
    assert etag_of("latest", 7) == TAG
    assert TAG not in {etag_of("latest", 8), etag_of("latest7"), etag_of("latest", 7, "")}


@pytest.mark.parametrize("header", ["*", TAG, f"W/{TAG}", f'"other", {TAG}', f'{TAG},"other"'])
def test_a_known_tag_is_found(header):
    assert matching(header, TAG) == TAG


def test_the_tag_of_the_compressed_form_is_found_as_itself():
    assert matching(compressed(TAG), TAG) == compressed(TAG)


@pytest.mark.parametrize("header", [None, "", '"other"', TAG.strip('"'), TAG[:-2] + '"'])
def test_any_other_tag_is_not(header):
    assert matching(header, TAG) is None


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("GZIP;q=1.0, br", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0.0, *", False),
    ],
)
def test_gzip_is_used_only_where_it_is_taken(header, taken):
    assert accepts_gzip(header) is taken
