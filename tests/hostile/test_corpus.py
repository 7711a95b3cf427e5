"""Every file of the corpus is cropped or rejected, within limits on time and memory."""

import pytest

from tests.hostile.conftest import Trial
from tests.hostile.corpus import CORPUS
from tests.hostile.sandbox import Sandbox
from tests.hostile.specimens import NAMES, specimen

# Memory for a picture that turns out to be damaged. The largest in the corpus has 16 megapixels,
# whose coefficients take 32 MiB. Files that claim more must be rejected before decoding.
_REFUSED_KIB = 48 * 1024


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_file_of_every_kind_is_cropped(sandbox: Sandbox, name: str) -> None:
    answer = sandbox.try_file(specimen(name), width=40, height=30, format="png")

    assert answer.error == {}
    assert answer.size == (40, 30)


@pytest.mark.parametrize("name", CORPUS)
def test_a_file_is_answered(trial: Trial, name: str) -> None:
    assert name not in trial.deaths, trial.deaths[name]
    answer = trial.answers[name]

    if answer.status == 200:
        assert CORPUS[name].outcome != "rejected"
        assert answer.size == answer.expected == (40, 40)
    else:
        assert CORPUS[name].outcome != "accepted", answer.error
        assert 400 <= answer.status < 500
        assert {"error", "code"} <= set(answer.error)
        details = answer.error.get("details", "").replace("multipart/form-data", "")
        assert "/" not in details, "an internal path"
    assert answer.leaked == ()


def test_the_corpus_is_large() -> None:
    outcomes = [case.outcome for case in CORPUS.values()]

    assert outcomes.count("rejected") >= 200
    assert outcomes.count("accepted") >= 20


def test_a_rejected_file_uses_little_memory(trial: Trial) -> None:
    peaks = {name: answer.peak for name, answer in trial.answers.items() if answer.status != 200}
    if not any(peaks.values()):
        pytest.skip("needs Linux")

    assert {name: peak for name, peak in peaks.items() if peak > _REFUSED_KIB} == {}


def test_no_library_writes_to_the_log(trial: Trial) -> None:
    assert trial.written == ""
