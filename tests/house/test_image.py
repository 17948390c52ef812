"""The image and the compose file: what must outlive a container lies on a volume."""

from __future__ import annotations

from app.kit.migrations import ROOT

DATA = "/data"


def test_pictures_backups_and_the_file_of_takedowns_outlive_the_container() -> None:
    image = (ROOT / "Dockerfile").read_text("utf-8")
    assert f"NASHRA_TAKEDOWNS_FILE={DATA}/" in image
    assert f"NASHRA_MEDIA_STORE={DATA}/" in image
    assert f"NASHRA_MEDIA_ORIGINALS={DATA}/" in image
    assert f"VOLUME {DATA}" in image
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    mounted = [line.strip() for line in compose.splitlines() if line.strip().startswith("- ") and DATA in line]
    assert [line for line in mounted if "db-data" not in line] == [  # not in memory
        f"- api-data:{DATA}",
        f"- s3-data:{DATA}",
    ]
    assert "\n  api-data:" in compose.partition("\nvolumes:")[2]
