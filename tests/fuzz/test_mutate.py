"""The mutations, and the record of a run."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from handler.codec import Limits, open_picture
from handler.codec.further_formats import FURTHER
from handler.errors import SmartCropError
from tests.fuzz.containers.boxes import data_offset, moved
from tests.fuzz.corpus import corpus
from tests.fuzz.generate import TARGETS, generate
from tests.fuzz.inputs import Input
from tests.fuzz.mutate import container_of, mutate_file
from tests.fuzz.oracle import Find
from tests.fuzz.progress import BLOCK, Block, Progress
from tests.fuzz.settings_json import is_affordable, valid
from tests.fuzz.shrink import shrink
from tests.fuzz.specimens import specimens
from tests.hostile.specimens import NAMES, specimen

FILES = {name: specimen(name) for name in NAMES} | {
    f"{name}/{number}": data
    for name, files in specimens().items()
    for number, data in enumerate(files)
}
LIMITS = Limits(16 << 20)
_WITHOUT_PIECES = {"bmp", "ico", "tga", "psd", "jxl", *(each.name for each in FURTHER)}


@pytest.mark.parametrize("name", FILES)
def test_pieces_join_to_the_same_file(name: str) -> None:
    format_ = name.partition("/")[0]
    container = container_of(FILES[name], format_)
    if container is None:
        assert format_ in _WITHOUT_PIECES
    elif format_ == "tiff":  # the new directory is at the end
        joined = container.join(container.split(FILES[name]))
        assert open_picture(joined, LIMITS).size == open_picture(FILES[name], LIMITS).size
    else:
        assert container.join(container.split(FILES[name])) == FILES[name]


@pytest.mark.parametrize("format_", sorted({name.partition("/")[0] for name in FILES}))
def test_some_mutated_files_of_each_format_have_a_whole_header(format_: str) -> None:
    files = corpus()[format_]
    accepted = 0
    for number in range(100):
        rng = Random(number)
        data = mutate_file(rng, files.pick(rng), format_, lambda: files.whole[0])
        try:
            open_picture(data, LIMITS)
        except SmartCropError:
            continue
        accepted += 1
    assert 5 <= accepted <= 95


def test_locations_of_media_data_move_with_them() -> None:
    data = specimen("heic/still")
    offset = data_offset(data)
    assert offset is not None
    box = b"\0\0\0\x08free"
    longer = data[:offset] + box + data[offset:]

    assert data_offset(longer) == offset + len(box)
    assert moved(longer, len(box)) != longer
    assert moved(moved(longer, len(box)), -len(box)) == longer


def test_equal_numbers_are_equal_inputs() -> None:
    assert [generate(3, each) for each in range(300)] == [generate(3, each) for each in range(300)]
    assert generate(3, 1) != generate(4, 1)
    assert {generate(3, each).target for each in range(300)} == set(TARGETS)


def test_valid_settings_are_mostly_accepted_and_small() -> None:
    kept = [valid(Random(each)) for each in range(200)]
    assert all(len(each) >= 2 for each in kept)
    assert is_affordable('{"width": 40, "height": 40}')
    assert not is_affordable('{"width": 5000, "height": 5000}')


def test_a_find_is_reduced() -> None:
    input_ = Input("image", "png", specimen("png/rgb") + b"fault", {"settings": "{}"})
    reduced = shrink(input_, lambda each: b"fault" in each.data, seconds=20)
    assert (reduced.data, reduced.options) == (b"fault", {})


def test_a_run_goes_on_from_its_record(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    line = {"target": "image", "label": "png", "status": "200", "code": "", "decoded": True}
    block = Block(1)
    block.add({**line, "seconds": 0.5})
    block.end({"rss": 5, "in_use": 3, "files": 4, "lines": [["png", 7]]})
    progress.add(block)
    progress.save(Find("status", "500"), Input("image", "png", b"longer"))
    progress.save(Find("status", "500"), Input("image", "png", b"short"))
    record = tmp_path / "blocks.jsonl"
    record.write_text(record.read_text() + '{"number": 2, "co')

    again = Progress(tmp_path)

    assert again.counts == Counter({("image", "png", "200", "decoded"): 1})
    assert again.lines == {("png", 7)}
    assert [number for number, _ in zip(again.next_blocks(), range(3), strict=False)] == [0, 2, 3]
    (saved,) = again.finds.values()
    assert saved.path is not None
    assert Input.from_file(saved.path.read_bytes()).data == b"short"
    assert saved.times == 2
    assert BLOCK > 0
