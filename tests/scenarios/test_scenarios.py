"""Every story of this folder comes out as it is written."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("stories", HERE / "stories.py")
assert _spec is not None
assert _spec.loader is not None
stories = importlib.util.module_from_spec(_spec)
sys.modules["stories"] = stories
_spec.loader.exec_module(stories)

STORIES = stories.read_stories(HERE)


@pytest.mark.parametrize("story", STORIES, ids=[f"{story.where} {story.title}" for story in STORIES])
def test_a_story_comes_out_as_written(story: object) -> None:
    assert stories.play(story) == story.lines  # type: ignore[attr-defined]


def test_there_are_stories_and_each_tells_something() -> None:
    assert len(STORIES) > 60
    assert all(any(line.startswith(">") for line in story.lines) for story in STORIES)
    assert len({story.title for story in STORIES}) == len(STORIES)
