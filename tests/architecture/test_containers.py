"""The Dockerfile and docker-compose.yml: a normal user, pinned images, health checks, and secrets only as files."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from tree import ROOT, project

PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?")
SECRET_NAME = re.compile(r"(?i)secret|password|passwd|token|key")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """Instruction and arguments of each stage; before the first stage is what holds for all."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    found: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, lines):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


def arguments(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for instruction, rest in stage if instruction == name]


def test_the_last_stage_runs_as_a_normal_user_and_installs_nothing(stages: list[list[tuple[str, str]]]) -> None:
    last = stages[-1]
    assert arguments(last, "USER") == ["trader"]
    after = [name for name, _ in last[last.index(("USER", "trader")) :]]
    assert "ENTRYPOINT" in after
    assert not any(word in rest for rest in arguments(last, "RUN") for word in ("apt", "pip", "gcc", "build"))
    assert all("--from=build" in rest for rest in arguments(last, "COPY"))
    assert arguments(last, "HEALTHCHECK")


def test_the_image_is_pinned_and_the_same_in_both_stages(stages: list[list[tuple[str, str]]]) -> None:
    (pin,) = arguments(stages[0], "ARG")
    assert PINNED.fullmatch(pin.lower().replace("=", ":"))
    assert [arguments(stage, "FROM")[0].split()[0] for stage in stages[1:]] == ["python:${PYTHON}"] * 2


def test_what_is_installed_is_locked_and_the_kernel_is_compiled_where_it_is_looked_for(
    stages: list[list[tuple[str, str]]],
) -> None:
    build, last = stages[1], stages[-1]
    assert any("--constraint requirements.lock" in rest for rest in arguments(build, "RUN"))
    assert any("kernel.warm" in rest for rest in arguments(build, "RUN"))
    (place,) = [rest.partition("=")[2] for rest in arguments(build, "ENV")]
    assert any(f"NUMBA_CACHE_DIR={place}" in rest for rest in arguments(last, "ENV"))
    assert any(place in rest and "--chown=trader" in rest for rest in arguments(last, "COPY"))
    extras = re.findall(r"\.\[([a-z,]+)\]", "".join(arguments(build, "RUN")))[0].split(",")
    assert set(extras) <= set(project()["project"]["optional-dependencies"])


def test_no_secret_is_baked_into_the_image(stages: list[list[tuple[str, str]]]) -> None:
    given = [rest for stage in stages for name in ("ARG", "ENV") for rest in arguments(stage, name)]
    assert not any(SECRET_NAME.search(word.partition("=")[0]) for rest in given for word in rest.split())
    assert "secrets" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_servers_are_pinned_healthy_and_reached_by_nobody_outside(compose: dict[str, Any]) -> None:
    for name, major in (("postgres", "15"), ("redis", "7")):
        server = compose["services"][name]
        assert PINNED.fullmatch(server["image"])
        assert server["image"].startswith(f"{name}:{major}.")
        assert server["healthcheck"]["test"][0] == "CMD"
        assert "ports" not in server
        assert server["networks"] == ["storage"]
    assert compose["networks"]["storage"] == {"internal": True}


def test_the_app_waits_for_healthy_servers_and_has_no_powers(compose: dict[str, Any]) -> None:
    apps = [service for service in compose["services"].values() if "build" in service]
    assert len(apps) == 2
    for app in apps:
        assert {name: wanted["condition"] for name, wanted in app["depends_on"].items()} == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }
        assert app["cap_drop"] == ["ALL"]
        assert app["read_only"] is True
        assert "no-new-privileges:true" in app["security_opt"]
        assert "privileged" not in app
        assert "ports" not in app


def test_secrets_are_files_and_never_values(compose: dict[str, Any]) -> None:
    used = set()
    for service in compose["services"].values():
        used |= set(service.get("secrets", ()))
        for name, value in service.get("environment", {}).items():
            if SECRET_NAME.search(name):
                assert name.endswith("_FILE"), name
                assert value.startswith("/run/secrets/")
            assert "@" not in str(value)
    assert used == set(compose["secrets"])
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())


def test_every_setting_of_the_app_is_one_that_it_knows(compose: dict[str, Any]) -> None:
    from tradetui.engine import keys
    from tradetui.engine.settings import FROM_FILES, PREFIX, Settings

    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | keys.variables()
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in FROM_FILES}
    given = {name for service in compose["services"].values() if "build" in service for name in service["environment"]}
    assert given <= known
