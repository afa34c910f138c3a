"""The catalogue of printer models."""

import pytest

from app.printers.catalogue import (
    MODELS,
    UNKNOWN_MODEL,
    Camera,
    Family,
    is_serial_number,
    model_for,
    model_of_name,
    model_of_serial,
    model_of_version,
)


@pytest.mark.parametrize(
    ("serial", "name"),
    [
        ("00M09A351100123", "X1 Carbon"),
        ("00W00A000000001", "X1"),
        ("03W00A000000001", "X1E"),
        ("01S00A000000001", "P1P"),
        ("01P00A000000001", "P1S"),
        ("22E00A000000001", "P2S"),
        ("03000A000000001", "A1 mini"),
        ("03900A000000001", "A1"),
        ("26A19A000000001", "A2L"),
        ("09300A000000001", "H2S"),
        ("09400A000000001", "H2D"),
        ("23900A000000001", "H2D Pro"),
        ("31B00A000000001", "H2C"),
        ("20P90A000000001", "X2D"),
        ("99900A000000001", "Unknown"),
    ],
)
def test_serial_prefix_tells_the_model(serial, name):
    """The first three characters of a serial number are the model."""
    assert name == model_of_serial(serial).name


def test_every_prefix_and_code_belongs_to_one_model():
    """No two models share a serial prefix or a machine code."""
    prefixes = [model.serial_prefix for model in MODELS]
    codes = [code for model in MODELS for code in model.codes]
    assert len(prefixes) == len(set(prefixes))
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("01P00A381200434", True),
        ("01p00a381200434", False),
        ("01P00A38120043", False),
        ("01P00A3812004345", False),
        ("01P00A38120043/", False),
        ("", False),
    ],
)
def test_serial_number_form(text, valid):
    """A serial is 15 capital letters and digits; small letters would make a silent topic."""
    assert is_serial_number(text) is valid


@pytest.mark.parametrize(
    "spelling", ["X1 Carbon", "Bambu Lab X1-Carbon", "x1c", "BL-P001", "3DPrinter-X1-Carbon"]
)
def test_a_model_is_found_by_any_usual_name(spelling):
    """Product names and machine codes in every spelling lead to the same model."""
    model = model_of_name(spelling)
    assert model is not None
    assert model.name == "X1 Carbon"


def test_a_known_name_goes_before_the_serial():
    """Whoever added the printer may know better than its serial's prefix."""
    assert model_for("01P00A381200434").name == "P1S"
    assert model_for("01P00A381200434", "X1 Carbon").name == "X1 Carbon"
    assert model_for("01P00A381200434", "Toaster").name == "P1S"
    assert model_for("99900A381200434", "Toaster") is UNKNOWN_MODEL


@pytest.mark.parametrize(
    ("modules", "name"),
    [
        ([{"name": "ota", "product_name": "Bambu Lab P1S", "sw_ver": "01.08.02.00"}], "P1S"),
        ([{"name": "esp32"}, {"name": "ota", "project_name": "N1"}], "A1 mini"),
        ([{"name": "ota", "sw_ver": "01.07"}, {"name": "ap", "hw_ver": "AP02"}], "X1E"),
        ([{"name": "ota"}, {"name": "ap", "hw_ver": "AP05"}], "X1 Carbon"),
    ],
)
def test_a_version_reply_tells_the_model(modules, name):
    """Product name, then project name, then the application processor identify a model."""
    model = model_of_version(modules)
    assert model is not None
    assert model.name == name


def test_a_version_reply_without_identity_tells_nothing():
    """A reply that names no product is no answer, not a guess."""
    assert model_of_version([{"name": "ota", "sw_ver": "01.07"}]) is None


def test_abilities_of_the_families():
    """Sensors, nozzles and cameras as the vendor builds them."""
    by_name = {model.name: model for model in MODELS}
    assert not by_name["P1S"].chamber_sensor
    assert by_name["X1 Carbon"].chamber_sensor
    assert by_name["A1 mini"].camera is Camera.JPEG
    assert by_name["P2S"].camera is Camera.RTSP
    assert by_name["P2S"].family is Family.H2
    assert {m.name for m in MODELS if m.dual_nozzle} == {"H2D", "H2D Pro", "H2C", "X2D"}
    assert {m.name for m in MODELS if m.chamber_heater} == {
        "X1E",
        "X2D",
        "H2S",
        "H2D",
        "H2D Pro",
        "H2C",
    }
