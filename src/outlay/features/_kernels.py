"""What one payment does to its user's state, compiled.

Every compiled function that a payment passes through stands in this file: numba's on-disk cache
does not see a change in a function imported from another file (numba/numba#1833).

A payment, a user's past and a row of features are records: a function that is handed a record gets
one address. A dozen arrays among its arguments, seven words each, cost a row more than its work.

A user's state at rest is a run of float64 words (`dump` writes it, `load` reads it): whole numbers
up to 2**53 are exact in it, so counts, microseconds and 32-bit fingerprints keep every bit.
"""

from math import exp
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from outlay.jit import inlined, kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Prints = npt.NDArray[np.uint32]
Smalls = npt.NDArray[np.int8]
Records = npt.NDArray[np.void]
Record = Any
"""One element of an array of records: a field may be of any type."""

STATE_VERSION: Final = 2
"""Changes with the layout that `dump` writes."""

N_BINS: Final = 512
BLOCK: Final = 16
N_BLOCKS: Final = N_BINS // BLOCK
LOG_MIN: Final = float(np.log(0.01))
BIN_WIDTH: Final = float(np.log(1e12) / N_BINS)
"""Amounts stand in 512 logarithmic bins over 0.01 to 1e10: a bin is 5.5 % wide."""
EDGES: Final = np.array([exp(LOG_MIN + place * BIN_WIDTH) for place in range(N_BINS + 1)])

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

N_HABITS: Final = 24 + 7
"""The user's payments are counted by hour, and behind the hours by weekday."""

PAYMENT = np.dtype(
    [
        ("time", "i8"),  # microseconds, UTC
        ("amount", "f8"),
        ("type", "u4"),  # fingerprints; 0 = missing
        ("counterparty", "u4"),
        ("device", "u4"),
        ("country", "u4"),
        ("kind", "i4"),  # the type's place in the population's tables, the last for an unknown one
        ("hour", "i2"),  # local
        ("weekday", "i2"),
    ]
)
"""A payment as the kernels take it."""

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
        ("mask", "i8"),
        ("new_today", "f8"),
        ("starts", "i8", (N_WINDOWS,)),
        ("sums", "f8", (N_WINDOWS,)),
        ("habits", "f8", (N_HABITS,)),
        ("type_keys", "u4", (N_TYPES,)),
        ("type_counts", "f8", (N_TYPES,)),
        ("type_means", "f8", (N_TYPES,)),
        ("type_m2s", "f8", (N_TYPES,)),
        ("bins", "i4", (N_BINS,)),
        ("blocks", "i4", (N_BLOCKS,)),
        ("p95_place", "i8"),  # the bin of the 95th percentile when it was read last
        ("p95_below", "i8"),  # and how many amounts stand in the bins before it
    ]
)
"""One user's past while it is worked on."""

EVENT = np.dtype([("time", "i8"), ("amount", "f8"), ("met", "f8")])
"""A payment within the longest window; ``met`` is 1 where it was the first with its counterparty."""

SEEN = np.dtype([("print", "i8"), ("since", "i8"), ("top", "f8")])
"""A counterparty, device or country: its fingerprint, when it was met, the largest log amount."""

PRIOR = np.dtype(
    [
        ("log_mean", "f8"),
        ("log_var", "f8"),
        ("mean_weight", "f8"),
        ("var_weight", "f8"),
        ("rate_events", "f8"),
        ("rate_micros", "f8"),
        ("amount_mean", "f8"),
        ("amount_weight", "f8"),
        ("weekdays", "f8", (7,)),
    ]
)
"""What the population says of who has no past; of a counterparty, the first four alone."""

HABIT = np.dtype(
    [
        ("share", "f8"),
        ("mean", "f8"),
        ("var", "f8"),
        ("weight", "f8"),
        ("hours", "f8", (24,)),
    ]
)
"""What the population says of a type of transaction."""

ROW = np.dtype(
    [
        ("prior_count", "f8"),
        ("hour", "f8"),
        ("weekday", "f8"),
        ("amount_log", "f8"),
        ("amount_zscore", "f8"),
        ("amount_type_zscore", "f8"),
        ("amount_oddity", "f8"),
        ("user_mean", "f8"),
        ("user_p95", "f8"),
        ("user_max", "f8"),
        ("ratio_mean", "f8"),
        ("ratio_p95", "f8"),
        ("ratio_max", "f8"),
        ("share_below", "f8"),
        ("seconds_since_last", "f8"),
        ("days_since_last", "f8"),
        ("hour_prior_count", "f8"),
        ("type_prior_count", "f8"),
        ("counts", "f8", (N_WINDOWS,)),
        ("sums", "f8", (N_WINDOWS,)),
        ("count_ratios", "f8", (N_WINDOWS,)),
        ("sum_ratios", "f8", (N_WINDOWS,)),
        ("bursts", "f8", (2,)),
        ("burst", "f8"),
        ("gap_surprise", "f8"),
        ("hour_rarity", "f8"),
        ("weekday_rarity", "f8"),
        ("type_rarity", "f8"),
        ("new_counterparty", "f8"),
        ("new_device", "f8"),
        ("new_country", "f8"),
        ("new_counterparties_24h", "f8"),
        ("amount_excess", "f8"),
    ]
)
"""A payment's features from its user's past, in the order of the catalogue; a test compares them.

Behind them, in a table, stand the two from the counterparty's past.
"""
N_OWN: Final = ROW.itemsize // 8
N_FEATURES: Final = N_OWN + 2

