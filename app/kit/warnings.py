"""Warnings about accepted but changed input, in the client's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.requests import Request

from app.text.messages import message, negotiate


def localised(request: Request, warnings: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Add to each warning `{"code", …params}` its message in the language of `Accept-Language`."""
    language = negotiate(request.headers.get("accept-language"), request.app.state.settings.language)
    return [
        {
            "code": warning["code"],
            "message": message(f"warning.{warning['code']}", language, warning),
            "params": {name: value for name, value in warning.items() if name != "code"},
        }
        for warning in warnings
    ]
