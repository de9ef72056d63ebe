"""One class per part of the infrastructure."""
