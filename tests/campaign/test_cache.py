"""The store: nothing lost, nothing wrong, whatever happens to the file."""

import contextlib
import ctypes
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diagrams.campaign import cache
from diagrams.campaign.cache import Store, digest

WRITER = """
import sys
from pathlib import Path
from diagrams.campaign.cache import Store
store = Store(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    store.put(f"key{number}", f"payload{number}".encode() * 50)
    print(number, flush=True)
"""


def payload(number: int) -> bytes:
    return f"payload{number}".encode() * 50


def test_what_is_put_is_got_also_by_another_store(tmp_path):
    path = tmp_path / "deep" / "store.sqlite"
    store = Store(path)
    assert store.get("a") is None
    store.put("a", b"1")
    store.put("a", b"2")
    store.put("b", bytes(range(256)))
    assert (Store(path).get("a"), Store(path).get("b")) == (b"2", bytes(range(256)))
    assert Store(path).info().entries == 2
    store.discard(["a"])
    assert Store(path).get("a") is None


def test_the_oldest_entries_make_room(tmp_path):
    store = Store(tmp_path / "store.sqlite", limit=100_000)
    for number in range(200):
        store.put(f"key{number}", bytes(2000))
        assert store.get("key0") is not None or number > 40
    assert store.info().size <= 100_000 + 100_000 // 16 + 2000
    assert store.get("key199") is not None
    assert store.get("key20") is None


def test_a_payload_too_large_is_not_kept(tmp_path):
    store = Store(tmp_path / "store.sqlite", limit=1000)
    store.put("large", bytes(600))
    assert store.get("large") is None
    assert store.trouble is None


def test_damage_never_changes_a_payload(tmp_path):
    path = tmp_path / "store.sqlite"
    chance = random.Random(1)
    for _ in range(12):
        for old in tmp_path.iterdir():
            old.unlink()
        store = Store(path)
        for number in range(30):
            store.put(f"key{number}", payload(number))
        store.close()
        image = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 10, 300])):
            image[chance.randrange(len(image))] = chance.randrange(256)
        path.write_bytes(image[: chance.choice([len(image), chance.randrange(len(image))])])
        damaged = Store(path)
        for number in range(30):
            assert damaged.get(f"key{number}") in (None, payload(number))
        damaged.put("new", b"works")
        assert damaged.get("new") == b"works" or damaged.trouble


@pytest.mark.parametrize("foreign", [b"", b"not a database at all" * 100])
def test_a_foreign_file_is_set_aside(tmp_path, foreign):
    path = tmp_path / "store.sqlite"
    path.write_bytes(foreign)
    store = Store(path)
    store.put("a", b"1")
    assert Store(path).get("a") == b"1"
    aside = [p for p in tmp_path.iterdir() if "set-aside" in p.name]
    assert [p.read_bytes() for p in aside] == ([foreign] if foreign else [])


def test_another_programs_database_is_set_aside_unchanged(tmp_path):
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE entries (key TEXT, payload BLOB, sum BLOB)")
        other.execute("INSERT INTO entries VALUES ('a', x'00', x'00')")
    other.close()
    assert Store(path).get("a") is None
    (aside,) = [p for p in tmp_path.iterdir() if "set-aside" in p.name]
    with sqlite3.connect(aside) as kept:
        assert kept.execute("SELECT key FROM entries").fetchall() == [("a",)]
    kept.close()


def test_a_place_that_cannot_be_written_is_as_good_as_empty(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "store.sqlite")
    store.put("a", b"1")
    assert store.get("a") is None
    assert store.trouble


@contextlib.contextmanager
def bound_by_permissions():
    """Take from a superuser the right to write where permissions forbid it."""
    if os.name == "nt" or (os.geteuid() == 0 and sys.platform != "linux"):
        pytest.skip("permissions do not bind here")
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    rights = (ctypes.c_uint32 * 6)()
    libc.capget(header, rights)
    before = rights[0]
    rights[0] = before & ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    libc.capset(header, rights)
    try:
        yield
    finally:
        rights[0] = before
        libc.capset(header, rights)


