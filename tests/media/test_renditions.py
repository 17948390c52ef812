"""Which renditions a picture gets, and that each is what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.media.decoding.outputs import Crop as ChildCrop
from app.media.decoding.outputs import Plan as ChildPlan
from app.media.decoding.outputs import outputs_of
from app.media.pictures import Plan
from app.settings.media import MediaSettings, crops_of
from tests.media.drawn import BLUE, GREEN, PLAN, RED, YELLOW, decoded, decoded_here, gif, near, quarters, written

DEFAULTS = MediaSettings()


def names(width: int, height: int, settings: MediaSettings = DEFAULTS) -> list[str]:
    """Names of the outputs with their sizes where the name does not tell."""
    plan = Plan.of(settings)
    crops = tuple(ChildCrop(*crop) for crop in plan.crops)
    child = ChildPlan("", "JPEG", plan.widths, crops, False, plan.max_pixels, (0.5, 0.5), False)
    return sorted(f"{output.name}:{output.height}" for output in outputs_of(child, width, height))


def test_a_landscape_gets_all_widths_and_crops_that_fit() -> None:
    assert names(6000, 4000) == sorted(
        "w320:213 w640:427 w960:640 w1280:853 w1920:1280 social:630"
        " wide-320:180 wide-640:360 wide-960:540 wide-1280:720"
        " square-320:320 square-640:640 square-960:960 square-1280:1280".split()
    )


def test_a_portrait_gets_crops_as_wide_as_it_is() -> None:
    assert names(1000, 3000) == sorted(
        "w320:960 w640:1920 w960:2880 w1000:3000 wide-320:180 wide-640:360 wide-960:540"
        " square-320:320 square-640:640 square-960:960".split()
    )


def test_a_small_picture_gets_its_own_width_and_nothing_wider() -> None:
    assert names(200, 100) == ["w200:100"]
    assert names(1280, 500) == sorted(
        "w320:125 w640:250 w960:375 w1280:500 wide-320:180 wide-640:360 square-320:320".split()
    )


def test_a_picture_of_exactly_the_largest_width_gets_it_once() -> None:
    assert [name for name in names(1920, 10) if name.startswith("w")] == [
        "w1280:7", "w1920:10", "w320:2", "w640:3", "w960:5",
    ]  # fmt: skip


def test_a_crop_of_a_size_is_left_out_when_the_picture_is_smaller() -> None:
    assert "social:630" in names(1200, 630)
    assert "social:630" not in names(1199, 5000)
    assert "social:630" not in names(5000, 629)


def test_crops_are_made_from_what_is_large_enough() -> None:
    """A square out of a panorama needs more of it than the widest rendition has; the least reduced comes first."""
    plan = Plan.of(DEFAULTS)
    crops = tuple(ChildCrop(*crop) for crop in plan.crops)
    child = ChildPlan("", "JPEG", plan.widths, crops, False, plan.max_pixels, (0.5, 0.5), False)
    outputs = outputs_of(child, 8000, 1000)
    assert outputs[0].name == "square-960"
    assert outputs[0].scale == pytest.approx(0.96)
    assert [output.scale for output in outputs] == sorted((output.scale for output in outputs), reverse=True)


def test_the_recipe_follows_the_settings_but_not_the_focal_point_or_the_limit() -> None:
    plan = Plan.of(DEFAULTS)
    assert Plan.of(DEFAULTS, (0.1, 0.2)).recipe == replace(plan, max_pixels=1).recipe == plan.recipe
    others = [replace(plan, widths=(320,)), replace(plan, is_avif=True), replace(plan, crops=crops_of(("wide=16:10",)))]
    assert len({plan.recipe, *(other.recipe for other in others)}) == 4


async def test_each_file_is_what_is_said_of_it(tmp_path: Path) -> None:
    made = await decoded(tmp_path, written(quarters()), replace(PLAN, is_avif=True))
    wholes = [f"w{width}.{kind}" for width in (16, 32, 64) for kind in ("webp", "jpg", "avif")]
    wides = [f"wide-{width}.{kind}" for width in (16, 32, 64) for kind in ("webp", "jpg", "avif")]
    squares = [f"square-{width}.{kind}" for width in (16, 32) for kind in ("webp", "jpg", "avif")]
    assert made.names == [*wholes, *wides, *squares, "social.jpg"]
    assert {path.name for path in made.folder.iterdir()} == set(made.names)
    for rendition in made.picture.renditions:
        image = made.read(rendition.filename)
        assert image.size == (rendition.width, rendition.height)
        assert Image.MIME[image.format or ""] == rendition.mime_type
        assert (made.folder / rendition.filename).stat().st_size == rendition.bytes
        assert not rendition.animated
        assert rendition.name.startswith(rendition.crop or "w")
    assert (made.picture.mime_type, made.picture.extension) == ("image/jpeg", "jpg")
    assert (made.picture.width, made.picture.height, made.picture.animated) == (80, 60, False)


def test_renditions_show_the_picture(tmp_path: Path) -> None:
    made = decoded_here(tmp_path, written(quarters()))
    for filename in ("w64.webp", "w16.jpg", "wide-32.webp", "social.jpg"):
        for place, colour in {(0.1, 0.1): RED, (0.9, 0.1): GREEN, (0.1, 0.9): BLUE, (0.9, 0.9): YELLOW}.items():
            assert near(made.colour(filename, *place), colour), filename


def test_crops_keep_the_focal_point_x_from_the_left_y_from_the_top(tmp_path: Path) -> None:
    content = written(quarters(200, 60))
    right = decoded_here(tmp_path, content, replace(PLAN, focal_point=(0.9, 0.5), only_crops=True))
    assert right.names == [
        "wide-16.webp", "wide-16.jpg", "wide-32.webp", "wide-32.jpg", "wide-64.webp", "wide-64.jpg",
        "square-16.webp", "square-16.jpg", "square-32.webp", "square-32.jpg", "social.jpg",
    ]  # fmt: skip
    assert near(right.colour("square-32.jpg", 0.1, 0.1), GREEN)
    assert near(right.colour("square-32.jpg", 0.1, 0.9), YELLOW)
    high = decoded_here(tmp_path, written(quarters(60, 200)), replace(PLAN, focal_point=(0.5, 0.1)))
    assert near(high.colour("square-32.jpg", 0.1, 0.9), RED)
    assert near(high.colour("square-32.jpg", 0.9, 0.9), GREEN)


def stored(orientation: int) -> bytes:
    """A picture that shows the quarters once it is turned as its EXIF says."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = quarters()
    exif = Image.Exif()
    exif[0x0112] = orientation
    return written(image.transpose(back[orientation]) if orientation in back else image, exif=exif)


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    made = decoded_here(tmp_path, stored(orientation), replace(PLAN, crops=()))
    assert (made.picture.width, made.picture.height) == (80, 60)
    assert made.read("w64.jpg").size == (64, 48)
    for place, colour in {(0.1, 0.1): RED, (0.9, 0.1): GREEN, (0.1, 0.9): BLUE, (0.9, 0.9): YELLOW}.items():
        assert near(made.colour("w64.jpg", *place), colour)


