from pathlib import Path

import pytest

from rollback.errors import CheckpointError, UsageError
from signaling.agent_shelf import Agent
from signaling.study.plan_file import read_plan

SMALL = 'title = "Pong"\ngame = "pong"\nconsent = "May we?"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_three_keys_make_a_study_beside_the_file(tmp_path):
    plan = read_plan(written(tmp_path, SMALL))
    assert (plan.title, plan.game, plan.episodes, plan.opponent, plan.needs_partner) == ("Pong", "pong", 1, "participant", True)
    assert plan.folder == tmp_path / "study-data" and plan.max_rtt_ms is None and plan.codes == {} and plan.url == ""


def test_everything_that_is_said_is_taken(tmp_path):
    plan = read_plan(
        written(
            tmp_path,
            SMALL
            + 'debrief = "Thanks"\nepisodes = 3\nframes = 1800\nopponent = "best"\nwaiting_room = 12.5\nmax_rtt_ms = 250\n'
            + "max_participants = 7\n[session]\ninput_delay = 3\nprediction_window = 10\non_disconnect = 'idle'\n"
            + '[data]\nfolder = "there"\nparticipant_mib = 2\ntotal_mib = 20.5\n'
            + '[codes]\ncomplete = "C-1"\nurl = "https://app.prolific.com/submissions/complete?cc={code}"\n',
        )
    )
    assert (plan.debrief, plan.episodes, plan.frames, plan.opponent, plan.waiting_room) == ("Thanks", 3, 1800, "best", 12.5)
    assert (plan.max_rtt_ms, plan.max_participants) == (250, 7) and not plan.needs_partner
    assert (plan.input_delay, plan.prediction_window, plan.on_disconnect) == (3, 10, "idle")
    assert (plan.folder, plan.participant_mib, plan.total_mib) == (tmp_path / "there", 2, 20.5)
    assert plan.codes == {"complete": "C-1"} and plan.url.endswith("{code}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "is no TOML: Invalid value (at "),
        (SMALL.replace("game", "gane"), "line 2: there is no key 'gane' at the top: did you mean game?"),
        (SMALL + "zzz = 1\n", "line 4: there is no key 'zzz' at the top: allowed are title, game, consent"),
        (SMALL + "input_delay = 2\n", "line 4: there is no key 'input_delay' at the top: it belongs into [session]"),
        (SMALL + "[data]\nepisodes = 2\n", "line 5: there is no key 'episodes' in [data]: it belongs to the top"),
        (SMALL + "[session]\nfps = 2\n", "line 5: there is no key 'fps' in [session]: allowed are input_delay"),
        (SMALL + "[sesion]\nfps = 2\n", "line 4: there is no key 'sesion' at the top: did you mean session?"),
        (SMALL + "codes = 3\n", "line 4: codes is a table: write [codes]"),
        ('title = "x"\nconsent = "y"\n', "lacks game: a study needs title, game, consent"),
        (SMALL + "episodes = 0\n", "line 4: episodes must be a whole number from 1 to 100, not 0"),
        (SMALL + "episodes = 2.5\n", "line 4: episodes must be a whole number from 1 to 100, not 2.5"),
        (SMALL + "episodes = true\n", "line 4: episodes must be a whole number from 1 to 100, not True"),
        (SMALL + 'episodes = "two"\n', "line 4: episodes must be a whole number from 1 to 100, not 'two'"),
        (SMALL + "frames = 59\n", "frames must be a whole number from 60 to"),
        (SMALL + 'opponent = "bot"\n', "line 4: opponent must be one of participant, best, random, not 'bot'"),
        (SMALL + "opponent = []\n", "line 4: opponent must be one of participant, best, random, not []"),
        (SMALL + "waiting_room = nan\n", "waiting_room must be a number from 5 to 3600, not nan"),
        (SMALL + "max_rtt_ms = -1\n", "max_rtt_ms must be a number from 1 to 10000, not -1"),
        (SMALL + "max_participants = 0\n", "max_participants must be a whole number"),
        (SMALL + "[session]\ninput_delay = 61\n", "line 5: input_delay must be a whole number from 0 to 60, not 61"),
        (SMALL + "[session]\non_disconnect = 'wait'\n", "line 5: on_disconnect must be one of pause, idle, end, not 'wait'"),
        (SMALL + "[data]\nfolder = 3\n", "line 5: folder must be the name of a folder"),
        (SMALL + '[data]\nfolder = ""\n', "line 5: folder must be the name of a folder"),
        (SMALL + '[data]\nfolder = "a\\u0000b"\n', "line 5: folder must be the name of a folder"),
        (SMALL + "[data]\nparticipant_mib = 0\n", "line 5: participant_mib must be a number from 0.1"),
        (SMALL + "[data]\ntotal_mib = 1\n", "line 5: total_mib must be a number from 50.0 to"),
        (SMALL + '[codes]\ncomplete = "a b"\n', "line 5: complete must be a code of 1 to 64 letters, digits and hyphens"),
        (SMALL + "[codes]\nwon = 'A'\n", "line 5: there is no key 'won' in [codes]"),
        (SMALL + '[codes]\nurl = "http://x.test/{code}"\n', "line 5: url must be an address with https:// and {code} in it"),
        (SMALL + '[codes]\nurl = "https://x.test/"\n', "line 5: url must be an address with https:// and {code} in it"),
        (SMALL + '[codes]\nurl = "https://x.test/{code}{x}"\n', "line 5: url may hold no braces but those of {code}"),
        (SMALL + '[codes]\nurl = "javascript:{code}"\n', "line 5: url must be an address with https://"),
        (SMALL.replace('"Pong"', "7"), "line 1: title must be a text, not 7"),
        (SMALL.replace('"May we?"', '"  "'), "line 3: consent must be a text, not an empty one"),
        (SMALL.replace("May we?", "x" * 20_001), "line 3: consent has 20001 characters: at most 20000 are taken"),
        ("x = 1\n" * 70_000, "has more than 256 KiB"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_line(tmp_path, text, said):
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_plan(path)
    assert said in str(caught.value) and "\n" not in str(caught.value) and "study.toml" in str(caught.value)


def test_a_file_that_is_none_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_plan(tmp_path / "study.toml")
    (tmp_path / "study.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        read_plan(tmp_path / "study.toml")


def test_only_what_changes_the_matches_makes_another_study(tmp_path):
    def mark(text):
        return read_plan(written(tmp_path, SMALL + text)).mark

    same = mark("")
    assert mark('debrief = "x"\nmax_participants = 3\nmax_rtt_ms = 100\n') == same
    assert (
        len(
            {
                same,
                mark("frames = 61\n"),
                mark("episodes = 2\n"),
                mark('opponent = "best"\n'),
                mark("[session]\ninput_delay = 0\n"),
            }
        )
        == 5
    )


WITH_AGENT = SMALL + 'opponent = "agents/partner.npz"\n'


def test_an_agent_is_read_from_beside_the_file_for_the_game_of_the_study(tmp_path):
    asked = []

    def read(path, game):
        asked.append((path, game))
        return Agent("opponent", game, "T", b"bytes")

    plan = read_plan(written(tmp_path, WITH_AGENT), read)
    assert asked == [(tmp_path / "agents" / "partner.npz", "pong")]
    assert plan.agent.content == b"bytes" and plan.opponent == "agents/partner.npz" and not plan.needs_partner
    for other in ("", 'opponent = "best"\n'):
        assert read_plan(written(tmp_path, SMALL + other), read).agent is None
    assert len(asked) == 1


def test_a_bad_agent_is_one_sentence_with_its_line(tmp_path):
    def read(path, game):
        raise CheckpointError(f"{path.name} is no checkpoint: it is damaged")

    with pytest.raises(UsageError) as caught:
        read_plan(written(tmp_path, WITH_AGENT), read)
    assert str(caught.value).endswith("study.toml, line 4: opponent: partner.npz is no checkpoint: it is damaged")


@pytest.mark.parametrize("name", ["partner.onnx", "npz", "a\\u0000.npz", "agents/"])
def test_an_opponent_is_a_checkpoint_or_one_of_the_words(tmp_path, name):
    with pytest.raises(
        UsageError, match=r"line 4: opponent must be one of participant, best, random, not .*, or the file of a trained"
    ):
        read_plan(written(tmp_path, SMALL + f'opponent = "{name}"\n'))


def test_another_agent_makes_another_study_and_another_name_of_the_same_does_not(tmp_path):
    def mark(name, content):
        text = SMALL + f'opponent = "{name}"\n'
        return read_plan(written(tmp_path, text), lambda path, game: Agent("opponent", game, "T", content)).mark

    assert mark("a.npz", b"one") == mark("b.npz", b"one") != mark("a.npz", b"two")
    assert mark("a.npz", b"one") != read_plan(written(tmp_path, SMALL + 'opponent = "best"\n')).mark
