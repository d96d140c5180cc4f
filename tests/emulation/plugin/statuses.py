"""Owns how a refusal reaches the engine: the gRPC status of each kind of failure."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

import grpc

from tests.emulation.plugin import values
from tests.emulation.plugin.failures import PartlyMadeError, RefusedError
from tests.emulation.plugin.messages import provider_pb2, status_pb2


class Status(NamedTuple):
    """What ``abort_with_status`` reads."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def answered(method: Callable[..., Any]) -> Callable[..., Any]:
    """``method`` of the servicer, its failures turned into statuses."""

    @functools.wraps(method)
    def wrapper(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except PartlyMadeError as error:
            context.abort_with_status(_partly_made(error))
        except RefusedError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            context.abort(grpc.StatusCode.INTERNAL, f"the stand-in plugin is at fault: {error!r}")

    return wrapper


def _partly_made(error: PartlyMadeError) -> Status:
    """The engine keeps the resource, with its id, and marks it as failed to start."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.id,
        properties=values.encode(error.outputs, error.secrets),
        reasons=[error.reason],
        inputs=values.encode(error.inputs, error.secrets),
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=error.reason)
    status.details.add().Pack(detail)
    return Status(code, error.reason, (("grpc-status-details-bin", status.SerializeToString()),))
