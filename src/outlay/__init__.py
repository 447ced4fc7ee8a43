"""Outlay finds anomalous payments and explains each one."""

__version__ = "0.1.0"
