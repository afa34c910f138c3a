"""The declarative registry of all tables, and the mark of a row that belongs to one team."""

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """Every table of the product derives from this."""

    metadata = MetaData(naming_convention=NAMING)


class TeamOwned:
    """A row of exactly one team.

    Sessions restrict every ORM statement on such a table to their team (see `app.database`), so a
    query cannot forget it.
    """

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
