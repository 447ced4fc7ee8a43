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
BLOCK: Final = 32
N_BLOCKS: Final = N_BINS // BLOCK
LOG_MIN: Final = float(np.log(0.01))
BIN_WIDTH: Final = float(np.log(1e12) / N_BINS)
"""Amounts stand in 512 logarithmic bins over 0.01 to 1e10: a bin is 5.5 % wide."""
EDGES: Final = np.array([exp(LOG_MIN + place * BIN_WIDTH) for place in range(N_BINS + 1)])

SMALLEST: Final = 2.0**-1022
SHIFTED: Final = 54.0
SHIFT: Final = 2.0**SHIFTED
"""Lifts numbers that are below the smallest with full precision."""
ROOT_HALF: Final = 0x3FE6A09E667F3BCD
"""The bits of the root of a half: a number's fraction is taken from there to the root of 2."""
LN2_HIGH: Final = 6.93147180369123816490e-01
LN2_LOW: Final = 1.90821492927058770002e-10
L1: Final = 6.666666666666735130e-01
L2: Final = 3.999999999940941908e-01
L3: Final = 2.857142874366239149e-01
L4: Final = 2.222219843214978396e-01
L5: Final = 1.818357216161805012e-01
L6: Final = 1.531383769920937332e-01
L7: Final = 1.479819860511658591e-01
"""What fdlibm takes for the logarithm: a polynomial whose error is below 2**-58."""

N_GUESSES: Final = 32
N_TYPES: Final = 24
"""Types of transaction told apart a user; the rarest beyond share the last place."""

SLOTS: Final = 64
"""Slots of the table of what was met, at first."""
FREE: Final = 4
"""Slots for each thing met, at least, and by how much the table grows: what is looked for then
mostly stands where it is looked for first."""

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

AT_ONCE: Final = 8
"""Payments whose logarithms and quotients are worked out together: enough to fill vectors."""
N_LOGS: Final = 7
HOURLY, DAILY, TYPICAL, BURSTS = range(4)
"""Logarithms of a quotient that each payment asks for: the last are four, two a burst."""
N_QUOTIENTS: Final = 13
RATIO_MEAN, RATIO_P95, RATIO_MAX, SHARE, SECONDS = range(5)
COUNT_RATIOS: Final = 5
SUM_RATIOS: Final = 9
"""Quotients that each payment asks for; the last two are one a window."""
OWN, OF_TYPE = range(2)
"""The z-scores that each payment asks for."""

PAYMENT = np.dtype(
    [
        ("time", "i8"),  # microseconds, UTC
        ("amount", "f8"),
        ("type", "u4"),  # fingerprints; 0 = missing
        ("counterparty", "u4"),
        ("device", "u4"),
        ("country", "u4"),
        ("kind", "u4"),  # the type's place in the population's tables, the last for an unknown one
        ("hour", "u2"),  # local
        ("weekday", "u2"),
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
        ("n_types", "u4"),  # what points somewhere has no sign: an index below 0 would mean the end
        ("n_bins", "u4"),
        ("n_seen", "u4"),
        ("n_events", "u4"),
        ("mask", "u4"),
        ("p95_place", "u4"),  # the bin of the 95th percentile when it was read last
        ("p95_below", "i8"),  # and how many amounts stand in the bins before it
        ("new_today", "f8"),
        ("starts", "u4", (N_WINDOWS,)),
        ("sums", "f8", (N_WINDOWS,)),
        ("habits", "f8", (N_HABITS,)),
        ("type_keys", "u4", (N_TYPES,)),
        ("type_counts", "f8", (N_TYPES,)),
        ("type_guesses", "u4", (N_GUESSES,)),  # by kind, where among the keys its type may stand
        ("type_means", "f8", (N_TYPES,)),
        ("type_m2s", "f8", (N_TYPES,)),
        ("bins", "i4", (N_BLOCKS, BLOCK)),
        ("blocks", "i4", (BLOCK,)),  # no more than N_BLOCKS are used
        ("block", "u4"),  # a constant would have loops unrolled, not vectorised
        # of the payments in work, one behind the other, and of any user: see `work_out`
        ("amount_logs", "f8", (AT_ONCE,)),
        ("places", "u4", (AT_ONCE,)),
        ("over", "f8", (AT_ONCE * N_QUOTIENTS,)),
        ("under", "f8", (AT_ONCE * N_QUOTIENTS,)),
        ("quotients", "f8", (AT_ONCE * N_QUOTIENTS,)),
        ("log_over", "f8", (AT_ONCE * N_LOGS,)),
        ("log_under", "f8", (AT_ONCE * N_LOGS,)),
        ("logs", "f8", (AT_ONCE * N_LOGS,)),
        ("away", "f8", (AT_ONCE * 2,)),
        ("scale", "f8", (AT_ONCE * 2,)),
        ("freedom", "f8", (AT_ONCE * 2,)),
        ("zscores", "f8", (AT_ONCE * 2,)),
        ("pause", "f8", (AT_ONCE,)),
        ("lived", "f8", (AT_ONCE,)),
        ("pauses", "f8", (AT_ONCE,)),
    ]
)
"""One user's past while it is worked on, and what is left to work out of the last payments."""

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
def signed(value: Any) -> Any:
    """Return a number without a sign as one that may be reckoned with.

    The compiler still knows that it is not negative, and spares what an index below 0 would take.
    """
    return np.int64(value)


