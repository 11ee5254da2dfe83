"""Tables of tournaments that nobody played, for what shows them."""

from __future__ import annotations

from itertools import islice

from rollback.sim.league.deals import Deals
from rollback.sim.league.schedule import round_robin
from rollback.sim.league.scoresheet import Scoresheet
from rollback.sim.league.standings import encounters, standings, standings_alone
from rollback.sim.league.table import Table


def table_of(labels, matches=60) -> Table:
    sheet = Scoresheet(len(labels))
    for number, lineup in enumerate(islice(round_robin(len(labels), 2), matches)):
        sheet.add(lineup, (lineup[0] + number % 3, lineup[1]))
    rows = standings(labels, sheet)
    return Table(
        game="sums", players=2, schedule="round-robin", seed=1, matches=matches, frames=60, truncated=0, standings=rows,
        cross=encounters(sheet, [labels.index(row.agent) for row in rows]), failures=(),
    )  # fmt: skip


def alone_of(labels) -> Table:
    deals = Deals(len(labels))
    for deal in range(9):
        for agent in range(len(labels)):
            deals.add(deal, agent, float(deal * 10 + agent))
    rows = standings_alone(labels, deals)
    return Table(
        game="alone", players=1, schedule="round-robin", seed=1, matches=9 * len(labels), frames=60, truncated=0,
        standings=rows, cross=encounters(deals.sheet, [labels.index(row.agent) for row in rows]), failures=(),
    )  # fmt: skip
