"""What a simulated printer makes of the order to print a file."""

import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
from PIL import Image
from pydantic import ValidationError

from app.simulator.commands import answer
from app.simulator.jobs import EXTERNAL, Filament, Job
from app.simulator.printer import SimPrinter
from app.simulator.profiles import PROFILES
from app.simulator.sliced import BadFile, read_gcode, read_plate
from app.simulator.threemf import Plate, sliced_file

RED, BLUE = Filament("PETG", "FF0000", 40.0), Filament("PLA", "0000FF", 20.0)
UNUSED = Filament("ABS", "00FF00", 0.0)
TWO_PLATES = (Plate(600, 30, (RED,)), Plate(1_200, 50, (UNUSED, RED, BLUE), ("lid", "box")))
NOT_READABLE, WRONG_MAPPING, BUSY = 83902467, 117473298, 83902468


class Desk:
    """A printer without sockets: what it is told, what it says, and a clock turned by hand."""

    def __init__(self, model="p1s"):
        self.sim = SimPrinter(PROFILES[model], "Left", "01P00A000000001", "12345678")
        self.said = []
        self.sim.listeners.add(lambda payload: self.said.append(json.loads(payload)["print"]))
        self.sim.files["/two.3mf"] = sliced_file("two", TWO_PLATES)

    def send(self, **fields):
        """Order plate 2 of the file, with what is different; the reply without the echo."""
        body = {
            "command": "project_file",
            "sequence_id": "1",
            "param": "Metadata/plate_2.gcode",
            "url": "ftp://two.3mf",
            "subtask_name": "two",
            "task_id": "41",
            "subtask_id": "42",
            "project_id": "43",
            "use_ams": True,
            "ams_mapping": [-1, 3, 1],
        } | fields
        self.said.clear()
        answer(self.sim, {"print": body})
        replies = [each for each in self.said if each["command"] == body["command"]]
        if not replies:
            return None
        return {key: value for key, value in replies[0].items() if key not in body}

    def run(self, seconds, step=1.0):
        """Let its time pass."""
        for _ in range(round(seconds / step)):
            self.sim.tick(step)

    def until(self, state, most=5_000):
        """Let its time pass until a state is reached."""
        for _ in range(most):
            if self.machine.state == state:
                return
            self.sim.tick(1.0)
        raise AssertionError(f"it is {self.machine.state}")

    @property
    def machine(self):
        return self.sim.machine

    @property
    def remain(self):
        return [slot.remain for slot in self.machine.slots]

    def seen(self, key):
        """The values a report field had, in order, without repetitions."""
        values = [each[key] for each in self.said if key in each]
        return [value for n, value in enumerate(values) if n == 0 or values[n - 1] != value]


@pytest.fixture
def desk():
    """A P1S."""
    return Desk()


def test_a_sliced_file_holds_what_slicers_write():
    """Plates, filaments by their number in the project, pictures, g-code with its digest."""
    data = sliced_file('Lid & "box" <2>', TWO_PLATES, model_code="N7", product="P2S")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        info = ElementTree.fromstring(archive.read("Metadata/slice_info.config"))  # noqa: S314
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))  # noqa: S314
        settings = json.loads(archive.read("Metadata/project_settings.config"))
        gcode = archive.read("Metadata/plate_2.gcode").decode()
        picture = Image.open(io.BytesIO(archive.read("Metadata/plate_2.png")))
        names = set(archive.namelist())
        digest = archive.read("Metadata/plate_2.gcode.md5").decode()
    second = info.findall("plate")[1]
    facts = {each.get("key"): each.get("value") for each in second.iter("metadata")}
    assert facts["index"] == "2"
    assert (facts["prediction"], facts["weight"]) == ("1200", "60.00")
    assert facts["printer_model_id"] == "N7"
    filaments = [dict(each.items()) for each in second.iter("filament")]
    assert [each["id"] for each in filaments] == ["2", "3"]
    assert filaments[0]["color"] == "#FF0000"
    assert (filaments[0]["used_g"], filaments[0]["used_m"]) == ("40.00", "13.09")
    assert [each.get("name") for each in second.iter("object")] == ["lid", "box"]
    title = {each.get("name"): each.text for each in model if each.tag.endswith("metadata")}
    assert title["Title"] == 'Lid & "box" <2>'
    assert settings["filament_type"] == ["ABS", "PETG", "PLA"]
    assert picture.format == "PNG"
    assert picture.size == (512, 512)
    assert {"Metadata/plate_1.gcode.md5", "Metadata/plate_1_small.png"} <= names
    assert digest == digest.upper()
    assert len(digest) == 32
    assert "; total layer number: 50" in gcode
    assert gcode.count("; CHANGE_LAYER") == 50
    assert gcode.count("M73 L") == 50


