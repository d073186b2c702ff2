"""A stand-in for NDIF on 127.0.0.1, so that `remote=True` really runs without a key.

The unmodified nnsight client sends its jobs here, over the same HTTP and websocket protocol, and
they run on the demo model, each as if it were the first. The process in which they run is the
service's own: a job that crashes or exits ends it, with all that it has started, and the next job
gets a new one, after some five seconds, or is told after 120 that none came up.

**It executes what it is sent.** A job is a pickle and source code, and both can do whatever
the user who started the service can. Hence it listens on 127.0.0.1 only, makes a new random
key at each start, runs nothing without that key, and ends when the process that started it
ends, in whatever way. **It is no NDIF:** one model, one job at a time, no queue but this one,
and none of NDIF's protection against what a job does. The real engine is NDIF.

    with loopback.start() as service:
        subprocess.run([sys.executable, "script.py"], env={**os.environ, **service.environment()})

This package is cheap to import; torch and the web framework are loaded by the service alone.
"""

from nnsight_guide.loopback.launch import serve, start
from nnsight_guide.loopback.service import Service
from nnsight_guide.loopback.settings import LoopbackError

__all__ = ["LoopbackError", "Service", "serve", "start"]