@inlined
def log_of(value: float, more: float) -> float:
    """Return the natural logarithm of ``value``, and ``more``, which is next to nothing.

    Like the library's (fdlibm's: within one unit in the last place), but without a call, so that a
    loop of them becomes vector instructions; and the same bits on every machine.
    """
    small = value < SMALLEST
    bits = np.float64(value * SHIFT if small else value).view(np.int64)
    power = (bits - ROOT_HALF) >> 52
    f = np.int64(bits - (power << 52)).view(np.float64) - 1.0  # value = 2^power (1 + f)
    s = f / (2.0 + f)  # ln(1 + f) = ln(1 + s) - ln(1 - s)
    z = s * s
    w = z * z
    even = w * (L2 + w * (L4 + w * L6))
    odd = z * (L1 + w * (L3 + w * (L5 + w * L7)))
    half = 0.5 * f * f
    e = float(power) - (SHIFTED if small else 0.0)
    log: float = e * LN2_HIGH - ((half - (s * (half + (odd + even)) + (e * LN2_LOW + more))) - f)
    log = np.inf if value == np.inf else log
    log = -np.inf if value == 0.0 else log
    return log if value >= 0.0 else np.nan


@inlined
def log1p_of(value: float) -> float:
    """Return ln(1 + value) for a value that is not negative, as exact as `log_of`."""
    sum_ = 1.0 + value
    lost = value - (sum_ - 1.0) if sum_ < np.inf else 0.0
    return log_of(sum_, lost / sum_)


@inlined
def predicted(
    value: float,
    n: float,
    mean: float,
    m2: float,
    log_mean: float,
    log_var: float,
    mean_weight: float,
    var_weight: float,
) -> tuple[float, float]:
    """Return how far ``value`` is from what n earlier values and the population say, and the scale.

    The posterior predictive of a normal-inverse-chi-squared model is a Student t (Gelman et al.,
    *Bayesian Data Analysis*, 3rd ed., section 3.3), with ``var_weight + n`` degrees of freedom:
    t² / freedom is the distance squared over the scale.
    """
    inverse = 1.0 / (mean_weight + n)
    shift = mean - log_mean
    away = value - (mean_weight * log_mean + n * mean) * inverse
    scale = var_weight * log_var + m2 + mean_weight * n * inverse * shift * shift
    return away, scale + scale * inverse


@inlined
def normal(away: float, scale: float, freedom: float) -> float:
    """Return the normal quantile with the same tail as t, by Wallace's transform (1959).

    So one number means the same for short and long pasts. See `predicted`.
    """
    log = log1p_of(away * away / scale)
    size = np.sqrt(freedom * log) * ((8.0 * freedom + 1.0) / (8.0 * freedom + 3.0))
    return size if away >= 0.0 else -size


@inlined
def bin_of(log_amount: float) -> int:
    """Return the bin in which an amount of this logarithm is counted."""
    place = int((log_amount - LOG_MIN) / BIN_WIDTH)
    return min(max(place, 0), N_BINS - 1)