def test_a_printer_reads_the_plate_it_is_told():
    """Each plate has its own time, layers and filaments; others are not there."""
    data = sliced_file("two", TWO_PLATES)
    assert read_plate(data, 1) == Plate(600, 30, (RED,), ("part",))
    unused = Filament(grams=0.0)
    assert read_plate(data, 2) == Plate(1_200, 50, (unused, RED, BLUE), ("lid", "box"))
    for broken, plate in ((data, 3), (data[:500], 1), (b"", 1), (b"not a zip", 1)):
        with pytest.raises(BadFile):
            read_plate(broken, plate)


def test_plain_gcode_tells_its_time_and_layers():
    """From its head; what is missing there has a default."""
    head = b"; total layer number: 7\n; total estimated time: 1d 2h 3m 4s\n"
    assert read_gcode(head) == Plate(93_784, 7)
    assert read_gcode(b"G28\n") == Plate(600, 100)


def test_a_job_is_what_its_file_says(desk):
    """Time, layers and ids are those of the file and the order, and it is printed once."""
    assert desk.send() == {"result": "success", "reason": "success"}
    desk.until("RUNNING")
    assert desk.machine.job.seconds == 1_200
    assert desk.machine.job.layers == 50
    desk.until("FINISH")
    assert desk.seen("gcode_state") == ["PREPARE", "RUNNING", "FINISH"]
    assert (desk.seen("task_id"), desk.seen("subtask_id")) == (["41"], ["42"])
    assert desk.seen("gcode_file")[0] == "two.3mf"
    assert desk.seen("total_layer_num")[-1] == 50
    assert [job.subtask_id for job in desk.machine.begun] == ["42"]


@pytest.mark.parametrize(
    "url",
    ["ftp://two.3mf", "ftp:///two.3mf", "file:///sdcard/two.3mf", "file:///mnt/sdcard/two.3mf"],
)
def test_files_are_found_under_every_address(desk, url):
    """All the forms that clients send mean the same file."""
    desk.send(url=url)
    desk.until("RUNNING")
    assert desk.machine.job.layers == 50


def test_the_mapping_decides_which_spools_get_lighter(desk):
    """The second filament comes from slot 3, the third from slot 1; the others keep their weight,
    and what the slots are loaded with is left alone."""
    before, materials = desk.remain, [slot.material for slot in desk.machine.slots]
    desk.send()
    desk.until("FINISH")
    used = [was - now for was, now in zip(before, desk.remain, strict=True)]
    assert used == pytest.approx([0.0, 2.0, 0.0, 4.0])
    assert [slot.material for slot in desk.machine.slots] == materials
    trays = {each["ams"]["tray_now"] for each in desk.said if "tray_now" in each.get("ams", {})}
    assert trays == {"1", "3", "255"}


def test_a_job_from_the_spool_beside_the_ams_leaves_the_slots_alone(desk):
    """Without the AMS, or mapped to 254, no slot gets lighter."""
    before = desk.remain
    for fields in ({"use_ams": False, "ams_mapping": []}, {"ams_mapping": [-1, 254, EXTERNAL]}):
        desk.send(**fields)
        desk.until("RUNNING")
        desk.run(100)
        assert desk.seen("ams")[0]["tray_now"] == "254"
        desk.until("FINISH")
    assert desk.remain == before


