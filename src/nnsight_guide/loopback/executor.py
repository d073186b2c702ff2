"""Running what clients send, on the loaded model."""

import io
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers
import zstandard
from nnsight import TransformersModel
from nnsight.schema.request import RequestModel
from nnsight.tracing.tracer import _saves, dec, inc

from nnsight_guide.loopback.model_state import ModelState
from nnsight_guide.loopback.running import JobOutput
from nnsight_guide.ndif.availability import TASK

SEED = 0
ZSTD_LEVEL = 6  # the client's own


class JobError(Exception):
    """A job failed; the text is the one line that its client gets."""


@dataclass(frozen=True)
class JobResult:
    """What a job came to.

    Attributes:
        data: the result, as the client expects it.
        error: why there is none, in one line; else empty.
        changed: what the job had changed in the model; else empty.

    """

    data: bytes = b""
    error: str = ""
    changed: str = ""


class Executor:
    """The model, and the way a job runs on it; one job at a time.

    Every job finds the model as it was loaded: what a job has changed in it is found by
    comparison and the model loaded anew. That guards the model, not the process. A job is
    arbitrary code and may spoil the service in a hundred other ways.
    """

    def __init__(self, checkpoint: Path) -> None:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.checkpoint = checkpoint
        self.output = JobOutput.install()
        self.threads = torch.get_num_threads()
        self.load()

    def load(self) -> None:
        """Load the model, in the dtype that its checkpoint is in.

        Raises:
            Exception: whatever transformers raises for a checkpoint that it cannot load.

        """
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(self.threads)
        self.model = TransformersModel(str(self.checkpoint), task=TASK, dispatch=True)
        # As on NDIF: no job trains, and what is saved carries no gradient.
        self.model._module.requires_grad_(False)
        self.state = ModelState.of(self.model)

    def run(self, request: RequestModel, blob: bytes, log: Callable[[str], None]) -> JobResult:
        """Run the job `blob` on the model.

        Args:
            request: the envelope that the job came in.
            blob: the job, as the client serialized it.
            log: gets every line that the job prints.

        """
        model, state = self.model, self.state
        try:
            with self.output.to(log):
                saved = _execute(model, request, blob)
            result = JobResult(data=_encode(saved, request.compress))
        except JobError as error:
            result = JobResult(error=str(error))
        # A job that could not be stopped may come here when another model is in use already.
        if model is self.model and (changed := state.differences(model)):
            result = replace(result, changed=_some(changed))
            log(f"This job changed the model ({_some(changed)}); the next job gets it as it was.")
            self.load()
        return result


def _execute(model: Any, request: RequestModel, blob: bytes) -> dict[str, Any]:
    """Run a job and return what it saved, by name.

    Raises:
        JobError: the job cannot be read, or it raised.

    """
    torch.manual_seed(SEED)
    try:
        model._remoteable_set_env(request.env)
        objects = model._remoteable_persistent_objects()
        tracer = RequestModel.deserialize(blob, objects, request.compress)
    except Exception as error:
        raise JobError(f"The job cannot be read: {error_line(error)}") from error
    frame = tracer.info.frame
    inc()  # as when a trace is entered: from here `.save()` marks values
    try:
        tracer.execute(tracer.info.code)
        return {name: value for name, value in frame.f_locals.items() if id(value) in _saves()}
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise JobError(error_line(error, frame.f_code.co_filename)) from error
    finally:
        dec()  # forgets what was marked


def _encode(saved: dict[str, Any], compress: bool) -> bytes:
    """Return what was saved as the client reads it.

    Raises:
        JobError: something in it cannot be sent.

    """
    file = io.BytesIO()
    try:
        torch.save(saved, file)
    except Exception as error:
        raise JobError(f"What was saved cannot be sent: {error_line(error)}") from error
    data = file.getvalue()
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(data) if compress else data


def error_line(error: BaseException, filename: str = "") -> str:
    """Return type, text and, if it was raised in `filename`, the line of an error."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    # nnsight keeps the block's own traceback aside while the model's frames pile upon it.
    trace = getattr(error, "__intervention_tb__", None) or error.__traceback__
    places = [step for step in traceback.extract_tb(trace) if step.filename == filename]
    # The file's name only: its folder is the client's own affair.
    return f"{text} ({Path(filename).name}, line {places[-1].lineno})" if places else text


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
