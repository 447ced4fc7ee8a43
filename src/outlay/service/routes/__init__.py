"""The routes for people and systems around the payments, one file for each thing they ask about."""
