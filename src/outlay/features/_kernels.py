"""What one payment does to its user's state, compiled.

Every compiled function of the features stands in this file: numba's on-disk cache does not see a
change in a function imported from another file (numba/numba#1833).

A user's state at rest is a run of float64 words (`dump` writes it, `load` reads it): whole numbers
up to 2**53 are exact in it, so counts, microseconds and 32-bit fingerprints keep every bit.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from outlay.jit import kernel, leaf
from outlay.schema.catalog import NAMES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Prints = npt.NDArray[np.uint32]
Smalls = npt.NDArray[np.int8]
Record = Any
"""One element of an array of `PAST`: a field may be of any type."""
Print = Any
"""A fingerprint, as uint32 or as its value."""

STATE_VERSION: Final = 2
"""Changes with the layout that `dump` writes."""

N_BINS: Final = 512
BLOCK: Final = 16
N_BLOCKS: Final = N_BINS // BLOCK
LOG_MIN: Final = float(np.log(0.01))
BIN_WIDTH: Final = float(np.log(1e12) / N_BINS)
"""Amounts stand in 512 logarithmic bins over 0.01 to 1e10: a bin is 5.5 % wide."""

N_TYPES: Final = 24
"""Types of transaction told apart a user; the rarest beyond share the last place."""

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
SPANS: Final = (HOUR, DAY, 7 * DAY, 30 * DAY)
N_WINDOWS: Final = len(SPANS)

HOUR_PRIOR: Final = 10.0
WEEKDAY_PRIOR: Final = 10.0
TYPE_PRIOR: Final = 5.0
"""How many payments the population's habit is worth beside the user's own."""

PAST = np.dtype(
    [
        ("n", "i8"),
        ("amount_sum", "f8"),
        ("amount_min", "f8"),
        ("amount_max", "f8"),
        ("log_mean", "f8"),
        ("log_m2", "f8"),
        ("first_seen", "i8"),
        ("last_seen", "i8"),
        ("n_types", "i8"),
        ("n_bins", "i8"),
        ("n_seen", "i8"),
        ("n_events", "i8"),
        ("hours", "f8", (24,)),
        ("weekdays", "f8", (7,)),
        ("type_keys", "u4", (N_TYPES,)),
        ("type_counts", "f8", (N_TYPES,)),
        ("type_means", "f8", (N_TYPES,)),
        ("type_m2s", "f8", (N_TYPES,)),
        ("new_today", "f8"),
        ("starts", "i8", (N_WINDOWS,)),
        ("sums", "f8", (N_WINDOWS,)),
        ("bins", "i4", (N_BINS,)),
        ("blocks", "i4", (N_BLOCKS,)),
    ]
)
"""One user's past while it is worked on."""

HEAD: Final = 13
"""Words before a state's lists: n, sum, min, max, log mean, log m2, first, last, five lengths."""
N_TYPES_WORD, N_BINS_WORD, N_SEEN_WORD, N_RECENT_WORD, N_EVENTS_WORD = range(8, HEAD)
FIXED: Final = HEAD + 2 * N_WINDOWS + 24 + 7
"""Words of every state: the head, where windows begin and what they hold, hours, weekdays."""
PER_PAYMENT: Final = 4 + 1 + 3 * 3 + 2
"""Words by which a payment can lengthen a state: a type, a bin, three things met, an event."""


class Memory(NamedTuple):
    """Room to work on one user: the record, the recent events, and the things seen. See `room`."""

    past: npt.NDArray[np.void]  # (1,) of PAST
    times: Ints  # events since the oldest window began, in order
    amounts: Floats
    met: Floats  # 1 where the event was the first with its counterparty
    table: Ints  # open addressing into `seen`, 1 + place, 0 = free; a power of two long
    seen: Prints  # fingerprints of counterparties, devices, countries, in the order of arrival
    since: Ints  # when each was first seen
    tops: Floats  # largest log amount with each


class Payments(NamedTuple):
    """Transactions as columns, each (n,), in the order in which they are folded."""

    times: Ints  # microseconds, UTC
    amounts: Floats
    hours: Smalls  # local
    weekdays: Smalls
    types: Prints  # fingerprints, 0 = no such column
    kinds: Ints  # the type's place in the population's tables, the last for an unknown one
    counterparties: Prints
    devices: Prints
    countries: Prints


