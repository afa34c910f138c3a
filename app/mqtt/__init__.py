"""Printers over MQTT: reports to live state and history, commands to printers."""
