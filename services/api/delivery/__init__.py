"""Webhooks: sends streams to addresses that asked for them. One courier in each API process; the database says who has which in hand."""

from services.api.delivery.courier import Courier
from services.api.delivery.send import ping

__all__ = ["Courier", "ping"]