HEAD: Final = 13
"""Words before a state's lists: n, sum, min, max, log mean, log m2, first, last, five lengths."""
N_TYPES_WORD, N_BINS_WORD, N_SEEN_WORD, N_RECENT_WORD, N_EVENTS_WORD = range(8, HEAD)
FIXED: Final = HEAD + 2 * N_WINDOWS + N_HABITS
"""Words of every state: the head, where windows begin and what they hold, hours and weekdays."""
PER_PAYMENT: Final = 4 + 1 + 3 * 3 + 2
"""Words by which a payment can lengthen a state: a type, a bin, three things met, an event."""


class Memory(NamedTuple):
    """Room to work on one user. See `room`."""

    past: Records  # (1,) of PAST
    events: Records  # since the oldest window began, in order
    seen: Records  # counterparties, devices, countries, in the order of arrival
    table: npt.NDArray[np.int32]  # open addressing into `seen`, 1 + place, 0 = free


class Prior(NamedTuple):
    """What the population says. See `Population`."""

    of_users: Records  # (1,) of PRIOR
    of_types: Records  # of HABIT, the last for an unknown type
    of_counterparties: Records  # (1,) of PRIOR


@inlined
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
    inverse = 1.0 / (mean_weight + n)
    freedom = var_weight + n
    shift = mean - log_mean
    away = value - (mean_weight * log_mean + n * mean) * inverse
    scale = var_weight * log_var + m2 + mean_weight * n * inverse * shift * shift
    # t² / freedom, t = away / sqrt(scale / freedom * (1 + inverse))
    square = away * away / (scale + scale * inverse)
    size = np.sqrt(freedom * np.log1p(square)) * ((8.0 * freedom + 1.0) / (8.0 * freedom + 3.0))
    return size if away >= 0.0 else -size


@inlined
def burst(count: float, events: float, exposure: float, span: float) -> float:
    """Return the surprise in nats of ``count`` payments within ``span``, given the time before it.

    The user's rate has a gamma posterior (``events`` in ``exposure``), so the count is negative
    binomial. Returned is its deviance, the Chernoff bound of -ln P(X >= count): 0 up to the mean.
    """
    expected = events * span / exposure
    if count <= expected:
        return 0.0
    return count * np.log(count / expected) - (count + events) * np.log(
        (count + events) / (expected + events)
    )


@inlined
def bin_of(log_amount: float) -> int:
    """Return the bin in which an amount of this logarithm is counted."""
    place = int((log_amount - LOG_MIN) / BIN_WIDTH)
    return min(max(place, 0), N_BINS - 1)


@inlined
def inside(past: Record, place: int, nth: int) -> float:
    """Return the nth smallest (from 0) of the earlier amounts in a bin, which stand evenly in it."""
    share = (nth + 0.5) / past["bins"][place]
    amount = EDGES[place] + share * (EDGES[place + 1] - EDGES[place])
    return min(max(amount, past["amount_min"]), past["amount_max"])


@inlined
def percentile(past: Record) -> float:
    """Return the 95th percentile of the earlier amounts, linear between neighbours in rank.

    The walk begins in the bin where it ended last: a payment moves the rank by less than one.
    """
    position = 0.95 * (past["n"] - 1)
    rank = int(position)
    place = past["p95_place"]
    below = past["p95_below"]
    while below > rank:
        place -= 1
        below -= past["bins"][place]
    while below + past["bins"][place] <= rank:
        below += past["bins"][place]
        place += 1
    past["p95_place"] = place
    past["p95_below"] = below
    nth = rank - below
    low = inside(past, place, nth)
    if position == rank:
        return low
    nth += 1
    if nth == past["bins"][place]:
        nth = 0
        place += 1
        while past["bins"][place] == 0:
            place += 1
    return low + (position - rank) * (inside(past, place, nth) - low)


