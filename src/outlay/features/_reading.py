"""Columns as tables hold them to columns as the features take them, and back; compiled."""

from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from outlay.jit import kernel, leaf

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Prints = npt.NDArray[np.uint32]
Smalls = npt.NDArray[np.int8]
Records = npt.NDArray[np.void]

CRC: Final = np.array(
    [crc32(bytes([byte]), 0xFFFFFFFF) ^ 0xFFFFFFFF for byte in range(256)], np.int64
)
"""What each byte does to a CRC-32 that is 0."""
MICROS_AN_HOUR: Final = 3_600_000_000
TILE: Final = 256
"""Rows turned at a time: few enough for a near cache, 32 of its lines a column."""
TURNED: Final = 8
"""Rows of a tile whose values of a column are written together."""


@leaf
def crc(data: Bytes, start: int, length: int, salt: int) -> int:
    """Return what `zlib.crc32` gives for the bytes, beginning from ``salt``."""
    value: int = salt ^ 0xFFFFFFFF
    for k in range(start, start + length):
        value = CRC[(value ^ data[k]) & 0xFF] ^ (value >> 8)
    return int(value ^ 0xFFFFFFFF)


@leaf
def scattered(one: int, two: int) -> int:
    """Return a number that spreads over a table whatever the words have in common."""
    mixed = one * np.uint64(0x9E3779B97F4A7C15)
    mixed = (two ^ mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xBF58476D1CE4E5B9)
    return int(mixed >> np.uint64(33))


@leaf
def code_on(  # noqa: PLR0913, PLR0917 - numba takes arrays, not objects
    words: Words, codes: Codes, row: int, known: Words, firsts: Ints, table: Codes, n: int
) -> tuple[int, int]:
    """Code rows from ``row`` on while there is room; return the first row left and the codes' count."""
    mask = table.size - 1
    for i in range(row, codes.size):
        if codes[i] < 0:
            continue
        one, two = words[i, 0], words[i, 1]
        slot = scattered(one, two) & mask
        while table[slot] != 0 and (
            known[table[slot] - 1, 0] != one or known[table[slot] - 1, 1] != two
        ):
            slot = (slot + 1) & mask
        if table[slot] == 0:
            if n == firsts.size:
                return i, n
            known[n, 0] = one
            known[n, 1] = two
            firsts[n] = i
            n += 1
            table[slot] = n
        codes[i] = table[slot] - 1
    return codes.size, n


@kernel
def coded(words: Words, codes: Codes) -> Ints:
    """Tell pairs of words apart: set each one's code; return where each code appears first.

    A code that arrives as -1 stays: there is no value in that row.
    """
    known = np.empty((256, 2), np.uint64)
    firsts = np.empty(256, np.int64)
    table = np.zeros(1024, np.int32)  # open addressing, 1 + code, 0 = free
    row, n = code_on(words, codes, 0, known, firsts, table, 0)
    while row < codes.size:
        known = np.concatenate((known, np.empty((3 * n, 2), np.uint64)))
        firsts = np.concatenate((firsts, np.empty(3 * n, np.int64)))
        table = entered(known, n, 4 * table.size)
        row, n = code_on(words, codes, row, known, firsts, table, n)
    return firsts[:n].copy()


@kernel
def entered(known: Words, n: int, size: int) -> Codes:
    """Return a table of so many slots that holds the first ``n`` pairs of words."""
    table = np.zeros(size, np.int32)
    for code in range(n):
        slot = scattered(known[code, 0], known[code, 1]) & (size - 1)
        while table[slot] != 0:
            slot = (slot + 1) & (size - 1)
        table[slot] = code + 1
    return table


@kernel
def prints(data: Bytes, starts: Ints, lengths: Codes, salt: int, out: Prints) -> None:
    """Set the CRC-32 of each text: the ``lengths[i]`` bytes from starts[i] on."""
    for i in range(lengths.size):
        out[i] = crc(data, starts[i], lengths[i], salt)


@kernel
def marked(codes: Codes, of_codes: Prints, marks: Prints) -> None:
    """Set each row's mark, that of its code; 0 where the code is -1."""
    for i in range(codes.size):
        marks[i] = of_codes[codes[i]] if codes[i] >= 0 else 0


@kernel
def group(codes: Codes, in_time: Ints, bounds: Ints, order: Ints, places: Ints) -> None:
    """Bring rows in time order into groups by code, keeping time order inside each.

    ``bounds`` (groups + 1,) arrives as zeros and leaves with where each group begins; ``order`` is
    the rows group by group, and ``places`` where in it each row stands. Rows of code -1 are in none.
    """
    for i in range(codes.size):
        if codes[i] >= 0:
            bounds[codes[i] + 1] += 1
    for c in range(bounds.size - 1):
        bounds[c + 1] += bounds[c]
    cursor = bounds[:-1].copy()
    for k in range(in_time.size):
        row = in_time[k]
        code = codes[row]
        places[row] = -1
        if code >= 0:
            order[cursor[code]] = row
            places[row] = cursor[code]
            cursor[code] += 1


@kernel
def local_hours(times: Ints, starts: Ints, offsets: Ints, hours: Smalls, weekdays: Smalls) -> None:
    """Set the local hour and weekday of each time; offsets[k] holds from starts[k] on."""
    k = 0
    for i in range(times.size):
        time = times[i]
        if time < starts[k] or (k + 1 < starts.size and time >= starts[k + 1]):
            k = np.searchsorted(starts, time, side="right") - 1
        hour = (time + offsets[k]) // MICROS_AN_HOUR
        day = hour // 24
        hours[i] = hour - 24 * day
        weekdays[i] = (day + 3) % 7  # the first day of 1970 was a Thursday


