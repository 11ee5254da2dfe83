"""Files that were changed at random: no crash, and never called whole and verified where inputs or checksums are others.

First as bytes, which the checksums of the chunks notice. Then chunk by chunk with those checksums made right again, as one
who means it would do: what is left then is that the inputs lead to other states than the file says.
"""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest

from rollback.errors import GameError, ReplayError
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.replays.chunks import MAGIC, ChunkReader, Kind, pack_chunk
from rollback.state import checksum
from rollback.wire.tree import pack_tree, unpack_tree

SHARES = [pytest.param(1000, id="1000"), pytest.param(10_000, id="10000", marks=pytest.mark.nightly)]


def opened(data):
    return Replay.open(io.BytesIO(data))


def late(header, match, Counter, first=40):
    """A recording that begins late, and in which a desync was mended."""
    file, game = io.BytesIO(), Counter()
    game.reset(header.seed)
    told = ReplayHeader(**{name: getattr(header, name) for name in header.__slots__} | {"first_frame": first})
    writer = ReplayWriter(file, told)
    for played in match(game, 160):
        frame = played.frame
        if frame == 100:
            game.ball["x"] += 5  # what a peer gave us
            writer.keyframe(100, game.save())
            writer.event(90, "desync", {"frame": 90, "peer": "bob"})
            writer.event(100, "resynced", {"frame": 95})
        if frame == first:
            writer.keyframe(first, game.save())
        if frame >= first:
            if frame % 10 == 0:
                writer.checksum(frame, checksum(game.save()))
            writer.add(played)
    writer.close(checksum(game.save()), "end_at")
    return file.getvalue()


@pytest.fixture
def Mixing(Counter):
    class Mixing(Counter):
        """Two different histories do not lead to one state, as sums of what was pressed may do."""

        def step(self, actions):
            super().step(actions)
            self.dice = (self.dice * 69_069 + actions[0] * 257 + actions[1] + 1) % 2**61

    return Mixing


@pytest.fixture
def files(record, header, match, Mixing):
    found = [
        record(130, keyframes=50, game=Mixing()),
        record(90, sums=1, keyframes=0, game=Mixing()),
        late(header, match, Mixing),
    ]
    for data in found:
        verdict = opened(data).verify(Mixing())
        assert verdict.ok and opened(data).complete, verdict.message
    assert opened(found[2]).verify(Mixing()).taken_over == (40, 100)
    return found


def mutated(data, others, draw):
    """Change bytes, cut out, insert, double, swap, splice with another file, or cut off."""
    data = bytearray(data)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(data) or 1)
        end = place + draw.randrange(60)
        match draw.randrange(7):
            case 0 if data:
                data[place] ^= 1 << draw.randrange(8)
            case 1:
                data[place:end] = b""
            case 2:
                data[place:place] = draw.randbytes(draw.randrange(1, 20))
            case 3:
                data[place:place] = data[place:end]
            case 4:
                other = draw.randrange(len(data) or 1)
                data[place:end], data[other : other + end - place] = data[other : other + end - place], data[place:end]
            case 5:
                other = draw.choice(others)
                data[place:] = other[draw.randrange(len(other)) :]
            case 6:
                del data[place:]
    return bytes(data)


def facts(replay):
    """What must be as it was for a file to be called verified."""
    return [*replay], [*replay.checksums.items()], replay.final_checksum, replay.first


@pytest.mark.parametrize("count", SHARES)
def test_bytes_that_were_changed_never_crash_the_reader_and_are_never_verified(files, Mixing, count):
    draw = random.Random(count)
    wholes = [facts(opened(data)) for data in files]
    read = 0
    for number in range(count):
        place = number % len(files)
        data = mutated(files[place], files, draw)
        try:
            replay = opened(data)
        except ReplayError as error:
            assert str(error) and "\n" not in str(error)
            continue
        read += 1
        verdict = replay.verify(Mixing())
        assert verdict.message and "\n" not in verdict.message
        if replay.complete and verdict.ok:
            assert facts(replay) in wholes, number
        for frame in replay.keyframes:
            assert replay.keyframes[frame] is not None
        if replay.first == 0 and replay.frames:
            replay.seek(replay.end, Mixing())
    assert read > count // 8, "the premise: many are still opened"


