"""Every kind of file becomes the same image, and nothing but the typed error comes out of a bad one."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageCms

from affectface.arrays import Image
from affectface.errors import ImageError
from affectface.images import WRITABLE, read_image, write_image
from affectface.provenance import Provenance


def gradient(height: int = 24, width: int = 40) -> Image:
    y, x = np.mgrid[:height, :width]
    return np.stack([y * 255 // height, x * 255 // width, (x + y) * 255 // (height + width)], axis=2).astype(np.uint8)


def saved(picture: PIL.Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


class TestReading:
    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
    def test_lossless_kinds_return_the_pixels(self, kind: str) -> None:
        assert (read_image(saved(PIL.Image.fromarray(gradient()), kind)) == gradient()).all()

    def test_a_path_is_as_good_as_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "ü.png").write_bytes(saved(PIL.Image.fromarray(gradient()), "PNG"))
        assert (read_image(tmp_path / "ü.png") == gradient()).all()
        assert (read_image(str(tmp_path / "ü.png")) == gradient()).all()

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_exif_orientation(self, orientation: int) -> None:
        upright = gradient()
        stored = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.transpose(1, 0, 2),
            6: np.rot90(upright, 1),
            7: upright[::-1, ::-1].transpose(1, 0, 2),
            8: np.rot90(upright, -1),
        }[orientation]
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        data = saved(PIL.Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
        assert (read_image(data) == upright).all()

    def test_grey(self) -> None:
        grey = gradient()[..., 1]
        assert (read_image(saved(PIL.Image.fromarray(grey), "PNG")) == grey[..., None]).all()

    def test_one_bit(self) -> None:
        bits = PIL.Image.fromarray(gradient()[..., 1]).convert("1")
        assert set(np.unique(read_image(saved(bits, "PNG")))) == {0, 255}

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_16_bit_grey(self, kind: str) -> None:
        grey = gradient()[..., 1]
        picture = PIL.Image.fromarray(grey.astype(np.uint16) * 257)
        assert (read_image(saved(picture, kind)) == grey[..., None]).all()

    def test_16_bit_colour(self) -> None:
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in gradient().astype(np.uint16) * 257)

        def chunk(name: bytes, body: bytes) -> bytes:
            return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

        head = (40).to_bytes(4, "big") + (24).to_bytes(4, "big") + bytes([16, 2, 0, 0, 0])
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        assert np.abs(read_image(data).astype(int) - gradient()).max() <= 1

    @pytest.mark.parametrize("scale", [1.0, 255.0])
    def test_floats(self, scale: float) -> None:
        grey = gradient()[..., 1]
        values = grey.astype(np.float32) / 255 * scale
        values[0, 0] = np.nan
        result = read_image(saved(PIL.Image.fromarray(values), "TIFF"))
        assert np.abs(result[1:].astype(int) - grey[1:, :, None]).max() <= 1

    def test_transparency_is_laid_on_white(self) -> None:
        rgba = np.dstack([gradient(), np.full(gradient().shape[:2], 255, np.uint8)])
        rgba[:4, :, 3] = 0
        for kind in ("PNG", "TIFF"):
            result = read_image(saved(PIL.Image.fromarray(rgba), kind))
            assert (result[:4] == 255).all()
            assert (result[4:] == gradient()[4:]).all()

    def test_transparent_palette(self) -> None:
        palette = PIL.Image.new("P", (4, 4), 1)
        palette.putpalette([0, 0, 0, 10, 20, 30])
        assert (read_image(saved(palette, "PNG")) == [10, 20, 30]).all()
        assert (read_image(saved(palette, "PNG", transparency=1)) == 255).all()

    def test_cmyk(self) -> None:
        picture = PIL.Image.new("CMYK", (8, 8), (0, 255, 255, 0))
        assert (read_image(saved(picture, "JPEG", quality=95))[4, 4] > [200, -1, -1]).all()
        assert (read_image(saved(picture, "TIFF"))[4, 4] == [255, 0, 0]).all()

    def test_colour_profiles_are_converted(self) -> None:
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        assert (read_image(saved(PIL.Image.fromarray(gradient()), "PNG", icc_profile=lab)) == gradient()).all()
        broken = saved(PIL.Image.fromarray(gradient()), "PNG", icc_profile=b"not a profile at all")
        assert (read_image(broken) == gradient()).all()

    @pytest.mark.parametrize("kind", ["GIF", "WEBP"])
    def test_animations_give_their_first_frame(self, kind: str) -> None:
        frames = [PIL.Image.new("RGB", (16, 16), colour) for colour in ("red", "lime")]
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
        assert (read_image(data) == [255, 0, 0]).all()


class TestRefusing:
    def test_missing_folder_and_empty(self, tmp_path: Path) -> None:
        (tmp_path / "empty.png").touch()
        with pytest.raises(ImageError, match=r"missing\.png: cannot be read"):
            read_image(tmp_path / "missing.png")
        with pytest.raises(ImageError, match="is a folder"):
            read_image(tmp_path)
        with pytest.raises(ImageError, match="is empty"):
            read_image(tmp_path / "empty.png")
        with pytest.raises(ImageError, match="cannot be read"):
            read_image("bad\0name.png")

    @pytest.mark.parametrize("data", [b"x", b"hello world", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", bytes(1000)])
    def test_not_an_image(self, data: bytes) -> None:
        with pytest.raises(ImageError, match="not an image of a known kind"):
            read_image(data)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
    def test_truncated(self, kind: str) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        data = saved(PIL.Image.fromarray(noise), kind)
        with pytest.raises(ImageError, match=r"damaged or truncated|not an image"):
            read_image(data[: len(data) // 2])

    def test_decompression_bomb(self) -> None:
        data = bytearray(saved(PIL.Image.new("1", (64, 64)), "PNG"))
        data[16:24] = (40000).to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
        with pytest.raises(ImageError, match="million pixels; shrink it"):
            read_image(bytes(data))

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"]),
        st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
        st.floats(0.05, 1),
    )
    def test_damaged_files_give_an_image_or_the_typed_error(
        self, kind: str, changes: list[tuple[float, int]], kept: float
    ) -> None:
        data = bytearray(_VALID[kind])
        for place, value in changes:
            data[int(place * (len(data) - 1))] = value
        message = ""
        try:
            image = read_image(bytes(data[: int(len(data) * kept)]))
            assert image.dtype == np.uint8
            assert image.ndim == 3
            assert image.shape[2] == 3
        except ImageError as error:
            message = str(error)
        assert "\n" not in message


_VALID = {kind: saved(PIL.Image.fromarray(gradient()), kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")}


class TestWriting:
    @pytest.mark.parametrize("suffix", WRITABLE)
    @given(height=st.integers(1, 40), width=st.integers(1, 40))
    @settings(max_examples=10, deadline=None)
    def test_what_is_written_is_read(self, tmp_path_factory, suffix: str, height: int, width: int) -> None:
        file = tmp_path_factory.mktemp("out") / f"x{suffix}"
        write_image(file, gradient(height, width), Provenance())
        result = read_image(file)
        assert result.shape == (height, width, 3)
        if suffix in (".png", ".tif", ".tiff"):
            assert (result == gradient(height, width)).all()
        else:
            assert (
                np.abs(result.astype(int) - gradient(height, width)).mean() < 40
            )  # of a picture of few pixels, little of the colour stays

    def test_the_same_input_gives_the_same_bytes(self, tmp_path: Path) -> None:
        for suffix in WRITABLE:
            write_image(tmp_path / f"a{suffix}", gradient(), Provenance())
            write_image(tmp_path / f"b{suffix}", gradient(), Provenance())
            assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()

    def test_makes_the_folder_and_leaves_nothing_else(self, tmp_path: Path) -> None:
        write_image(tmp_path / "new" / "x.png", gradient(), Provenance())
        assert [file.name for file in (tmp_path / "new").iterdir()] == ["x.png"]

    def test_refusals(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match=r"unknown suffix '\.xyz'; use one of \.png"):
            write_image(tmp_path / "x.xyz", gradient(), Provenance())
        with pytest.raises(ImageError, match="unknown suffix ''"):
            write_image(tmp_path / "x", gradient(), Provenance())
        (tmp_path / "folder.png").mkdir()
        with pytest.raises(ImageError, match="is a folder"):
            write_image(tmp_path / "folder.png", gradient(), Provenance())
        (tmp_path / "file").touch()
        with pytest.raises(ImageError, match="cannot be written"):
            write_image(tmp_path / "file" / "x.png", gradient(), Provenance())
        with pytest.raises(ValueError, match="uint8"):
            write_image(tmp_path / "x.png", gradient().astype(float), Provenance())  # type: ignore[arg-type]

    def test_a_failed_write_keeps_the_old_file(self, tmp_path: Path) -> None:
        write_image(tmp_path / "x.webp", gradient(), Provenance())
        before = (tmp_path / "x.webp").read_bytes()
        with pytest.raises(ImageError, match="cannot be written"):
            write_image(tmp_path / "x.webp", np.zeros((1, 17000, 3), np.uint8), Provenance())  # too wide for WebP
        assert (tmp_path / "x.webp").read_bytes() == before
        assert len(list(tmp_path.iterdir())) == 1