@pytest.mark.parametrize("folder", [0o500, 0o700])
@pytest.mark.parametrize("ended", ["closed", "killed"])
def test_a_store_that_cannot_be_written_is_read(tmp_path, folder, ended):
    place = tmp_path / "cache"
    path = place / "store.sqlite"
    if ended == "closed":
        store = Store(path)
        store.put("key1", payload(1))
        store.close()
    else:
        writer = start_writer(path, 0, 10_000)
        writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=60)
    for file in place.iterdir():
        file.chmod(0o400)
    place.chmod(folder)
    before = {file.name: file.read_bytes() for file in place.iterdir()}
    with bound_by_permissions():
        store = Store(path)
        found = store.get("key1")
        assert found == payload(1) or (ended == "killed" and found is None)
        assert store.put("new", b"2") is False
        assert store.get("new") is None
        store.discard(["key1"])
        assert store.get("key1") == found
        assert (store.writable, store.resumable) == (False, False)
        store.close()
    place.chmod(0o700)
    after = {file.name: file.read_bytes() for file in place.iterdir()}
    assert {name: after[name] for name in before if "shm" not in name} == {
        name: content for name, content in before.items() if "shm" not in name
    }


def test_entries_are_written_through_every_few_seconds(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("diagrams.campaign.cache.time.monotonic", lambda: now[0])
    store = Store(tmp_path / "store.sqlite")
    through = []
    for number in range(10):
        now[0] += 0.7
        store.put(f"key{number}", payload(number))
        through.append(store._connection.execute("PRAGMA synchronous").fetchone()[0] == 2)
    assert through == [False, False, True] * 3 + [False]


def test_a_reader_of_a_fresh_entry_writes_nothing(tmp_path):
    path = tmp_path / "store.sqlite"
    Store(path).put("a", b"1")
    reader = Store(path)
    reader.get("a")
    before = reader._connection.total_changes
    assert reader.get("a") == b"1"
    assert reader._connection.total_changes == before


def test_a_block_that_is_left_early_changes_nothing(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    store.put("a", b"1")

    def leave_early():
        with cache._transaction(store._connection):
            store._connection.execute("DELETE FROM entries")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave_early()
    assert store.get("a") == b"1"
    store.discard(["a"])
    assert store.get("a") is None


def test_clear_empties_and_counts(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    assert store.clear() == 0
    store.put("a", b"1")
    assert store.clear() == 1
    assert store.info().entries == 0


def start_writer(path: Path, first: int, last: int) -> subprocess.Popen:
    words = [sys.executable, "-c", WRITER, str(path), str(first), str(last)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def test_two_processes_write_at_once(tmp_path):
    path = tmp_path / "store.sqlite"
    writers = [start_writer(path, 0, 100), start_writer(path, 50, 150)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    store = Store(path)
    assert all(store.get(f"key{number}") == payload(number) for number in range(150))


def kill_at_random(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "store.sqlite"
    chance = random.Random(2)
    for _ in range(rounds):
        writer = start_writer(path, 0, 10_000)
        first = writer.stdout.readline()
        time.sleep(chance.random() * 0.2)
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in (first + writer.stdout.read()).split()]
        writer.wait(timeout=60)
        writer.stdout.close()
        store = Store(path)
        for number in said[:-1]:
            assert store.get(f"key{number}") == payload(number)
        store.close()


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
def test_killed_at_random_moments_nothing_that_was_put_is_lost(tmp_path):
    kill_at_random(tmp_path, 6)


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
def test_killed_a_hundred_times(tmp_path):
    kill_at_random(tmp_path, 100)


def test_digests_tell_parts_apart():
    assert len({digest("a", "b"), digest("ab"), digest("a", "b", 1), digest("a", "b", "1")}) == 4
