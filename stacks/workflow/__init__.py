"""Workflows in the Amazon States Language, written as data. Query language: JSONata."""
