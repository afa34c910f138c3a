"""The tables of the live farm

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret_key", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "server_processes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_processes")),
    )
    with op.batch_alter_table("server_processes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_server_processes_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("uid", name=op.f("uq_teams_uid")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("uid", name=op.f("uq_users_uid")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column(
            "plan",
            sa.Enum(
                "free",
                "pro",
                "professional",
                "enterprise",
                name="plan",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_api_keys_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_keys_team_id_id"), ["team_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_api_keys_user_id"), ["user_id"], unique=False)

    op.create_table(
        "archive_counts",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ready",
                "printing",
                "success",
                "failed",
                "stopped",
                name="archivestatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("archives", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_archive_counts_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "printer_id", "status", name=op.f("pk_archive_counts")),
    )
    op.create_table(
        "daily_materials",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("prints", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_daily_materials_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "team_id", "printer_id", "day", "material", name=op.f("pk_daily_materials")
        ),
    )
    op.create_table(
        "daily_prints",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "successful", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("failed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stopped", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_daily_prints_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "printer_id", "day", name=op.f("pk_daily_prints")),
    )
    op.create_table(
        "farm_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        sa.Column("queue_item_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("spool_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_farm_events_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_farm_events")),
    )
    with op.batch_alter_table("farm_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_farm_events_occurred_at"), ["occurred_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_farm_events_team_id_id"), ["team_id", "id"], unique=False
        )

    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner", "admin", "operator", "viewer", name="role", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_memberships_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("user_id", "team_id", name=op.f("uq_memberships_user_id_team_id")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_team_id"), ["team_id"], unique=False)

    op.create_table(
        "printers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("serial_number", sa.String(length=64), nullable=False),
        sa.Column("ip_address", sa.String(length=255), nullable=True),
        sa.Column("sealed_access_code", sa.LargeBinary(length=512), nullable=True),
        sa.Column("mqtt_port", sa.Integer(), nullable=False),
        sa.Column("ftps_port", sa.Integer(), nullable=False),
        sa.Column("camera_port", sa.Integer(), nullable=False),
        sa.Column(
            "trust",
            sa.Enum("pinned", "authority", "none", name="trust", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("pinned_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("awaiting_plate_clear", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_printers_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printers")),
        sa.UniqueConstraint("serial_number", name=op.f("uq_printers_serial_number")),
    )
    with op.batch_alter_table("printers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_printers_team_id_id"), ["team_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_printers_team_id_name_id"), ["team_id", "name", "id"], unique=False
        )

    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("color", sa.String(length=9), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "completed",
                "archived",
                name="projectstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("target_count", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_projects_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_projects_team_id_created_at_id"),
            ["team_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_projects_team_id_name_id"), ["team_id", "name", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_projects_team_id_status_created_at_id"),
            ["team_id", "status", "created_at", "id"],
            unique=False,
        )

    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_refresh_tokens_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_refresh_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_refresh_tokens_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_refresh_tokens_family"), ["family"], unique=False)
        batch_op.create_index(batch_op.f("ix_refresh_tokens_team_id"), ["team_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refresh_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "spools",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("color", sa.String(length=100), nullable=False),
        sa.Column("color_hex", sa.String(length=9), nullable=True),
        sa.Column("finish", sa.String(length=100), nullable=True),
        sa.Column("diameter", sa.BigInteger(), nullable=False),
        sa.Column("net_weight", sa.BigInteger(), nullable=False),
        sa.Column("remaining_weight", sa.BigInteger(), nullable=False),
        sa.Column("spool_weight", sa.BigInteger(), nullable=True),
        sa.Column("purchase_price", sa.BigInteger(), nullable=True),
        sa.Column("supplier", sa.String(length=200), nullable=True),
        sa.Column("purchase_date", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("tray_uuid", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("remaining_weight >= 0", name=op.f("ck_spools_remaining_weight")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_spools_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spools")),
    )
    with op.batch_alter_table("spools", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_spools_team_id_created_at_id"),
            ["team_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_spools_team_id_material_created_at_id"),
            ["team_id", "material", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_spools_team_id_tray_uuid"), ["team_id", "tray_uuid"], unique=False
        )

    op.create_table(
        "archives",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("filename", sa.String(length=500), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ready",
                "printing",
                "success",
                "failed",
                "stopped",
                name="archivestatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("estimated_duration", sa.Integer(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("total_layers", sa.Integer(), nullable=True),
        sa.Column("filament_used", sa.BigInteger(), nullable=True),
        sa.Column("filament_type", sa.String(length=200), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("failure_reason", sa.String(length=1000), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_archives_printer_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_archives_project_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_archives_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
    )
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archives_printer_id"), ["printer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_archives_project_id_status"), ["project_id", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_archives_team_id_created_at_id"),
            ["team_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_archives_team_id_name_id"), ["team_id", "name", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_archives_team_id_printer_id_created_at_id"),
            ["team_id", "printer_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_archives_team_id_project_id_created_at_id"),
            ["team_id", "project_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_archives_team_id_status_created_at_id"),
            ["team_id", "status", "created_at", "id"],
            unique=False,
        )

    op.create_table(
        "printer_leases",
        sa.Column("printer_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_printer_leases_printer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("printer_id", name=op.f("pk_printer_leases")),
    )
    with op.batch_alter_table("printer_leases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_printer_leases_owner"), ["owner"], unique=False)

    op.create_table(
        "printer_snapshots",
        sa.Column("printer_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_printer_snapshots_printer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("printer_id", name=op.f("pk_printer_snapshots")),
    )
    op.create_table(
        "filament_uses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("spool_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("color_hex", sa.String(length=9), nullable=True),
        sa.Column("grams", sa.BigInteger(), nullable=True),
        sa.Column("meters", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archives.id"],
            name=op.f("fk_filament_uses_archive_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["spool_id"], ["spools.id"], name=op.f("fk_filament_uses_spool_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_filament_uses_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filament_uses")),
    )
    with op.batch_alter_table("filament_uses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_filament_uses_archive_id"), ["archive_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_filament_uses_spool_id"), ["spool_id"], unique=False)

    op.create_table(
        "inventory_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spool_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "usage",
                "waste",
                "adjustment",
                "purchase",
                "return",
                name="transactiontype",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("weight_before", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("weight_after", sa.BigInteger(), nullable=False),
        sa.Column("shortfall", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archives.id"],
            name=op.f("fk_inventory_transactions_archive_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["spool_id"],
            ["spools.id"],
            name=op.f("fk_inventory_transactions_spool_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_inventory_transactions_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_inventory_transactions_user_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_transactions")),
    )
    with op.batch_alter_table("inventory_transactions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inventory_transactions_archive_id"), ["archive_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inventory_transactions_spool_id_id"), ["spool_id", "id"], unique=False
        )

    op.create_table(
        "queue_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "uploading",
                "printing",
                "completed",
                "failed",
                "cancelled",
                "skipped",
                name="queuestatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("result_archive_id", sa.Integer(), nullable=True),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("scheduled_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archives.id"],
            name=op.f("fk_queue_items_archive_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_queue_items_printer_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["result_archive_id"],
            ["archives.id"],
            name=op.f("fk_queue_items_result_archive_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_queue_items_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_items")),
    )
    with op.batch_alter_table("queue_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_queue_items_archive_id"), ["archive_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_queue_items_printer_id"), ["printer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_queue_items_result_archive_id"), ["result_archive_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_queue_items_team_id_completed_at_id"),
            ["team_id", "completed_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_queue_items_team_id_printer_id_status_position"),
            ["team_id", "printer_id", "status", "position"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_queue_items_team_id_status_position_id"),
            ["team_id", "status", "position", "id"],
            unique=False,
        )

    op.create_table(
        "print_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        sa.Column("queue_item_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archives.id"],
            name=op.f("fk_print_runs_archive_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_print_runs_printer_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["queue_item_id"],
            ["queue_items.id"],
            name=op.f("fk_print_runs_queue_item_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_print_runs_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_runs")),
    )
    with op.batch_alter_table("print_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_print_runs_archive_id"), ["archive_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_print_runs_queue_item_id"), ["queue_item_id"], unique=False
        )
        batch_op.create_index(
            "uq_print_runs_open",
            ["printer_id"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("print_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_print_runs_open",
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_print_runs_queue_item_id"))
        batch_op.drop_index(batch_op.f("ix_print_runs_archive_id"))

    op.drop_table("print_runs")
    with op.batch_alter_table("queue_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queue_items_team_id_status_position_id"))
        batch_op.drop_index(batch_op.f("ix_queue_items_team_id_printer_id_status_position"))
        batch_op.drop_index(batch_op.f("ix_queue_items_team_id_completed_at_id"))
        batch_op.drop_index(batch_op.f("ix_queue_items_result_archive_id"))
        batch_op.drop_index(batch_op.f("ix_queue_items_printer_id"))
        batch_op.drop_index(batch_op.f("ix_queue_items_archive_id"))

    op.drop_table("queue_items")
    with op.batch_alter_table("inventory_transactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inventory_transactions_spool_id_id"))
        batch_op.drop_index(batch_op.f("ix_inventory_transactions_archive_id"))

    op.drop_table("inventory_transactions")
    with op.batch_alter_table("filament_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_filament_uses_spool_id"))
        batch_op.drop_index(batch_op.f("ix_filament_uses_archive_id"))

    op.drop_table("filament_uses")
    op.drop_table("printer_snapshots")
    with op.batch_alter_table("printer_leases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_printer_leases_owner"))

    op.drop_table("printer_leases")
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archives_team_id_status_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_archives_team_id_project_id_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_archives_team_id_printer_id_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_archives_team_id_name_id"))
        batch_op.drop_index(batch_op.f("ix_archives_team_id_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_archives_project_id_status"))
        batch_op.drop_index(batch_op.f("ix_archives_printer_id"))

    op.drop_table("archives")
    with op.batch_alter_table("spools", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spools_team_id_tray_uuid"))
        batch_op.drop_index(batch_op.f("ix_spools_team_id_material_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_spools_team_id_created_at_id"))

    op.drop_table("spools")
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_user_id"))
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_team_id"))
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_family"))
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_expires_at"))

    op.drop_table("refresh_tokens")
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_projects_team_id_status_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_projects_team_id_name_id"))
        batch_op.drop_index(batch_op.f("ix_projects_team_id_created_at_id"))

    op.drop_table("projects")
    with op.batch_alter_table("printers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_printers_team_id_name_id"))
        batch_op.drop_index(batch_op.f("ix_printers_team_id_id"))

    op.drop_table("printers")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memberships_team_id"))

    op.drop_table("memberships")
    with op.batch_alter_table("farm_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_farm_events_team_id_id"))
        batch_op.drop_index(batch_op.f("ix_farm_events_occurred_at"))

    op.drop_table("farm_events")
    op.drop_table("daily_prints")
    op.drop_table("daily_materials")
    op.drop_table("archive_counts")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_keys_user_id"))
        batch_op.drop_index(batch_op.f("ix_api_keys_team_id_id"))

    op.drop_table("api_keys")
    op.drop_table("users")
    op.drop_table("teams")
    with op.batch_alter_table("server_processes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_server_processes_expires_at"))

    op.drop_table("server_processes")
    op.drop_table("installation")
