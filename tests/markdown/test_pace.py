"""Frames come soon, not too often, and leave most of the time to others."""

import pytest

from mistral_chat.pace import FRAMES_PER_SECOND, Pacer


def draw(pacer: Pacer, seconds: float, cost: float, step: float = 0.001) -> list[float]:
    """When frames are drawn that cost so much, if there is always something to draw."""
    now, drawn = 100.0, []
    while now < 100 + seconds:
        if pacer.wait(now):
            now += min(pacer.wait(now), step)
        else:
            drawn.append(now)
            pacer.drew(now, now + cost)
            now += cost
    return drawn


def test_the_first_frame_is_due_at_once() -> None:
    assert Pacer().wait(12345.0) == 0


def test_a_frame_after_a_pause_is_due_at_once() -> None:
    pacer = Pacer()
    pacer.drew(100.0, 100.001)
    assert pacer.wait(101.0) == 0


def test_text_that_comes_meanwhile_waits_no_longer_than_a_frame() -> None:
    pacer = Pacer()
    pacer.drew(100.0, 100.001)
    assert 0 < pacer.wait(100.002) <= 1 / FRAMES_PER_SECOND


def test_there_are_at_most_forty_frames_a_second() -> None:
    assert 38 <= len(draw(Pacer(), 1, cost=0.001)) <= 41


@pytest.mark.parametrize("cost", [0.005, 0.02, 0.1, 0.5])
def test_drawing_takes_at_most_a_quarter_of_the_time(cost: float) -> None:
    assert len(draw(Pacer(), 20, cost)) * cost <= 20 * 0.25 + 2 * cost
