"""Settings of the worker, metrics and logs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.settings.group import Secret, SettingsGroup


class OperationSettings(SettingsGroup):
    """What operators run and see."""

    worker: bool = Field(True, description="`serve` starts one worker process of its own, which runs background jobs.")
    metrics_token: Secret = Field("", description="Bearer token for `/metrics` (else: loopback only).")
    access_log: bool = Field(False, description="A line for every request; a proxy in front usually writes one.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Logs as lines of text, or as JSON.")
