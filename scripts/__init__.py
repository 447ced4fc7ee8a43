"""What keeps the project's pages, pictures and package right."""
