from rollback.net.candidates import MOST, Candidates

ONE = "candidate:1 1 udp 9 10.0.0.1 9 typ host", "0"


def numbered(count):
    return [(f"candidate:{number}", "0") for number in range(count)]


def test_each_is_said_and_taken_once():
    candidates = Candidates()
    assert candidates.say(*ONE) and not candidates.say(*ONE)
    assert candidates.take(*ONE) and not candidates.take(*ONE)
    assert candidates.said == [ONE]


def test_of_either_side_there_are_only_so_many():
    candidates = Candidates()
    assert [candidates.say(*each) for each in numbered(MOST + 1)] == [True] * MOST + [False]
    assert [candidates.take(*each) for each in numbered(MOST + 1)] == [True] * MOST + [False]
    assert len(candidates.said) == MOST


def test_what_the_other_side_would_not_read_is_not_said():
    candidates = Candidates()
    assert not candidates.say("", "0") and not candidates.say("candidate:1\r\n", "0") and candidates.said == []
