"""An API whose loop stands still for ever once `/hang` is asked for: `python -m tests.api.watching.hung_api`. It notices in some seconds."""

import time

from services.api import app
from services.api.watching import pulse
from services.core.liveness import beats


async def stand_still() -> None:
    """What native code that never returns does to a loop."""
    time.sleep(3600)  # noqa: ASYNC251 - that is the point


if __name__ == "__main__":
    beats.EVERY_S, pulse.HUNG_S = 0.3, 4.0
    create_app = app.create_app

    def hanging() -> app.Application:
        """The application as it is, with one more route."""
        made = create_app()
        made.add_api_route("/hang", stand_still, include_in_schema=False)
        return made

    app.create_app = hanging
    app.serve()
