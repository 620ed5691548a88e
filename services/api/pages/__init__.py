"""The pages: templates, style and script, rendered from plain data. No build step."""
