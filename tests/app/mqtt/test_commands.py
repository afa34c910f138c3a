"""What leaves for printers, and what comes back."""

import orjson
import pytest

from app.mqtt.commands import (
    GET_VERSION,
    PAUSE,
    PUSHALL,
    REFUSED_WORDS,
    Answer,
    Pending,
    Verdict,
    judge,
    set_light,
    set_speed,
)
from app.mqtt.messages import Reply, parse
from app.printers.status import SpeedLevel


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (PAUSE, {"print": {"sequence_id": "7", "command": "pause", "param": ""}}),
        (
            PUSHALL,
            {
                "pushing": {
                    "sequence_id": "7",
                    "command": "pushall",
                    "version": 1,
                    "push_target": 1,
                }
            },
        ),
        (GET_VERSION, {"info": {"sequence_id": "7", "command": "get_version"}}),
        (
            set_speed(SpeedLevel.LUDICROUS),
            {"print": {"sequence_id": "7", "command": "print_speed", "param": "4"}},
        ),
    ],
)
def test_the_form_of_requests(command, expected):
    """Requests as the vendor's slicer sends them."""
    assert orjson.loads(command.encode("7")) == expected


def test_the_light_is_one_node():
    """Only the chamber light is switched."""
    body = orjson.loads(set_light(on=False).encode("7"))["system"]
    assert (body["led_node"], body["led_mode"]) == ("chamber_light", "off")


def reply(**fields):
    body = {"command": "pause", "sequence_id": "7"} | fields
    message = parse(orjson.dumps({"print": body}))
    assert isinstance(message, Reply)
    return message


@pytest.mark.parametrize(
    "fields",
    [
        {"result": "failed", "reason": "mqtt message verify failed", "err_code": 84033543},
        {"result": "failed", "reason": "", "err_code": 84033545},
        {"err_code": 84033543},
        {},
    ],
)
def test_every_form_of_refusal(fields):
    """Refusals come with words, with a code alone, or as a bare echo."""
    assert judge(reply(**fields)) == Answer(Verdict.REFUSED, REFUSED_WORDS)


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"result": "success", "reason": ""}, Answer(Verdict.ACCEPTED)),
        ({"result": "SUCCESS", "reason": "success"}, Answer(Verdict.ACCEPTED)),
        ({"result": "fail", "reason": "no job"}, Answer(Verdict.FAILED, "no job")),
        (
            {"result": "failed", "err_code": 83902468},
            Answer(Verdict.FAILED, "The printer is busy."),
        ),
    ],
)
def test_other_answers(fields, answer):
    """Accepted and failed answers, in any case of letters."""
    assert judge(reply(**fields)) == answer


async def test_an_answer_finds_its_question():
    """Only the answer with our command and id settles ours; other clients' are not for us."""
    pending = Pending()
    number = pending.next_id()
    assert not 20_000 <= int(number) < 30_000
    future = pending.expect(PAUSE, number)
    assert not pending.settle("pause", "20001", Answer(Verdict.ACCEPTED))
    assert not pending.settle("resume", number, Answer(Verdict.ACCEPTED))
    assert pending.settle("pause", number, Answer(Verdict.ACCEPTED))
    assert await future == Answer(Verdict.ACCEPTED)
    assert len(pending) == 0


async def test_a_lost_connection_answers_for_the_printer():
    """Nobody waits for an answer that cannot come any more."""
    pending = Pending()
    future = pending.expect(PAUSE, pending.next_id())
    pending.abandon()
    assert (await future).verdict is Verdict.LOST
    assert len(pending) == 0


async def test_waiting_questions_are_bounded():
    """The oldest question gives up when too many wait."""
    pending = Pending()
    futures = [pending.expect(PAUSE, pending.next_id()) for _ in range(65)]
    assert (await futures[0]).verdict is Verdict.LOST
    assert not futures[1].done()
    assert len(pending) == 64