class Prior(NamedTuple):
    """What the population says of a user who has no past. See `Population`."""

    log_mean: float
    log_var: float
    mean_weight: float
    var_weight: float
    rate_events: float
    rate_micros: float
    amount_mean: float
    amount_weight: float
    weekdays: Floats  # (7,)
    type_shares: Floats  # (types,)
    type_means: Floats
    type_vars: Floats
    type_weights: Floats
    type_hours: Floats  # (types, 24)


class CounterpartyPrior(NamedTuple):
    """What the population says of a counterparty that has no past."""

    log_mean: float
    log_var: float
    mean_weight: float
    var_weight: float


(
    PRIOR_COUNT,
    HOUR_OF_DAY,
    WEEKDAY,
    AMOUNT_LOG,
    AMOUNT_ZSCORE,
    AMOUNT_TYPE_ZSCORE,
    AMOUNT_ODDITY,
    USER_MEAN,
    USER_P95,
    USER_MAX,
    RATIO_MEAN,
    RATIO_P95,
    RATIO_MAX,
    SHARE_BELOW,
    SECONDS_SINCE_LAST,
    DAYS_SINCE_LAST,
    HOUR_PRIOR_COUNT,
    TYPE_PRIOR_COUNT,
) = range(18)
COUNTS, SUMS, COUNT_RATIOS, SUM_RATIOS = range(18, 34, N_WINDOWS)
(
    BURST_1H,
    BURST_24H,
    BURST,
    GAP_SURPRISE,
    HOUR_RARITY,
    WEEKDAY_RARITY,
    TYPE_RARITY,
    NEW_COUNTERPARTY,
    NEW_DEVICE,
    NEW_COUNTRY,
    NEW_COUNTERPARTIES_24H,
    AMOUNT_EXCESS,
    COUNTERPARTY_PRIOR_COUNT,
    COUNTERPARTY_ZSCORE,
) = range(34, 48)
N_FEATURES: Final = len(NAMES)
"""Places of the features in a row: the order of the catalogue, checked by a test."""


@leaf
def zscore(
    value: float,
    n: float,
    mean: float,
    m2: float,
    log_mean: float,
    log_var: float,
    mean_weight: float,
    var_weight: float,
) -> float:
    """Return how surprising ``value`` is under what n earlier values and the population say.

    The posterior predictive of a normal-inverse-chi-squared model is a Student t (Gelman et al.,
    *Bayesian Data Analysis*, 3rd ed., section 3.3); Wallace's transform (1959) turns its quantile
    into the normal one with the same tail, so one number means the same for short and long pasts.
    """
    weight = mean_weight + n
    freedom = var_weight + n
    centre = (mean_weight * log_mean + n * mean) / weight
    shift = mean - log_mean
    scale = var_weight * log_var + m2 + mean_weight * n / weight * shift * shift
    spread = scale / freedom * (1.0 + 1.0 / weight)
    t = (value - centre) / np.sqrt(spread)
    size = (
        np.sqrt(freedom * np.log1p(t * t / freedom)) * (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)
    )
    return size if t >= 0.0 else -size


@leaf
def burst(count: float, events: float, exposure: float, span: float) -> float:
    """Return the surprise in nats of ``count`` payments within ``span``, given the time before it.

    The user's rate has a gamma posterior (``events`` in ``exposure``), so the count is negative
    binomial. Returned is its deviance, the Chernoff bound of -ln P(X >= count): 0 up to the mean.
    """
    expected = events / exposure * span
    if count <= expected:
        return 0.0
    return count * np.log(count / expected) - (count + events) * np.log(
        (count + events) / (expected + events)
    )


@leaf
def bin_of(log_amount: float) -> int:
    """Return the bin in which an amount of this logarithm is counted."""
    place = int((log_amount - LOG_MIN) / BIN_WIDTH)
    return min(max(place, 0), N_BINS - 1)


@leaf
def ranked(past: Record, rank: int) -> float:
    """Return the earlier amount of this rank (0 = smallest), placed inside its bin."""
    below = 0
    block = 0
    while below + past["blocks"][block] <= rank:
        below += past["blocks"][block]
        block += 1
    place = block * BLOCK
    while below + past["bins"][place] <= rank:
        below += past["bins"][place]
        place += 1
    inside = (rank - below + 0.5) / past["bins"][place]
    amount = np.exp(LOG_MIN + (place + inside) * BIN_WIDTH)
    return min(max(amount, past["amount_min"]), past["amount_max"])


