from __future__ import annotations

from pathlib import Path

import pytest

from tradetui.engine import keys
from tradetui.engine.errors import UsageError
from tradetui.engine.gateways.alpaca.credentials import Credentials

SECRET = "canary-secret-77aa"
OURS = {"TRADETUI_ALPACA_KEY_ID": "PKOURS", "TRADETUI_ALPACA_SECRET_KEY": SECRET}
VENDORS = {"APCA_API_KEY_ID": "PKTHEIRS", "APCA_API_SECRET_KEY": "other"}


def test_our_variables_come_before_the_vendors() -> None:
    found = keys.find("paper", {**VENDORS, **OURS})
    assert found is not None
    assert found.credentials == Credentials("PKOURS", SECRET)
    assert found.source == "TRADETUI_ALPACA_KEY_ID and TRADETUI_ALPACA_SECRET_KEY"
    theirs = keys.find("paper", dict(VENDORS))
    assert theirs is not None
    assert theirs.credentials.key_id == "PKTHEIRS"


def test_a_child_is_told_no_key_and_the_parent_finds_them_again() -> None:
    environ = {**OURS, **VENDORS, "TRADETUI_DATABASE_URL": "postgresql://me:pw@db/x", "PATH": "/bin"}
    assert keys.without_keys(environ) == {"PATH": "/bin"}
    first = keys.find("live", environ)
    assert first is not None
    assert keys.find("live", environ) == first


def test_a_variable_may_name_a_file(tmp_path: Path) -> None:
    for name, value in (("id", "PKFILE\n"), ("secret", f"{SECRET}\n")):
        (tmp_path / name).write_text(value)
    environ = {f"{OUR}_FILE": str(tmp_path / name) for OUR, name in zip(keys.OURS, ("id", "secret"), strict=True)}
    found = keys.find("paper", environ)
    assert found is not None
    assert found.credentials == Credentials("PKFILE", SECRET)


@pytest.mark.parametrize(
    ("text", "said"), [(b"", "one line"), (b"a\nb", "one line"), (b"\xff", "no text"), (b"x" * 5000, "longer than")]
)
def test_a_file_that_holds_no_key_is_refused_without_showing_it(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "id").write_bytes(text)
    with pytest.raises(UsageError, match=said):
        keys.find("paper", {"TRADETUI_ALPACA_KEY_ID_FILE": str(tmp_path / "id"), "TRADETUI_ALPACA_SECRET_KEY": SECRET})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TRADETUI_ALPACA_KEY_ID": "PK"}, "TRADETUI_ALPACA_SECRET_KEY is not set"),
        ({"APCA_API_SECRET_KEY": SECRET}, "APCA_API_KEY_ID is not set"),
        ({**OURS, "TRADETUI_ALPACA_KEY_ID_FILE": "/nowhere"}, "both set"),
        ({**OURS, "TRADETUI_ALPACA_KEY_ID": "", "TRADETUI_ALPACA_KEY_ID_FILE": "/nowhere"}, "cannot be read"),
    ],
)
def test_half_a_pair_or_one_thing_twice_is_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as fault:
        keys.find("paper", environ)
    assert SECRET not in str(fault.value)


def test_the_keyring_is_asked_last_and_by_environment() -> None:
    kept = {
        ("tradetui", "alpaca-paper-key-id"): "PKRING",
        ("tradetui", "alpaca-paper-secret-key"): SECRET,
    }

    def ask(service: str, name: str) -> str | None:
        return kept.get((service, name))

    found = keys.find("paper", {}, ask)
    assert found is not None
    assert (found.credentials.key_id, found.source) == ("PKRING", "the keyring")
    assert keys.find("live", {}, ask) is None
    ours = keys.find("paper", dict(OURS), ask)
    assert ours is not None
    assert ours.credentials.key_id == "PKOURS"


def test_without_keys_it_says_where_they_may_be_kept() -> None:
    with pytest.raises(UsageError, match=r"set TRADETUI_ALPACA_KEY_ID .* tradetui keys set --environment paper"):
        keys.required("paper", {})


def test_the_practice_exchange_has_keys_of_its_own() -> None:
    found = keys.find("dev", {"TRADETUI_PRACTICE_KEY": "PKP", "TRADETUI_PRACTICE_SECRET": "s"})
    assert found is not None
    assert found.credentials.key_id == "PKP"
    assert keys.find("paper", {"TRADETUI_PRACTICE_KEY": "PKP", "TRADETUI_PRACTICE_SECRET": "s"}) is None
