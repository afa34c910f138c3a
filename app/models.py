"""Every table, imported once: for the migrations, and so that all relations can be resolved."""

from app.accounts import models as accounts
from app.archives import models as archives
from app.data_files import models as data_files
from app.dispatch import models as dispatch
from app.farm_events import models as farm_events
from app.files import models as files
from app.oauth import models as oauth
from app.plates import models as plates
from app.print_queue import models as print_queue
from app.printers import models as printers
from app.production import models as production
from app.products import models as products
from app.projects import models as projects
from app.spools import models as spools
from app.statistics import models as statistics
from app.tables import Table
from app.usage import models as usage
from app.webhooks import models as webhooks

__all__ = [
    "Table",
    "accounts",
    "archives",
    "data_files",
    "dispatch",
    "farm_events",
    "files",
    "oauth",
    "plates",
    "print_queue",
    "printers",
    "production",
    "products",
    "projects",
    "spools",
    "statistics",
    "usage",
    "webhooks",
]
