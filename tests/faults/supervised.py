"""Roles under the supervisor of `dateline up`: `python -m tests.faults.supervised FOLDER SECONDS`.

`FOLDER/roles.json` says which; a role that is silent for so many seconds is ended and started again.
"""

import json
import sys
from pathlib import Path

from services.core.liveness.vigil import Patience
from services.embedded.process import Child
from services.embedded.supervisor import Supervisor


def write(folder: Path, roles: dict[str, Child]) -> None:
    """Say which, each under a name of its own."""
    told = {
        name: {"argv": role.argv, "env": dict(role.env), "cwd": str(role.cwd)} for name, role in roles.items()
    }
    (folder / "roles.json").write_text(json.dumps(told))


def main(folder: Path, seconds: float) -> None:
    """Run until told to stop."""
    with Supervisor(logs=folder, run=folder, patience=Patience(silent=seconds)) as supervisor:
        for name, told in json.loads((folder / "roles.json").read_text()).items():
            child = Child(
                name=name, argv=tuple(told["argv"]), env=told["env"], cwd=Path(told["cwd"]), watched=True
            )
            supervisor.start(child)
        supervisor.run(until=lambda: False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