def chunks_of(data):
    reader, found = ChunkReader(io.BytesIO(data)), []
    while (chunk := reader.next()) is not None:
        found.append(chunk)
    return found


def sealed(chunks):
    data, crc = MAGIC, zlib.crc32(MAGIC)
    for kind, payload in chunks:
        chunk, crc = pack_chunk(kind, payload, crc)
        data += chunk
    return data


def forged(chunks, draw):
    """Change chunks, and make their checksums right again."""
    chunks = list(chunks)
    for _ in range(draw.randint(1, 2)):
        place = draw.randrange(len(chunks))
        kind, payload = chunks[place]
        match draw.randrange(6):
            case 0:
                other = draw.randrange(len(chunks))
                chunks[place], chunks[other] = chunks[other], chunks[place]
            case 1:
                del chunks[place]
            case 2 if kind == Kind.CHECKSUMS and len(payload) >= 12:
                at = draw.randrange(len(payload) // 12) * 12
                chunks[place] = kind, payload[: at + 4] + draw.randbytes(8) + payload[at + 12 :]
            case 3 if kind == Kind.FOOTER:
                footer = {"frames": 130 - 40 * draw.randrange(2), "final": draw.randrange(2**64), "reason": "end_at"}
                chunks[place] = kind, pack_tree(footer)
            case _ if payload:
                at = draw.randrange(len(payload))
                chunks[place] = kind, payload[:at] + bytes([payload[at] ^ 1 << draw.randrange(8)]) + payload[at + 1 :]
        if not chunks:
            return [(kind, payload)]
    return chunks


@pytest.mark.parametrize("count", SHARES)
def test_chunks_that_were_forged_never_crash_and_other_inputs_or_checksums_are_never_verified(files, Mixing, count):
    draw = random.Random(count + 1)
    split = [chunks_of(data) for data in files]
    wholes = [facts(opened(data)) for data in files]
    # What a forger may still do is to leave out checksums: fewer are compared, and the verdict says how many.
    read = different = 0
    for number in range(count):
        place = number % 2
        data = sealed(forged(split[place], draw))
        try:
            replay = opened(data)
            verdict = replay.verify(Mixing())
        except (ReplayError, GameError) as error:
            assert str(error) and "\n" not in str(error)
            continue
        read += 1
        different += not verdict.ok
        if replay.complete and verdict.ok:
            inputs, sums, final, first = wholes[place]
            # Without the final checksum the verdict counts up to the last one, and says so.
            compared = verdict.agreed - first
            assert [*replay][:compared] == inputs[:compared] and replay.first == first, number
            assert compared == replay.frames or "with nothing to compare the frames from" in verdict.message
            assert set(replay.checksums.items()) <= set(sums) and replay.final_checksum in (final, None), number
    assert read > count // 2 and different > count // 20, "the premise"


@pytest.mark.parametrize("seed", range(5))
def test_a_state_that_was_forged_where_a_desync_was_mended_is_found(files, Mixing, seed):
    """The recording itself says that the inputs do not lead there; all after it still has to fit."""
    draw, found = random.Random(seed), 0
    chunks = chunks_of(files[2])
    for place, (kind, payload) in enumerate(chunks):
        if kind == Kind.KEYFRAME:
            frame, _ = struct.unpack_from("<II", payload)
            state = unpack_tree(zlib.decompress(payload[8:]))
            state["score"] = (draw.randrange(10**6), -1)
            packed = pack_tree(state)
            chunks[place] = kind, struct.pack("<II", frame, len(packed)) + zlib.compress(packed, 1)
            verdict = opened(sealed(chunks)).verify(Mixing())
            assert not verdict.ok and verdict.first_bad_frame == frame
            chunks[place] = kind, payload
            found += 1
    assert found == 2
