"""Prompts that a GPT-J or a Llama reads, and by which names its parts go."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from torch import Tensor

from nnsight_guide.checks.questions import (
    FORMS,
    QuestionError,
    check_model,
    items_of,
    named,
    read_answer,
    read_prompt,
)

# By the name of an architecture: its layers; what attends in each; and what mixes the heads there.
PARTS = {
    "gptj": ("transformer.h", "attn", "out_proj"),
    "llama": ("model.layers", "self_attn", "o_proj"),
}


@dataclass(frozen=True)
class Prompts:
    """Some prompts that a model reads, a GPT-J or a Llama.

    Attributes:
        ids: of each prompt's tokens; they may differ in length.

    """

    model: Any
    ids: list[list[int]]
    remote: bool | str

    @property
    def layers(self) -> list[Any]:
        """The model's blocks, as nnsight names them."""
        return list(attrgetter(PARTS[self.model.config.model_type][0])(self.model))

    @property
    def attentions(self) -> list[Any]:
        """What attends in each layer."""
        name = PARTS[self.model.config.model_type][1]
        return [getattr(layer, name) for layer in self.layers]

    @property
    def out_projs(self) -> list[Any]:
        """What mixes the heads of each layer."""
        name = PARTS[self.model.config.model_type][2]
        return [getattr(attention, name) for attention in self.attentions]

    @property
    def shape(self) -> tuple[int, int]:
        """How many layers the model has, and how wide its residual stream is."""
        return int(self.model.config.num_hidden_layers), int(self.model.config.hidden_size)

    @property
    def n_heads(self) -> int:
        """In each layer."""
        return int(self.model.config.num_attention_heads)

    @classmethod
    def of(cls, model: Any, prompts: object, remote: object, name: str = "prompts") -> "Prompts":
        """Read the arguments of a check.

        Raises:
            QuestionError: one of them is not what it should be.

        """
        check_model(model, PARTS, "Llama or GPT-J")
        if type(remote) not in (bool, str) or remote not in (True, False, "local"):
            raise QuestionError("`remote` should be True, False or 'local', as in `model.trace`")
        given = items_of(prompts)
        if not given:
            raise QuestionError(f"`{name}` is {named(prompts)}, and should be a list of prompts")
        ids = [_read(f"{name}[{number}]", prompt, model) for number, prompt in enumerate(given)]
        return cls(model, ids, remote)

    @property
    def texts(self) -> list[str]:
        """The prompts as texts, however they were handed in."""
        return [str(self.model.tokenizer.decode(ids)) for ids in self.ids]


def read_tokens(name: str, given: object, asked: Prompts) -> list[int]:
    """Return the id of a token for each prompt, which may come as a text.

    Raises:
        QuestionError: it is not that many tokens; `name` is that of the argument.

    """
    try:
        items = items_of(given.tolist() if isinstance(given, Tensor) else given)
    except Exception:  # odd objects raise whatever they like
        items = None
    if items is None or len(items) != len(asked.ids):
        count = "" if items is None else f" of {len(items)}"
        raise QuestionError(
            f"`{name}` is {named(given)}{count}, and should have a token for each of the "
            f"{len(asked.ids)} prompts"
        )
    try:
        return [read_answer(item, asked.model) for item in items]
    except QuestionError as error:
        raise QuestionError(str(error).replace("`answers`", f"`{name}`")) from error


def read_heads(heads: object, asked: Prompts) -> list[tuple[int, int]]:
    """Return pairs (layer, head), each a head of the model and there once.

    Raises:
        QuestionError: they are not.

    """
    pairs = [tuple(items_of(pair) or ()) for pair in items_of(heads) or ()]
    n_layers, n_heads = asked.shape[0], asked.n_heads
    for pair in pairs:
        ints = len(pair) == 2 and all(type(number) is int for number in pair)
        if not ints or not (0 <= pair[0] < n_layers and 0 <= pair[1] < n_heads):
            raise QuestionError(
                f"`heads` holds what is no head: (layer, head), below ({n_layers}, {n_heads})"
            )
    if not pairs or len(set(pairs)) < len(pairs):
        raise QuestionError("`heads` should be a list of pairs (layer, head), each of them once")
    return pairs


def _read(name: str, prompt: object, model: Any) -> list[int]:
    """Return the ids of a prompt, which are tokens of the model and no more than it reads."""
    try:
        ids = read_prompt(prompt, model.tokenizer)
    except QuestionError as error:
        raise QuestionError(str(error).replace("`prompt`", f"`{name}`")) from error
    except Exception as error:  # odd objects raise whatever they like
        raise QuestionError(f"`{name}` is {named(prompt)} that cannot be read: {FORMS}") from error
    config = model.config
    if not ids or not all(0 <= id_ < config.vocab_size for id_ in ids):
        raise QuestionError(f"`{name}` is empty, or holds what is no token of this model")
    if len(ids) >= config.max_position_embeddings:
        raise QuestionError(f"`{name}` has {len(ids)} tokens, more than the model reads")
    return ids
