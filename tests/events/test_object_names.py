"""The ids of jobs and the names of results, made of the objects' own."""

import uuid

from hypothesis import assume, given
from hypothesis import strategies as st

from handler.codec import FORMATS, Format
from handler.events.object_names import job_id, result_filename

FILENAMES = st.one_of(
    st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1),
    st.from_regex(r"[ab](_smartcrop|\.smartcrop|\.jpg|\.JPG|\.jpeg|\.webp){0,4}", fullmatch=True),
)
FORMAT = st.sampled_from(list(FORMATS.values()))
# As `OutputSize.filename_suffix`: no underscore, and not the word in all names.
SIZE = st.none() | st.sampled_from(["a", "1-1", "smart", "jpg", "webp-smartcrop"])
JOB = st.tuples(st.text(), st.text(), st.text(), st.text())


def test_a_result_keeps_the_extension_that_fits_its_format() -> None:
    jpeg, webp, tiff = FORMATS["jpeg"], FORMATS["webp"], FORMATS["tiff"]

    assert result_filename("me.jpg", jpeg) == "me_smartcrop.jpg"
    assert result_filename("IMG_1.JPG", jpeg) == "IMG_1_smartcrop.JPG"
    assert result_filename("me.jpeg", jpeg) == "me_smartcrop.jpeg"
    assert result_filename("scan.tiff", tiff) == "scan_smartcrop.tiff"
    assert result_filename("scan.TIF", tiff) == "scan_smartcrop.TIF"
    assert result_filename("me.jpg", webp) == "me.jpg.smartcrop.webp"
    assert result_filename("me", jpeg) == "me.smartcrop.jpg"
    assert result_filename(".jpg", jpeg) == ".jpg.smartcrop.jpg"


def test_the_name_of_a_result_has_its_size() -> None:
    jpeg, webp = FORMATS["jpeg"], FORMATS["webp"]

    assert result_filename("IMG_1.JPG", jpeg, "1-1") == "IMG_1_smartcrop_1-1.JPG"
    assert result_filename("me.jpg", webp, "1-1") == "me.jpg.smartcrop_1-1.webp"


@given(
    one=st.tuples(FILENAMES, SIZE),
    other=st.tuples(FILENAMES, SIZE),
    formats=st.tuples(FORMAT, FORMAT),
)
def test_no_two_sources_or_sizes_have_results_of_one_name(
    one: tuple[str, str | None], other: tuple[str, str | None], formats: tuple[Format, Format]
) -> None:
    assume(one != other)

    names = [
        result_filename(each[0], format_, each[1])
        for each, format_ in zip((one, other), formats, strict=True)
    ]
    assert names[0] != names[1]


@given(job=JOB)
def test_the_same_job_has_the_same_id_in_every_process(job: tuple[str, str, str, str]) -> None:
    assert job_id(*job) == job_id(*job)
    assert uuid.UUID(job_id(*job)).version == 5


def test_the_ids_of_jobs_do_not_change_between_versions() -> None:
    assert job_id("uploads", "a.jpg", "etag", '{"width":5}') == str(
        uuid.UUID("ed543a40-665d-5859-a4bd-f2c541a187cb")
    )


@given(one=JOB, other=JOB)
def test_another_job_has_another_id(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    assume(one != other)

    assert job_id(*one) != job_id(*other)


@given(id_=st.uuids(), rest=st.tuples(st.text(), st.text(), st.text()))
def test_the_id_is_that_of_the_upload_form(id_: uuid.UUID, rest: tuple[str, str, str]) -> None:
    bucket, version, settings = rest

    assert job_id(bucket, f"uploads/{id_}/a.jpg", version, settings) == str(id_)


@given(id_=st.uuids())
def test_other_keys_have_no_id_of_an_upload_form(id_: uuid.UUID) -> None:
    keys = [f"uploads/{id_}", f"uploads/{id_}/", f"uploads/{id_}/a/b.jpg", f"x/uploads/{id_}/a.jpg"]
    keys += [f"Uploads/{id_}/a.jpg", f"uploads/{id_.hex}/a.jpg", f"uploads/{id_}x/a.jpg"]

    assert str(id_) not in {job_id("bucket", key, "", "") for key in keys}
