"""What a chapter calls, and its Markdown.

```python exec="1" html="1"
from nnsight_guide.chapter import cell
print(cell("trace_and_save", "trace"))
```
"""

from nnsight_guide.chapter.calls import (
    canary_runs,
    cell,
    chapter_cards,
    error,
    fragment,
    idioms_overview,
    idioms_table,
    installation,
    newer_transformers,
    output,
    picture,
    published,
    setup,
    which_model,
    which_service,
)
from nnsight_guide.chapter.live import live

__all__ = [
    "canary_runs",
    "cell",
    "chapter_cards",
    "error",
    "fragment",
    "idioms_overview",
    "idioms_table",
    "installation",
    "live",
    "newer_transformers",
    "output",
    "picture",
    "published",
    "setup",
    "which_model",
    "which_service",
]