@leaf
def quantile(past: Record, q: float) -> float:
    """Return the q-quantile of the earlier amounts, linear between neighbours in rank."""
    position = q * (past["n"] - 1)
    rank = int(position)
    low = ranked(past, rank)
    if position == rank:
        return low
    return low + (position - rank) * (ranked(past, rank + 1) - low)


@leaf
def share_below(past: Record, amount: float, place: int) -> float:
    """Return the share of earlier amounts below this one, those in its own bin counted half."""
    if amount > past["amount_max"]:
        return 1.0
    if amount < past["amount_min"]:
        return 0.0
    below = 0
    block = place // BLOCK
    for i in range(block):
        below += past["blocks"][i]
    for i in range(block * BLOCK, place):
        below += past["bins"][i]
    return (below + 0.5 * past["bins"][place]) / past["n"]


@leaf
def find(memory: Memory, mask: int, print_: Print) -> int:
    """Return the slot of the table that holds this fingerprint, or the free one where it belongs."""
    slot = print_ & mask
    while memory.table[slot] != 0 and memory.seen[memory.table[slot] - 1] != print_:
        slot = (slot + 1) & mask
    return slot


@leaf
def meet(memory: Memory, mask: int, print_: Print, time: int, log: float) -> int:
    """Return the place of what bears this fingerprint, adding it when it is new."""
    slot = find(memory, mask, print_)
    place = memory.table[slot] - 1
    if place < 0:
        past = memory.past[0]
        place = past["n_seen"]
        past["n_seen"] += 1
        memory.table[slot] = place + 1
        memory.seen[place] = print_
        memory.since[place] = time
        memory.tops[place] = log
    return place


@leaf
def read_amounts(
    past: Record, amount: float, log: float, prior: Prior, out: Floats, i: int
) -> None:
    """Set the amount's features against the user's earlier amounts."""
    out[i, AMOUNT_LOG] = log
    out[i, AMOUNT_ZSCORE] = zscore(
        log,
        float(past["n"]),
        past["log_mean"],
        past["log_m2"],
        prior.log_mean,
        prior.log_var,
        prior.mean_weight,
        prior.var_weight,
    )
    if past["n"] == 0:
        for f in range(USER_MEAN, SHARE_BELOW + 1):
            out[i, f] = np.nan
        return
    mean = past["amount_sum"] / past["n"]
    p95 = quantile(past, 0.95)
    top = past["amount_max"]
    out[i, USER_MEAN] = mean
    out[i, USER_P95] = p95
    out[i, USER_MAX] = top
    out[i, RATIO_MEAN] = amount / mean if mean > 0.0 else np.nan
    out[i, RATIO_P95] = amount / p95 if p95 > 0.0 else np.nan
    out[i, RATIO_MAX] = amount / top if top > 0.0 else np.nan
    out[i, SHARE_BELOW] = share_below(past, amount, bin_of(log))


@leaf
def read_windows(
    memory: Memory, time: int, amount: float, prior: Prior, out: Floats, i: int
) -> None:
    """Move the windows up to ``time`` and set their counts, sums, ratios and surprises."""
    past = memory.past[0]
    n = past["n"]
    lived = float(time - past["first_seen"]) if n > 0 else 0.0
    rate = (prior.rate_events + n) / (prior.rate_micros + lived)
    usual = (prior.amount_weight * prior.amount_mean + past["amount_sum"]) / (
        prior.amount_weight + n
    )
    for w in range(N_WINDOWS):
        span = SPANS[w]
        start = past["starts"][w]
        while start < past["n_events"] and memory.times[start] < time - span:
            past["sums"][w] -= memory.amounts[start]
            if w == 1:
                past["new_today"] -= memory.met[start]
            start += 1
        past["starts"][w] = start
        count = past["n_events"] - start
        if count == 0:
            past["sums"][w] = 0.0  # the rounding of many subtractions ends here
        total = past["sums"][w]
        out[i, COUNTS + w] = count
        out[i, SUMS + w] = max(total, 0.0)
        expected = 1.0 + rate * span
        out[i, COUNT_RATIOS + w] = (count + 1.0) / expected
        out[i, SUM_RATIOS + w] = (max(total, 0.0) + amount) / (usual * expected)
        if w < 2:  # noqa: PLR2004  an hour and a day
            before = prior.rate_micros + max(lived - span, 0.0)
            out[i, BURST_1H + w] = burst(
                float(count), prior.rate_events + n - count, before, float(span)
            )
    out[i, BURST] = max(out[i, BURST_1H], out[i, BURST_24H])


