"""Runs one command, and prints known errors in a line or two, without a traceback."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module

from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app import masking
from app.commands.failing import EXIT_INTERRUPTED, EXIT_PIPE, EXIT_USAGE, fail
from app.kit.garbage import resume_collection
from app.kit.logs import Text
from app.kit.migrations import RevisionError
from app.kit.sqlite import SQLiteTooOld
from app.settings import PREFIX, SettingsError, nearest_variable, unknown_variables

Command = Callable[[argparse.Namespace], int]


def run(options: argparse.Namespace) -> int:
    """Returns the exit code of the command."""
    sys.excepthook = masking.print_exception
    if logging.lastResort:
        logging.lastResort.setFormatter(Text(coloured=False))
    for name in unknown_variables():
        meant = nearest_variable(name)
        hint = f" Did you mean {meant}?" if meant else " docs/operations.md lists all settings."
        print(f"nashra: there is no setting {name}: it is ignored.{hint}", file=sys.stderr)
    try:
        function = _function(options.run)
        resume_collection()
        return function(options)
    except SettingsError as error:
        fail(f"these settings cannot be used:\n{error}", EXIT_USAGE)
    except (SQLiteTooOld, RevisionError) as error:
        fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at its end
        return EXIT_PIPE
    except (SQLAlchemyError, OSError) as error:
        fail(_of_the_database(error))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _function(place: str) -> Command:
    module, _, name = place.partition(":")
    function: Command = getattr(import_module(module), name)
    return function


def _of_the_database(error: Exception) -> str:
    reason = str(getattr(error, "orig", error) or error).splitlines()[0]
    what = "cannot be read" if isinstance(error, ArgumentError) else "cannot be reached"
    what = "is damaged" if "malformed" in reason else "cannot be written" if "disk" in reason else what
    return f"the database {what}: {reason}\nIt is set by {PREFIX}DATABASE_URL. `./nashra doctor` looks further."
