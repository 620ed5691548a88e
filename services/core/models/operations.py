"""Who is alive."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Beat(Base):
    """The last sign of life of one process: its role, what it runs and since when."""

    __tablename__ = "beats"

    role: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
