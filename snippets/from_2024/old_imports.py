"""Names that are imported

`nnsight.envoy` and `nnsight.logger` are gone, and so is
`nnsight.tracing.Proxy`, with all proxies. `Envoy`, the class of every
module in the tree, is to be had from `nnsight` itself.
"""

from snippets.model import model

# %% then
from nnsight.envoy import Envoy

print(isinstance(model.transformer.h[0], Envoy))

# %% now
from nnsight import Envoy

print(isinstance(model.transformer.h[0], Envoy))