@inlined
def counted(past: Record, place: int) -> int:
    """Return how many earlier amounts stand in a bin."""
    return int(past["bins"][place // BLOCK, place % BLOCK])


@inlined
def inside(past: Record, place: int, nth: int) -> float:
    """Return the nth smallest (from 0) of the earlier amounts in a bin, which stand evenly in it."""
    share = (nth + 0.5) / counted(past, place)
    amount = EDGES[place] + share * (EDGES[place + 1] - EDGES[place])
    return min(max(amount, past["amount_min"]), past["amount_max"])


@inlined
def percentile(past: Record) -> float:
    """Return the 95th percentile of the earlier amounts, linear between neighbours in rank.

    The walk begins in the bin where it ended last: a payment moves the rank by less than one.
    """
    position = 0.95 * (past["n"] - 1)
    rank = int(position)
    place: int = signed(past["p95_place"])
    below = past["p95_below"]
    while below > rank:
        place -= 1
        below -= counted(past, place)
    while below + counted(past, place) <= rank:
        below += counted(past, place)
        place += 1
    past["p95_place"] = place
    past["p95_below"] = below
    nth = rank - below
    low = inside(past, place, nth)
    if position == rank:
        return low
    nth += 1
    if nth == counted(past, place):
        nth = 0
        place += 1
        while counted(past, place) == 0:
            place += 1
    return low + (position - rank) * (inside(past, place, nth) - low)


@inlined
def ranked(past: Record, amount: float, place: int) -> float:
    """Return how many earlier amounts are below this one, those in its own bin counted half.

    As many blocks and bins are read whatever the place: vector instructions, no branches.
    """
    block = place // BLOCK
    inner = place % BLOCK
    below = 0
    for i in range(signed(past["block"])):
        below += past["blocks"][i] if i < block else 0
        below += past["bins"][block, i] if i < inner else 0
    rank = below + 0.5 * past["bins"][block, inner]
    rank = 0.0 if amount < past["amount_min"] else rank
    return float(past["n"]) if amount > past["amount_max"] else rank


@inlined
def count_amount(past: Record, place: int, n: int) -> None:
    """Count ``n`` amounts in a bin."""
    if counted(past, place) == 0:
        past["n_bins"] += 1
    past["bins"][place // BLOCK, place % BLOCK] += n
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
    slot = find(table, signed(past["mask"]), seen, print_)
    place = table[slot] - 1
    if place >= 0:
        return place
    place = signed(past["n_seen"])
    past["n_seen"] += 1
    seen[place]["print"] = print_
    seen[place]["since"] = time
    seen[place]["top"] = log
    table[slot] = place + 1
    if FREE * past["n_seen"] > past["mask"]:
        past["mask"] = FREE * past["mask"] + FREE - 1
        fill(past, seen, table)
    return place


@inlined
def fill(past: Record, seen: Records, table: Any) -> None:
    """Enter all that was seen into the table anew."""
    mask: int = signed(past["mask"])
    for slot in range(mask + 1):
        table[slot] = 0
    for place in range(signed(past["n_seen"])):
        table[find(table, mask, seen, seen[place]["print"])] = place + 1


@inlined
def read_amounts(past: Record, at: int, amount: float, prior: Record, row: Record) -> None:
    """Set the amount's features against the user's earlier amounts."""
    n = past["n"]
    log = past["amount_logs"][at]
    away, scale = predicted(
        log,
        float(n),
        past["log_mean"],
        past["log_m2"],
        prior["log_mean"],
        prior["log_var"],
        prior["mean_weight"],
        prior["var_weight"],
    )
    surprise(past, at, OWN, away, scale, prior["var_weight"] + n)
    mean = p95 = top = rank = np.nan
    if n > 0:
        mean = past["amount_sum"] / n
        p95 = percentile(past)
        top = past["amount_max"]
        rank = ranked(past, amount, signed(past["places"][at]))
    row["prior_count"] = n
    row["amount_log"] = log
    row["user_mean"] = mean
    row["user_p95"] = p95
    row["user_max"] = top
    divide(past, at, RATIO_MEAN, amount, mean if mean > 0.0 else np.nan)
    divide(past, at, RATIO_P95, amount, p95 if p95 > 0.0 else np.nan)
    divide(past, at, RATIO_MAX, amount, top if top > 0.0 else np.nan)
    divide(past, at, SHARE, rank, float(n))


@inlined
def divide(past: Record, at: int, which: int, over: float, under: float) -> None:
    """Leave a quotient of a payment in work to be worked out."""
    past["over"][at * N_QUOTIENTS + which] = over
    past["under"][at * N_QUOTIENTS + which] = under


@inlined
def take_log(past: Record, at: int, which: int, over: float, under: float) -> None:
    """Leave the logarithm of a quotient to be worked out."""
    past["log_over"][at * N_LOGS + which] = over
    past["log_under"][at * N_LOGS + which] = under


@inlined
def surprise(past: Record, at: int, which: int, away: float, scale: float, freedom: float) -> None:
    """Leave a z-score to be worked out; see `normal`."""
    past["away"][2 * at + which] = away
    past["scale"][2 * at + which] = scale
    past["freedom"][2 * at + which] = freedom


@inlined
def move_windows(past: Record, events: Records, time: int) -> None:
    """Let out of the windows what is older than they reach back from ``time``.

    How many go out is hard to foresee, so the first goes without a branch; behind the last event
    stands one that never does.
    """
    n_events: int = signed(past["n_events"])
    events[n_events]["time"] = time
    events[n_events]["amount"] = 0.0
    events[n_events]["met"] = 0.0
    for w in range(N_WINDOWS):
        oldest = time - SPANS[w]
        start: int = signed(past["starts"][w])
        total = past["sums"][w]
        out = events[start]["time"] < oldest
        total -= out * events[start]["amount"]
        if w == 1:
            past["new_today"] -= out * events[start]["met"]
        start += out
        while events[start]["time"] < oldest:
            total -= events[start]["amount"]
            if w == 1:
                past["new_today"] -= events[start]["met"]
            start += 1
        past["starts"][w] = start
        # the rounding of many subtractions ends where none is left
        past["sums"][w] = total if start < n_events else 0.0


@inlined
def read_windows(
    past: Record, at: int, time: int, amount: float, prior: Record, row: Record
) -> None:
    """Set the windows' counts, sums, ratios and surprises.

    Before a window the user's rate has a gamma posterior (some events in an exposure), so the count
    in it is negative binomial. Its surprise in nats is its deviance, the Chernoff bound of
    -ln P(X >= count): 0 up to the mean. See `set_row`.
    """
    n = past["n"]
    n_events: int = signed(past["n_events"])
    lived = float(time - past["first_seen"]) if n > 0 else 0.0
    rate = (prior["rate_events"] + n) / (prior["rate_micros"] + lived)
    weight = prior["amount_weight"]
    usual = (weight * prior["amount_mean"] + past["amount_sum"]) / (weight + n)
    for w in range(N_WINDOWS):
        count = float(n_events - past["starts"][w])
        total = max(past["sums"][w], 0.0)
        expected = 1.0 + rate * SPANS[w]
        row["counts"][w] = count
        row["sums"][w] = total
        divide(past, at, COUNT_RATIOS + w, count + 1.0, expected)
        divide(past, at, SUM_RATIOS + w, total + amount, usual * expected)
    for w in range(2):  # an hour and a day
        count = float(n_events - past["starts"][w])
        exposure = prior["rate_micros"] + max(lived - SPANS[w], 0.0)
        events = prior["rate_events"] + n - count
        # expected are events * span / exposure: count over it, and both with events added
        both = events * (float(SPANS[w]) + exposure)
        take_log(past, at, BURSTS + 2 * w, count * exposure, events * SPANS[w])
        take_log(past, at, BURSTS + 2 * w + 1, (count + events) * exposure, both)


@inlined
def read_pauses(past: Record, at: int, time: int, prior: Record, row: Record) -> None:
    """Set the time since the last payment, and its surprise under the user's own rate."""
    seconds = days = np.nan
    lived = prior["rate_micros"]
    if past["n"] > 0:
        pause = time - past["last_seen"]
        seconds = float(pause)
        days = float(pause // DAY)
        lived += past["last_seen"] - past["first_seen"]
    row["days_since_last"] = days
    divide(past, at, SECONDS, seconds, float(SECOND))
    past["pause"][at] = seconds
    past["lived"][at] = lived


@inlined
def read_habits(
    past: Record, at: int, payment: Record, prior: Record, habit: Record, row: Record
) -> None:
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
    usual = WEEKDAY_PRIOR * prior["weekdays"][day] + past["habits"][24 + day]
    row["hour"] = hour
    row["weekday"] = day
    row["hour_prior_count"] = own + beside
    take_log(past, at, HOURLY, 24.0 * (HOUR_PRIOR * habit["hours"][hour] + near), HOUR_PRIOR + n)
    take_log(past, at, DAILY, 7.0 * usual, WEEKDAY_PRIOR + n)


@inlined
def step_type(
    past: Record, at: int, payment: Record, prior: Record, habit: Record, row: Record
) -> None:
    """Set how rare the type is and how unusual the amount for it, then add the payment to it."""
    if payment["type"] == 0:
        row["type_prior_count"] = np.nan
        surprise(past, at, OF_TYPE, np.nan, np.nan, np.nan)
        take_log(past, at, TYPICAL, np.nan, np.nan)
        return
    log = past["amount_logs"][at]
    place = type_place(past, payment["type"], signed(payment["kind"]) % N_GUESSES)
    count = past["type_counts"][place]
    mean = past["type_means"][place]
    m2 = past["type_m2s"][place]
    away, scale = predicted(
        log,
        count,
        mean,
        m2,
        habit["mean"],
        habit["var"],
        habit["weight"],
        prior["var_weight"],
    )
    surprise(past, at, OF_TYPE, away, scale, prior["var_weight"] + count)
    take_log(past, at, TYPICAL, TYPE_PRIOR * habit["share"] + count, TYPE_PRIOR + past["n"])
    row["type_prior_count"] = count

    shift = log - mean
    mean += shift / (count + 1.0)
    past["type_counts"][place] = count + 1.0
    past["type_means"][place] = mean
    past["type_m2s"][place] = m2 + shift * (log - mean)


@inlined
def type_place(past: Record, print_: int, kind: int) -> int:
    """Return where the user's payments of this type are counted, making room for a new one.

    The guess is right but for the first payments of a user and where types share a kind.
    """
    n_types: int = signed(past["n_types"])
    guess: int = signed(past["type_guesses"][kind])
    if guess < n_types and past["type_keys"][guess] == print_:
        return guess
    for k in range(n_types):
        if past["type_keys"][k] == print_:
            past["type_guesses"][kind] = k
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
        before: int = signed(past["n_seen"])
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
def update(past: Record, at: int, events: Records, payment: Record, time: int, met: float) -> None:
    """Add the payment to its user's past: all but its type and what was met."""
    amount = payment["amount"]
    log = past["amount_logs"][at]
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
    count_amount(past, signed(past["places"][at]), 1)
    past["habits"][payment["hour"]] += 1.0
    past["habits"][24 + payment["weekday"]] += 1.0
    k: int = signed(past["n_events"])
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
    past["amount_logs"][0] = log_of(max(payment["amount"], 0.01), 0.0)
    past["places"][0] = bin_of(past["amount_logs"][0])
    take(memory, 0, payment, prior, habit, row)
    work_out(past, 1)
    set_row(past, 0, prior, row)


@inlined
def take(
    memory: Memory, at: int, payment: Record, prior: Record, habit: Record, row: Record
) -> None:
    """Take a payment as `step` does, but leave most divisions and all logarithms.

    They go to the place ``at`` of those in work, until `work_out` and `set_row` complete the row.
    """
    past = memory.past[0]
    time = max(payment["time"], past["last_seen"]) if past["n"] > 0 else payment["time"]
    amount = payment["amount"]
    move_windows(past, memory.events, time)
    read_amounts(past, at, amount, prior, row)
    read_windows(past, at, time, amount, prior, row)
    read_pauses(past, at, time, prior, row)
    read_habits(past, at, payment, prior, habit, row)
    step_type(past, at, payment, prior, habit, row)
    log = past["amount_logs"][at]
    met = step_novelty(past, memory.seen, memory.table, payment, time, log, row)
    update(past, at, memory.events, payment, time, met)


@inlined
def work_out(past: Record, n: int) -> None:
    """Work out what the first ``n`` payments in work left.

    Each loop is long and of one kind, so that the compiler makes vector instructions of it: eight
    quotients or logarithms for little more than the price of one.
    """
    for i in range(n * N_QUOTIENTS):
        past["quotients"][i] = past["over"][i] / past["under"][i]
    for i in range(n * N_LOGS):
        past["logs"][i] = log_of(past["log_over"][i] / past["log_under"][i], 0.0)
    for i in range(n * 2):
        past["zscores"][i] = normal(past["away"][i], past["scale"][i], past["freedom"][i])
    for i in range(n):
        past["pauses"][i] = log1p_of(past["pause"][i] / past["lived"][i])


@inlined
def set_row(past: Record, at: int, prior: Record, row: Record) -> None:
    """Set what was worked out of one payment."""
    quotients = at * N_QUOTIENTS
    logs = at * N_LOGS
    n = row["prior_count"]
    for w in range(N_WINDOWS):
        row["count_ratios"][w] = past["quotients"][quotients + COUNT_RATIOS + w]
        row["sum_ratios"][w] = past["quotients"][quotients + SUM_RATIOS + w]
    row["ratio_mean"] = past["quotients"][quotients + RATIO_MEAN]
    row["ratio_p95"] = past["quotients"][quotients + RATIO_P95]
    row["ratio_max"] = past["quotients"][quotients + RATIO_MAX]
    row["share_below"] = past["quotients"][quotients + SHARE]
    row["seconds_since_last"] = past["quotients"][quotients + SECONDS]
    own = past["zscores"][2 * at + OWN]
    usual = past["zscores"][2 * at + OF_TYPE]
    row["amount_zscore"] = own
    row["amount_type_zscore"] = usual
    row["amount_oddity"] = min(own, usual)  # own where there is no type
    for w in range(2):
        count = row["counts"][w]
        every = prior["rate_events"] + n
        log = past["logs"][logs + BURSTS + 2 * w]
        nats = count * log - every * past["logs"][logs + BURSTS + 2 * w + 1]
        row["bursts"][w] = nats if log > 0.0 else 0.0
    row["burst"] = max(row["bursts"][0], row["bursts"][1])
    row["gap_surprise"] = (prior["rate_events"] + n - 1.0) * past["pauses"][at]
    row["hour_rarity"] = -past["logs"][logs + HOURLY]
    row["weekday_rarity"] = -past["logs"][logs + DAILY]
    row["type_rarity"] = -past["logs"][logs + TYPICAL]


@kernel
def room(n_rows: int, n_seen: int, n_events: int) -> Memory:
    """Return memory for a user with so many rows to come and so much carried."""
    most = n_seen + 3 * n_rows
    size = SLOTS
    while size <= FREE * most:
        size *= FREE
    return Memory(
        np.zeros(1, PAST),
        np.empty(n_events + n_rows + 1, EVENT),
        np.empty(most, SEEN),
        np.empty(size, np.int32),
    )


@inlined
def clear(past: Record, table: Any) -> None:
    """Forget everything: the next user has no past."""
    for block in range(N_BLOCKS):
        if past["blocks"][block] > 0:
            past["blocks"][block] = 0
            for k in range(BLOCK):
                past["bins"][block, k] = 0
    past["block"] = BLOCK
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
    past["mask"] = SLOTS - 1
    for slot in range(SLOTS):
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
    while FREE * n_seen > past["mask"]:
        past["mask"] = FREE * past["mask"] + FREE - 1
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
    oldest: int = signed(past["starts"][N_WINDOWS - 1])
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
    n_types: int = signed(past["n_types"])
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
            for k in range(BLOCK):
                if past["bins"][block, k] > 0:
                    words[at] = float(past["bins"][block, k]) * N_BINS + (block * BLOCK + k)
                    at += 1
    return at


@inlined
def dump_seen(past: Record, seen: Records, words: Floats, at: int) -> int:
    """Write what was met; and of what was met within a day before the last payment, when."""
    n_seen: int = signed(past["n_seen"])
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
    oldest: int = signed(past["starts"][N_WINDOWS - 1])
    kept = past["n_events"] - oldest
    for k in range(kept):
        event = events[oldest + k]
        words[at + k] = 2.0 * event["time"] + event["met"]
        words[at + kept + k] = event["amount"]
    return at + 2 * kept


@inlined
def read_logs(past: Record, payments: Records, order: Ints, first: int, last: int) -> None:
    """Set the logarithms and bins of the amounts of payments order[first:last]."""
    for i in range(last - first):
        past["over"][i] = max(payments[order[first + i]]["amount"], 0.01)
    for i in range(last - first):
        past["amount_logs"][i] = log_of(past["over"][i], 0.0)
        past["places"][i] = bin_of(past["amount_logs"][i])


@inlined
def complete(
    past: Record, rows: Records, order: Ints, first: int, last: int, prior: Record
) -> None:
    """Work out and set what the payments order[first:last] left."""
    work_out(past, last - first)
    for k in range(first, last):
        set_row(past, k - first, prior, rows[order[k]])


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
    past = memory.past[0]
    users = prior.of_users[0]
    first = last = bounds[0]  # of the payments in work
    for u in range(bounds.size - 1):
        clear(past, memory.table)
        s = state_of[u]
        if s >= 0 and offsets[s + 1] > offsets[s]:
            load(memory, words, offsets[s])
        for k in range(bounds[u], bounds[u + 1]):
            if k == last:
                complete(past, rows, order, first, last, users)
                first, last = last, min(last + AT_ONCE, bounds[-1])
                read_logs(past, payments, order, first, last)
            payment = payments[order[k]]
            habit = prior.of_types[payment["kind"]]
            take(memory, (k - first) & (AT_ONCE - 1), payment, users, habit, rows[order[k]])
        ends[u + 1] = dump(memory, kept, ends[u])
    complete(past, rows, order, first, last, users)


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
        log = log_of(max(amounts[i], 0.01), 0.0)
        away, scale = predicted(
            log,
            n,
            mean,
            m2,
            usual["log_mean"],
            usual["log_var"],
            usual["mean_weight"],
            usual["var_weight"],
        )
        out[0, i] = n
        out[1, i] = normal(away, scale, usual["var_weight"] + n)
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
    of_users: Records,
    of_types: Records,
    of_counterparties: Records,
    features: Floats,
    ends: Ints,
    kept: Floats,
) -> None:
    """Take a few payments, in the order of their arrival, through all that they touch.

    User u's state is words[offsets[u]:offsets[u + 1]], empty for a new one; ``users`` and
    ``counterparties`` say whose each payment is. The prior comes in its parts: a tuple of arrays
    takes longer to hand over. Features are a feature a row, the last row is the amounts. See `fold`
    and `fold_counterparties`.
    """
    bounds = np.zeros(offsets.size, np.int64)
    for i in range(users.size):
        bounds[users[i] + 1] += 1
    for u in range(offsets.size - 1):
        bounds[u + 1] += bounds[u]
    cursor = bounds.copy()
    order = np.empty(users.size, np.int64)
    amounts = features[N_FEATURES]
    for i in range(users.size):
        order[cursor[users[i]]] = i
        cursor[users[i]] += 1
        amounts[i] = payments[i]["amount"]
    states = np.arange(offsets.size - 1)
    rows = np.empty(users.size, ROW)
    prior = Prior(of_users, of_types, of_counterparties)
    fold(payments, order, bounds, states, offsets, words, prior, rows, ends, kept)
    own = rows.view(np.float64)
    for i in range(users.size):
        for feature in range(N_OWN):
            features[feature, i] = own[N_OWN * i + feature]
    arrival, others = np.arange(users.size), features[N_OWN:N_FEATURES]
    fold_counterparties(counterparties, arrival, amounts, moments, of_counterparties, others)


WALKED: Final = np.dtype([("payment", PAYMENT), ("user", "i4"), ("other", "i4"), ("place", "i4")])
"""A payment on its way through `walk`: whose it is, to whom, and which row of its table."""

SLOT_WORDS: Final = np.array([int(64 * 1.25**place) for place in range(80)])
"""Words of room that a state can have on a shelf: more than it needs, so that it may grow."""


class Shelf(NamedTuple):
    """All users' states in memory, each in a slot of its own."""

    words: Floats
    starts: Ints  # (users,) where a user's slot begins, -1 = no state
    kinds: Ints  # (users,) which of `SLOT_WORDS` it is
    free: Ints  # (slots,) the first empty slot of each kind, -1 = none; in it stands the next one
    top: Ints  # (1,) where the words begin that no slot has had yet


@inlined
def slot_for(size: int) -> int:
    """Return the smallest kind of slot with room for so many words."""
    kind = 0
    while SLOT_WORDS[kind] < size:
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
        if SLOT_WORDS[old] >= size:
            return
        shelf.words[shelf.starts[user]] = shelf.free[old]
        shelf.free[old] = shelf.starts[user]
    kind = slot_for(size)
    at = shelf.free[kind]
    if at >= 0:
        shelf.free[kind] = int(shelf.words[at])
    else:
        at = shelf.top[0]
        shelf.top[0] = at + SLOT_WORDS[kind]
    shelf.starts[user] = at
    shelf.kinds[user] = kind


@kernel
def take_up(users: Ints, offsets: Ints, words: Floats, shelf: Shelf) -> int:
    """Put states on the shelf, words[offsets[k]:offsets[k + 1]] for users[k]; none where that is -1.

    Returned is the first for whom there is no room, or how many there are.
    """
    for k in range(users.size):
        user, size = users[k], offsets[k + 1] - offsets[k]
        if user < 0:
            continue
        if shelf.top[0] + SLOT_WORDS[slot_for(size)] > shelf.words.size:
            return k
        give_room(shelf, user, size)
        start = shelf.starts[user]
        for place in range(size):
            shelf.words[start + place] = words[offsets[k] + place]
    return users.size


@kernel
def count_users(payments: Records, counts: Ints) -> None:
    """Count each user's payments, beside what was counted before."""
    for k in range(payments.size):
        counts[payments[k]["user"]] += 1


@kernel
def by_user(payments: Records, kinds: Ints, ends: Ints, grouped: Records, places: Ints) -> None:
    """Put payments in time order behind those of their users, each of which stays in time order.

    ``ends`` (users,) says where in ``grouped`` each user's next payment goes, and moves on;
    ``places`` where that of each row of the table went. ``kinds`` are the population's places of
    the types by their numbers, the last that of any other.
    """
    for k in range(payments.size):
        user = payments[k]["user"]
        at = ends[user]
        ends[user] = at + 1
        grouped[at] = payments[k]["payment"]
        # where no type is told its number is the largest that there can be
        grouped[at]["kind"] = kinds[min(payments[k]["payment"]["kind"], kinds.size - 1)]
        places[payments[k]["place"]] = at


@kernel
def walk(
    payments: Records, order: Ints, bounds: Ints, shelf: Shelf, prior: Prior, rows: Records
) -> int:
    """Take users through their next payments, order[bounds[u]:bounds[u + 1]], from the shelf.

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
    past = memory.past[0]
    users = prior.of_users[0]
    first = last = bounds[0]  # of the payments in work
    for u in range(bounds.size - 1):
        n = bounds[u + 1] - bounds[u]
        if n == 0:
            continue
        before = SLOT_WORDS[shelf.kinds[u]] if shelf.starts[u] >= 0 else FIXED
        if shelf.top[0] + SLOT_WORDS[slot_for(before + PER_PAYMENT * n)] > shelf.words.size:
            return u
        clear(past, memory.table)
        if shelf.starts[u] >= 0:
            load(memory, shelf.words, shelf.starts[u])
        for k in range(bounds[u], bounds[u + 1]):
            if k == last:
                complete(past, rows, order, first, last, users)
                first, last = last, min(last + AT_ONCE, bounds[-1])
                read_logs(past, payments, order, first, last)
            payment = payments[order[k]]
            habit = prior.of_types[payment["kind"]]
            take(memory, (k - first) & (AT_ONCE - 1), payment, users, habit, rows[order[k]])
        give_room(shelf, u, length(memory))
        dump(memory, shelf.words, shelf.starts[u])
    complete(past, rows, order, first, last, users)
    return bounds.size - 1
