"""What was computed stays computed: a store on disk, safe to share, free to lose.

A store maps keys (digests of everything a result depends on) to payloads (bytes).  It is one
SQLite file, written in transactions, so a process that dies at any moment leaves it whole,
and any number of processes may use it at once.  Every payload carries its own digest and
is checked when read: a damaged entry is as good as absent, and a file that is damaged or not
ours is set aside under another name.  The size is bounded: what was not used for longest goes
first.  What was written reaches the disk itself within seconds and when the store is closed, so
that a power cut takes no more than that; a store that cannot be written is read all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from diagrams.errors import BadInput

FORMAT = 1
APPLICATION = 0x77696B66
SIZE_LIMIT = 2 * 2**30
FILE_NAME = "wickflow.sqlite"
DIRECTORY_VARIABLE = "WICKFLOW_CACHE_DIR"
_PATIENCE = 30.0
_DURABLE = 2.0
"""Seconds after which the next entry is written through to the disk, with all before it."""

_USED_AGAIN = 3600.0
"""Seconds after which another use of an entry is worth noting."""

_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError, OverflowError)
"""What reading a damaged file raises; its error messages may hold stray bytes."""


def default_path() -> Path:
    """Where the store lies: ``$WICKFLOW_CACHE_DIR``, else the user's cache directory."""
    chosen = os.environ.get(DIRECTORY_VARIABLE)
    if chosen:
        return Path(chosen) / FILE_NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "wickflow" / FILE_NAME
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wickflow" / FILE_NAME


def digest(*parts: object) -> str:
    """A key: the SHA-256 of the written forms of all parts.

    >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a1")
    (True, False)
    """
    return hashlib.sha256(repr(_plain(parts)).encode()).hexdigest()


def _plain(part: object) -> object:
    """A value with all its fields, as tuples: its own text may be a shortened one."""
    if is_dataclass(part):
        return (type(part).__name__, *(_plain(getattr(part, f.name)) for f in fields(part)))
    return tuple(map(_plain, part)) if isinstance(part, tuple | list) else part


@dataclass(frozen=True)
class StoreInfo:
    """Where a store lies, how many entries it has, and its size in bytes."""

    path: Path
    entries: int
    size: int


