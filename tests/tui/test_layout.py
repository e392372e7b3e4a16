from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradetui.tui.layout import MAIN, TABS, Wish, plan

WISHES = st.builds(
    Wish,
    tab=st.sampled_from(MAIN),
    zoomed=st.sampled_from(("", *MAIN)),
    banner=st.booleans(),
    symbols=st.integers(0, 500),
    live=st.booleans(),
    corner=st.sampled_from(("log", "health")),
)


@given(st.integers(1, 320), st.integers(1, 120), WISHES)
def test_every_cell_belongs_to_exactly_one_pane(width, height, wish):
    rows = [[""] * width for _ in range(height)]
    for name, region in plan(width, height, wish).regions.items():
        for y in range(region.y, region.bottom):
            for x in range(region.x, region.right):
                assert rows[y][x] == "", f"{name} lies on {rows[y][x]} at {x},{y}"
                rows[y][x] = name
    assert all(all(row) for row in rows)


@given(st.integers(1, 320), st.integers(8, 120), WISHES)
def test_the_way_to_kill_is_always_on_the_screen(width, height, wish):
    regions = plan(width, height, wish).regions
    assert regions["status"].height == regions["keys"].height == 1
    assert ("banner" in regions) == wish.banner


@given(st.integers(60, 320), st.integers(18, 120), WISHES)
def test_a_shown_pane_has_room_for_a_heading_and_a_row(width, height, wish):
    for name, region in plan(width, height, wish).regions.items():
        if name in MAIN:
            assert region.width >= 26, name
            assert region.height >= 5, name


def test_the_small_screen_has_a_book_and_tabs_and_the_wide_one_everything():
    small = plan(80, 24, Wish())
    assert (set(small.regions), small.tabs) == ({"status", "keys", "scrubber", "strip", "book", "fills"}, TABS)
    wide = plan(160, 45, Wish())
    assert set(wide.regions) == {"status", "keys", "scrubber", "account", *MAIN} - {"health"}
    assert wide.tabs == ("log", "health")


def test_a_wide_screen_gives_health_a_place_of_its_own_while_something_is_connected():
    wide = plan(160, 45, Wish(live=True))
    assert set(wide.regions) == {"status", "keys", "scrubber", "account", *MAIN}
    assert wide.tabs == ()
    assert "health" in plan(160, 45, Wish(corner="health")).regions


def test_a_narrow_screen_makes_the_book_a_tab_like_the_others():
    assert plan(50, 20, Wish(tab="book")).tabs == MAIN


def test_a_medium_screen_leaves_equity_and_risk_out_of_the_tabs():
    medium = plan(120, 36, Wish(tab="equity"))
    assert {"equity", "risk", "book", "fills"} <= set(medium.regions)
    assert "equity" not in medium.tabs
