import pytest

from signaling.study.arrival import Arrival, read_arrival
from signaling.study.refusal import StudyRefusal


def test_a_link_names_its_participant_in_one_of_two_ways():
    assert read_arrival({"participant": "Ann-7", "name": "x"}) == Arrival("Ann-7")
    told = {"PROLIFIC_PID": "5f1", "STUDY_ID": "s1", "SESSION_ID": "v1"}
    assert read_arrival(told) == Arrival("5f1", "s1", "v1")
    assert read_arrival({**told, "participant": "5f1"}) == Arrival("5f1", "s1", "v1")
    assert read_arrival({"participant": "x" * 64}).participant == "x" * 64


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x",
        "..",
        "a/b",
        "a\\b",
        "a b",
        "ann\n",
        "a" * 65,
        "änn",
        "<img onerror=x>",
        "\u202eann",
        "a\0b",
        "\u0661",
        7,
        ["a"],
        True,
    ],
)
def test_anything_but_letters_digits_and_hyphens_is_refused_in_a_sentence(name):
    for key in ("participant", "PROLIFIC_PID", "STUDY_ID", "SESSION_ID"):
        with pytest.raises(StudyRefusal) as caught:
            read_arrival({"participant": "ann", key: name} if key != "PROLIFIC_PID" else {key: name})
        assert caught.value.code == "malformed" and key in str(caught.value)


def test_no_name_and_two_names_are_refused():
    with pytest.raises(StudyRefusal, match="names no participant"):
        read_arrival({"study": "1"})
    with pytest.raises(StudyRefusal, match="names two participants"):
        read_arrival({"participant": "a", "PROLIFIC_PID": "b"})
