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