def test_half_a_print_uses_half(desk):
    """A cancelled print has used what it printed."""
    before = desk.remain
    desk.send(param="Metadata/plate_1.gcode", ams_mapping=[2])
    desk.until("RUNNING")
    while desk.machine.percent < 50:
        desk.run(1)
    desk.machine.cancel()
    desk.run(10)
    assert before[2] - desk.remain[2] == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "ftp://three.3mf"},
        {"url": "ftp://two 2.3mf"},
        {"param": "Metadata/plate_3.gcode"},
        {"param": "nonsense"},
        {"md5": "0" * 32},
    ],
)
@pytest.mark.parametrize("model", ["p1s", "h2d"])
def test_a_file_that_cannot_be_printed_fails_while_it_prepares(model, fields):
    """It is accepted, and ends with 0500-4003 before it runs."""
    desk = Desk(model)
    assert desk.send(**fields)["result"] == "success"
    desk.until("FAILED")
    desk.run(5)
    assert desk.seen("gcode_state") == ["PREPARE", "FAILED"]
    assert NOT_READABLE in desk.seen("print_error")
    assert desk.machine.error == 0


@pytest.mark.parametrize("mapping", [[], [-1, 3], [-1, 3, -1], [-1, 3, 9], [-1, "3", 1]])
def test_a_mapping_that_leads_nowhere_fails_while_it_prepares(desk, mapping):
    """A used filament without a spool is 0700-8012."""
    desk.send(ams_mapping=mapping)
    desk.until("FAILED")
    assert desk.machine.error == WRONG_MAPPING


def test_use_ams_is_a_bool(desk):
    """0 and 1 are refused."""
    assert desk.send(use_ams=1) == {"result": "fail", "reason": "use_ams is not a bool"}
    assert not desk.machine.active


@pytest.mark.parametrize(
    ("form", "reply", "hms"),
    [
        ("failed", {"result": "failed", "reason": "mqtt message verify failed"}, True),
        ("err_code", {}, True),
        ("bare_echo", {}, False),
        ("hms_only", None, True),
        ("busy", {"result": "fail", "reason": "device busy"}, False),
    ],
)
def test_every_form_of_refusal(desk, form, reply, hms):
    """Nothing begins, whatever it says or does not say."""
    desk.sim.quirks.refuse_jobs = form
    said = desk.send()
    code = None if said is None else said.pop("err_code", None)
    assert said == reply
    assert code == (84033543 if form in ("failed", "err_code") else None)
    assert bool(desk.machine.hms) is hms
    assert (desk.machine.error == BUSY) is (form == "busy")
    desk.run(300)
    assert not desk.machine.begun


@pytest.mark.parametrize(("model", "kills"), [("p1s", False), ("a1mini", True), ("h2d", False)])
def test_a_busy_printer_refuses_and_an_a1_mini_kills_its_job(model, kills):
    """0500-4004; the running job survives except on the A1 mini."""
    desk = Desk(model)
    desk.send()
    desk.until("RUNNING")
    assert desk.send(subtask_id="77")["result"] == "fail"
    assert desk.machine.error == BUSY
    assert desk.machine.active is not kills
    assert [job.subtask_id for job in desk.machine.begun] == ["42"]


def test_a_lost_acknowledgement(desk):
    """It prints and says nothing."""
    desk.sim.quirks.lose_acknowledgements = True
    assert desk.send() is None
    desk.until("RUNNING")


def test_accepted_and_never_started(desk):
    """The names change, the state does not; the next order is taken."""
    desk.sim.quirks.never_starts = True
    assert desk.send()["result"] == "success"
    desk.run(400)
    assert (desk.seen("subtask_id"), desk.machine.state) == (["42"], "IDLE")
    desk.sim.quirks.never_starts = False
    desk.send(subtask_id="77")
    desk.until("FINISH")
    assert [job.subtask_id for job in desk.machine.begun] == ["77"]


def test_a_delayed_start_in_finish_and_in_idle():
    """An H2D stays in FINISH for 50 s, a P1P in IDLE for 135 s, on their own clocks; meanwhile
    another order finds them busy."""
    for model, before, delay in (("h2d", "FINISH", 50), ("p1p", "IDLE", 135)):
        desk = Desk(model)
        if before == "FINISH":
            desk.send(subtask_id="1")
            desk.until("FINISH")
        desk.sim.quirks.start_delay_seconds = delay
        desk.sim.quirks.late_names_seconds = 5
        desk.send()
        desk.run(delay - 1)
        assert desk.machine.state == before
        assert desk.seen("subtask_id")[-1] == "42"
        assert desk.send(subtask_id="77")["result"] == "fail"
        desk.run(2)
        assert desk.machine.state == "PREPARE"
        assert desk.machine.job.subtask_id == "42"


