from __future__ import annotations

from pathlib import Path

import pytest

from matching_stories import Story, play, read_stories

STORIES = read_stories(Path(__file__).with_name("matching_stories.txt"))


@pytest.mark.parametrize("story", STORIES, ids=[story.title for story in STORIES])
def test_story(story: Story) -> None:
    assert play(story) == story.lines


def test_every_story_is_told_once() -> None:
    assert len({story.title for story in STORIES}) == len(STORIES) > 40
