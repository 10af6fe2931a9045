"""What the tasks of memory want, from what is seen, in plain Python."""

from rnnjax import tasks


def last(wanted, steps):
    return [None] * (steps - 1) + [wanted]


def adding(task, xs):
    T = len(xs)
    half = max(task.shortest, T * 10 // 11) // 2
    markers = [x[1] for x in xs]
    assert (markers[0], markers[-1]) == (-1, -1)
    assert set(markers[1:-1]) <= {0, 1}
    marked = [t for t in range(T) if markers[t] == 1]
    assert len(marked) in (1, 2)  # one if the other is the first number
    assert len(marked) == 1 or marked[0] < 10
    assert marked[-1] < half
    assert all(-1 <= x[0] <= 1 for x in xs)
    return last([0.5 + sum(xs[t][0] for t in marked) / 4], T)


def marked_copying(task, xs):
    count = xs.count(task.alphabet + 1)
    text, blanks, markers = xs[:count], xs[count:-count], xs[-count:]
    assert all(1 <= symbol <= task.alphabet for symbol in text)
    assert blanks == [0] * task.delay
    assert markers == [task.alphabet + 1] * count
    return [None] * (count + task.delay) + text


def selective_copying(task, xs):
    symbols, marker = task.symbols, task.alphabet + 1
    text = [x for x in xs if 1 <= x <= task.alphabet]
    assert len(text) == symbols
    if task.form == "marked":
        assert xs[-symbols:] == [marker] * symbols
        assert marker not in xs[:-symbols]
    else:
        assert xs[-symbols - 1 :] == [marker] + [0] * symbols
        assert xs[-symbols - 2] == text[-1]
        assert xs.count(marker) == 1
    return [None] * (len(xs) - symbols) + text


def repeat_first(task, xs):
    return [xs[0] for _ in xs]


def repeat_previous(task, xs):
    return [None if t < task.k - 1 else xs[t - task.k + 1] for t in range(len(xs))]


def temporal_order(*places):
    def rule(task, xs):
        text = "".join("abcdXYEB"[x] for x in xs)
        if task.form != "2013":
            assert (text[0], text[-1]) == ("E", "B")
            assert "E" not in text[1:]
            assert "B" not in text[:-1]
        marked = [t for t, symbol in enumerate(text) if symbol in "XY"]
        assert len(marked) == task.marks == len(places)
        assert all(p <= t <= q for t, (p, q) in zip(marked, places, strict=True))
        order = "".join(text[t] for t in marked)
        every = ["XX", "XY", "YX", "YY"]
        if task.marks == 3:
            every = ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"]
        return last(every.index(order), len(xs))

    return rule


def flip_flop(task, xs):
    assert all(abs(bit) == 1 for bit in xs[0])
    bits, wanted = list(xs[0]), []
    for x in xs:
        bits = [pulse or bit for pulse, bit in zip(x, bits, strict=True)]
        wanted.append(bits)
    return wanted


def n_back(task, xs):
    n = task.back
    return [None] * n + [int(x == before) for before, x in zip(xs, xs[n:], strict=False)]


def delayed_xor(task, xs):
    delay = len(xs) - task.onset - 2 * task.pulse - task.wait - task.response - task.after
    second = task.onset + task.pulse + delay
    answer = second + task.pulse + task.wait
    channels = range(2) if task.channels == 2 else (0, 0)
    signs = [xs[t][c] for t, c in zip((task.onset, second), channels, strict=True)]
    assert set(signs) <= {-1, 1}
    for t, x in enumerate(xs):
        pulses = [
            sign * (start <= t < start + task.pulse)
            for sign, start in zip(signs, (task.onset, second), strict=True)
        ]
        assert x == (pulses if task.channels == 2 else [sum(pulses)])
    right = 1 if signs[0] == signs[1] else -1
    return [[right * (answer <= t < answer + task.response)] for t in range(len(xs))]


def delay(task, xs):
    assert all(-1 <= x[0] <= 1 for x in xs) or task.signal == "band"
    return [None] * task.delay + xs[: -task.delay]


def mqar(task, xs):
    half, shown = task.vocabulary // 2, 2 * task.pairs
    keys, values = xs[:shown:2], xs[1:shown:2]
    assert all(1 <= key < half for key in keys)
    assert all(half <= value < task.vocabulary for value in values)
    assert len(set(keys)) == len(set(values)) == task.pairs
    assert xs[: shown * task.passes] == xs[:shown] * task.passes
    value = dict(zip(keys, values, strict=True))
    wanted = [None] * shown * task.passes
    for t, x in enumerate(xs[len(wanted) :]):
        assert x == 0 or t % 2 == 0
        wanted.append(value[x] if x else None)
    assert sorted(filter(None, wanted)) == sorted(values)
    return wanted


def going_on(task, xs, answer):
    return last(answer, len(xs)) if task.counts == "last" else [*xs[1:], answer]


def associative_recall(task, xs):
    half, asks = task.numbers // 2, task.vocabulary - 1
    *pairs, ask, key = xs
    assert ask == asks
    keys, values = pairs[::2], pairs[1::2]
    assert all(1 <= k <= half < v < asks for k, v in zip(keys, values, strict=True))
    value = dict(zip(keys, values, strict=True))
    assert [value[k] for k in keys] == values
    assert key in value or task.absent
    return going_on(task, xs, value.get(key, 0))


def induction_head(task, xs):
    asks = task.vocabulary - 1
    place = xs.index(asks)
    assert [t for t, x in enumerate(xs) if x == asks] == [place, len(xs) - 1]
    assert place < len(xs) - 3
    assert 0 not in xs
    return going_on(task, xs, xs[place + 1])


def associative_retrieval(task, xs):
    text = "".join("abcdefghijklmnopqrstuvwxyz0123456789?"[x] for x in xs)
    letters, digits, asked = text[:-3:2], text[1:-3:2], text[-1]
    assert letters.isalpha()
    assert digits.isdigit()
    assert len(set(letters)) == len(letters) == len(digits)
    assert text[-3:-1] == "??"
    return last(int(digits[letters.index(asked)]), len(xs))


SHORT = {"pulse": 2, "onset": 2, "wait": 1, "response": 4, "after": 2}
CASES = [
    (tasks.Adding(44, form="1997", shortest=40), adding),
    (tasks.MarkedCopying(4, 5, 3, shortest=2), marked_copying),
    (tasks.SelectiveCopying(6, 3, 3, shortest=4), selective_copying),
    (tasks.SelectiveCopying(6, 3, 3, form="mad", shortest=4), selective_copying),
    (tasks.RepeatFirst(8, shortest=6), repeat_first),
    (tasks.RepeatPrevious(8, k=4, shortest=6), repeat_previous),
    (tasks.RepeatPrevious(7, 5, 2, deal="independent"), repeat_previous),
    (tasks.TemporalOrder(), temporal_order((10, 20), (50, 60))),
    (tasks.TemporalOrder(marks=3), temporal_order((10, 20), (33, 43), (66, 76))),
    (
        tasks.TemporalOrder(50, form="short", shortest=None),
        temporal_order((3, 12), (25, 40)),
    ),
    (
        tasks.TemporalOrder(50, 3, form="short", shortest=None),
        temporal_order((3, 9), (18, 26), (33, 40)),
    ),
    (
        tasks.TemporalOrder(100, form="2013", shortest=None),
        temporal_order((10, 19), (50, 59)),
    ),
    (tasks.FlipFlop(8, bits=2, pulse=0.3, shortest=6), flip_flop),
    (tasks.NBack(9, back=3, symbols=4, match=0.4, shortest=7), n_back),
    (tasks.DelayedXOR(3, **SHORT, shortest=1), delayed_xor),
    (tasks.DelayedXOR(3, **SHORT, channels=1), delayed_xor),
    (tasks.Delay(9, delay=3, shortest=7), delay),
    (tasks.Delay(32, delay=5, signal="band", cutoff=0.2, shortest=30), delay),
    (tasks.MQAR(17, pairs=2, vocabulary=16, power=1.0, shortest=12), mqar),
    (tasks.MQAR(24, pairs=2, vocabulary=12, passes=2), mqar),
    (tasks.AssociativeRecall(8, vocabulary=10, shortest=7), associative_recall),
    (tasks.AssociativeRecall(6, vocabulary=11, absent=True), associative_recall),
    (tasks.AssociativeRecall(6, vocabulary=10, absent=True, counts="last"), associative_recall),
    (tasks.InductionHead(8, vocabulary=8, shortest=6), induction_head),
    (tasks.InductionHead(6, vocabulary=7, counts="last"), induction_head),
    (tasks.AssociativeRetrieval(3, shortest=2), associative_retrieval),
]
