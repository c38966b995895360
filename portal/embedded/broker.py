"""
Celery's broker inside PostgreSQL, for the embedded shape: a task is deleted when it is done, not when it is fetched.

Kombu's own SQLAlchemy transport hides a message when it hands it out and keeps it hidden for ever, so a killed worker
loses its tasks and the table grows. Here an acknowledged message is deleted, a rejected or restored one is shown again,
and `show_unfinished` brings back what a killed worker had fetched.

Address: `database+postgresql+psycopg://...`; the alias is registered in portal/celery.py.
"""

from __future__ import annotations

from queue import Empty
from typing import Any

from kombu.transport import sqlalchemy as stock
from kombu.utils.json import loads
from sqlalchemy import Connection, Engine, create_engine, inspect, text

ROW = "database_row"
TABLE = "kombu_message"
POLL_SECONDS = 0.25


class Channel(stock.Channel):
    """Hand out messages by row, and remember the row until the message is acknowledged."""

    def _engine_from_config(self) -> Engine:
        client: Any = self.connection.client
        return create_engine(client.hostname, pool_pre_ping=True, pool_size=2)

    def _poll(self, cycle: Any, callback: Any, timeout: float | None = None) -> Any:
        """Ask once whether anything is there for anybody; nearly always there is not."""
        with self._autocommitting() as connection:
            is_any = connection.execute(text(f"SELECT EXISTS (SELECT FROM {TABLE} WHERE visible)")).scalar_one()  # noqa: S608
        if not is_any:
            raise Empty
        return super()._poll(cycle, callback, timeout=timeout)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        with self._autocommitting() as connection:
            found = connection.execute(
                text(
                    f"UPDATE {TABLE} SET visible = false WHERE id = ("  # noqa: S608  # constants only
                    f"SELECT id FROM {TABLE} WHERE queue_id = :queue AND visible "
                    "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, payload"
                ),
                {"queue": self._id_of(queue)},
            ).one_or_none()
        if found is None:
            raise Empty
        message: dict[str, Any] = loads(found.payload)
        message["properties"][ROW] = found.id
        return message

    def _id_of(self, queue: str) -> int:
        """The row of a queue, asked for once: every look for a message, four times a second, would ask again."""
        known: dict[str, int] = self.__dict__.setdefault("_ids_of_queues", {})
        if queue not in known:
            stored: Any = self._get_or_create(queue)  # type: ignore[attr-defined]  # missing in kombu's types
            known[queue] = int(stored.id)
            self.session.commit()
        return known[queue]

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Delete an acknowledged message; may be called from any thread."""
        self._execute(f"DELETE FROM {TABLE} WHERE id = :row", self._row(delivery_tag))  # noqa: S608
        super().basic_ack(delivery_tag, multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Delete a rejected message, or show it again."""
        row = self._row(delivery_tag)
        if requeue:
            self._show(row)
        else:
            self._execute(f"DELETE FROM {TABLE} WHERE id = :row", row)  # noqa: S608
        self.qos.ack(delivery_tag)

    def _restore(self, message: Any) -> None:
        self._show(message.properties[ROW])

    def _show(self, row: int) -> None:
        self._execute(f"UPDATE {TABLE} SET visible = true WHERE id = :row", row)  # noqa: S608

    def _row(self, delivery_tag: str) -> int:
        return int(self.qos.get(delivery_tag).properties[ROW])

    def _execute(self, statement: str, row: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), {"row": row})

    def _autocommitting(self) -> Connection:
        """Open a connection on which each statement stands for itself: one round trip instead of three."""
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    @property
    def _engine(self) -> Engine:
        engine: Engine = self._open()[0]
        return engine


class Transport(stock.Transport):
    """The transport behind `database+...` addresses."""

    Channel = Channel
    polling_interval = POLL_SECONDS
    driver_name = "database"


def show_unfinished(url: str) -> int:
    """
    Show every fetched but unfinished message again and return how many there were.

    Only for the moment before the one worker starts: with a second worker it would hand out tasks that are being done.
    """
    engine = create_engine(url.removeprefix("database+"))
    try:
        if not inspect(engine).has_table(TABLE):
            return 0
        with engine.begin() as connection:
            return connection.execute(text(f"UPDATE {TABLE} SET visible = true WHERE NOT visible")).rowcount  # noqa: S608
    finally:
        engine.dispose()
