"""What a block of GPT-J returns, in the form of any release of transformers."""

from typing import Any


def hidden_states(output: Any) -> Any:
    """Return its tensor, (batch, seq_len, d_model), which older ones than 5.24 put into a tuple."""
    return output[0] if isinstance(output, tuple) else output