@kernel
def lay(  # noqa: PLR0913, PLR0917 - likewise
    times: Ints,
    amounts: Floats,
    hours: Smalls,
    weekdays: Smalls,
    types: Prints,
    kinds: Codes,
    counterparties: Prints,
    devices: Prints,
    countries: Prints,
    places: Ints,
    payments: Records,
) -> None:
    """Write each row's payment to its place; of the optional columns a missing one is empty."""
    for i in range(times.size):
        payment = payments[places[i]]
        payment["time"] = times[i]
        payment["amount"] = amounts[i]
        payment["hour"] = hours[i]
        payment["weekday"] = weekdays[i]
        payment["type"] = types[i] if types.size > 0 else 0
        payment["kind"] = kinds[i]
        payment["counterparty"] = counterparties[i] if counterparties.size > 0 else 0
        payment["device"] = devices[i] if devices.size > 0 else 0
        payment["country"] = countries[i] if countries.size > 0 else 0


@kernel
def said_again(  # noqa: PLR0913, PLR0917 - likewise
    payments: Records, times: Ints, amounts: Floats, users: Codes, kinds: Codes, others: Codes
) -> None:
    """Set what each row said, by its place: the reverse of what `Register.enter` does."""
    for k in range(payments.size):
        row = payments[k]
        place, payment = row["place"], row["payment"]
        times[place] = payment["time"]
        amounts[place] = payment["amount"]
        users[place] = row["user"]
        kinds[place] = np.int32(payment["kind"])
        others[place] = row["other"]


@kernel
def turn(  # noqa: PLR0913, PLR0917 - likewise
    rows: Floats, chosen: Ints, places: Ints, first: int, last: int, out: Floats
) -> None:
    """Set columns first..last - 1 of ``out`` from rows that stand elsewhere: row i in places[i].

    Line c of ``out`` is column chosen[c] of the rows.

    A tile's rows are brought near first, all of a row at a time, and only then turned: memory is
    asked for long runs on either side.
    """
    tile = np.empty((TILE, rows.shape[1]))
    for begin in range(first, last, TILE):
        n = min(TILE, last - begin)
        for r in range(n):
            at = places[begin + r]
            for f in range(rows.shape[1]):
                tile[r, f] = rows[at, f]
        whole = n - n % TURNED
        for c in range(chosen.size):
            f = chosen[c]
            line = out[c]
            for r in range(0, whole, TURNED):
                turn_some(tile, r, f, line, begin + r)
            for r in range(whole, n):
                line[begin + r] = tile[r, f]


@leaf
def turn_some(tile: Floats, row: int, column: int, line: Floats, to: int) -> None:
    """Set eight neighbours of a column.

    They are written out one by one: of a loop the compiler makes a gathering instruction, which
    takes longer than eight loads.
    """
    one, two = tile[row, column], tile[row + 1, column]
    three, four = tile[row + 2, column], tile[row + 3, column]
    five, six = tile[row + 4, column], tile[row + 5, column]
    seven, eight = tile[row + 6, column], tile[row + 7, column]
    line[to], line[to + 1] = one, two
    line[to + 2], line[to + 3] = three, four
    line[to + 4], line[to + 5] = five, six
    line[to + 6], line[to + 7] = seven, eight


@kernel
def add_up(codes: Codes, values: Floats, count: Floats, total: Floats) -> None:
    """Add to each group how many values it has, and their sum, in their order."""
    for i in range(codes.size):
        count[codes[i]] += 1.0
        total[codes[i]] += values[i]


@kernel
def add_squares(codes: Codes, values: Floats, means: Floats, total: Floats) -> None:
    """Add to each group the squared distances of its values from its mean, in their order."""
    for i in range(codes.size):
        away = values[i] - means[codes[i]]
        total[codes[i]] += away * away


@kernel
def look_up(words: Words, known: Words, table: Codes, numbers: Codes) -> None:
    """Set the number of each pair of words that the table holds; see `entered`."""
    mask = table.size - 1
    for k in range(numbers.size):
        one, two = words[k, 0], words[k, 1]
        slot = scattered(one, two) & mask
        while table[slot] != 0:
            number = table[slot] - 1
            if known[number, 0] == one and known[number, 1] == two:
                numbers[k] = number
                break
            slot = (slot + 1) & mask


@kernel
def enter(known: Words, first: int, last: int, table: Codes) -> None:
    """Enter the pairs of words known[first:last], none of which the table holds."""
    mask = table.size - 1
    for number in range(first, last):
        slot = scattered(known[number, 0], known[number, 1]) & mask
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = number + 1


@leaf
def bring(older: Floats, newer: Floats, starts: Ints, offsets: Ints, out: Floats) -> None:
    """Copy runs of words: to ``out[offsets[k]:offsets[k + 1]]`` from starts[k] on.

    ``starts`` counts the words of ``newer`` behind those of ``older``.
    """
    for k in range(starts.size):
        is_old = starts[k] < older.size
        shift = starts[k] - offsets[k] - (0 if is_old else older.size)
        for at in range(offsets[k], offsets[k + 1]):
            out[at] = older[at + shift] if is_old else newer[at + shift]
