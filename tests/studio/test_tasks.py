import asyncio

from rollback.studio.tasks import Tasks


async def test_who_loses_a_word_is_told_again_and_none_is_waited_for_in_vain(monkeypatch):
    monkeypatch.setattr("rollback.studio.tasks.AGAIN", 0.001)
    lost = []

    async def deaf():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError as word:
                lost.append(word)
                if len(lost) == 3:
                    raise

    tasks = Tasks()
    task = tasks.start(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await tasks.end()
    assert len(lost) == 3 and task.cancelled()


async def test_an_error_of_one_ends_neither_the_others_nor_the_end():
    async def fail():
        raise ValueError("broken")

    tasks = Tasks()
    failed, other = tasks.start(fail()), tasks.start(asyncio.sleep(60))
    await asyncio.sleep(0)
    await tasks.end()
    assert other.cancelled() and isinstance(failed.exception(), ValueError)


async def test_what_is_repeated_goes_on_whatever_comes_of_it_and_the_log_hears_of_it_once(caplog):
    comes = [ValueError("broken"), ValueError("broken"), OSError("away"), None, OSError("away"), KeyError("other"), None]
    all_came, tasks = asyncio.Event(), Tasks()

    async def work():
        if not comes:
            all_came.set()
        elif (problem := comes.pop(0)) is not None:
            raise problem

    tasks.repeat(work, every=0.0, unless=KeyError)
    async with asyncio.timeout(30):
        await all_came.wait()
    await tasks.end()
    told = [str(record.exc_info[1]) for record in caplog.records if record.name == "rollback.studio"]
    assert told == ["broken", "away", "away"]
