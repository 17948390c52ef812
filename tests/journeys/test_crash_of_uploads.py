"""`kill -9` while pictures are uploaded and replaced: nothing acknowledged is lost, no picture lacks a file."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests import databases, serving
from tests.media.desk import picture

UPLOADERS = 3


@pytest.fixture
def crash_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'nashra.db'}"
    return databases.create(request.getfixturevalue("postgresql"), "nashra_uploads")


class Uploader(threading.Thread):
    """Uploads pictures until the server is gone, and replaces every other one; remembers what was acknowledged."""

    def __init__(self, address: str, token: str, number: int) -> None:
        super().__init__(daemon=True)
        self.address, self.number = address, number
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}
        self.sizes: dict[str, int] = {}
        """Width by id, as it was last answered."""

    def run(self) -> None:
        with httpx.Client(base_url=self.address, headers=self.headers, timeout=10) as client:
            try:
                for turn in range(1_000):
                    self.upload(client, turn * UPLOADERS + self.number)
            except httpx.TransportError:
                return

    def upload(self, client: httpx.Client, number: int) -> None:
        answer = client.post("/v1/desk/media", content=picture(40 + number % 400, 30, f"#{number:06x}"))
        if answer.status_code != 201:
            return
        id, width = answer.json()["id"], answer.json()["width"]
        self.sizes[id] = width
        if number % 2:
            new = picture(41 + number % 400, 31, f"#{number:06x}")
            self.sizes.pop(id)  # either of the two, when the crash comes now
            if client.put(f"/v1/desk/media/{id}/file", content=new, headers={"If-Match": "*"}).status_code == 200:
                self.sizes[id] = width + 1


def have_acknowledged(uploaders: list[Uploader], enough: int) -> bool:
    return sum(len(uploader.sizes) for uploader in uploaders) >= enough


def test_no_picture_lacks_a_file_after_a_crash(crash_url: str, tmp_path: Path) -> None:
    token = serving.command("token", "create", "--name", "desk", "--role", "admin", url=crash_url).stdout.strip()
    settings = {
        "NASHRA_MEDIA_STORE": str(tmp_path / "media"),
        "NASHRA_MEDIA_ORIGINALS": str(tmp_path / "originals"),
        "NASHRA_MEDIA_WIDTHS": "320",
        "NASHRA_MEDIA_CROPS": "square=1:1",
        "NASHRA_MEDIA_PROCESSES": "2",
    }
    acknowledged: dict[str, int] = {}
    for enough in (4, 7):
        with serving.served(crash_url, **settings) as (address, process):
            uploaders = [Uploader(address, token, number + len(acknowledged)) for number in range(UPLOADERS)]
            for uploader in uploaders:
                uploader.start()
            serving.until(partial(have_acknowledged, uploaders, enough))
            os.killpg(process.pid, signal.SIGKILL)
            for uploader in uploaders:
                uploader.join(timeout=20)
                acknowledged |= uploader.sizes
    with serving.served(crash_url, **settings) as (address, _):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers) as client:
            page = client.get("/v1/desk/media?limit=100").raise_for_status().json()["data"]
            for made in page:
                for one in made["renditions"]:
                    file = client.get(httpx.URL(one["url"]).path)
                    assert (file.status_code, len(file.content)) == (200, one["bytes"])
                assert client.get(f"/v1/desk/media/{made['id']}/file").status_code == 200
            for id, width in acknowledged.items():
                assert client.get(f"/v1/desk/media/{id}").json()["width"] == width
