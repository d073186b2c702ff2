"""Running what clients send, on the loaded model."""

import gc
import io
import shutil
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import torch
import zstandard
from nnsight import TransformersModel
from nnsight.ndif import get_local_env
from nnsight.schema.request import RequestModel
from nnsight.schema.response import ResponseModel, Status
from nnsight.tracing.tracer import _saves, dec, inc
from nnsight.util import to_import_path

from nnsight_guide.loopback.running import SERVICE_THREAD, JobOutput, JobResult
from nnsight_guide.loopback.settings import COMPLETED
from nnsight_guide.model.state import (
    THREAD,
    PutBack,
    forget_earlier_code,
    of_model,
    of_process,
    silence_libraries,
)
from nnsight_guide.ndif.availability import TASK

ZSTD_LEVEL = 6  # the client's own
# What a job may change: what belongs to its thread, or to the service, or comes with each job.
_MAY_CHANGE = {
    "torch's gradient mode",
    "torch's inference mode",
    "torch's automatic precision",
    "decimal numbers",
    f"{THREAD}{SERVICE_THREAD}",
    "the config's _attn_implementation",
    "the config's attn_implementation",
}
_ENDS = (Exception, SystemExit, KeyboardInterrupt)


class JobError(Exception):
    """A job failed; the text is the one line that its client gets."""


class ModelExecutor:
    """The model, and the way a job runs on it; one job at a time.

    Every job finds all as it was for the first. What nnsight and Python keep of earlier jobs is
    forgotten; what a job has changed in the model, or in this process, is found by comparison: the
    model is then loaded anew, and the process replaced. A job is arbitrary code and may spoil it in
    ways that no comparison finds.
    """

    wrapper: str = to_import_path(TransformersModel)

    def __init__(self, checkpoint: Path) -> None:
        silence_libraries()
        multiply_batches_whole()
        self.checkpoint = checkpoint
        self.folder = Path.cwd()
        self.output = JobOutput.install()
        self.load()
        self.put_back = PutBack()
        self.process = of_process(self.model)

    def load(self) -> None:
        """Load the model, in the dtype that its checkpoint is in.

        Raises:
            Exception: whatever transformers raises for a checkpoint that it cannot load.

        """
        gc.unfreeze()  # else a model that was loaded before would stay
        self.model = TransformersModel(str(self.checkpoint), task=TASK, dispatch=True)
        # As NDIF does. No job trains, and what is saved carries no gradient.
        self.model._module.requires_grad_(False)
        self.state = of_model(self.model)
        gc.collect()
        gc.freeze()  # else `run` would go through all that was imported and loaded each time

    def run(self, job: dict[str, Any], blob: bytes, log: Callable[[str], None]) -> JobResult:
        """Run the job `blob` on the model.

        Args:
            job: its `id`, the `envelope` that it came in, and the `inline_limit`: results of as
                many bytes are put into the frame that the client reads.
            blob: the job, as the client serialized it.
            log: gets every line that the job prints.

        """
        self.put_back.put_back()
        forget_earlier_code()
        _empty(self.folder)
        try:
            request = RequestModel.model_validate_json(job["envelope"])
            with self.output.to(log):
                saved = _execute(self.model, request, blob)
            result = _pack(_encode(saved, request.compress), job["id"], job["inline_limit"])
        except JobError as error:
            spent = "it exited" if isinstance(error.__cause__, SystemExit) else ""
            result = JobResult(error=str(error), spent=spent)
        gc.collect()  # what refers to itself would go, and change something, in a later job
        if changed := _some(self.process.differences(of_process(self.model))):
            log(f"This job changed its process ({changed}); the next job gets a new one.")
            return replace(result, spent=f"it changed {changed}")
        if changed := _some(self.state.differences(of_model(self.model))):
            log(f"This job changed the model ({changed}); the next job gets it as it was.")
            self.load()
            return replace(result, changed=changed)
        return result

    def recover(self) -> JobResult:
        """Load the model anew, whatever the job was in the middle of when it was interrupted."""
        changed = _some(self.process.differences(of_process(self.model)))
        if not changed:
            self.load()
        return JobResult(spent=changed)

    def environment(self) -> dict[str, Any]:
        """Return the versions of this installation, as nnsight tells them."""
        return dict(get_local_env())


def multiply_batches_whole() -> None:
    """Let `linear` multiply a slice of a batch at once, in this process.

    Where weights need no gradient, PyTorch (2.13) multiplies such a slice row by row, reading all
    weights for each: on a CPU, the logits of the last position of 26 prompts took 70 times as long.
    """
    linear = torch.nn.functional.linear

    @wraps(linear)
    def whole(
        input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        return linear(input.contiguous(), weight, bias)

    torch.nn.functional.linear = whole


def _execute(model: Any, request: RequestModel, blob: bytes) -> dict[str, Any]:
    """Run a job and return what it saved, by name.

    Raises:
        JobError: the job cannot be read, or it raised.

    """
    try:
        model._remoteable_set_env(request.env)
        objects = model._remoteable_persistent_objects()
        tracer = RequestModel.deserialize(blob, objects, request.compress)
    except _ENDS as error:
        raise JobError(f"The job cannot be read: {error_line(error)}") from error
    frame = tracer.info.frame
    inc()  # as when a trace is entered: from here `.save()` marks values
    try:
        tracer.execute(tracer.info.code)
        return {name: value for name, value in frame.f_locals.items() if id(value) in _saves()}
    except _ENDS as error:
        raise JobError(error_line(error, frame.f_code.co_filename)) from error
    finally:
        dec()  # forgets what was marked


def _pack(data: bytes, job_id: str, inline_limit: int) -> JobResult:
    """Put a result that is small enough into the frame with which the client gets it."""
    frame = data
    if len(data) <= inline_limit:
        end = ResponseModel(id=job_id, status=Status.COMPLETED, description=COMPLETED, data=data)
        frame = end.pickle()
    return JobResult(data=frame, size=len(data))


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


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
    names = [name for name in names if name not in _MAY_CHANGE]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
