"""The desk of pictures for tests: small files, drawn here, and what an editor does with them."""

from __future__ import annotations

import io
import json as jsons
from typing import Any
from urllib.parse import quote

import httpx
from PIL import Image, ImageDraw

from app.job_kinds import JOB_KINDS
from app.jobs.worker import Worker
from tests.newsroom import Newsroom

FEW = {"media_widths": ("320", "640"), "media_crops": ("wide=16:9",)}
"""Settings with few renditions: a picture takes a third of the time."""


def picture(width: int = 400, height: int = 300, colour: str = "#336699", kind: str = "JPEG", **options: Any) -> bytes:
    """A file with a disc in its middle, another for each colour."""
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill="#ddaa33")
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


class MediaDesk:
    """Uploads and changes by a member of the staff."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room

    async def send(
        self,
        content: bytes,
        *,
        method: str = "POST",
        path: str = "",
        by: str = "admin",
        kind: str = "image/jpeg",
        name: str | None = "صورة.jpg",
        expect: int | None = 201,
        **headers: str,
    ) -> httpx.Response:
        """The file as the body of a request."""
        sent = {header.replace("_", "-"): value for header, value in headers.items()}
        sent |= {"Authorization": f"Bearer {self.room.tokens[by]}", "Content-Type": kind}
        if name is not None:
            sent["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        answer = await self.room.client.request(method, f"/v1/desk/media{path}", content=content, headers=sent)
        assert expect is None or answer.status_code == expect, answer.text
        return answer

    async def form(
        self,
        content: bytes,
        data: Any = None,
        *,
        by: str = "admin",
        path: str = "",
        method: str = "POST",
        kind: str = "image/jpeg",
        expect: int | None = 201,
        **headers: str,
    ) -> httpx.Response:
        """The file in a form, with its fields."""
        sent = {header.replace("_", "-"): value for header, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.room.tokens[by]}"
        fields = {} if data is None else {"data": jsons.dumps(data)}
        answer = await self.room.client.request(
            method, f"/v1/desk/media{path}", files={"file": ("ليل.jpg", content, kind)}, data=fields, headers=sent
        )
        assert expect is None or answer.status_code == expect, answer.text
        return answer

    async def upload(self, colour: str = "#336699", *, by: str = "admin", **data: Any) -> dict[str, Any]:
        """A picture in the library."""
        return dict((await self.form(picture(colour=colour), data or None, by=by)).json())

    async def change(self, media: dict[str, Any], *, by: str = "admin", **fields: Any) -> dict[str, Any]:
        url, version = f"/media/{media['id']}", f'"{media["version"]}"'
        return dict((await self.room.desk("PATCH", url, fields, by=by, if_match=version)).json())

    async def read(self, media: dict[str, Any], *, by: str = "admin") -> dict[str, Any]:
        return dict((await self.room.desk("GET", f"/media/{media['id']}", by=by)).json())

    async def work_off(self) -> int:
        """Runs all jobs that are due; returns how many."""
        return await Worker(self.room.app.state.database, self.room.settings, JOB_KINDS).work_off()
