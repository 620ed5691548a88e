"""Fixtures of this folder: programs to start and kill."""

from tests.embedded.programs import run_program

__all__ = ["run_program"]
