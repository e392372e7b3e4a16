"""A session on an account at the broker, of paper or of real money: its addresses, its keys, its making."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tradetui.tui.cli.surroundings import credentials, halt_of, load_settings, storing

if TYPE_CHECKING:
    from tradetui.engine.bus import EventBus
    from tradetui.engine.config import RunConfig
    from tradetui.engine.gateways.live_words import LiveInput
    from tradetui.engine.live.opening import Broker
    from tradetui.engine.live.session import Connected, LiveSession

Account = Literal["paper", "live"]


def broker_of(account: Account) -> Broker:
    """The account's addresses and keys. Raises UsageError that says what is missing."""
    from tradetui.engine.gateways.alpaca.config import DATA_STREAM_URL, DATA_URL, ExecutionConfig, FeedConfig
    from tradetui.engine.live.opening import Broker

    settings = load_settings(account)
    stream = settings.trading_stream_url or f"ws{settings.trading.removeprefix('http')}/stream"
    coins = settings.data_stream_url or DATA_STREAM_URL
    return Broker(
        FeedConfig(
            rest_url=settings.data_url or DATA_URL,
            stock_stream_url=settings.stock_stream,
            crypto_stream_url=f"{coins}/v1beta3/crypto/us",
            stock_feed=settings.stock_feed,
        ),
        ExecutionConfig(rest_url=settings.trading, stream_url=stream),
        credentials(account).credentials,
        halted=halt_of(account),
    )


def account_session(
    account: Account,
    config: RunConfig,
    symbols: tuple[str, ...],
    broker: Broker,
    folder: Path,
    resume: Path | None = None,
) -> LiveSession:
    """A session that has not been started."""
    from tradetui.engine.live.session import LiveSession

    store = storing(account, folder if resume is None else resume.parent)

    def load(bus: EventBus[LiveInput]) -> Connected:
        from tradetui.engine.live.opening import open_session, resume_session
        from tradetui.tui.cli.practice import own_file

        session.say(f"connecting to the {account} account")
        if resume is not None:
            return resume_session(resume, broker, bus, own_file(config), store=store, mode=account)
        return open_session(config, symbols, account, folder, broker, bus, store)

    session = LiveSession(load, account.upper())
    return session
