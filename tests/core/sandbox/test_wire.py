"""Reading results that hostile code may have forged."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.sandbox import Call, ExpressionResult, Fault, FaultKind, NotReached, Returned, Watch
from dropout_core.sandbox.wire import decode_expression, decode_observation

CALL = Call(np.ones((2, 3)), 0.5, True)
ENDED = Fault(FaultKind.EXITED, "Exited early, with status 0")


def _record(meta: bytes, payload: bytes = b"") -> bytes:
    return len(meta).to_bytes(4, "little") + len(payload).to_bytes(8, "little") + meta + payload


DEFINED = _record(b'{"event": "defined"}')


@pytest.mark.parametrize(
    "record",
    [
        _record(b'{"event": "returned", "dtype": "|O", "shape": [1]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [2]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [-1, -1]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [1.0]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [true]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [1e400]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": "1"}', bytes(8)),
        _record(b'{"event": "returned", "dtype": ["<f8"], "shape": [1]}', bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [' + b"1," * 40 + b"1]}", bytes(8)),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [1048576, 0]}'),
        _record(b'{"event": "returned", "dtype": "<f8", "shape": [' + b"20," * 10 + b"0]}"),
        _record(b'{"event": "fault", "kind": "exception", "text": " ", "line": null}'),
        _record(b'{"event": "fault", "kind": "passed", "text": "", "line": null}'),
        _record(b'{"event": "fault", "kind": "exception", "text": 1, "line": null}'),
        _record(b'{"event": "passed"}'),
        _record(b"[" * 10_000),
        _record(b"[]"),
        _record(b"\xff"),
        (2**31).to_bytes(4, "little") + bytes(8),
    ],
)
def test_records_that_make_no_sense_are_malformed(record: bytes) -> None:
    observation = decode_observation(DEFINED + record, [CALL], ENDED)
    (result,) = observation.results
    fault = observation.ended or result
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.MALFORMED


@pytest.mark.parametrize("peak", [b"1" + b"0" * 400, b"-1", b"null", b"true", b"1.5"])
def test_a_peak_that_no_machine_could_have_is_malformed(peak: bytes) -> None:
    record = _record(b'{"event": "returned", "dtype": "<f8", "shape": [1], "peak": ' + peak + b"}", bytes(8))
    call = Call(np.ones((2, 3)), 0.5, True, watch=frozenset({Watch.MEMORY}))
    (result,) = decode_observation(DEFINED + record, [call], ENDED).results
    assert isinstance(result, Fault)
    assert result.kind is FaultKind.MALFORMED


KEPT = _record(b'{"event": "returned", "dtype": "<f8", "shape": [1], "kept": true}', bytes(8))


def test_an_array_that_is_read_again_is_reported_after_all_calls() -> None:
    unlike = np.float64(7).tobytes()
    last = _record(b'{"event": "kept"}', bytes(8) + unlike)
    plain = _record(b'{"event": "returned", "dtype": "<f8", "shape": [1]}', bytes(8))
    results = decode_observation(DEFINED + KEPT + plain + KEPT + last, [CALL] * 3, ENDED).results
    later = [result.array_later for result in results if isinstance(result, Returned)]
    assert [None if array is None else array.tolist() for array in later] == [[0.0], None, [7.0]]


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (_record(b'{"event": "kept"}', bytes(7)), FaultKind.MALFORMED),
        (_record(b'{"event": "kept"}', bytes(16)), FaultKind.MALFORMED),
        (_record(b'{"event": "returned", "dtype": "<f8", "shape": [1]}', bytes(8)), FaultKind.MALFORMED),
        (_record(b'{"event": "fault", "kind": "exception", "text": "E"}'), FaultKind.MALFORMED),
    ],
)
def test_an_array_that_is_not_reported_again_is_not_a_result(last: bytes, kind: FaultKind) -> None:
    (result,) = decode_observation(DEFINED + KEPT + last, [CALL], ENDED).results
    assert isinstance(result, Fault)
    assert result.kind is kind


@pytest.mark.parametrize("calls", [1, 2])
def test_after_the_process_ended_nothing_more_is_expected(calls: int) -> None:
    observation = decode_observation(DEFINED + KEPT, [CALL] * calls, ENDED)
    result, *others = observation.results
    assert isinstance(result, Returned)
    assert result.array_later is None
    assert others == [NotReached()] * (calls - 1)
    assert observation.ended == ENDED


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_an_unfinished_record_is_as_good_as_none(cut: int) -> None:
    record = _record(b'{"event": "returned", "dtype": "<f8", "shape": [1]}', bytes(8))
    observation = decode_observation(DEFINED + record[:cut], [CALL], ENDED)
    assert (observation.results, observation.ended) == ((NotReached(),), ENDED)


_meta = st.dictionaries(
    st.sampled_from(["event", "dtype", "shape", "kind", "text", "line", "cut", "kept"]),
    st.sampled_from(
        ["defined", "returned", "kept", "fault", "stdout", "error", "done", "<f8", "exception", "timeout", True]
    )
    | st.integers()
    | st.lists(st.integers(-1, 5)),
)  # fmt: skip


@given(metas=st.lists(st.tuples(_meta, st.binary(max_size=40))), tail=st.binary())
def test_no_bytes_make_reading_raise(metas: Sequence[tuple[dict[str, object], bytes]], tail: bytes) -> None:
    records = b"".join(_record(json.dumps(meta).encode(), payload) for meta, payload in metas)
    for result in (records + tail, DEFINED + records + tail):
        assert len(decode_observation(result, [CALL, CALL], ENDED).results) == 2
        decode_expression(result, ENDED).stdout.encode()


def test_what_was_never_written_is_not_there() -> None:
    observation = decode_observation(DEFINED + bytes(4096), [CALL], ENDED)
    assert (observation.results, observation.ended) == ((NotReached(),), ENDED)


def test_a_complete_result_that_took_too_long_says_so() -> None:
    record = _record(b'{"event": "returned", "dtype": "<f8", "shape": [1]}', bytes(8))
    late = Fault(FaultKind.TIMEOUT, "Took more than 10 s of processor time")
    observation = decode_observation(DEFINED + record, [CALL], late)
    assert isinstance(observation.results[0], Returned)
    assert observation.ended == late
    assert decode_observation(DEFINED + record, [CALL], ENDED).ended is None
    expression = decode_expression(_record(b'{"event": "done"}'), late)
    assert expression == ExpressionResult("", "Took more than 10 s of processor time", timed_out=True)
