"""The merge of reports into a printer's state."""

import copy
import random

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.mqtt.decode import ALL_KEYS, decode
from app.mqtt.messages import Push, parse
from app.mqtt.state import PrinterMemory
from app.printers.catalogue import model_of_serial
from app.printers.status import PrinterStatus
from tests.app.mqtt.reports import ams, h2d, p1, p2s, running, tray

P1S = model_of_serial("01P")


def memory_of(report):
    memory = PrinterMemory()
    apply(memory, report)
    return memory


def apply(memory, report):
    message = parse(orjson.dumps({"print": {"command": "push_status"} | report}))
    assert isinstance(message, Push)
    return memory.apply(message.body, message.claim)


def test_a_delta_changes_what_it_names():
    """Scalars are replaced, everything else stays, and the answer names the change."""
    memory = memory_of(p1())
    changed = apply(memory, {"msg": 1, "mc_percent": 3, "bed_temper": 24.0, "sequence_id": "9"})
    assert changed == {"mc_percent"}
    assert memory.raw["mc_percent"] == 3
    assert memory.raw["nozzle_temper"] == 25.0


def test_an_unchanged_report_changes_nothing():
    """Repeats of full and delta reports are no news, whatever their sequence id."""
    memory = memory_of(p1())
    assert apply(memory, p1(sequence_id="77")) == set()
    assert apply(memory, {"msg": 1, "ams": ams(), "sequence_id": "78"}) == set()


def test_a_full_report_replaces_everything():
    """What a full report does not hold is gone, also below the top."""
    memory = memory_of(p1(upload={"status": "idle", "speed": 3}, vt_tray={"tray_type": "PLA"}))
    changed = apply(memory, p1(upload={"status": "idle"}))
    assert changed == {"upload", "vt_tray"}
    assert "vt_tray" not in memory.raw
    assert memory.raw["upload"] == {"status": "idle"}


def test_an_unmarked_report_is_full_only_if_it_is_long():
    """Old firmware marks nothing: thirty keys with a state are full, less is a delta."""
    report = p1()
    del report["msg"]
    memory = memory_of(report)
    assert memory.has_full
    apply(memory, {"mc_percent": 5})
    assert memory.raw["gcode_state"] == "IDLE"


def test_a_short_report_that_calls_itself_full_forgets_nothing():
    """A printer that marks a short report as full is believed without losing the rest."""
    memory = PrinterMemory()
    apply(memory, {"msg": 1, "bed_temper": 50})
    assert not memory.has_full
    apply(memory, {"msg": 0, "gcode_state": "IDLE"})
    assert memory.has_full
    assert memory.raw["bed_temper"] == 50


def test_a_new_epoch_waits_for_a_full_report():
    """After a reconnect the old state stays, but absence means nothing until a full report."""
    memory = memory_of(p1(gcode_state="FINISH"))
    memory.begin_epoch()
    assert memory.has_base
    assert not memory.has_full
    apply(memory, {"msg": 1, "mc_percent": 4})
    assert not memory.has_full
    apply(memory, p1())
    assert memory.has_full


def test_lists_are_replaced_whole():
    """An empty list of health messages means that all is well."""
    memory = memory_of(p1(hms=[{"attr": 1, "code": 2}], stg=[2, 14]))
    assert apply(memory, {"msg": 1, "hms": [], "stg": [3]}) == {"hms", "stg"}
    assert memory.raw["hms"] == []
    assert memory.raw["stg"] == [3]


def test_extruders_and_external_spools_merge_by_id():
    """A delta about one nozzle leaves the other alone."""
    memory = memory_of(h2d())
    delta = {
        "device": {"extruder": {"info": [{"id": 1, "temp": 200}]}},
        "vir_slot": [{"id": "255", "tray_type": "PC"}],
    }
    changed = apply(memory, {"msg": 1} | delta)
    assert changed == {"device", "device.extruder", "vir_slot"}
    first, second = memory.raw["device"]["extruder"]["info"]
    assert first["temp"] == 47
    assert second == {"id": 1, "temp": 200, "snow": 0x0102, "hnow": 1}
    assert [slot["tray_type"] for slot in memory.raw["vir_slot"]] == ["", "PC"]


