"""Templates to bytes, and the static files with their versions. Everything a feed said is escaped."""

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from services.api import words
from services.api.formats.view import stamp
from services.api.tree import LabelTree

MEDIA_TYPE = "text/html; charset=utf-8"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file of the pages; `version` changes with its bytes."""

    body: bytes
    media_type: str
    version: str


def _static_files() -> dict[str, StaticFile]:
    found = {}
    for path in sorted((_HERE / "static").iterdir()):
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith("javascript")
        media_type = f"{kind}; charset=utf-8" if text else kind
        found[path.name] = StaticFile(body, media_type, hashlib.blake2b(body, digest_size=6).hexdigest())
    return found


STATIC = _static_files()


def static_url(name: str) -> str:
    """The address of a static file, by which it can be kept for ever."""
    return f"/static/{name}?v={STATIC[name].version}"


def safe_url(url: str | None) -> str:
    """An address that may stand in a link: http and https only, whatever a publisher wrote."""
    try:
        scheme = urlsplit(url or "").scheme.lower()
    except ValueError:
        scheme = ""
    return url if url and scheme in {"http", "https"} else "#"


def _prose(text: str) -> Markup:
    """A description with its `names` set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped in this line)


def _age(then: datetime | None, now: datetime) -> str:
    return words.age(then, now) if then else "never"


def _clock(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _label_names(tree: LabelTree) -> dict[str, str]:
    return {f"{node.kind}/{node.slug}": node.name for node in tree.nodes}


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "age": _age,
        "clock": _clock,
        "day": words.day,
        "number": words.number,
        "prose": _prose,
        "public_url": words.public_url,
        "stamp": stamp,
        "safe_url": safe_url,
        "span": words.span,
    }
    made.globals |= {"static": static_url, "counted": words.counted, "label_names": _label_names}
    return made


_ENVIRONMENT = _environment()


def page(template: str, **values: Any) -> bytes:
    """One page as UTF-8."""
    return _ENVIRONMENT.get_template(template).render(**values).encode()