@leaf
def read_pauses(past: Record, time: int, prior: Prior, out: Floats, i: int) -> None:
    """Set the time since the last payment, and its surprise under the user's own rate."""
    if past["n"] == 0:
        out[i, SECONDS_SINCE_LAST] = np.nan
        out[i, DAYS_SINCE_LAST] = np.nan
        out[i, GAP_SURPRISE] = np.nan
        return
    pause = time - past["last_seen"]
    out[i, SECONDS_SINCE_LAST] = pause / SECOND
    out[i, DAYS_SINCE_LAST] = pause // DAY
    lived = prior.rate_micros + (past["last_seen"] - past["first_seen"])
    out[i, GAP_SURPRISE] = (prior.rate_events + past["n"] - 1) * np.log1p(pause / lived)


@leaf
def type_place(past: Record, print_: Print) -> int:
    """Return where the user's payments of this type are counted; ``n_types`` where none is yet."""
    for k in range(past["n_types"]):
        if past["type_keys"][k] == print_:
            return k
    return min(past["n_types"], N_TYPES - 1)


@leaf
def read_habits(
    past: Record, log: float, rows: Payments, prior: Prior, out: Floats, i: int
) -> None:
    """Set how rare the hour, the weekday and the type are, and how unusual the amount for the type."""
    n = past["n"]
    hour = rows.hours[i]
    day = rows.weekdays[i]
    kind = rows.kinds[i]
    hours = past["hours"]
    beside = hours[(hour + 23) % 24] + hours[(hour + 1) % 24]
    near = 0.5 * hours[hour] + 0.25 * beside
    share = (HOUR_PRIOR * prior.type_hours[kind, hour] + near) / (HOUR_PRIOR + n)
    out[i, HOUR_OF_DAY] = hour
    out[i, WEEKDAY] = day
    out[i, HOUR_PRIOR_COUNT] = hours[hour] + beside
    out[i, HOUR_RARITY] = -np.log(24.0 * share)
    out[i, WEEKDAY_RARITY] = -np.log(
        7.0 * (WEEKDAY_PRIOR * prior.weekdays[day] + past["weekdays"][day]) / (WEEKDAY_PRIOR + n)
    )
    out[i, TYPE_PRIOR_COUNT] = np.nan
    out[i, TYPE_RARITY] = np.nan
    out[i, AMOUNT_TYPE_ZSCORE] = np.nan
    out[i, AMOUNT_ODDITY] = out[i, AMOUNT_ZSCORE]
    if rows.types[i] == 0:
        return
    place = type_place(past, rows.types[i])
    known = place < past["n_types"]
    count = past["type_counts"][place] if known else 0.0
    mean = past["type_means"][place] if known else 0.0
    m2 = past["type_m2s"][place] if known else 0.0
    out[i, TYPE_PRIOR_COUNT] = count
    out[i, TYPE_RARITY] = -np.log((TYPE_PRIOR * prior.type_shares[kind] + count) / (TYPE_PRIOR + n))
    out[i, AMOUNT_TYPE_ZSCORE] = zscore(
        log,
        count,
        mean,
        m2,
        prior.type_means[kind],
        prior.type_vars[kind],
        prior.type_weights[kind],
        prior.var_weight,
    )
    out[i, AMOUNT_ODDITY] = min(out[i, AMOUNT_ZSCORE], out[i, AMOUNT_TYPE_ZSCORE])


