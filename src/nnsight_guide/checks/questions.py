"""What a check is asked: the reader's model, prompt and layer, read strictly.

Whatever is no model, prompt or layer is a `QuestionError` with the reason, as a teacher would say
it and without a full stop. Nothing is mended into another question.
"""

import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

FORMS = (
    "hand in what `model.trace` gets: a text, a list with one text, the ids of its tokens, or what "
    "the tokenizer makes of it"
)


class QuestionError(Exception):
    """The question cannot be answered; the text is the reason."""


@dataclass(frozen=True)
class Question:
    """One layer of a GPT-J that reads one prompt.

    Attributes:
        ids: of the prompt's tokens.
        layer: counted from the first, which is 0.

    """

    model: Any
    ids: list[int]
    layer: int
    n_heads: int

    @property
    def input_ids(self) -> Tensor:
        """The prompt as the model takes it in every profile, (1, seq_len)."""
        return torch.tensor([self.ids])

    @classmethod
    def of(cls, model: Any, prompt: object, layer: object, remote: object) -> "Question":
        """Read the arguments of a check.

        Raises:
            QuestionError: one of them is not what it should be.

        """
        check_model(model, ("gptj",), "GPT-J")
        if type(remote) not in (bool, str) or remote not in (True, False, "local"):
            raise QuestionError("`remote` should be True, False or 'local', as in `model.trace`")
        try:
            ids = read_prompt(prompt, model.tokenizer)
        except QuestionError:
            raise
        except Exception as error:  # odd objects raise whatever they like
            raise QuestionError(
                f"`prompt` is {named(prompt)} that cannot be read: {FORMS}"
            ) from error
        if not ids:
            raise QuestionError("`prompt` is empty: the model has to read one token at least")
        config = model.config
        if wrong := [i for i in ids if not 0 <= i < config.vocab_size]:
            raise QuestionError(
                f"`prompt` holds {wrong[0]}, which is no token: ids go from 0 to "
                f"{config.vocab_size - 1}"
            )
        if len(ids) > config.n_positions:
            raise QuestionError(
                f"`prompt` has {len(ids)} tokens, and the model reads {config.n_positions} at most"
            )
        return cls(model, ids, read_layer(layer, config.n_layer), config.n_head)


def check_model(model: Any, kinds: Collection[str], what: str) -> None:
    """Look at whether it is a model that nnsight traces, of one of these kinds.

    Raises:
        QuestionError: it is not; `what` says which it should be.

    """
    try:
        kind = model.config.model_type
        is_known = isinstance(kind, str) and callable(model.trace)
    except Exception:  # odd objects raise whatever they like
        is_known = False
    if not is_known or kind not in kinds:
        found = f"a {kind}" if is_known else named(model)
        raise QuestionError(
            f"`model` is {found}, and should be the {what} that you traced, an nnsight model"
        )


def read_layer(layer: object, count: int) -> int:
    """Return the number of a layer, counted from 0.

    Raises:
        QuestionError: it is no whole number, or there is no such layer.

    """
    try:
        number = None if isinstance(layer, bool) else operator.index(layer)  # type: ignore[arg-type]
    except Exception:  # odd objects raise whatever they like
        number = None
    if number is None:
        raise QuestionError(f"`layer` is {named(layer)}, and should be a number such as 0")
    if not -count <= number < count:
        raise QuestionError(
            f"there is no layer {number}: the model has {count}, from 0 to {count - 1}, or from "
            f"-{count} to -1 if you count from the end"
        )
    return number % count


def read_prompt(prompt: object, tokenizer: Any) -> list[int]:
    """Return the ids of a prompt's tokens.

    Raises:
        QuestionError: it is not one prompt, in a form that `model.trace` takes.

    """
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    if isinstance(prompt, Mapping):
        return _read_encoding(prompt, tokenizer)
    if isinstance(prompt, Tensor):
        return _read_tensor(prompt, tokenizer)
    if not isinstance(prompt, list | tuple):
        raise QuestionError(f"`prompt` is {named(prompt)}: {FORMS}")
    if all(type(item) is int for item in prompt):
        return list(prompt)
    if len(prompt) > 1 and all(isinstance(item, str | list | tuple | Tensor) for item in prompt):
        raise QuestionError(
            f"`prompt` holds {len(prompt)} prompts, and a check looks at one: hand in the one that "
            "the answer is for"
        )
    if len(prompt) == 1 and isinstance(prompt[0], str | list | tuple | Tensor):
        return read_prompt(prompt[0], tokenizer)
    raise QuestionError(f"`prompt` is {named(prompt)} of neither texts nor ids: {FORMS}")


def read_answer(answer: object, model: Any) -> int:
    """Return the id of an answer, which is a text of one token or an id.

    Raises:
        QuestionError: it is neither.

    """
    if isinstance(answer, str):
        try:
            ids = list(model.tokenizer(answer)["input_ids"])
        except Exception as error:  # a text may hold what no tokenizer takes
            raise QuestionError(f"{answer!r} of `answers` cannot be read as a text") from error
        if len(ids) == 1:
            return int(ids[0])
        raise QuestionError(
            f"{answer!r} of `answers` is {len(ids)} tokens, and should be one: is its space there?"
        )
    if type(answer) is int and 0 <= answer < model.config.vocab_size:
        return answer
    raise QuestionError(f"`answers` holds {named(answer)}: each should be a text or a token's id")


def items_of(things: object) -> list[Any] | None:
    """Return what a list or a tuple holds; of what is neither, None."""
    try:
        return list(things) if isinstance(things, list | tuple) else None
    except Exception:  # odd objects raise whatever they like
        return None


def _read_encoding(prompt: Mapping[Any, Any], tokenizer: Any) -> list[int]:
    if "input_ids" not in prompt:
        raise QuestionError(f"`prompt` is {named(prompt)} without `input_ids`: {FORMS}")
    ids = read_prompt(prompt["input_ids"], tokenizer)
    if "attention_mask" in prompt:
        mask = torch.as_tensor(prompt["attention_mask"]).flatten().tolist()
        if mask != [1] * len(ids):
            raise QuestionError(
                f"the `attention_mask` of `prompt` hides {mask.count(0)} of its {len(mask)} "
                "positions, as when it is padded: hand in the prompt alone"
            )
    return ids


def _read_tensor(prompt: Tensor, tokenizer: Any) -> list[int]:
    if prompt.is_floating_point() or prompt.is_complex() or prompt.dtype is torch.bool:
        raise QuestionError(f"`prompt` holds {prompt.dtype}, and ids are whole numbers")
    if holds_no_numbers(prompt):
        raise QuestionError("`prompt` has a shape and no numbers (a meta or a fake tensor)")
    if prompt.ndim not in (1, 2):
        raise QuestionError(f"`prompt` has the shape {tuple(prompt.shape)}: {FORMS}")
    return read_prompt(prompt.tolist(), tokenizer)


def holds_no_numbers(tensor: Tensor) -> bool:
    """Whether a tensor is all shape, as those that a scan gives, or those on device meta."""
    return tensor.is_meta or type(tensor).__name__ == "FakeTensor"


def named(thing: object) -> str:
    """Name a thing by its kind, without asking it: it may answer anything."""
    if thing is None or thing is ...:
        return "None" if thing is None else "`...`"
    name = type(thing).__name__
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"
