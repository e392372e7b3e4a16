"""Who may halt trading and how: the operator's commands and the drawdown limit, applied to a core."""

from __future__ import annotations

from typing import Any

from tradetui.engine.model.commands import CancelAll, ClosePosition, Command, Kill, PauseTrading, ResumeTrading, Unlock
from tradetui.engine.model.events import CommandEvent, ControlEvent, RiskEvent, TradingState
from tradetui.engine.step import Core


def accept(core: Core[Any], command: Command, ts_ns: int) -> CommandEvent:
    """Number a command; it is to be journaled before it is obeyed."""
    name = str(type(command).__struct_config__.tag)
    symbol = command.symbol if isinstance(command, ClosePosition) else ""
    return CommandEvent(name, symbol, command.actor, command.reason, ts_ns, core.input())  # type: ignore[arg-type]


def obey(core: Core[Any], command: Command, ts_ns: int) -> None:
    """Carry an accepted command out."""
    seq, actor, reason = core.seq, command.actor, command.reason
    match command:
        case Kill():
            _halt(core, reason, actor, ts_ns)
        case CancelAll():
            core.route(core.orders.cancel_all(reason, core.now(ts_ns, seq)), seq)
        case PauseTrading() if core.state == TradingState.ACTIVE:
            _reduce(core, reason, actor, ts_ns)
        case ResumeTrading() if core.state == TradingState.REDUCING:
            _change(core, TradingState.ACTIVE, actor, reason, ts_ns)
        case Unlock() if core.state != TradingState.ACTIVE:
            halted = core.state == TradingState.HALTED
            core.guard.rearm(core.equity())
            _change(core, TradingState.REDUCING if halted else TradingState.ACTIVE, actor, reason, ts_ns)
        case ClosePosition(symbol=symbol):
            core.route(core.orders.close(symbol, reason, core.now(ts_ns, seq, symbol)), seq, wakes_ns=ts_ns)


def check_drawdown(core: Core[Any], ts_ns: int, seq: int) -> bool:
    """Halt trading when equity fell too far below its peak; true when that happened now."""
    breach = core.guard.check(core.equity())
    done = TradingState.HALTED if core.limits.drawdown_action == "halt" else TradingState.REDUCING
    if breach is None or core.state in (TradingState.HALTED, done):
        return False
    core.reach(seq)
    core.emit(RiskEvent("critical", "DRAWDOWN", "", breach, ts_ns), seq)
    if core.limits.drawdown_action == "halt":
        _halt(core, f"DRAWDOWN: {breach}", "risk", ts_ns)
    elif core.state == TradingState.ACTIVE:
        _reduce(core, f"DRAWDOWN: {breach}", "risk", ts_ns)
    return True


def _halt(core: Core[Any], reason: str, actor: str, ts_ns: int) -> None:
    if core.state != TradingState.HALTED:
        _change(core, TradingState.HALTED, actor, reason, ts_ns)
    core.route(core.orders.cancel_all("trading is halted", core.now(ts_ns, core.seq)), core.seq)


def _reduce(core: Core[Any], reason: str, actor: str, ts_ns: int) -> None:
    _change(core, TradingState.REDUCING, actor, reason, ts_ns)
    core.route(core.orders.cancel_entries(reason, core.now(ts_ns, core.seq)), core.seq)


def _change(core: Core[Any], state: TradingState, actor: str, reason: str, ts_ns: int) -> None:
    core.state = state
    core.emit(ControlEvent(state, actor, reason, ts_ns), core.seq)
