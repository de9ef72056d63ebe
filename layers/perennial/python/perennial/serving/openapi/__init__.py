"""The API as an OpenAPI document, a file for each part of it, and the page that shows it."""