def test_network_entries_merge_by_place():
    """A delta with the first interface only keeps the second."""
    memory = memory_of(p1(net={"info": [{"ip": 1}, {"ip": 2}]}))
    apply(memory, {"msg": 1, "net": {"info": [{"ip": 9}]}})
    assert memory.raw["net"]["info"] == [{"ip": 9}, {"ip": 2}]


def test_a_partial_unit_keeps_the_rest():
    """Only one unit, one tray, or only the slot in use may be sent."""
    memory = memory_of(p1())
    delta = {"ams": {"ams": [{"id": "0", "tray": [{"id": "2", "remain": 55}]}]}}
    assert apply(memory, {"msg": 1} | delta) == {"ams"}
    trays = memory.raw["ams"]["ams"][0]["tray"]
    assert trays[2] == tray(2, tray_color="0000FFFF", remain=55)
    assert trays[0] == tray(0)
    apply(memory, {"msg": 1, "ams": {"tray_now": "2"}})
    assert memory.raw["ams"]["ams"][0]["tray"] == trays


def test_an_emptied_tray_forgets_its_filament():
    """A bare tray whose bit is gone is empty; tray and bitmap may come in either order."""
    bare = {"ams": {"ams": [{"id": "0", "tray": [{"id": "2"}]}]}}
    bits = {"ams": {"tray_exist_bits": "1"}}
    for deltas in ([bare | {}, bits], [bits, bare], [{"ams": bare["ams"] | bits["ams"]}]):
        memory = memory_of(p1())
        for delta in copy.deepcopy(deltas):
            apply(memory, {"msg": 1} | delta)
        assert memory.raw["ams"]["ams"][0]["tray"][2] == {"id": "2"}


def test_a_bare_tray_that_exists_keeps_its_filament():
    """A state-only update of a loaded tray is no removal."""
    memory = memory_of(p1())
    apply(memory, {"msg": 1, "ams": {"ams": [{"id": "0", "tray": [{"id": "2", "state": 11}]}]}})
    assert memory.raw["ams"]["ams"][0]["tray"][2]["tray_type"] == "PLA"


def test_an_unplugged_unit_is_forgotten():
    """A unit whose bit vanishes is dropped; one that is merely not mentioned stays."""
    memory = memory_of(h2d())
    apply(memory, {"msg": 1, "ams": {"ams": [{"id": "0", "humidity": "3"}]}})
    assert [unit["id"] for unit in memory.raw["ams"]["ams"]] == ["0", "1", "128"]
    apply(memory, {"msg": 1, "ams": {"ams_exist_bits": "11"}})
    assert [unit["id"] for unit in memory.raw["ams"]["ams"]] == ["0", "128"]


def test_endless_inventions_are_bounded():
    """A printer that invents keys and units without end cannot fill the memory."""
    memory = memory_of(p1())
    for number in range(2_000):
        apply(memory, {"msg": 1, f"key{number}": number})
        apply(memory, {"msg": 1, "ams": {"ams": [{"id": f"u{number}", "x": 1}]}})
        apply(memory, {"msg": 1, "ipcam": {f"key{number}": number}})
    assert len(memory.raw) <= 512
    assert len(memory.raw["ipcam"]) <= 512
    assert len(memory.raw["ams"]["ams"]) <= 32


TRAY_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "tray_type": st.sampled_from(["PLA", "PETG", "ABS"]),
        "tray_color": st.sampled_from(["FF0000FF", "00FF00FF"]),
        "remain": st.integers(-1, 100),
        "tray_uuid": st.sampled_from(["0" * 32, "A" * 32]),
    },
)


