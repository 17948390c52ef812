"""The main function of the child process: a plan as JSON on stdin, the outcome as one line of JSON on stdout.

The working folder is where renditions are written. Pillow is imported after the limits hold.
"""

from __future__ import annotations

import errno
import json
import logging
import sys
import traceback
import warnings
from typing import Any

from app.media.decoding import limits
from app.media.decoding.faults import Invalid, TooLarge
from app.media.decoding.outputs import Crop, Plan

Outcome = dict[str, Any]


def main() -> None:
    """Runs one plan. Ends with 0 also for a bad picture: the line says what is wrong with it."""
    words = json.load(sys.stdin)
    limits.apply(words.pop("parent"))
    # Pillow tells of odd pictures by warnings and logs, in words that hold parts of them.
    warnings.simplefilter("ignore")
    logging.disable()
    json.dump(_outcome(plan_of(words)), sys.stdout)
    sys.stdout.flush()


def plan_of(words: dict[str, Any]) -> Plan:
    """The plan out of its JSON."""
    lists = {
        "widths": tuple(words["widths"]),
        "crops": tuple(Crop(*crop) for crop in words["crops"]),
        "focal_point": tuple(words["focal_point"]),
    }
    return Plan(**words | lists)


def _outcome(plan: Plan) -> Outcome:
    # An error of these imports is one of the installation: it ends the process, and no picture is blamed.
    from app.media.decoding import work

    try:
        return {"picture": work.picture_of(plan)}
    except Invalid as error:
        return {"fault": "invalid", "reason": error.reason}
    except TooLarge as error:
        return {"fault": "too_large", "reason": error.reason, "pixels": error.pixels}
    except MemoryError:
        return {"fault": "too_large", "reason": "memory", "pixels": None}
    except OSError as error:
        return _of_system(error)
    except Exception as error:  # noqa: BLE001 - decoders raise nearly anything at broken files
        return _broken(error)


def _of_system(error: OSError) -> Outcome:
    """Pillow's own errors have no number; those of the disk have one, and are no fault of the picture."""
    if error.errno is None:
        return _broken(error)
    if error.errno == errno.EFBIG:
        return {"fault": "too_large", "reason": "memory", "pixels": None}
    return {"fault": "system", "errno": error.errno}


def _broken(error: Exception) -> Outcome:
    sys.stderr.write("".join(traceback.format_exception(error, limit=-3)))
    is_cut = isinstance(error, EOFError) or "truncated" in str(error).lower()
    return {"fault": "invalid", "reason": "cut_off" if is_cut else "broken"}
