"""The database of the runs: opened once in each process; missing tables and columns are added.

Several processes may do so at the same time. The columns are added here, in a few lines, rather than by Alembic: every
change so far was a new column with a default, and an installed app must upgrade without a command from its user.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

SQLITE_WAIT_S = 30.0
"""Seconds that SQLite waits for another writer: longer than any transaction of this program takes."""
UNAVAILABLE_MESSAGE = (
    "The database of the runs does not answer just now, perhaps because it is locked: try again in a moment."
)
LOCK_NUMBER = 0x434E4E
"""The PostgreSQL advisory lock under which tables are made: any number that no other program uses there ("CNN")."""

# An engine holds a pool of connections, so SQLAlchemy wants one for each database and process, not one for each store.
_engines: dict[str, sa.Engine] = {}
_lock = threading.Lock()


class StoreUnavailableError(RuntimeError):
    """The database does not answer, or another process has locked it."""


@contextmanager
def begin_transaction(url: str, tables: sa.MetaData) -> Iterator[sa.Connection]:
    """Open a transaction in the database at `url`, with these tables in it. Raises StoreUnavailableError."""
    try:
        with _get_engine(url, tables).begin() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise StoreUnavailableError(UNAVAILABLE_MESSAGE) from error


def _get_engine(url: str, tables: sa.MetaData) -> sa.Engine:
    """Return the engine of this process for the database, with its tables made."""
    with _lock:
        if url not in _engines:
            _engines[url] = _make_engine(url, tables)
        return _engines[url]


def _make_engine(url: str, tables: sa.MetaData) -> sa.Engine:
    sqlite = url.startswith("sqlite")
    engine = sa.create_engine(url, pool_pre_ping=True, connect_args={"timeout": SQLITE_WAIT_S} if sqlite else {})
    if sqlite:
        # Readers and one writer side by side; a crash of the machine may lose the last moment, never the file.
        sa.event.listen(engine, "connect", _tune_sqlite)
    make_tables(engine, tables)
    return engine


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def make_tables(engine: sa.Engine, tables: sa.MetaData) -> None:
    """Add the tables and columns that are missing; existing ones are not changed.

    A column that is newer than its table must be nullable or have a `server_default`.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # there, "if not exists" alone lets two processes collide
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
        for table in tables.sorted_tables:
            # "If not exists" in the statement itself: another process may be making the same tables.
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
    for table in tables.sorted_tables:
        for column in table.columns:
            _add_column(engine, table, column)


def _add_column(engine: sa.Engine, table: sa.Table, column: sa.Column[object]) -> None:
    """Add the column unless it exists; another process may be adding it at this moment."""

    def is_missing() -> bool:
        return column.name not in {known["name"] for known in sa.inspect(engine).get_columns(table.name)}

    if not is_missing():
        return
    definition = str(sa.schema.CreateColumn(column).compile(dialect=engine.dialect))
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))
    except sa.exc.DBAPIError:
        if is_missing():
            raise