@st.composite
def full_ams(draw):
    """A consistent AMS block as a full report holds it."""
    units, unit_bits, tray_bits = [], 0, 0
    for unit in sorted(draw(st.sets(st.integers(0, 3), max_size=4))):
        unit_bits |= 1 << unit
        trays = []
        for slot in range(4):
            if draw(st.booleans()):
                tray_bits |= 1 << (unit * 4 + slot)
                trays.append({"id": str(slot), "tray_type": "PLA"} | draw(TRAY_FIELDS))
            else:
                trays.append({"id": str(slot)})
        units.append({"id": str(unit), "humidity": str(draw(st.integers(1, 5))), "tray": trays})
    return {
        "ams": units,
        "ams_exist_bits": f"{unit_bits:x}",
        "tray_exist_bits": f"{tray_bits:x}",
        "tray_now": str(draw(st.sampled_from([255, 254, 0, 5]))),
    }


def deltas_of(before, after):
    """The change as partial deltas in the forms printers use: bitmaps, units, single trays."""
    deltas = [
        {"ams_exist_bits": after["ams_exist_bits"], "tray_exist_bits": after["tray_exist_bits"]}
    ]
    deltas.append({"tray_now": after["tray_now"]})
    known = {unit["id"] for unit in before["ams"]}
    for unit in after["ams"]:
        if unit["id"] not in known:
            deltas.append({"ams": [unit]})
            continue
        deltas.append({"ams": [{"id": unit["id"], "humidity": unit["humidity"]}]})
        old = {
            item["id"]: item
            for item in next(u for u in before["ams"] if u["id"] == unit["id"])["tray"]
        }
        for item in unit["tray"]:
            # A printer sends all fields of a newly read spool; fields never just vanish.
            gone = {} if len(item) == 1 else dict.fromkeys(old[item["id"]].keys() - item.keys(), "")
            deltas.append({"ams": [{"id": unit["id"], "tray": [gone | item]}]})
    return [{"msg": 1, "ams": delta} for delta in deltas]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(full_ams(), full_ams(), st.randoms(use_true_random=False))
def test_deltas_in_any_order_arrive_where_a_full_report_does(before, after, rng: random.Random):
    """Partial AMS deltas, shuffled and repeated, end in the state that a full report tells."""
    memory = memory_of(p1(ams=before))
    deltas = deltas_of(before, after)
    rng.shuffle(deltas)
    for delta in deltas + deltas[:2]:
        apply(memory, copy.deepcopy(delta))
    expected = memory_of(p1(ams=after))
    empty = PrinterStatus.unknown()
    assert decode(empty, expected.raw, ALL_KEYS, P1S) == decode(empty, memory.raw, ALL_KEYS, P1S)


TEXT = st.text('ab0é\x00"', max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELD = st.sampled_from(sorted(p2s().keys() | h2d().keys() | {"vt_tray", "fail_reason"}))
INNER = st.sampled_from(
    [
        "id",
        "ams",
        "tray",
        "state",
        "info",
        "extruder",
        "nozzle",
        "bed",
        "temp",
        "parts",
        "attr",
        "code",
    ]
)
NESTED = st.recursive(
    JSON,
    lambda inner: st.lists(st.dictionaries(INNER, inner)) | st.dictionaries(INNER, inner),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(FIELD, NESTED, max_size=6), max_size=6))
def test_garbage_never_raises_and_a_full_report_heals(reports):
    """Reports with nonsense in known places are survived, and the next full one mends all."""
    memory = memory_of(h2d())
    status = PrinterStatus.unknown()
    model = model_of_serial("094")
    for report in reports:
        message = parse(orjson.dumps({"print": report | {"command": "push_status"}}))
        if isinstance(message, Push):
            changed = memory.apply(message.body, message.claim)
            status = decode(status, memory.raw, changed, model)
    apply(memory, p2s(**running()))
    healed = decode(status, memory.raw, ALL_KEYS, model)
    assert healed == decode(
        PrinterStatus.unknown(), memory_of(p2s(**running())).raw, ALL_KEYS, model
    )
