"""The report of a run: numbers first (``summarise_run``), then one page that can be sent on."""
