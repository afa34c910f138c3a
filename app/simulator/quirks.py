"""What may go wrong, or is odd, with one printer, switchable while it runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# The ways a printer says no: a failed reply, the request with only an error code added, the bare
# request without a result, a health message alone, or a reply that it is busy.
Refusal = Literal["failed", "err_code", "bare_echo", "hms_only", "busy"]


class Quirks(BaseModel):
    """Each field is one oddity; the defaults are what most printers do.

    Assignments are checked, so that a test or the control port cannot set what means nothing.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, validate_assignment=True, use_attribute_docstrings=True
    )

    session_reuse_required: bool = True
    """Refuse data connections that do not resume the TLS session of their control connection."""
    clear_data_only: bool = False
    """Fail every encrypted data connection, as some A1 firmware; `PROT C` works."""
    answers_tls_shutdown: bool = False
    """Answer when a client closes TLS after an upload. Printers do not: a client waits for ever."""
    late_reply_seconds: Annotated[float, Field(ge=0, le=600)] = 0.0
    """Real seconds between the end of an upload and its 226."""
    abort_after_upload: bool = False
    """Answer 426 to an upload that arrived completely."""
    storage_missing: bool = False
    """No card or stick: 553 and 550 for everything."""
    storage_full: bool = False
    """Answer 552 to every upload."""
    drop_upload_at: Annotated[int, Field(ge=0)] | None = None
    """Cut both connections after so many bytes of an upload; the part stays behind."""
    drop_upload_times: Annotated[int, Field(ge=1)] | None = None
    """Do so only so many times; `None`: always. Counts down."""
    bytes_per_second: Annotated[int, Field(ge=1)] | None = None
    """How fast files move in either direction; `None`: as fast as it goes."""

    late_file_seconds: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    """How much later, on its clock, the file of a job that it gave itself is on the card."""

    refuse_jobs: Refusal | None = None
    """Refuse `project_file` in one of the ways that are seen."""
    kills_when_busy: bool | None = None
    """Cancel the running job when a second one is sent; `None`: as the model does (A1 mini)."""
    lose_acknowledgements: bool = False
    """Begin what is sent without a reply."""
    never_starts: bool = False
    """Accept what is sent, show its names, and do not begin."""
    start_delay_seconds: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    """How long, on its clock, it stays as it is after accepting: H2D 50 s, P1P up to 135 s."""
    late_names_seconds: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    """How long, on its clock, it still shows the names of the previous job."""
    ignores_requests: bool = False
    """Go on reporting, and answer nothing: a half-broken session."""

    camera_pictures_per_second: Annotated[float, Field(ge=0.1, le=30)] = 2.0
    """How often, in real seconds, the camera has a new picture."""
    camera_stalls: bool = False
    """Send no further picture, and keep the connection open."""
    camera_gives_way: bool = False
    """Let a second viewer take the place of the first; else it is the second who is refused."""
    camera_off: bool = False
    """Refuse every viewer, as when live view is switched off."""

    def drops_now(self) -> bool:
        """True when the upload that reached `drop_upload_at` is to be cut; counts it."""
        if self.drop_upload_times is not None:
            left = self.drop_upload_times - 1
            if left == 0:
                self.drop_upload_at = self.drop_upload_times = None
            else:
                self.drop_upload_times = left
        return True
