"""Who is alive."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.core.models.base import Base


class Beat(Base):
    """The last sign of life of one process: its role, what it runs and since when."""

    __tablename__ = "beats"

    role: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class Meter(Base):
    """One series of what all processes have counted since the database was made. `name` and `labels` as Prometheus is told;
    the values of labels stand in the order of their names.
    """

    __tablename__ = "meters"

    name: Mapped[str] = mapped_column(primary_key=True)
    labels: Mapped[list[str]] = mapped_column(ARRAY(Text), primary_key=True)
    value: Mapped[float]


class Backlog(Base):
    """What waited before one stage in one minute; kept for a day."""

    __tablename__ = "backlog"

    stage: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    waiting: Mapped[int]
