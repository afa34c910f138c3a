"""The domain of a 3D-print farm: printers, archives, projects, the print queue and spools."""

__version__ = "0.1.0"