def test_names_that_come_late(desk):
    """The new job runs under the old names for a while."""
    desk.send(subtask_id="1", subtask_name="old")
    desk.until("FINISH")
    desk.sim.quirks.late_names_seconds = 8
    desk.send(subtask_name="new")
    desk.run(7)
    assert desk.machine.state == "PREPARE"
    assert desk.sim.renderer.full()["subtask_name"] == "old"
    desk.run(2)
    assert desk.sim.renderer.full()["subtask_name"] == "new"


def test_a_stop_forgets_what_has_not_begun(desk):
    """A job that waits is gone after a stop."""
    desk.sim.quirks.start_delay_seconds = 50
    desk.send()
    assert desk.send(command="stop")["result"] == "success"
    desk.run(200)
    assert not desk.machine.begun


def test_plain_gcode_prints_from_the_spool_beside_the_ams(desk):
    """`gcode_file` has no mapping."""
    before = desk.remain
    desk.sim.files["/cube.gcode"] = b"; total layer number: 9\n; total estimated time: 5m 0s\n"
    assert desk.send(command="gcode_file", param="cube.gcode")["result"] == "success"
    desk.until("FINISH")
    assert (desk.machine.job.layers, desk.machine.job.seconds) == (9, 300)
    assert desk.remain == before


def test_no_answers_while_reports_go_on(desk):
    """A half-broken session: requests vanish."""
    desk.sim.quirks.ignores_requests = True
    desk.sim.receive(b'{"print": {"command": "pause"}}')
    desk.sim.receive(b'{"pushing": {"command": "pushall"}}')
    assert not desk.sim._tasks
    desk.run(2)
    assert desk.said


@pytest.mark.parametrize(
    ("model", "path"), [("p1s", "/Lid _ box.gcode.3mf"), ("x1c", "/cache/Lid _ box.gcode.3mf")]
)
def test_a_job_of_its_own_lies_on_the_card(model, path):
    """P1 printers have it before they print, X1 printers once they do; it agrees with the job."""
    desk = Desk(model)
    desk.sim.start(Job("Lid / box", 900.0, 33, (RED, BLUE), plate=2))
    desk.run(2)
    assert (path in desk.sim.files) is (model == "p1s")
    desk.until("RUNNING")
    plate = read_plate(desk.sim.files[path], 2)
    assert (plate.seconds, plate.layers, plate.filaments) == (900, 33, (RED, BLUE))
    if model == "p1s":
        assert desk.seen("gcode_file")[0] == "Lid _ box.gcode.3mf"


def test_its_own_files_come_late_or_not_at_all_and_make_room():
    """Late when told so, never without a card; only the newest twenty stay."""
    desk = Desk("x1c")
    desk.sim.quirks.late_file_seconds = 30
    desk.sim.start(Job("slow", 900.0))
    desk.until("RUNNING")
    desk.run(20)
    assert "/cache/slow.gcode.3mf" not in desk.sim.files
    desk.run(20)
    assert "/cache/slow.gcode.3mf" in desk.sim.files
    desk.sim.quirks.late_file_seconds = 0.0
    for number in range(25):
        desk.machine.cancel()
        desk.sim.start(Job(f"job {number}", 900.0))
        desk.until("RUNNING")
    own = [path for path in desk.sim.files if path.startswith("/cache")]
    assert own == [f"/cache/job {number}.gcode.3mf" for number in range(5, 25)]
    desk.machine.cancel()
    desk.sim.quirks.storage_missing = True
    desk.sim.start(Job("nowhere", 900.0))
    desk.until("RUNNING")
    assert "/cache/nowhere.gcode.3mf" not in desk.sim.files


def test_what_no_quirk_means_is_refused(desk):
    """A misspelled form or a negative time is an error where it is set."""
    with pytest.raises(ValidationError):
        desk.sim.quirks.refuse_jobs = "politely"
    with pytest.raises(ValidationError):
        desk.sim.quirks.start_delay_seconds = -1
    with pytest.raises(ValidationError):
        desk.sim.quirks.kills_when_bizzy = True