@leaf
def read_novelty(
    memory: Memory, mask: int, time: int, log: float, rows: Payments, out: Floats, i: int
) -> float:
    """Set what is new to this user, and remember it; return 1 where the counterparty is met now.

    New is what was first seen within the last 24 hours: who takes an account over pays from the
    new device more than once. A user of less than a day is not assessed: everything is new then.
    """
    past = memory.past[0]
    young = past["n"] == 0 or time - past["first_seen"] < DAY
    met = 0.0
    out[i, AMOUNT_EXCESS] = np.nan
    for k in range(3):
        print_ = rows.counterparties[i]
        if k > 0:
            print_ = rows.devices[i] if k == 1 else rows.countries[i]
        out[i, NEW_COUNTERPARTY + k] = np.nan
        if print_ == 0:
            continue
        before = past["n_seen"]
        place = meet(memory, mask, print_, time, log)
        if not young:
            out[i, NEW_COUNTERPARTY + k] = 1.0 if time - memory.since[place] < DAY else 0.0
        if k == 0:
            if place == before:
                met = 1.0
            else:
                out[i, AMOUNT_EXCESS] = log - memory.tops[place]
                memory.tops[place] = max(memory.tops[place], log)
    out[i, NEW_COUNTERPARTIES_24H] = np.nan
    if rows.counterparties[i] != 0 and not young:
        out[i, NEW_COUNTERPARTIES_24H] = past["new_today"] + met
    return met


@leaf
def update_type(past: Record, print_: Print, log: float) -> None:
    """Count a payment of this type, and its amount."""
    kind = type_place(past, print_)
    if kind == past["n_types"]:
        past["type_keys"][kind] = print_
        past["type_means"][kind] = 0.0
        past["type_m2s"][kind] = 0.0
        past["type_counts"][kind] = 0.0
        past["n_types"] += 1
    past["type_counts"][kind] += 1.0
    shift = log - past["type_means"][kind]
    past["type_means"][kind] += shift / past["type_counts"][kind]
    past["type_m2s"][kind] += shift * (log - past["type_means"][kind])


