"""The files for containers agree with the code and with each other: queues consumed, commands and settings that exist, limits, mounts."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from services.api.app import create_app
from services.cli import COMMANDS
from services.cli.pulse import GONE_S, SURE_S
from services.core.broker import JOB_LIMIT_S, OPTIONS
from services.core.health import ROLES_NEEDED
from services.core.liveness.pulse import VARIABLE
from services.core.liveness.vigil import ABORT_S
from services.core.queues import QUEUE_OF, ROLES, Job, Queue
from services.core.settings import SETTINGS, explain
from services.core.traces import ENDPOINTS

ROOT = Path(__file__).parents[1]


def _read(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


FILE = _read("docker-compose.yml")
WORKERS = _read("docker-compose.workers.yml")
SECRETS = _read("infra/compose/secrets.yml")
PUBLISH = _read("infra/compose/publish.yml")
SERVICES = FILE["services"]
OURS = {name: s for name, s in SERVICES.items() if str(s.get("image", "")).startswith("dateline")}
LONG_RUNNING = {name: s for name, s in SERVICES.items() if name != "migrate"}
EVERYWHERE = [
    *((name, s) for name, s in SERVICES.items()),
    *((f"workers.{name}", s) for name, s in WORKERS["services"].items()),
]
ROLES_RUN = [
    (name, service)
    for name, service in EVERYWHERE
    if service.get("command", [""])[0] in {"api", "scheduler", "worker"}
]
KNOWN = {setting.name for setting in SETTINGS} | {setting.name + "_FILE" for setting in SETTINGS}


def _said(text: str) -> str:
    """With every variable at its default, as on a machine where nothing was prepared."""
    return re.sub(r"\$\{\w+(?::-|:\?)([^}]*)\}", r"\1", text)


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_every_queue_is_consumed_by_some_service():
    consumed = {
        queue
        for service in OURS.values()
        if service["command"][0] == "worker"
        for role in service["command"][1:]
        for queue in ROLES[role]
    }
    assert consumed == set(Queue) == set(QUEUE_OF.values())
    assert set(QUEUE_OF) == set(Job)


@pytest.mark.parametrize("name", OURS)
def test_every_service_runs_a_command_that_exists_and_survives(name):
    service = OURS[name]
    assert service["command"][0] in COMMANDS
    assert service["command"][0] != "worker" or set(service["command"][1:]) <= set(ROLES)
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    if name != "migrate":
        assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize(("name", "service"), EVERYWHERE)
def test_every_container_is_locked_up_and_bounded(name, service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert re.fullmatch(r"\d+[mg]", _said(service["mem_limit"]))
    assert service["pids_limit"] > 0
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert _seconds(service.get("stop_grace_period", "0s")) >= 30


@pytest.mark.parametrize("name", [n for n in LONG_RUNNING if n not in {"prometheus", "grafana"}])
def test_what_news_pass_through_says_whether_it_is_well(name):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize(("name", "service"), ROLES_RUN)
def test_every_role_is_ended_when_it_hangs_and_is_well_when_it_gives_signs_of_life(name, service):
    """What ends is started again; what is ill is not. And there must be time for ending it."""
    check = service["healthcheck"]
    kind, command = check["test"]
    first, then = command.split(" && exec ")
    assert (kind, first) == ("CMD-SHELL", "dateline pulse")
    role = name.removeprefix("workers.")
    if role in ROLES_NEEDED:
        assert then == f"dateline doctor --role {role}"
    else:
        assert "/health/ready" in then
    assert _seconds(check["timeout"]) > SURE_S + ABORT_S + GONE_S
    assert service["init"] is True, "the first process of a container cannot be ended from inside"
    assert service["restart"] == "unless-stopped"


def test_the_image_says_where_the_pulse_is_in_a_place_of_memory():
    """For the role and for what looks at it. A disk that hangs would be what the role hangs of."""
    (path,) = re.findall(rf"\b{VARIABLE}=(\S+)", (ROOT / "infra/docker/Dockerfile").read_text())
    assert path.startswith("/tmp/")
    for name, service in ROLES_RUN:
        assert service["tmpfs"] == ["/tmp"], name
        assert VARIABLE not in service["environment"]


def test_workers_hand_back_what_they_do_before_the_grace_ends():
    for service in (*OURS.values(), *WORKERS["services"].values()):
        assert service["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
        assert OPTIONS["worker_soft_shutdown_timeout"] < _seconds(service["stop_grace_period"]) < JOB_LIMIT_S


@pytest.mark.parametrize(("name", "service"), [*EVERYWHERE, ("secrets", SECRETS["x-ours"])])
def test_only_settings_that_exist_are_set_and_their_defaults_can_be_read(name, service):
    environment = {
        k: _said(v) for k, v in service.get("environment", {}).items() if k.startswith("DATELINE_")
    }
    assert environment.keys() <= KNOWN
    explain({k: v for k, v in environment.items() if not k.endswith("_FILE")}, {})


@pytest.mark.parametrize(
    ("name", "service"),
    [
        (name, service)
        for name, service in EVERYWHERE
        if "DATELINE_REDIS_URL" in service.get("environment", {})
    ],
)
def test_where_traces_go_is_passed_on_to_every_role_and_is_not_there_where_nobody_says_so(name, service):
    """An empty variable is not everywhere read as none; one without a value is not passed on."""
    told = re.findall(r"^\| `(OTEL_.*?) \|", (ROOT / "docs/reference/traces.md").read_text(), re.MULTILINE)
    named = {variable for row in told for variable in re.findall(r"OTEL_\w+", row)}
    passed_on = {k: v for k, v in service["environment"].items() if k.startswith("OTEL_")}
    assert set(ENDPOINTS) | named <= set(passed_on)
    assert set(passed_on.values()) == {None}


def test_the_image_holds_what_sends_traces():
    image = (ROOT / "infra/docker/Dockerfile").read_text()
    assert "requirements-traces.txt" in image
    assert "opentelemetry-exporter-otlp-proto-http==" in (ROOT / "requirements-traces.txt").read_text()


def test_the_api_believes_the_edge():
    (subnet,) = FILE["networks"]["edge"]["ipam"]["config"]
    assert _said(subnet["subnet"]) in _said(OURS["api"]["environment"]["DATELINE_TRUSTED_PROXIES"]).split(",")


def test_the_roles_that_doctor_looks_for_have_a_service_each():
    assert set(ROLES_NEEDED) <= set(OURS)


def test_without_a_profile_nothing_but_the_api_is_published_and_everything_on_this_machine_alone():
    assert {name: s.get("profiles") for name, s in SERVICES.items() if "ports" in s} == {
        "api": None,
        "edge": ["edge"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    }
    published = [_said(port) for s in SERVICES.values() for port in s.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_only_what_fetches_or_sends_has_a_way_out():
    networks = FILE["networks"]
    assert networks["back"]["internal"]
    assert networks["edge"]["internal"]
    assert networks["door"]["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    assert {name for name, s in SERVICES.items() if "out" in s["networks"]} == {"ingest", "api"}
    assert all(set(s["networks"]) <= set(networks) for s in SERVICES.values())


def test_every_file_that_is_mounted_exists_and_every_volume_is_declared():
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = _said(volume).split(":")[0]
            assert source in FILE["volumes"] or (ROOT / source).exists(), volume


def test_workers_of_another_host_are_those_of_the_first():
    for name, service in WORKERS["services"].items():
        first = OURS[name]
        same = service.keys() - {"environment"}
        assert {k: service[k] for k in same} == {k: first[k] for k in same}
        urls = {"DATELINE_DATABASE_URL", "DATELINE_REDIS_URL"}
        assert all(":?" in service["environment"][url] for url in urls)
        rest = service["environment"].keys() - urls
        assert {k: service["environment"][k] for k in rest} == {k: first["environment"][k] for k in rest}
    assert WORKERS["services"].keys() == {"ingest", "classify"}


def test_every_service_that_knows_a_password_takes_it_from_a_file():
    overridden = SECRETS["services"]
    assert set(OURS) | {"postgres", "redis", "grafana"} == set(overridden)
    for name, service in overridden.items():
        assert set(service["secrets"]) <= set(SECRETS["secrets"])
        for key, value in service["environment"].items():
            if key.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
                plain = key.removesuffix("_FILE").removesuffix("_")
                assert service["environment"][plain] == "", "an environment that is not empty would win"
                assert plain in SERVICES[name]["environment"]


def _make_secrets(folder: Path) -> dict[str, str]:
    subprocess.run(["sh", str(ROOT / "infra/compose/make-secrets.sh"), str(folder)], check=True)
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_secrets_that_are_made_are_those_that_are_named(tmp_path):
    made = _make_secrets(tmp_path / "s")
    assert _make_secrets(tmp_path / "s") == made, "a second call must change no password"
    assert (
        {s["file"].rpartition("/")[2] for s in SECRETS["secrets"].values()}
        == set(made)
        == set(SECRETS["secrets"])
    )
    assert made["postgres_password"].strip() in made["database_url"]
    assert made["redis_password"].strip() in made["redis_url"]
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    explain(
        {
            "DATELINE_DATABASE_URL_FILE": f"{tmp_path}/s/database_url",
            "DATELINE_REDIS_URL_FILE": f"{tmp_path}/s/redis_url",
        },
        {},
    )


def test_published_for_other_hosts_only_where_somebody_says_where():
    assert set(PUBLISH["services"]) == {"postgres", "redis"}
    for service in PUBLISH["services"].values():
        assert all(":?" in port for port in service["ports"])


@pytest.mark.parametrize("script", sorted(ROOT.glob("infra/**/*.sh")), ids=lambda p: p.name)
def test_scripts_are_plain_shell(script):
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def test_prometheus_asks_every_copy_of_services_that_exist():
    conf = _read("infra/prometheus/prometheus.yml")
    found = [sd for job in conf["scrape_configs"] for sd in job.get("dns_sd_configs", ())]
    assert found
    for sd in found:
        assert sd["type"] == "A"
        assert set(sd["names"]) <= set(OURS)
        assert all("back" in SERVICES[name]["networks"] for name in [*sd["names"], "prometheus"])
    assert conf["rule_files"] == ["/etc/prometheus/alerts.yml"]
    assert "./infra/prometheus:/etc/prometheus:ro" in SERVICES["prometheus"]["volumes"]


def test_grafana_finds_prometheus_and_the_dashboards():
    (source,) = _read("infra/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert source["uid"] == "prometheus"
    assert source["isDefault"]
    (provider,) = _read("infra/grafana/provisioning/dashboards/dateline.yml")["providers"]
    mounted = dict(v.removesuffix(":ro").split(":") for v in SERVICES["grafana"]["volumes"])
    assert mounted["./infra/grafana"] == "/etc/dateline"
    assert provider["options"]["path"] == "/etc/dateline/dashboards"
    assert SERVICES["grafana"]["environment"]["GF_PATHS_PROVISIONING"] == "/etc/dateline/provisioning"


def test_the_edge_is_looked_at_for_long_enough_to_pass_over_a_frozen_copy():
    """Who hangs up before is answered by none, and nginx learns nothing: `unhealthy`, while every reader is answered."""
    (passed_over,) = re.findall(
        r"^    proxy_read_timeout (\d+)s;", (ROOT / "infra/nginx/nginx.conf").read_text(), re.MULTILINE
    )
    check = SERVICES["edge"]["healthcheck"]
    waits = int(check["test"][check["test"].index("--max-time") + 1])
    assert int(passed_over) < waits < _seconds(check["timeout"])


def test_what_the_edge_holds_is_answered_when_it_takes_up_its_files_and_cut_when_it_stops():
    """An update reloads it; one who waits for a change must not be hung up on."""
    (bears,) = re.findall(
        r"^worker_shutdown_timeout (\d+)s;", (ROOT / "infra/nginx/nginx.conf").read_text(), re.MULTILINE
    )
    parameters = create_app().openapi()["paths"]["/v1/changes"]["get"]["parameters"]
    (longest,) = [p["schema"]["maximum"] for p in parameters if p["name"] == "wait"]
    assert longest < int(bears)
    assert SERVICES["edge"]["stop_signal"] == "SIGTERM", "the other one waits for as long"


def test_the_edge_keeps_nothing_that_varies_by_more_than_its_key():
    """The edge leaves Vary aside, because its key has the encoding. Whatever else varies must be kept out of the cache."""
    sources = (ROOT / "services/api").rglob("*.py")
    varying = [
        p.name for p in sources if re.search(r'VARY = |"Vary": "(?!Accept-Encoding"|What)', p.read_text())
    ]
    assert varying == ["changes.py"]
    assert "location = /v1/changes" in (ROOT / "infra/nginx/nginx.conf").read_text()


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="no docker-compose 1.29 on this machine")
@pytest.mark.parametrize(
    "more", [[], ["-f", "infra/compose/secrets.yml"], ["-f", "infra/compose/publish.yml"]]
)
def test_compose_takes_the_files(more, tmp_path):
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "POSTGRES_PUBLISH": "127.0.0.1:15432",
        "REDIS_PUBLISH": "127.0.0.1:16379",
    }
    command = ["docker-compose", "-f", "docker-compose.yml", *more, "config", "-q"]
    done = subprocess.run(command, cwd=ROOT, check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
