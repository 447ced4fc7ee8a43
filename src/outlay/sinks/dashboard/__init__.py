"""The dashboard of one user's last days: numbers first, then figures, then the page."""
