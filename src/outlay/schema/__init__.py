"""The rows that pass from stage to stage, and what makes one valid."""
