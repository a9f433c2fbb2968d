"""Tests that operate the course in a browser."""
