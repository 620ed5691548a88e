"""`dateline rules`: what an editor does with a rulebook, one file for each part of the day.

checking (is it right?), explaining (why?), addresses (which are one?), foreseeing (what would it do?), publishing (make it so), measuring (was it good?).
"""

import click

from services.cli.rules.addresses import addresses
from services.cli.rules.checking import check, test
from services.cli.rules.explaining import explain
from services.cli.rules.foreseeing import diff, impact
from services.cli.rules.measuring import evaluate, stats, suggest
from services.cli.rules.publishing import export, history, publish, rollback


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def rules() -> None:
    """Check, test, explain, foresee, publish and measure rules.

    Example: dateline rules explain --title "Kazakh leader visits Tashkent"
    """


for _command in (
    check,
    test,
    explain,
    addresses,
    diff,
    impact,
    publish,
    history,
    rollback,
    export,
    evaluate,
    stats,
    suggest,
):
    rules.add_command(_command)
