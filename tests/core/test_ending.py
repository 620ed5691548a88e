import asyncio

from services.core.ending import end


def test_a_task_that_loses_a_cancellation_is_asked_again(monkeypatch):
    monkeypatch.setattr("services.core.ending.AGAIN_S", 0.01)
    lost = []

    async def deaf() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if len(lost) == 2:
                    raise
                lost.append("a cancellation")

    async def run() -> asyncio.Task[None]:
        task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        await asyncio.wait_for(end([task, None]), 60)
        return task

    assert asyncio.run(run()).cancelled()
    assert len(lost) == 2


def test_what_has_failed_or_ended_is_no_trouble():
    async def fails() -> None:
        raise RuntimeError("no")

    async def run() -> list[bool]:
        failed, done = asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(0))
        await asyncio.wait([failed, done])
        await end([failed, done])
        await end([])
        return [failed.done(), done.done()]

    assert asyncio.run(run()) == [True, True]