@inlined
def share_below(past: Record, amount: float, place: int) -> float:
    """Return the share of earlier amounts below this one, those in its own bin counted half."""
    if amount > past["amount_max"]:
        return 1.0
    if amount < past["amount_min"]:
        return 0.0
    block = place // BLOCK
    below = 0
    for i in range(block):
        below += past["blocks"][i]
    for i in range(block * BLOCK, place):
        below += past["bins"][i]
    return (below + 0.5 * past["bins"][place]) / past["n"]


@inlined
def count_amount(past: Record, place: int, n: int) -> None:
    """Count ``n`` amounts in a bin."""
    if past["bins"][place] == 0:
        past["n_bins"] += 1
    past["bins"][place] += n
    past["blocks"][place // BLOCK] += n
    if place < past["p95_place"]:
        past["p95_below"] += n


@inlined
def find(table: Any, mask: int, seen: Records, print_: int) -> int:
    """Return the slot of the table that holds this fingerprint, or the free one where it belongs."""
    slot = print_ & mask
    while table[slot] != 0 and seen[table[slot] - 1]["print"] != print_:
        slot = (slot + 1) & mask
    return slot


@inlined
def meet(past: Record, seen: Records, table: Any, print_: int, time: int, log: float) -> int:
    """Return the place of what bears this fingerprint, adding it when it is new."""
    slot = find(table, past["mask"], seen, print_)
    place = table[slot] - 1
    if place >= 0:
        return place
    place = past["n_seen"]
    past["n_seen"] += 1
    seen[place]["print"] = print_
    seen[place]["since"] = time
    seen[place]["top"] = log
    table[slot] = place + 1
    if 2 * past["n_seen"] > past["mask"]:
        past["mask"] = 2 * past["mask"] + 1
        fill(past, seen, table)
    return place


@inlined
def fill(past: Record, seen: Records, table: Any) -> None:
    """Enter all that was seen into the table anew."""
    mask = past["mask"]
    for slot in range(mask + 1):
        table[slot] = 0
    for place in range(past["n_seen"]):
        table[find(table, mask, seen, seen[place]["print"])] = place + 1


@inlined
def read_amounts(past: Record, amount: float, log: float, prior: Record, row: Record) -> None:
    """Set the amount's features against the user's earlier amounts."""
    n = past["n"]
    row["prior_count"] = n
    row["amount_log"] = log
    row["amount_zscore"] = zscore(
        log,
        float(n),
        past["log_mean"],
        past["log_m2"],
        prior["log_mean"],
        prior["log_var"],
        prior["mean_weight"],
        prior["var_weight"],
    )
    mean = p95 = top = share = np.nan
    if n > 0:
        mean = past["amount_sum"] / n
        p95 = percentile(past)
        top = past["amount_max"]
        share = share_below(past, amount, bin_of(log))
    row["user_mean"] = mean
    row["user_p95"] = p95
    row["user_max"] = top
    row["ratio_mean"] = amount / mean if mean > 0.0 else np.nan
    row["ratio_p95"] = amount / p95 if p95 > 0.0 else np.nan
    row["ratio_max"] = amount / top if top > 0.0 else np.nan
    row["share_below"] = share


@inlined
def move_windows(past: Record, events: Records, time: int) -> None:
    """Let out of the windows what is older than they reach back from ``time``."""
    n_events = past["n_events"]
    for w in range(N_WINDOWS):
        oldest = time - SPANS[w]
        start = past["starts"][w]
        while start < n_events and events[start]["time"] < oldest:
            past["sums"][w] -= events[start]["amount"]
            if w == 1:
                past["new_today"] -= events[start]["met"]
            start += 1
        past["starts"][w] = start
        if start == n_events:
            past["sums"][w] = 0.0  # the rounding of many subtractions ends here


@inlined
def read_windows(past: Record, time: int, amount: float, prior: Record, row: Record) -> None:
    """Set the windows' counts, sums, ratios and surprises."""
    n = past["n"]
    lived = float(time - past["first_seen"]) if n > 0 else 0.0
    rate = (prior["rate_events"] + n) / (prior["rate_micros"] + lived)
    weight = prior["amount_weight"]
    usual = (weight * prior["amount_mean"] + past["amount_sum"]) / (weight + n)
    for w in range(N_WINDOWS):
        count = float(past["n_events"] - past["starts"][w])
        total = max(past["sums"][w], 0.0)
        expected = 1.0 + rate * SPANS[w]
        row["counts"][w] = count
        row["sums"][w] = total
        row["count_ratios"][w] = (count + 1.0) / expected
        row["sum_ratios"][w] = (total + amount) / (usual * expected)
    for w in range(2):  # an hour and a day
        count = float(past["n_events"] - past["starts"][w])
        before = prior["rate_micros"] + max(lived - SPANS[w], 0.0)
        row["bursts"][w] = burst(count, prior["rate_events"] + n - count, before, float(SPANS[w]))
    row["burst"] = max(row["bursts"][0], row["bursts"][1])


@inlined
def read_pauses(past: Record, time: int, prior: Record, row: Record) -> None:
    """Set the time since the last payment, and its surprise under the user's own rate."""
    seconds = days = surprise = np.nan
    if past["n"] > 0:
        pause = time - past["last_seen"]
        seconds = pause / SECOND
        days = float(pause // DAY)
        lived = prior["rate_micros"] + (past["last_seen"] - past["first_seen"])
        surprise = (prior["rate_events"] + past["n"] - 1) * np.log1p(pause / lived)
    row["seconds_since_last"] = seconds
    row["days_since_last"] = days
    row["gap_surprise"] = surprise


@inlined
def read_habits(past: Record, payment: Record, prior: Record, habit: Record, row: Record) -> None:
    """Set how rare the hour and the weekday are."""
    n = past["n"]
    hour = payment["hour"]
    day = payment["weekday"]
    own = past["habits"][hour]
    beside = (
        past["habits"][hour - 1 if hour > 0 else 23]
        + past["habits"][
            hour + 1 if hour < 23 else 0  # noqa: PLR2004
        ]
    )
    near = 0.5 * own + 0.25 * beside
    share = (HOUR_PRIOR * habit["hours"][hour] + near) / (HOUR_PRIOR + n)
    days = (WEEKDAY_PRIOR * prior["weekdays"][day] + past["habits"][24 + day]) / (WEEKDAY_PRIOR + n)
    row["hour"] = hour
    row["weekday"] = day
    row["hour_prior_count"] = own + beside
    row["hour_rarity"] = -np.log(24.0 * share)
    row["weekday_rarity"] = -np.log(7.0 * days)


@inlined
def step_type(
    past: Record, payment: Record, log: float, prior: Record, habit: Record, row: Record
) -> None:
    """Set how rare the type is and how unusual the amount for it, then add the payment to it."""
    row["type_prior_count"] = np.nan
    row["type_rarity"] = np.nan
    row["amount_type_zscore"] = np.nan
    row["amount_oddity"] = row["amount_zscore"]
    if payment["type"] == 0:
        return
    place = type_place(past, payment["type"])
    count = past["type_counts"][place]
    mean = past["type_means"][place]
    m2 = past["type_m2s"][place]
    usual = zscore(
        log,
        count,
        mean,
        m2,
        habit["mean"],
        habit["var"],
        habit["weight"],
        prior["var_weight"],
    )
    row["type_prior_count"] = count
    row["type_rarity"] = -np.log((TYPE_PRIOR * habit["share"] + count) / (TYPE_PRIOR + past["n"]))
    row["amount_type_zscore"] = usual
    row["amount_oddity"] = min(row["amount_zscore"], usual)

    shift = log - mean
    mean += shift / (count + 1.0)
    past["type_counts"][place] = count + 1.0
    past["type_means"][place] = mean
    past["type_m2s"][place] = m2 + shift * (log - mean)


@inlined
def type_place(past: Record, print_: int) -> int:
    """Return where the user's payments of this type are counted, making room for a new one."""
    n_types = past["n_types"]
    for k in range(n_types):
        if past["type_keys"][k] == print_:
            return k
    if n_types == N_TYPES:
        return N_TYPES - 1
    past["type_keys"][n_types] = print_
    past["type_counts"][n_types] = 0.0
    past["type_means"][n_types] = 0.0
    past["type_m2s"][n_types] = 0.0
    past["n_types"] = n_types + 1
    return n_types


@inlined
def step_novelty(
    past: Record, seen: Records, table: Any, payment: Record, time: int, log: float, row: Record
) -> float:
    """Set what is new to this user, and remember it; return 1 where the counterparty is met now.

    New is what was first seen within the last 24 hours: who takes an account over pays from the
    new device more than once. A user of less than a day is not assessed: everything is new then.
    """
    young = is_young(past, time)
    met = 0.0
    excess = fresh = today = np.nan
    if payment["counterparty"] != 0:
        before = past["n_seen"]
        place = meet(past, seen, table, payment["counterparty"], time, log)
        if place == before:
            met = 1.0
        else:
            excess = log - seen[place]["top"]
            seen[place]["top"] = max(seen[place]["top"], log)
        if not young:
            fresh = 1.0 if time - seen[place]["since"] < DAY else 0.0
            today = past["new_today"] + met
    row["amount_excess"] = excess
    row["new_counterparty"] = fresh
    row["new_counterparties_24h"] = today
    row["new_device"] = newness(past, seen, table, payment["device"], time, log)
    row["new_country"] = newness(past, seen, table, payment["country"], time, log)
    return met


@inlined
def is_young(past: Record, time: int) -> bool:
    """Return whether the user is of less than a day."""
    return bool(past["n"] == 0 or time - past["first_seen"] < DAY)


@inlined
def newness(past: Record, seen: Records, table: Any, print_: int, time: int, log: float) -> float:
    """Return whether the device or country is new, and remember it."""
    if print_ == 0:
        return np.nan
    place = meet(past, seen, table, print_, time, log)
    if is_young(past, time):
        return np.nan
    return 1.0 if time - seen[place]["since"] < DAY else 0.0


@inlined
def update(
    past: Record, events: Records, payment: Record, time: int, log: float, met: float
) -> None:
    """Add the payment to its user's past: all but its type and what was met."""
    amount = payment["amount"]
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
    count_amount(past, bin_of(log), 1)
    past["habits"][payment["hour"]] += 1.0
    past["habits"][24 + payment["weekday"]] += 1.0
    k = past["n_events"]
    events[k]["time"] = time
    events[k]["amount"] = amount
    events[k]["met"] = met
    past["n_events"] = k + 1
    past["new_today"] += met
    for w in range(N_WINDOWS):
        past["sums"][w] += amount


@inlined
def step(memory: Memory, payment: Record, prior: Record, habit: Record, row: Record) -> None:
    """Read a payment's features from its user's past, then add it to that past.

    A payment that is earlier than the user's last is taken at the time of the last.
    """
    past = memory.past[0]
    time = max(payment["time"], past["last_seen"]) if past["n"] > 0 else payment["time"]
    amount = payment["amount"]
    log = np.log(max(amount, 0.01))
    move_windows(past, memory.events, time)
    read_amounts(past, amount, log, prior, row)
    read_windows(past, time, amount, prior, row)
    read_pauses(past, time, prior, row)
    read_habits(past, payment, prior, habit, row)
    step_type(past, payment, log, prior, habit, row)
    met = step_novelty(past, memory.seen, memory.table, payment, time, log, row)

    update(past, memory.events, payment, time, log, met)


@kernel
def room(n_rows: int, n_seen: int, n_events: int) -> Memory:
    """Return memory for a user with so many rows to come and so much carried."""
    most = n_seen + 3 * n_rows
    size = 16
    while size <= 2 * most:
        size *= 2
    return Memory(
        np.zeros(1, PAST),
        np.empty(n_events + n_rows, EVENT),
        np.empty(most, SEEN),
        np.empty(size, np.int32),
    )


@inlined
def clear(past: Record, table: Any) -> None:
    """Forget everything: the next user has no past."""
    for block in range(N_BLOCKS):
        if past["blocks"][block] > 0:
            past["blocks"][block] = 0
            for place in range(block * BLOCK, (block + 1) * BLOCK):
                past["bins"][place] = 0
    past["p95_place"] = 0
    past["p95_below"] = 0
    for k in range(N_HABITS):
        past["habits"][k] = 0.0
    for w in range(N_WINDOWS):
        past["starts"][w] = 0
        past["sums"][w] = 0.0
    past["n"] = 0
    past["amount_sum"] = 0.0
    past["log_mean"] = 0.0
    past["log_m2"] = 0.0
    past["n_types"] = 0
    past["n_bins"] = 0
    past["n_seen"] = 0
    past["n_events"] = 0
    past["new_today"] = 0.0
    past["mask"] = 15
    for slot in range(16):
        table[slot] = 0


@inlined
def load(memory: Memory, words: Floats, at: int) -> None:
    """Take up a state that `dump` wrote to ``words`` from ``at`` on."""
    past = memory.past[0]
    past["n"] = int(words[at])
    past["amount_sum"] = words[at + 1]
    past["amount_min"] = words[at + 2]
    past["amount_max"] = words[at + 3]
    past["log_mean"] = words[at + 4]
    past["log_m2"] = words[at + 5]
    past["first_seen"] = int(words[at + 6])
    past["last_seen"] = int(words[at + 7])
    windows = at + HEAD
    for w in range(N_WINDOWS):
        past["starts"][w] = int(words[windows + w])
        past["sums"][w] = words[windows + N_WINDOWS + w]
    for k in range(N_HABITS):
        past["habits"][k] = words[windows + 2 * N_WINDOWS + k]
    lists = at + FIXED
    load_types(past, words, lists, int(words[at + N_TYPES_WORD]))
    lists += 4 * past["n_types"]
    for k in range(lists, lists + int(words[at + N_BINS_WORD])):
        packed = int(words[k])
        count_amount(past, packed % N_BINS, packed // N_BINS)
    lists += past["n_bins"]
    n_seen, n_recent = int(words[at + N_SEEN_WORD]), int(words[at + N_RECENT_WORD])
    load_seen(past, memory.seen, memory.table, words, lists, n_seen, n_recent)
    lists += 2 * n_seen + n_recent
    load_events(past, memory.events, words, lists, int(words[at + N_EVENTS_WORD]))


@inlined
def load_types(past: Record, words: Floats, at: int, n_types: int) -> None:
    """Take up what is known by type."""
    for k in range(n_types):
        past["type_keys"][k] = np.uint32(words[at + k])
        past["type_counts"][k] = words[at + n_types + k]
        past["type_means"][k] = words[at + 2 * n_types + k]
        past["type_m2s"][k] = words[at + 3 * n_types + k]
    past["n_types"] = n_types


@inlined
def load_seen(
    past: Record, seen: Records, table: Any, words: Floats, at: int, n_seen: int, n_recent: int
) -> None:
    """Take up what was met: of old acquaintances, a day before the last payment or more."""
    for k in range(n_seen):
        seen[k]["print"] = int(words[at + k])
        seen[k]["top"] = words[at + n_seen + k]
        seen[k]["since"] = past["last_seen"] - DAY
    for k in range(n_recent):
        seen[n_seen - n_recent + k]["since"] = int(words[at + 2 * n_seen + k])
    past["n_seen"] = n_seen
    while 2 * n_seen > past["mask"]:
        past["mask"] = 2 * past["mask"] + 1
    fill(past, seen, table)


@inlined
def load_events(past: Record, events: Records, words: Floats, at: int, n_events: int) -> None:
    """Take up the events that windows may still hold."""
    for k in range(n_events):
        packed = int(words[at + k])
        events[k]["time"] = packed // 2
        events[k]["met"] = packed % 2
        events[k]["amount"] = words[at + n_events + k]
        if k >= past["starts"][1]:
            past["new_today"] += packed % 2
    past["n_events"] = n_events


@inlined
def dump(memory: Memory, words: Floats, at: int) -> int:
    """Write the state at rest to ``words`` from ``at`` on; return where it ends.

    Left out is what no later payment can ask for: events before every window, and the moments of
    meeting what was met a day or more ago.
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
    windows = at + HEAD
    for w in range(N_WINDOWS):
        words[windows + w] = past["starts"][w] - oldest
        words[windows + N_WINDOWS + w] = past["sums"][w]
    for k in range(N_HABITS):
        words[windows + 2 * N_WINDOWS + k] = past["habits"][k]
    bins = dump_types(past, words, at + FIXED)
    seen = dump_bins(past, words, bins)
    events = dump_seen(past, memory.seen, words, seen)
    words[at + N_TYPES_WORD] = past["n_types"]
    words[at + N_BINS_WORD] = past["n_bins"]
    words[at + N_SEEN_WORD] = past["n_seen"]
    words[at + N_RECENT_WORD] = events - seen - 2 * past["n_seen"]
    words[at + N_EVENTS_WORD] = past["n_events"] - oldest
    return dump_events(past, memory.events, words, events)


@inlined
def dump_types(past: Record, words: Floats, at: int) -> int:
    """Write what is known by type."""
    n_types = past["n_types"]
    for k in range(n_types):
        words[at + k] = past["type_keys"][k]
        words[at + n_types + k] = past["type_counts"][k]
        words[at + 2 * n_types + k] = past["type_means"][k]
        words[at + 3 * n_types + k] = past["type_m2s"][k]
    return at + 4 * n_types


@inlined
def dump_bins(past: Record, words: Floats, at: int) -> int:
    """Write the bins that hold amounts: count and place in one word."""
    for block in range(N_BLOCKS):
        if past["blocks"][block] > 0:
            for place in range(block * BLOCK, (block + 1) * BLOCK):
                if past["bins"][place] > 0:
                    words[at] = float(past["bins"][place]) * N_BINS + place
                    at += 1
    return at


@inlined
def dump_seen(past: Record, seen: Records, words: Floats, at: int) -> int:
    """Write what was met; and of what was met within a day before the last payment, when."""
    n_seen = past["n_seen"]
    for k in range(n_seen):
        words[at + k] = seen[k]["print"]
        words[at + n_seen + k] = seen[k]["top"]
    at += 2 * n_seen
    recent = n_seen
    while recent > 0 and past["last_seen"] - seen[recent - 1]["since"] < DAY:
        recent -= 1
    for k in range(recent, n_seen):
        words[at] = seen[k]["since"]
        at += 1
    return at


@inlined
def dump_events(past: Record, events: Records, words: Floats, at: int) -> int:
    """Write the events that a window may still hold: moment and whether someone was met; amount."""
    oldest = past["starts"][N_WINDOWS - 1]
    kept = past["n_events"] - oldest
    for k in range(kept):
        event = events[oldest + k]
        words[at + k] = 2.0 * event["time"] + event["met"]
        words[at + kept + k] = event["amount"]
    return at + 2 * kept


@kernel
def fold(
    payments: Records,
    order: Ints,
    bounds: Ints,
    state_of: Ints,
    offsets: Ints,
    words: Floats,
    prior: Prior,
    rows: Records,
    ends: Ints,
    kept: Floats,
) -> None:
    """Take users one after the other through their payments, order[bounds[u]:bounds[u + 1]].

    Their carried states are words[offsets[s]:offsets[s + 1]] for s = state_of[u], none for -1.
    New states are written one behind the other to ``kept``, that of u ending at ends[u + 1].
    """
    n_rows = n_seen = n_events = 0
    for u in range(bounds.size - 1):
        n_rows = max(n_rows, bounds[u + 1] - bounds[u])
        s = state_of[u]
        if s >= 0 and offsets[s + 1] > offsets[s]:
            n_seen = max(n_seen, int(words[offsets[s] + N_SEEN_WORD]))
            n_events = max(n_events, int(words[offsets[s] + N_EVENTS_WORD]))
    memory = room(n_rows, n_seen, n_events)
    users = prior.of_users[0]
    for u in range(bounds.size - 1):
        clear(memory.past[0], memory.table)
        s = state_of[u]
        if s >= 0 and offsets[s + 1] > offsets[s]:
            load(memory, words, offsets[s])
        for k in range(bounds[u], bounds[u + 1]):
            payment = payments[order[k]]
            step(memory, payment, users, prior.of_types[payment["kind"]], rows[order[k]])
        ends[u + 1] = dump(memory, kept, ends[u])


@kernel
def fold_counterparties(
    counterparties: Ints,
    order: Ints,
    amounts: Floats,
    moments: Floats,
    prior: Records,
    out: Floats,
) -> None:
    """Set each amount against what is usual at its counterparty, then add it to that, in ``order``.

    ``moments`` is (counterparties, 3): count, mean and sum of squares of the log amounts. ``out`` is
    (2, rows): the count before, and the z-score; missing where a counterparty is -1.
    """
    usual = prior[0]
    for k in range(order.size):
        i = order[k]
        c = counterparties[i]
        out[0, i] = np.nan
        out[1, i] = np.nan
        if c < 0:
            continue
        n = moments[c, 0]
        mean = moments[c, 1]
        m2 = moments[c, 2]
        log = np.log(max(amounts[i], 0.01))
        out[0, i] = n
        out[1, i] = zscore(
            log,
            n,
            mean,
            m2,
            usual["log_mean"],
            usual["log_var"],
            usual["mean_weight"],
            usual["var_weight"],
        )
        shift = log - mean
        mean += shift / (n + 1.0)
        moments[c, 0] = n + 1.0
        moments[c, 1] = mean
        moments[c, 2] = m2 + shift * (log - mean)


@kernel
def observe(
    payments: Records,
    users: Ints,
    offsets: Ints,
    words: Floats,
    counterparties: Ints,
    moments: Floats,
    prior: Prior,
    rows: Records,
    others: Floats,
    ends: Ints,
    kept: Floats,
) -> None:
    """Take a few payments, in the order of their arrival, through all that they touch.

    User u's state is words[offsets[u]:offsets[u + 1]], empty for a new one; ``users`` and
    ``counterparties`` say whose each payment is. See `fold` and `fold_counterparties`.
    """
    bounds = np.zeros(offsets.size, np.int64)
    for i in range(users.size):
        bounds[users[i] + 1] += 1
    for u in range(offsets.size - 1):
        bounds[u + 1] += bounds[u]
    cursor = bounds.copy()
    order = np.empty(users.size, np.int64)
    amounts = np.empty(users.size)
    for i in range(users.size):
        order[cursor[users[i]]] = i
        cursor[users[i]] += 1
        amounts[i] = payments[i]["amount"]
    of_users = np.arange(offsets.size - 1)
    fold(payments, order, bounds, of_users, offsets, words, prior, rows, ends, kept)
    arrival = np.arange(users.size)
    fold_counterparties(counterparties, arrival, amounts, moments, prior.of_counterparties, others)


WALKED: Final = np.dtype([("payment", PAYMENT), ("user", "i4"), ("other", "i4"), ("place", "i4")])
"""A payment on its way through `walk`: whose it is, to whom, and which row of its table."""

SLOTS: Final = np.array([int(64 * 1.25**place) for place in range(80)])
"""Words of room that a state can have on a shelf: more than it needs, so that it may grow."""


class Shelf(NamedTuple):
    """All users' states in memory, each in a slot of its own."""

    words: Floats
    starts: Ints  # (users,) where a user's slot begins, -1 = no state
    kinds: Ints  # (users,) which of `SLOTS` it is
    free: Ints  # (slots,) the first empty slot of each kind, -1 = none; in it stands the next one
    top: Ints  # (1,) where the words begin that no slot has had yet


@inlined
def slot_for(size: int) -> int:
    """Return the smallest kind of slot with room for so many words."""
    kind = 0
    while SLOTS[kind] < size:
        kind += 1
    return kind


@inlined
def length(memory: Memory) -> int:
    """Return how many words `dump` will write."""
    past = memory.past[0]
    recent = past["n_seen"]
    while recent > 0 and past["last_seen"] - memory.seen[recent - 1]["since"] < DAY:
        recent -= 1
    lists = 4 * past["n_types"] + past["n_bins"] + 3 * past["n_seen"] - recent
    return int(FIXED + lists + 2 * (past["n_events"] - past["starts"][N_WINDOWS - 1]))


def lengths_of(heads: Ints) -> Ints:
    """Return how many words the states are whose first words these are, (n, `HEAD`)."""
    n_types, n_bins, n_seen, n_recent, n_events = heads.T[N_TYPES_WORD:]
    lengths: Ints = FIXED + 4 * n_types + n_bins + 2 * n_seen + n_recent + 2 * n_events
    return lengths


@inlined
def give_room(shelf: Shelf, user: int, size: int) -> None:
    """See to it that the user's slot has room for so many words; what stood in it may be lost."""
    if shelf.starts[user] >= 0:
        old = shelf.kinds[user]
        if SLOTS[old] >= size:
            return
        shelf.words[shelf.starts[user]] = shelf.free[old]
        shelf.free[old] = shelf.starts[user]
    kind = slot_for(size)
    at = shelf.free[kind]
    if at >= 0:
        shelf.free[kind] = int(shelf.words[at])
    else:
        at = shelf.top[0]
        shelf.top[0] = at + SLOTS[kind]
    shelf.starts[user] = at
    shelf.kinds[user] = kind


@kernel
def by_user(payments: Records, kinds: Ints, bounds: Ints, grouped: Records, places: Ints) -> None:
    """Bring payments in time order into groups by user, keeping time order inside each.

    ``bounds`` (users + 1,) arrives as zeros and leaves with where each user begins; ``places`` says
    where in ``grouped`` each row of the table stands. ``kinds`` are the population's places of the
    types by their numbers, the last that of any other.
    """
    for k in range(payments.size):
        bounds[payments[k]["user"] + 1] += 1
    for u in range(bounds.size - 1):
        bounds[u + 1] += bounds[u]
    cursor = bounds[:-1].copy()
    for k in range(payments.size):
        user = payments[k]["user"]
        at = cursor[user]
        cursor[user] = at + 1
        grouped[at] = payments[k]
        number = payments[k]["payment"]["kind"]
        grouped[at]["payment"]["kind"] = kinds[number if number >= 0 else kinds.size - 1]
        places[payments[k]["place"]] = at


@kernel
def walk(payments: Records, bounds: Ints, shelf: Shelf, prior: Prior, rows: Records) -> int:
    """Take users through their next payments, payments[bounds[u]:bounds[u + 1]], from the shelf.

    Their states on it move on. Returned is the first user for whom there may not be room, or how
    many users there are.
    """
    n_rows = n_seen = n_events = 0
    for u in range(bounds.size - 1):
        n_rows = max(n_rows, bounds[u + 1] - bounds[u])
        if bounds[u + 1] > bounds[u] and shelf.starts[u] >= 0:
            n_seen = max(n_seen, int(shelf.words[shelf.starts[u] + N_SEEN_WORD]))
            n_events = max(n_events, int(shelf.words[shelf.starts[u] + N_EVENTS_WORD]))
    memory = room(n_rows, n_seen, n_events)
    users = prior.of_users[0]
    for u in range(bounds.size - 1):
        n = bounds[u + 1] - bounds[u]
        if n == 0:
            continue
        before = SLOTS[shelf.kinds[u]] if shelf.starts[u] >= 0 else FIXED
        if shelf.top[0] + SLOTS[slot_for(before + PER_PAYMENT * n)] > shelf.words.size:
            return u
        clear(memory.past[0], memory.table)
        if shelf.starts[u] >= 0:
            load(memory, shelf.words, shelf.starts[u])
        for k in range(bounds[u], bounds[u + 1]):
            payment = payments[k]["payment"]
            step(memory, payment, users, prior.of_types[payment["kind"]], rows[k])
        give_room(shelf, u, length(memory))
        dump(memory, shelf.words, shelf.starts[u])
    return bounds.size - 1