class Store:
    """A bounded map from keys to payloads in one SQLite file.

    The store never raises while computing: where it cannot be read or written it behaves
    as if it were empty, and :attr:`trouble` says why.  ``resumable`` is for those who write: that
    an interrupted computation of theirs would go on from here.
    """

    def __init__(self, path: Path | None = None, limit: int = SIZE_LIMIT) -> None:
        self.path = default_path() if path is None else path
        self.limit = limit
        self.trouble: str | None = None
        self.resumable = False
        self._connection: sqlite3.Connection | None = None
        self._read_only = False
        self._written = 0
        self._durable = time.monotonic()

    # -- the file ------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is not None or self.trouble is not None:
            return self._connection
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for _ in range(2):
                try:
                    self._connection = _connect(self.path)
                    return self._connection
                except sqlite3.OperationalError:
                    raise
                except _DAMAGE:
                    self._set_aside()
        except (OSError, sqlite3.Error) as error:
            self._connection = _connect_to_read(self.path)
            self._read_only = self._connection is not None
            if not self._read_only:
                self._fail(error)
        return self._connection

    def _fail(self, error: Exception) -> None:
        """Remember why the store is not in use; what it holds of a run is not to be relied on."""
        self.trouble, self.resumable = f"{self.path}: {error}", False

    def _set_aside(self) -> None:
        """Move a file that is damaged or not ours out of the way; it is not deleted."""
        self.close()
        for number in range(1, 1000):
            aside = self.path.with_name(f"{self.path.name}.set-aside-{number}")
            if not aside.exists():
                break
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(aside)
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self.path.with_name(self.path.name + suffix).unlink()

    @property
    def writable(self) -> bool:
        """Whether the file is open and takes new entries."""
        return self._connection is not None and not self._read_only

    def close(self) -> None:
        """Close the file, all of it on the disk; the next use opens it again."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                if self._written:
                    self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._connection.close()
            self._connection, self._read_only = None, False

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection | None]:
        """Give the connection; a damaged file is set aside, other trouble is remembered."""
        connection = self._open()
        try:
            yield connection
        except sqlite3.OperationalError as error:
            self._fail(error)
            self.close()
        except _DAMAGE as error:
            if self._read_only:
                self._fail(error)
                self.close()
            else:
                self._set_aside()

    # -- entries -------------------------------------------------------------------

    def get(self, key: str) -> bytes | None:
        """Return the payload of a key; ``None`` if there is none, or none undamaged."""
        with self._guarded() as connection:
            if connection is None:
                return None
            row = connection.execute(
                "SELECT payload, sum, used FROM entries WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return None
            payload, stored, used = row
            whole = isinstance(payload, bytes) and _sum(key, payload) == stored
            if self._read_only:
                return payload if whole else None
            if not whole:
                connection.execute("DELETE FROM entries WHERE key = ?", (key,))
                return None
            now = time.time()
            if not isinstance(used, float) or abs(now - used) > _USED_AGAIN:
                connection.execute("UPDATE entries SET used = ? WHERE key = ?", (now, key))
            return bytes(payload)
        return None

    def put(self, key: str, payload: bytes) -> bool:
        """Keep a payload, in one transaction; the oldest entries make room for it.

        Returns whether it is kept.
        """
        if len(payload) > self.limit // 4:
            return False
        with self._guarded() as connection:
            if connection is None or self._read_only:
                return False
            now = time.monotonic()
            through = now - self._durable > _DURABLE
            connection.execute(f"PRAGMA synchronous = {'FULL' if through else 'NORMAL'}")
            connection.execute(
                "INSERT OR REPLACE INTO entries (key, payload, sum, size, used)"
                " VALUES (?, ?, ?, ?, ?)",
                (key, payload, _sum(key, payload), len(payload), time.time()),
            )
            self._durable = now if through else self._durable
            self._written += len(payload)
            if self._written > self.limit // 16:
                self._written = 0
                self._shrink(connection)
            return True
        return False

    def discard(self, keys: list[str]) -> None:
        """Forget entries, such as the intermediate results of what is finished."""
        with self._guarded() as connection:
            if connection is not None and not self._read_only:
                with _transaction(connection):
                    gone = [(key,) for key in keys]
                    connection.executemany("DELETE FROM entries WHERE key = ?", gone)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        total = connection.execute("SELECT COALESCE(SUM(size), 0) FROM entries").fetchone()[0]
        if total <= self.limit:
            return
        over = total - self.limit * 3 // 4
        for key, size in connection.execute("SELECT key, size FROM entries ORDER BY used"):
            connection.execute("DELETE FROM entries WHERE key = ?", (key,))
            over -= size
            if over <= 0:
                break
        connection.execute("PRAGMA incremental_vacuum")

    # -- for people ----------------------------------------------------------------

    def info(self) -> StoreInfo:
        """Where the store lies and how much it holds."""
        entries = size = 0
        if self.path.exists():
            with self._guarded() as connection:
                if connection is not None:
                    entries, size = connection.execute(
                        "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM entries"
                    ).fetchone()
        return StoreInfo(self.path, entries, size)

    def clear(self) -> int:
        """Delete every entry and return how many there were.

        Raises :class:`~diagrams.errors.BadInput` where the file cannot be written.
        """
        if not self.path.exists():
            return 0
        entries = self.info().entries
        with self._guarded() as connection:
            if connection is not None:
                if self._read_only:
                    raise BadInput("cache", str(self.path), "a file that can be written")
                connection.execute("DELETE FROM entries")
                connection.execute("VACUUM")
        if self.trouble is not None:
            raise BadInput("cache", str(self.path), f"a file that can be written ({self.trouble})")
        return entries


def _sum(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + payload).digest()


def _connect(path: Path) -> sqlite3.Connection:
    """Open a store file, made new if absent; ``DatabaseError`` if it is not one of ours."""
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        empty = not connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if not empty and (owner, version) != (APPLICATION, FORMAT):
            raise sqlite3.DatabaseError("not a store of this version")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with _transaction(connection):
            connection.execute(
                "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, payload BLOB NOT NULL,"
                " sum BLOB NOT NULL, size INTEGER NOT NULL, used REAL NOT NULL) WITHOUT ROWID"
            )
            connection.execute("CREATE INDEX IF NOT EXISTS by_use ON entries (used)")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection | None:
    """Open a store file that cannot be written, if it is one of ours.

    Where not even the index of its journal can be made (a mount that is read-only), nobody
    else writes either, and the file is read as it stands.
    """
    for option in ("mode=ro", "mode=ro&immutable=1"):
        connection = None
        try:
            address = f"{path.absolute().as_uri()}?{option}"
            connection = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute("SELECT COUNT(*) FROM entries").fetchone()
            if (owner, version) == (APPLICATION, FORMAT):
                return connection
        except (OSError, ValueError, *_DAMAGE):
            pass
        if connection is not None:
            connection.close()
    return None


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, whatever ends the block."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