@leaf
def update(
    memory: Memory, time: int, amount: float, log: float, met: float, rows: Payments, i: int
) -> None:
    """Add the payment to its user's past."""
    past = memory.past[0]
    if past["n"] == 0:
        past["first_seen"] = time
        past["amount_min"] = amount
        past["amount_max"] = amount
    past["n"] += 1
    past["last_seen"] = time
    past["amount_sum"] += amount
    past["amount_min"] = min(past["amount_min"], amount)
    past["amount_max"] = max(past["amount_max"], amount)
    shift = log - past["log_mean"]
    past["log_mean"] += shift / past["n"]
    past["log_m2"] += shift * (log - past["log_mean"])
    place = bin_of(log)
    if past["bins"][place] == 0:
        past["n_bins"] += 1
    past["bins"][place] += 1
    past["blocks"][place // BLOCK] += 1
    past["hours"][rows.hours[i]] += 1.0
    past["weekdays"][rows.weekdays[i]] += 1.0
    if rows.types[i] != 0:
        update_type(past, rows.types[i], log)
    memory.times[past["n_events"]] = time
    memory.amounts[past["n_events"]] = amount
    memory.met[past["n_events"]] = met
    past["n_events"] += 1
    past["new_today"] += met
    for w in range(N_WINDOWS):
        past["sums"][w] += amount


@leaf
def step(memory: Memory, mask: int, rows: Payments, prior: Prior, out: Floats, i: int) -> None:
    """Read payment ``i``'s features from its user's past, then add it to that past.

    A payment that is earlier than the user's last is taken at the time of the last.
    """
    past = memory.past[0]
    time = max(rows.times[i], past["last_seen"]) if past["n"] > 0 else rows.times[i]
    amount = rows.amounts[i]
    log = np.log(max(amount, 0.01))
    out[i, PRIOR_COUNT] = past["n"]
    read_amounts(past, amount, log, prior, out, i)
    read_windows(memory, time, amount, prior, out, i)
    read_pauses(past, time, prior, out, i)
    read_habits(past, log, rows, prior, out, i)
    met = read_novelty(memory, mask, time, log, rows, out, i)

    update(memory, time, amount, log, met, rows, i)


@kernel
def mask_for(n: int) -> int:
    """Return size - 1 of a table, a power of two, at most half full with ``n`` entries."""
    size = 8
    while size < 2 * n:
        size *= 2
    return size - 1


@kernel
def room(n_rows: int, n_seen: int, n_events: int) -> Memory:
    """Return memory for a user with so many rows to come and so much carried."""
    prints = n_seen + 3 * n_rows
    events = n_events + n_rows
    return Memory(
        np.zeros(1, PAST),
        np.empty(events, np.int64),
        np.empty(events, np.float64),
        np.empty(events, np.float64),
        np.zeros(mask_for(prints) + 1, np.int64),
        np.empty(prints, np.uint32),
        np.empty(prints, np.int64),
        np.empty(prints, np.float64),
    )


@kernel
def clear(memory: Memory, mask: int) -> None:
    """Forget everything: the next user has no past."""
    past = memory.past[0]
    for block in range(N_BLOCKS):
        if past["blocks"][block] > 0:
            past["blocks"][block] = 0
            past["bins"][block * BLOCK : (block + 1) * BLOCK] = 0
    past["n"] = 0
    past["amount_sum"] = 0.0
    past["amount_min"] = 0.0
    past["amount_max"] = 0.0
    past["log_mean"] = 0.0
    past["log_m2"] = 0.0
    past["first_seen"] = 0
    past["last_seen"] = 0
    past["n_types"] = 0
    past["n_bins"] = 0
    past["n_seen"] = 0
    past["n_events"] = 0
    past["hours"][:] = 0.0
    past["weekdays"][:] = 0.0
    past["new_today"] = 0.0
    past["starts"][:] = 0
    past["sums"][:] = 0.0
    memory.table[: mask + 1] = 0


@kernel
def load(memory: Memory, mask: int, words: Floats) -> None:
    """Take up a state that `dump` wrote."""
    clear(memory, mask)
    if words.size == 0:
        return
    past = memory.past[0]
    past["n"] = int(words[0])
    past["amount_sum"] = words[1]
    past["amount_min"] = words[2]
    past["amount_max"] = words[3]
    past["log_mean"] = words[4]
    past["log_m2"] = words[5]
    past["first_seen"] = int(words[6])
    past["last_seen"] = int(words[7])
    past["n_types"] = int(words[N_TYPES_WORD])
    past["n_bins"] = int(words[N_BINS_WORD])
    at = HEAD
    for w in range(N_WINDOWS):
        past["starts"][w] = int(words[at + w])
        past["sums"][w] = words[at + N_WINDOWS + w]
    at += 2 * N_WINDOWS
    for hour in range(24):
        past["hours"][hour] = words[at + hour]
    for day in range(7):
        past["weekdays"][day] = words[at + 24 + day]
    load_lists(memory, mask, words)


@leaf
def load_lists(memory: Memory, mask: int, words: Floats) -> None:
    """Take up what stands behind a state's fixed part: types, bins, things met, events."""
    past = memory.past[0]
    at = FIXED
    n_types = past["n_types"]
    for k in range(n_types):
        past["type_keys"][k] = np.uint32(words[at + k])
        past["type_counts"][k] = words[at + n_types + k]
        past["type_means"][k] = words[at + 2 * n_types + k]
        past["type_m2s"][k] = words[at + 3 * n_types + k]
    at += 4 * n_types
    for k in range(past["n_bins"]):
        packed = int(words[at + k])
        place = packed % N_BINS
        past["bins"][place] = packed // N_BINS
        past["blocks"][place // BLOCK] += packed // N_BINS
    at += past["n_bins"]
    n_seen = int(words[N_SEEN_WORD])
    n_old = n_seen - int(words[N_RECENT_WORD])
    for k in range(n_seen):
        since = past["last_seen"] - DAY
        if k >= n_old:
            since = int(words[at + 2 * n_seen + k - n_old])
        meet(memory, mask, np.uint32(words[at + k]), since, words[at + n_seen + k])
    at += 2 * n_seen + n_seen - n_old
    n_events = int(words[N_EVENTS_WORD])
    for k in range(n_events):
        moment = int(words[at + k])
        memory.times[k] = moment // 2
        memory.amounts[k] = words[at + n_events + k]
        memory.met[k] = moment % 2
        if k >= past["starts"][1]:
            past["new_today"] += memory.met[k]
    past["n_events"] = n_events


@leaf
def n_recent(memory: Memory) -> int:
    """Return how many things were met within a day before the last payment: the others are old."""
    past = memory.past[0]
    k = past["n_seen"]
    while k > 0 and past["last_seen"] - memory.since[k - 1] < DAY:
        k -= 1
    return past["n_seen"] - k


@leaf
def size_of(memory: Memory) -> int:
    """Return how many words `dump` will write."""
    past = memory.past[0]
    kept = past["n_events"] - past["starts"][N_WINDOWS - 1]
    lists = 4 * past["n_types"] + past["n_bins"] + 2 * past["n_seen"] + n_recent(memory) + 2 * kept
    return FIXED + lists


@leaf
def dump(memory: Memory, words: Floats, at: int) -> None:
    """Write the state at rest to ``words`` from ``at`` on.

    Left out is what no later payment can ask for: events before every window, and the moments of
    meeting what was met more than a day ago.
    """
    past = memory.past[0]
    oldest = past["starts"][N_WINDOWS - 1]
    words[at] = past["n"]
    words[at + 1] = past["amount_sum"]
    words[at + 2] = past["amount_min"]
    words[at + 3] = past["amount_max"]
    words[at + 4] = past["log_mean"]
    words[at + 5] = past["log_m2"]
    words[at + 6] = past["first_seen"]
    words[at + 7] = past["last_seen"]
    words[at + N_TYPES_WORD] = past["n_types"]
    words[at + N_BINS_WORD] = past["n_bins"]
    words[at + N_SEEN_WORD] = past["n_seen"]
    words[at + N_RECENT_WORD] = n_recent(memory)
    words[at + N_EVENTS_WORD] = past["n_events"] - oldest
    at += HEAD
    for w in range(N_WINDOWS):
        words[at + w] = past["starts"][w] - oldest
        words[at + N_WINDOWS + w] = past["sums"][w]
    at += 2 * N_WINDOWS
    for hour in range(24):
        words[at + hour] = past["hours"][hour]
    for day in range(7):
        words[at + 24 + day] = past["weekdays"][day]
    dump_lists(memory, words, at + 31)


@leaf
def dump_lists(memory: Memory, words: Floats, at: int) -> None:
    """Write what stands behind a state's fixed part; `load_lists` reads it."""
    past = memory.past[0]
    n_types = past["n_types"]
    for k in range(n_types):
        words[at + k] = past["type_keys"][k]
        words[at + n_types + k] = past["type_counts"][k]
        words[at + 2 * n_types + k] = past["type_means"][k]
        words[at + 3 * n_types + k] = past["type_m2s"][k]
    at += 4 * n_types
    for block in range(N_BLOCKS):
        if past["blocks"][block] > 0:
            for place in range(block * BLOCK, (block + 1) * BLOCK):
                if past["bins"][place] > 0:
                    words[at] = past["bins"][place] * N_BINS + place
                    at += 1
    n_seen = past["n_seen"]
    n_old = n_seen - n_recent(memory)
    for k in range(n_seen):
        words[at + k] = memory.seen[k]
        words[at + n_seen + k] = memory.tops[k]
        if k >= n_old:
            words[at + 2 * n_seen + k - n_old] = memory.since[k]
    at += 2 * n_seen + n_seen - n_old
    oldest = past["starts"][N_WINDOWS - 1]
    kept = past["n_events"] - oldest
    for k in range(kept):
        words[at + k] = 2 * memory.times[oldest + k] + memory.met[oldest + k]
        words[at + kept + k] = memory.amounts[oldest + k]


@kernel
def fold_user(
    memory: Memory,
    words: Floats,
    order: Ints,
    lo: int,
    hi: int,
    rows: Payments,
    prior: Prior,
    out: Floats,
) -> None:
    """Take up one user's state and `step` through payments order[lo:hi], which are that user's."""
    carried = int(words[N_SEEN_WORD]) if words.size > 0 else 0
    mask = mask_for(carried + 3 * (hi - lo))
    load(memory, mask, words)
    for k in range(lo, hi):
        step(memory, mask, rows, prior, out, order[k])


@kernel
def fold(
    bounds: Ints,
    order: Ints,
    state_of: Ints,
    offsets: Ints,
    words: Floats,
    rows: Payments,
    prior: Prior,
    out: Floats,
    ends: Ints,
    kept: Floats,
) -> None:
    """Fold users one after the other; user u's payments are order[bounds[u]:bounds[u + 1]].

    Their carried states are words[offsets[s]:offsets[s + 1]] for s = state_of[u], none for -1.
    New states are written one behind the other to ``kept``, that of u ending at ends[u + 1].
    """
    nothing = words[:0]
    n_rows = n_seen = n_events = 0
    for u in range(bounds.size - 1):
        n_rows = max(n_rows, bounds[u + 1] - bounds[u])
        s = state_of[u]
        if s >= 0 and offsets[s + 1] > offsets[s]:
            n_seen = max(n_seen, int(words[offsets[s] + N_SEEN_WORD]))
            n_events = max(n_events, int(words[offsets[s] + N_EVENTS_WORD]))
    memory = room(n_rows, n_seen, n_events)
    for u in range(bounds.size - 1):
        s = state_of[u]
        carried = words[offsets[s] : offsets[s + 1]] if s >= 0 else nothing
        fold_user(memory, carried, order, bounds[u], bounds[u + 1], rows, prior, out)
        dump(memory, kept, ends[u])
        ends[u + 1] = ends[u] + size_of(memory)


@leaf
def step_counterparty(
    moments: Floats, c: int, log: float, prior: CounterpartyPrior, out: Floats, i: int
) -> None:
    """Set the amount against what is usual at counterparty ``c``, then add it to that.

    ``moments`` is (counterparties, 3): count, mean and sum of squares of the log amounts.
    """
    n = moments[c, 0]
    mean = moments[c, 1]
    m2 = moments[c, 2]
    out[i, COUNTERPARTY_PRIOR_COUNT] = n
    out[i, COUNTERPARTY_ZSCORE] = zscore(
        log, n, mean, m2, prior.log_mean, prior.log_var, prior.mean_weight, prior.var_weight
    )
    shift = log - mean
    mean += shift / (n + 1.0)
    moments[c, 0] = n + 1.0
    moments[c, 1] = mean
    moments[c, 2] = m2 + shift * (log - mean)


@kernel
def fold_counterparties(
    codes: Ints,
    order: Ints,
    amounts: Floats,
    moments: Floats,
    prior: CounterpartyPrior,
    out: Floats,
) -> None:
    """Take the rows in ``order`` through their counterparties' moments; code -1 has none."""
    for k in range(order.size):
        i = order[k]
        if codes[i] >= 0:
            step_counterparty(moments, codes[i], np.log(max(amounts[i], 0.01)), prior, out, i)
        else:
            out[i, COUNTERPARTY_PRIOR_COUNT] = np.nan
            out[i, COUNTERPARTY_ZSCORE] = np.nan


@kernel
def group(codes: Ints, order: Ints, bounds: Ints, grouped: Ints) -> None:
    """Bring ``order`` (rows in time order) into groups by code, keeping time order inside each.

    ``bounds`` (groups + 1,) arrives as zeros and leaves with where each group begins.
    """
    for i in range(codes.size):
        bounds[codes[i] + 1] += 1
    for c in range(bounds.size - 1):
        bounds[c + 1] += bounds[c]
    cursor = bounds[:-1].copy()
    for k in range(order.size):
        row = order[k]
        code = codes[row]
        grouped[cursor[code]] = row
        cursor[code] += 1


@kernel
def observe(
    rows: Payments,
    users: Ints,
    offsets: Ints,
    words: Floats,
    prior: Prior,
    counterparties: Ints,
    moments: Floats,
    counterparty_prior: CounterpartyPrior,
    out: Floats,
    ends: Ints,
    kept: Floats,
) -> None:
    """Take a few payments, in the order of their arrival, through all that they touch.

    User u's state is words[offsets[u]:offsets[u + 1]], empty for a new one; ``users`` and
    ``counterparties`` say whose each payment is. See `fold` and `fold_counterparties`.
    """
    order = np.arange(users.size)
    bounds = np.zeros(offsets.size, np.int64)
    grouped = np.empty(users.size, np.int64)
    group(users, order, bounds, grouped)
    state_of = np.arange(offsets.size - 1)
    fold(bounds, grouped, state_of, offsets, words, rows, prior, out, ends, kept)
    fold_counterparties(counterparties, order, rows.amounts, moments, counterparty_prior, out)