def test_transparency_stays_and_png_stands_in_place_of_jpeg(tmp_path: Path) -> None:
    image = quarters().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 40, 60))
    made = decoded_here(tmp_path, written(image, "PNG"))
    assert {name for name in made.names if name.startswith("w64")} == {"w64.webp", "w64.png"}
    assert made.colour("w64.png", 0.1)[3] == made.colour("w64.webp", 0.1)[3] == 0
    assert made.colour("w64.png", 0.9)[3] == 255
    assert near(made.colour("social.jpg", 0.1), (255, 255, 255))


def test_an_alpha_channel_that_hides_nothing_is_no_transparency(tmp_path: Path) -> None:
    made = decoded_here(tmp_path, written(quarters().convert("RGBA"), "PNG"))
    assert {name.partition(".")[2] for name in made.names} == {"webp", "jpg"}


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_an_animation_has_one_animated_rendition_and_stills(tmp_path: Path, format: str) -> None:
    frames = [Image.new("RGB", (700, 70), colour) for colour in (RED, GREEN, BLUE)]
    content = written(frames[0], format, save_all=True, append_images=frames[1:], duration=[200, 300, 400], loop=0)
    made = decoded_here(tmp_path, content)
    assert made.picture.animated
    animated = [rendition for rendition in made.picture.renditions if rendition.animated]
    assert [(one.filename, one.width, one.height) for one in animated] == [("w640.webp", 640, 64)]
    film = made.read("w640.webp")
    durations = []
    for frame, colour in enumerate((RED, GREEN, BLUE)):
        film.seek(frame)
        film.load()
        durations.append(film.info["duration"])
        assert near(film.convert("RGB").getpixel((300, 30)), colour)  # type: ignore[arg-type]  # of an RGB image
    assert (film.n_frames, durations, film.info["loop"]) == (3, [200, 300, 400], 0)  # type: ignore[attr-defined]
    for name in set(made.names) - {"w640.webp"}:
        assert getattr(made.read(name), "n_frames", 1) == 1
        assert near(made.colour(name), RED)


def test_a_small_animation_stands_in_place_of_the_still_webp_of_its_width(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, GREEN)]
    content = written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    made = decoded_here(tmp_path, content, replace(PLAN, crops=()))
    assert made.names.count("w40.webp") == 1
    assert [rendition.filename for rendition in made.picture.renditions if rendition.animated] == ["w40.webp"]
    assert "w40.jpg" in made.names
    assert made.read("w40.webp").info["loop"] == 1  # a GIF that does not say is played once


def test_a_gif_of_one_frame_is_a_still(tmp_path: Path) -> None:
    made = decoded_here(tmp_path, gif(40, 30, 1))
    assert not made.picture.animated
    assert not any(rendition.animated for rendition in made.picture.renditions)


def test_a_strip_that_is_too_high_for_webp_is_given_as_jpeg(tmp_path: Path) -> None:
    made = decoded_here(tmp_path, written(Image.new("RGB", (16, 20_000), RED)), replace(PLAN, crops=()))
    assert made.names == ["w16.jpg"]


def test_the_placeholder_has_the_mean_colour_and_a_thumbhash(tmp_path: Path) -> None:
    made = decoded_here(tmp_path, written(Image.new("RGB", (80, 60), RED), "PNG"))
    assert made.picture.placeholder["color"] == "#dc1414"
    assert len(made.picture.placeholder["thumbhash"]) == 28
